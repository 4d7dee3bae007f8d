/**
 * `serve`: options and a handler in, a running StreamServer out.
 *
 * @module
 */
import { adoptListener } from "../socket/adopt_listener.ts";
import { type BindOptions, openListener } from "../socket/open_listener.ts";
import {
  prepareServerTls,
  type ServerTlsOptions,
} from "../socket/server_tls.ts";
import { listenerOf } from "./accept_source.ts";
import { checkServeOptions } from "./check_serve_options.ts";
import type {
  FdServeOptions,
  ListenerServeOptions,
  ServeOptions,
  TcpServeOptions,
  TlsServeOptions,
  UnixServeOptions,
} from "./serve_options.ts";
import type { Relisten } from "./listening.ts";
import { handlerFunction, type StreamHandler } from "./stream_handler.ts";
import { StreamServer, type StreamServerInit } from "./stream_server.ts";

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
export async function serve(
  options: ServeOptions,
  // deno-lint-ignore no-explicit-any -- one implementation for three kinds of addresses
  handler: StreamHandler<any>,
  // deno-lint-ignore no-explicit-any
): Promise<StreamServer<any>> {
  const settings = checkServeOptions(options);
  const handle = handlerFunction(handler);
  options.signal?.throwIfAborted();
  const tls = nodeTlsOptions(options);
  if (tls !== undefined) await prepareServerTls(tls);
  const place = await openPlace(options, tls);
  try {
    options.signal?.throwIfAborted();
    return new StreamServer({ options, settings, handle, tls, ...place });
  } catch (error) {
    // A bad list or signal name: nothing that was opened here must be left open.
    if (!("listener" in options)) await place.listener[Symbol.asyncDispose]();
    throw error;
  }
}

/** A listener, and what else a server wants to know of it. */
type Place = Pick<
  StreamServerInit,
  "listener" | "relisten" | "hasCertificate" | "spareTls" | "cannotWait"
>;

/** Open what the options say. */
async function openPlace(
  options: ServeOptions,
  tls: ServerTlsOptions | undefined,
): Promise<Place> {
  if ("listener" in options) {
    return { listener: listenerOf(options.listener), hasCertificate: false };
  }
  if ("fd" in options) {
    const listener = await adoptListener(options.fd);
    return { listener, hasCertificate: false, cannotWait: true };
  }
  return {
    listener: await openListener(bindOptions(options, tls)),
    hasCertificate: options.transport === "tls",
    spareTls: tls === undefined ? tlsOptions(options) : undefined,
    relisten: relistener(options, tls),
  };
}

type BoundServeOptions = TcpServeOptions | TlsServeOptions | UnixServeOptions;

/**
 * TLS through node:tls, where it is asked for, and for what `Deno.listenTls` cannot do: read a PROXY
 * header before the handshake, ask for the client's certificate.
 */
function nodeTlsOptions(options: ServeOptions): ServerTlsOptions | undefined {
  const tls = tlsOptions(options);
  const { tlsBackend } = options as TlsServeOptions;
  const needed = tlsBackend === "node" || options.proxyProtocol !== undefined ||
    tls?.requestCert || tls?.caCerts !== undefined;
  return needed ? tls : undefined;
}

function tlsOptions(options: ServeOptions): ServerTlsOptions | undefined {
  if (!("transport" in options) || options.transport !== "tls") {
    return undefined;
  }
  const { cert, key, caCerts, requestCert, alpnProtocols } = options;
  return { cert, key, caCerts, requestCert, alpnProtocols };
}

/** Where to listen: for TLS of our own, below it. */
function bindOptions(
  options: BoundServeOptions,
  tls: ServerTlsOptions | undefined,
): BindOptions {
  return tls === undefined
    ? options
    : { ...options, transport: "tcp" } as BindOptions;
}

/** Open the same place again, with its real port. */
function relistener(
  options: BoundServeOptions,
  tls: ServerTlsOptions | undefined,
): Relisten {
  let current = bindOptions(options, tls);
  return async (addr, changes) => {
    const place = "port" in addr ? { port: addr.port } : {};
    const next = { ...current, ...place, ...changes } as BindOptions;
    const listener = await openListener(next);
    // What could not be opened must not be what the next attempt tries.
    current = next;
    return listener;
  };
}
