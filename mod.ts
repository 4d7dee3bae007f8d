/**
 * Networking for Deno: addresses, names, sockets and servers in one import, with the words of
 * Python's `socket`, `socketserver` and `ipaddress`; typed, asynchronous and cancellable.
 *
 * @module
 */
export * from "./lib/errors.ts";

// stream
export type { Codec, Decoded, NeedMore } from "./lib/stream/codec.ts";
export type { ReadSource } from "./lib/stream/input.ts";
export type { WriteSink } from "./lib/stream/output.ts";
export type { PipeSource } from "./lib/stream/pipe.ts";
export type { Separators } from "./lib/stream/separators.ts";
export {
  type IntegerReadOptions,
  type ReadOptions,
  StreamReader,
  type StreamReaderOptions,
} from "./lib/stream/stream_reader.ts";
export {
  StreamWriter,
  type StreamWriterOptions,
  type WriteLineOptions,
} from "./lib/stream/stream_writer.ts";
export type { WaitOptions } from "./lib/stream/wait.ts";
// server
export { BaseRequestHandler } from "./lib/server/base_request_handler.ts";
export type { RateLimit } from "./lib/server/rate_limit.ts";
export type { StreamServerStats } from "./lib/server/stats.ts";
