/**
 * The two forms of a stream server's handler, a function or a class, made into one function.
 *
 * @module
 */
import {
  type BaseRequestHandler,
  isHandlerClass,
  refuseOtherClass,
  runRequestHandler,
} from "./base_request_handler.ts";
import type { Connection } from "./connection.ts";
import type { StreamRequestHandler } from "./stream_request_handler.ts";
import type { StreamServer } from "./stream_server.ts";

/** A function that is called with each connection; the connection ends when its promise settles. */
export type StreamHandlerFunction<A extends Deno.Addr = Deno.NetAddr> = (
  conn: Connection<A>,
) => unknown;

/** A class of which each connection gets an instance. */
export type StreamHandlerClass<A extends Deno.Addr = Deno.NetAddr> = new (
  conn: Connection<A>,
  server: StreamServer<A>,
) => StreamRequestHandler<A>;

/** What serves the connections of a stream server. */
export type StreamHandler<A extends Deno.Addr = Deno.NetAddr> =
  | StreamHandlerFunction<A>
  | StreamHandlerClass<A>;

/**
 * Make one function of either.
 *
 * @throws {TypeError} If it is neither, or a class without `handle()`.
 */
export function handlerFunction<A extends Deno.Addr>(
  handler: StreamHandler<A>,
): (conn: Connection<A>, server: StreamServer<A>) => unknown {
  if (typeof handler !== "function") {
    throw new TypeError("Cannot serve: handler must be a function or a class");
  }
  // Extended from StreamRequestHandler, or shaped like it; `handle` may be a field of each instance.
  const isClass = isHandlerClass(handler) ||
    typeof handler.prototype?.handle === "function";
  if (!isClass) {
    refuseOtherClass("Cannot serve", handler as StreamHandlerFunction<A>);
    return handler as StreamHandlerFunction<A>;
  }
  const Handler = handler as new (
    conn: Connection<A>,
    server: StreamServer<A>,
  ) => BaseRequestHandler<Connection<A>, StreamServer<A>, A>;
  return (conn, server) => runRequestHandler(new Handler(conn, server));
}
