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

// socket
export type { DatagramAddr, UdpAddr } from "./lib/socket/datagram_endpoint.ts";
export { type Datagram, DatagramSocket } from "./lib/socket/datagram_socket.ts";
export type { DatagramTarget } from "./lib/socket/datagram_target.ts";
export {
  listenDatagram,
  type UdpListenOptions,
  type UnixDatagramListenOptions,
} from "./lib/socket/listen_datagram.ts";
export type {
  UdpBindOptions,
  UnixDatagramBindOptions,
} from "./lib/socket/open_datagram.ts";
export type { UnixPathOptions } from "./lib/socket/unix_path.ts";

// server
export { BaseRequestHandler } from "./lib/server/base_request_handler.ts";
export type { RateLimit } from "./lib/server/rate_limit.ts";
export type { StreamServerStats } from "./lib/server/stats.ts";
