#!/usr/bin/env -S deno run --allow-net=127.0.0.1:7007
// deno-lint-ignore-file no-console
/**
 * An echo server (RFC 862): whatever a client sends, it gets back. The smallest useful server, once as a
 * function and once as a class.
 *
 *     deno run --allow-net=127.0.0.1:7007 examples/echo.ts
 *     printf 'hello\n' | nc -N 127.0.0.1 7007          # in a second terminal
 *
 * Ctrl-C, or SIGTERM, lets clients finish.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type Connection,
  parseAddress,
  serve,
  StreamRequestHandler,
} from "../mod.ts";

const USAGE = `Usage: echo.ts [options]
  --hostname ADDRESS  where to listen (default 127.0.0.1; "" is every interface)
  --port PORT         default 7007
  --class             serve with a class instead of a function`;

/** Send everything back. */
export async function echo(conn: Connection): Promise<void> {
  for (;;) {
    const data = await conn.recv();
    if (data === null) return;
    await conn.send(data);
  }
}

/** The same as a class, with the names of Python's socketserver. */
export class Echo extends StreamRequestHandler {
  async handle(): Promise<void> {
    for (;;) {
      const data = await this.rfile.read();
      if (data === null) return;
      await this.wfile.write(data);
    }
  }
}

/** Read the command line. */
function options() {
  try {
    return parseArgs({
      options: {
        hostname: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "7007" },
        class: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    Deno.exit(2);
  }
}

/** A port that is taken is no bad usage, and no reason for a stack trace. */
function fail(error: unknown): never {
  console.error(`echo: ${(error as Error).message}`);
  Deno.exit(1);
}

if (import.meta.main) {
  const { hostname, port, class: asClass, help } = options();
  if (help) {
    console.log(USAGE);
    Deno.exit(0);
  }
  if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65535) {
    console.error(`Bad port "${port}"\n${USAGE}`);
    Deno.exit(2);
  }
  const server = await serve({
    hostname,
    port: Number(port),
    shutdownSignals: ["SIGTERM", "SIGINT"],
  }, asClass ? Echo : echo).catch(fail);
  const { addr } = server;
  const host = parseAddress(addr.hostname).isUnspecified
    ? "127.0.0.1"
    : addr.hostname;
  console.log(`Echoing on ${addr.hostname} port ${addr.port}.
In a second terminal, type one of:
  printf 'hello\\n' | nc -N ${host} ${addr.port}
  python3 -c 'import socket; s = socket.create_connection(("${host}", ${addr.port})); s.sendall(b"hello"); print(s.recv(5))'
Ctrl-C ends it.`);
  await server.finished;
}
