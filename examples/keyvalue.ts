#!/usr/bin/env -S deno run --allow-net=127.0.0.1
// deno-lint-ignore-file no-console
/**
 * A key-value store that speaks Redis' protocol, in memory: strings, counters, expiry.
 *
 * ```sh
 * deno run --allow-net=127.0.0.1 examples/keyvalue.ts
 * redis-cli set greeting hello EX 60      # or: redis-benchmark -t set,get -P 16
 * ```
 *
 * Shows a codec of one's own (keyvalue/resp.ts), pipelining without a line of code for it, limits
 * and protocol errors told to the peer before it is cut, and a drain on Ctrl-C.
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 * @module
 */
import { parseArgs } from "node:util";
import {
  type Connection,
  IncompleteReadError,
  LimitExceededError,
  ProtocolError,
  serve,
} from "../mod.ts";
import { execute } from "./keyvalue/commands.ts";
import { latin1 } from "./keyvalue/latin1.ts";
import {
  CommandError,
  encodeReply,
  MAX_REQUEST,
  requestCodec,
} from "./keyvalue/resp.ts";
import { Store } from "./keyvalue/store.ts";

/** A handler that serves this store: one loop, however many requests a client has in flight. */
export function keyvalue(store: Store): (conn: Connection) => Promise<void> {
  return async (conn) => {
    try {
      for await (const request of conn.messages(requestCodec)) {
        if (request.length === 0) continue;
        const name = latin1(request[0]!.subarray(0, 20)).toUpperCase();
        await conn.send(encodeReply(execute(name, request, { store, conn })));
        if (name === "QUIT") return;
      }
    } catch (error) {
      // Gone in the middle of a request: nobody to blame here.
      if (error instanceof IncompleteReadError) return;
      if (
        !(error instanceof ProtocolError || error instanceof LimitExceededError)
      ) throw error;
      // Nobody can say where the next request begins: tell, and leave.
      await conn.send(
        encodeReply(new CommandError(`ERR Protocol error: ${error.message}`)),
      );
    }
  };
}

const USAGE =
  `Usage: keyvalue.ts [--hostname 127.0.0.1] [--port 6379] [--max-memory MiB]`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      hostname: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "6379" },
      "max-memory": { type: "string", default: "64" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  if (!/^\d{1,5}$/.test(values.port)) {
    throw new RangeError(`Bad port "${values.port}"`);
  }
  const megabytes = Number(values["max-memory"]);
  if (!(megabytes > 0)) {
    throw new RangeError("Cannot use --max-memory: must be a positive number");
  }
  const store = new Store(megabytes * 1024 * 1024);
  const server = await serve({
    hostname: values.hostname,
    port: Number(values.port),
    maxWriteBuffer: 4 * MAX_REQUEST,
    idleTimeout: Infinity,
    shutdownSignals: ["SIGINT", "SIGTERM"],
    onListen: ({ hostname, port }) =>
      console.log(`Listening on ${hostname}:${port}`),
  }, keyvalue(store));
  await server.finished;
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    // parseArgs and the checks of the options throw TypeError and RangeError: bad usage.
    const usage = error instanceof TypeError || error instanceof RangeError;
    console.error(`${(error as Error).message}${usage ? `\n${USAGE}` : ""}`);
    Deno.exit(usage ? 2 : 1);
  }
}
