/**
 * `serve`: options and a handler in, a running StreamServer out. All that a server stands on is
 * loaded with the first call, so that a program which never serves does not pay for it.
 *
 * @module
 */
import { onFirstUse } from "../socket/first_use.ts";
import type {
  FdServeOptions,
  ListenerServeOptions,
  ServeOptions,
  TcpServeOptions,
  TlsServeOptions,
  UnixServeOptions,
} from "./serve_options.ts";
import type { StreamHandler } from "./stream_handler.ts";
import type { StreamServer } from "./stream_server.ts";

const load = onFirstUse(() => import("./start_stream_server.ts"));

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
 * @throws {AddressSyntaxError} If an item of `allow` or `deny` is no address, network or range.
 * @throws {LookupError} If the hostname has no address.
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
  // What is said of the other two makes a compiler look at the right form before it guesses hooks' types.
  options: (TcpServeOptions | TlsServeOptions) & {
    listener?: undefined;
    fd?: undefined;
  },
  handler: StreamHandler<Deno.NetAddr>,
): Promise<StreamServer<Deno.NetAddr>>;
/** Serve on a Unix socket; see the first form. */
export function serve(
  options: UnixServeOptions,
  handler: StreamHandler<Deno.UnixAddr>,
): Promise<StreamServer<Deno.UnixAddr>>;
/**
 * Serve on a listening socket that this process was started with, such as systemd's; see the first form.
 * Which kind of address it has is the caller's to know; TCP unless told.
 */
export function serve<A extends Deno.Addr = Deno.NetAddr>(
  options: FdServeOptions<A>,
  handler: StreamHandler<A>,
): Promise<StreamServer<A>>;
/** Serve the connections of a listener that is open already; see the first form. */
export function serve(
  options: ListenerServeOptions,
  handler: StreamHandler<Deno.Addr>,
): Promise<StreamServer<Deno.Addr>>;
/** Serve where the transport is known at run time only; see the first form. */
export function serve(
  options: TcpServeOptions | TlsServeOptions | UnixServeOptions,
  handler: StreamHandler<Deno.Addr>,
): Promise<StreamServer<Deno.Addr>>;
export async function serve(
  options: ServeOptions,
  // deno-lint-ignore no-explicit-any -- one implementation for three kinds of addresses
  handler: StreamHandler<any>,
  // deno-lint-ignore no-explicit-any
): Promise<StreamServer<any>> {
  const { startStreamServer } = await load();
  return await startStreamServer(options, handler);
}
