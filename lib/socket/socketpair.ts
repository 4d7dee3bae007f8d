/**
 * Two connected sockets in memory: for tests of protocol code, without network and permission.
 *
 * @module
 */
import { checkLimit } from "../stream/limit.ts";
import { checkKnownOptions } from "./known_options.ts";
import { MemoryTransport } from "./memory_transport.ts";
import { StreamSocket } from "./stream_socket.ts";

/** Options of {@linkcode socketpair}. */
export interface SocketPairOptions {
  /**
   * Most bytes that one read of the underlying stream gives: 1 shows at once whether a protocol
   * can live with any chunking. Default: no limit.
   */
  chunkSize?: number | undefined;
}

const KNOWN: ReadonlySet<string> = new Set(["chunkSize"]);

/**
 * Make two sockets that are connected with each other, in memory (socketpair(2)).
 *
 * They block, end and break as sockets of the system do. No permission is needed.
 *
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {RangeError} If `chunkSize` is not a positive integer.
 * @example A line that arrives byte by byte
 * ```ts
 * import { socketpair } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const [a, b] = socketpair({ chunkSize: 1 });
 * await a.send("hello\n");
 * assert.equal(await b.reader.readLine(), "hello");
 * await a.close();
 * assert.equal(await b.recv(), null);
 * await b.close();
 * ```
 */
export function socketpair(
  options: SocketPairOptions = {},
): [StreamSocket<Deno.UnixAddr>, StreamSocket<Deno.UnixAddr>] {
  checkKnownOptions("Cannot make a pair", options, KNOWN);
  const { chunkSize = Infinity } = options;
  const [a, b] = MemoryTransport.pair(checkLimit(chunkSize, "chunkSize"));
  return [new StreamSocket(a), new StreamSocket(b)];
}
