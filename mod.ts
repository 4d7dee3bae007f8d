/**
 * Networking for Deno: addresses, names, sockets and servers in one import, with the words of
 * Python's `socket`, `socketserver` and `ipaddress`; typed, asynchronous and cancellable.
 *
 * @module
 */
export * from "./lib/errors.ts";
// server
export type { StreamServerStats } from "./lib/server/stats.ts";
