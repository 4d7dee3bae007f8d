/**
 * `serve`: options and a handler in, a running StreamServer out.
 *
 * @module
 */
import { openListener } from "../socket/open_listener.ts";
import type { StreamListener } from "../socket/stream_listener.ts";
import { listenerOf } from "./accept_source.ts";
import { checkServeOptions } from "./check_serve_options.ts";
import type {
  ListenerServeOptions,
  ServeOptions,
  TcpServeOptions,
  TlsServeOptions,
  UnixServeOptions,
} from "./serve_options.ts";
import { handlerFunction, type StreamHandler } from "./stream_handler.ts";
import { StreamServer } from "./stream_server.ts";

/**
 * Serve stream connections: TCP (the default), TLS, Unix sockets, or whatever a listener of yours gives.
 *
 * Each connection runs the handler once: a function, or a class that extends `StreamRequestHandler`. When it
 * ends, the connection is closed so that everything sent arrives. When it throws, `onError` is told, and the
 * other connections go on. By default the server listens on loopback only, takes 1024 connections at once, lets
 * further ones wait in the kernel, and ends connections that are idle for a minute, dribble a message for half
 * a minute, or read nothing for two.
 *
 * Needs `--allow-net` for the address it binds; a Unix socket needs `--allow-read` and `--allow-write` of its
 * path besides.
 *
 * @param options Where to listen, and the limits.
 * @param handler Serves one connection.
 * @returns The server, bound, its `addr` with the real port.
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {RangeError} If a number is out of range.
 * @throws {Deno.errors.AddrInUse} If the port or path is taken.
 * @throws {Deno.errors.NotSupported} If `reusePort` needs `--unstable-net`.
 *
 * @example A line echo server
 * ```ts
 * import { connect, serve } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using server = await serve({ port: 0 }, async (conn) => {
 *   for await (const line of conn.lines()) await conn.send(`${line}\n`);
 * });
 *
 * await using client = await connect({ port: server.addr.port });
 * await client.send("hello\n");
 * assert.equal(await client.reader.readLine(), "hello");
 * ```
 */
export function serve(
  options: TcpServeOptions | TlsServeOptions,
  handler: StreamHandler<Deno.NetAddr>,
): Promise<StreamServer<Deno.NetAddr>>;
/** Serve on a Unix socket; see the first form. */
export function serve(
  options: UnixServeOptions,
  handler: StreamHandler<Deno.UnixAddr>,
): Promise<StreamServer<Deno.UnixAddr>>;
/** Serve the connections of a listener that is open already; see the first form. */
export function serve(
  options: ListenerServeOptions,
  handler: StreamHandler<Deno.Addr>,
): Promise<StreamServer<Deno.Addr>>;
export async function serve(
  options: ServeOptions,
  // deno-lint-ignore no-explicit-any -- one implementation for three kinds of addresses
  handler: StreamHandler<any>,
  // deno-lint-ignore no-explicit-any
): Promise<StreamServer<any>> {
  const settings = checkServeOptions(options);
  const handle = handlerFunction(handler);
  options.signal?.throwIfAborted();
  const listener = "listener" in options
    ? listenerOf(options.listener)
    : await openListener(options);
  try {
    return new StreamServer({
      options,
      settings,
      handle,
      listener,
      relisten: "listener" in options ? undefined : relistener(options),
    });
  } catch (error) {
    // A bad list or signal name: nothing must be left open.
    await listener[Symbol.asyncDispose]();
    throw error;
  }
}

/** Open the same place again, with its real port. */
function relistener(
  options: TcpServeOptions | TlsServeOptions | UnixServeOptions,
): (addr: Deno.Addr, changes: object) => Promise<StreamListener> {
  let current = options;
  return (addr, changes) => {
    const place = "port" in addr ? { port: addr.port } : {};
    current = { ...current, ...place, ...changes };
    return openListener(current);
  };
}
