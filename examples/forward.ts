#!/usr/bin/env -S deno run --allow-net
// deno-lint-ignore-file no-console
/**
 * Forward connections, TCP or Unix on either side, as `socat` does for one and `ssh -L` for many.
 * Both directions are independent: when one ends, the other goes on (half-close), so protocols that
 * answer after the end of the question work.
 *
 *     deno run --allow-net examples/forward.ts 8080 example.com:80
 *     deno run --allow-net examples/forward.ts 127.0.0.1:5432 unix:/run/postgresql/.s.PGSQL.5432
 *     deno run -A examples/forward.ts unix:/tmp/web.sock '[::1]:8080' --idle 60
 *
 * and in a second terminal: `curl http://127.0.0.1:8080/`. Ctrl-C stops accepting, lets the
 * connections end for 15 s, then cuts them.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  connect,
  type ConnectOptions,
  serve,
  splitHostPort,
  type StreamServer,
  type StreamSocket,
} from "../mod.ts";

const USAGE = `Usage: forward.ts LISTEN TARGET [options]
  LISTEN, TARGET      PORT, HOST:PORT, [IPV6]:PORT or unix:PATH
  -w, --wait SECONDS  give up connecting to the target after so long (default 10)
  -i, --idle SECONDS  cut a connection when neither side has sent for so long (default: never)
  -m, --max N         at most N connections at once (default 1024)
  -v, --verbose       tell of each connection
  -h, --help          this text`;

/** How to forward. */
export interface ForwardOptions {
  /** Milliseconds for connecting to the target. */
  connectTimeout?: number;
  /** Milliseconds in which one side at least must send. */
  idleTimeout?: number;
}

/** The handler: everything that one side sends goes to the other, in both directions at once. */
export function forwardTo(
  target: ConnectOptions,
  { connectTimeout = 10_000, idleTimeout = Infinity }: ForwardOptions = {},
): (client: StreamSocket & { signal?: AbortSignal }) => Promise<void> {
  return async (client) => {
    await using upstream = await connect({
      ...target,
      timeout: connectTimeout,
      signal: client.signal,
    } as ConnectOptions);
    const cut = (reason: unknown) => {
      client.abort(reason);
      upstream.abort(reason);
    };
    const stopWatching = watchIdle(client, idleTimeout, cut);
    try {
      await Promise.all([pump(client, upstream), pump(upstream, client)]);
    } catch (error) {
      // One side is gone: nobody waits for what the other still says.
      cut(error);
    } finally {
      stopWatching();
    }
  };
}

async function pump(from: StreamSocket, to: StreamSocket): Promise<void> {
  await to.writer.pipeFrom(from.reader);
  await to.closeWrite();
}

/** One timer for both directions: a long download has nothing to say upwards, and is not idle. */
function watchIdle(
  socket: StreamSocket,
  timeout: number,
  cut: (reason: unknown) => void,
): () => void {
  if (timeout === Infinity) return () => {};
  let seen = 0;
  const timer = setInterval(() => {
    const moved = socket.reader.bytesRead + socket.writer.bytesWritten;
    if (moved === seen) {
      cut(new DOMException("Nobody has sent anything", "TimeoutError"));
    }
    seen = moved;
  }, timeout);
  return () => clearInterval(timer);
}

type Place =
  | { transport: "unix"; path: string }
  | { transport: "tcp"; hostname?: string; port: number };

/** Read `PORT`, `HOST:PORT` or `unix:PATH`. */
export function placeOf(text: string): Place {
  if (text.startsWith("unix:")) {
    if (text === "unix:") throw new TypeError(`"${text}" has no path`);
    return { transport: "unix", path: text.slice(5) };
  }
  if (/^\d+$/.test(text)) {
    if (Number(text) > 65535) throw new RangeError(`bad port "${text}"`);
    return { transport: "tcp", port: Number(text) };
  }
  const { host, port } = splitHostPort(text);
  if (port === undefined) throw new TypeError(`"${text}" has no port`);
  return { transport: "tcp", hostname: host, port };
}

/** The same for a place to connect to: neither every interface nor any free port can be. */
function targetOf(text: string): Place {
  const place = placeOf(text);
  if (
    place.transport === "tcp" && (place.port === 0 || place.hostname === "")
  ) {
    throw new TypeError(`cannot connect to "${text}"`);
  }
  return place;
}

/** Start forwarding. */
export async function forward(
  from: Place,
  to: Place,
  options: ForwardOptions & { maxConnections?: number; verbose?: boolean } = {},
): Promise<StreamServer<Deno.Addr>> {
  const { maxConnections = 1024, verbose = false } = options;
  const handler = forwardTo(to, options);
  const shared = {
    maxConnections,
    // Silence in one direction is no reason to cut: see watchIdle. Nor does it end a download on Ctrl-C.
    idleTimeout: Infinity,
    drainIdleTimeout: Infinity,
    onError: (error: unknown) => console.error(`forward: ${error}`),
    ...(verbose && {
      onConnect: (conn: { remoteAddr: unknown }) =>
        console.error("open", conn.remoteAddr),
      onClose: (conn: { remoteAddr: unknown }, reason: unknown) =>
        console.error("closed", conn.remoteAddr, reason),
    }),
    shutdownSignals: ["SIGINT", "SIGTERM"] as const,
  };
  const place = from.transport === "unix"
    ? { ...from, unlinkStale: true }
    : from;
  return await serve({ ...shared, ...place }, handler);
}

/** Of a timer; longer ones fire at once. */
const LONGEST = 2 ** 31 - 1;

function milliseconds(option: string, seconds: string): number {
  const value = Number(seconds) * 1000;
  if (value > 0 && value <= LONGEST) return value;
  throw new RangeError(`bad ${option} "${seconds}"`);
}

async function main(args: string[]): Promise<number> {
  let usage: Parameters<typeof forward>;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        wait: { type: "string", short: "w", default: "10" },
        idle: { type: "string", short: "i" },
        max: { type: "string", short: "m", default: "1024" },
        verbose: { type: "boolean", short: "v", default: false },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    const [from, to, ...rest] = positionals;
    if (from === undefined || to === undefined || rest.length > 0) {
      throw new TypeError("needs two places");
    }
    usage = [placeOf(from), targetOf(to), {
      connectTimeout: milliseconds("--wait", values.wait),
      ...(values.idle !== undefined && {
        idleTimeout: milliseconds("--idle", values.idle),
      }),
      maxConnections: Number(values.max),
      verbose: values.verbose,
    }];
  } catch (error) {
    console.error(`forward.ts: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  let server: Awaited<ReturnType<typeof forward>>;
  try {
    server = await forward(...usage);
  } catch (error) {
    console.error(`forward.ts: ${(error as Error).message}`);
    // The checks of the options throw TypeError and RangeError: bad usage.
    return error instanceof TypeError || error instanceof RangeError ? 2 : 1;
  }
  console.error("forward: listening on", server.addr);
  await server.finished;
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
