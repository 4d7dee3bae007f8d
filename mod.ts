/**
 * Networking for Deno: addresses, names, sockets and servers in one import, with the words of
 * Python's `socket`, `socketserver` and `ipaddress`; typed, asynchronous and cancellable.
 *
 * @module
 */
export * from "./lib/errors.ts";
// server
export { BaseRequestHandler } from "./lib/server/base_request_handler.ts";
export type { RateLimit } from "./lib/server/rate_limit.ts";
export type { StreamServerStats } from "./lib/server/stats.ts";
