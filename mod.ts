/**
 * Networking for Deno: addresses, names, sockets and servers in one import, with the words of
 * Python's `socket`, `socketserver` and `ipaddress`; typed, asynchronous and cancellable.
 *
 * @module
 */
export * from "./lib/errors.ts";

// stream
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
export type {
  BytesCodec,
  Codec,
  Decoded,
  NeedMore,
} from "./lib/stream/codec.ts";
export type { CodecOptions } from "./lib/stream/codec_options.ts";
export { lineCodec, type LineCodecOptions } from "./lib/stream/line_codec.ts";
export { delimiterCodec } from "./lib/stream/delimiter_codec.ts";
export {
  lengthPrefixedCodec,
  type LengthPrefixedCodecOptions,
} from "./lib/stream/length_prefixed_codec.ts";
export { fixedLengthCodec } from "./lib/stream/fixed_length_codec.ts";
export { netstringCodec } from "./lib/stream/netstring_codec.ts";
export { jsonLinesCodec } from "./lib/stream/json_lines_codec.ts";
export {
  MessageDecoderStream,
  MessageEncoderStream,
} from "./lib/stream/message_streams.ts";

// server
export type { StreamServerStats } from "./lib/server/stats.ts";
export {
  formatPrometheus,
  type LabelledStats,
  PROMETHEUS_CONTENT_TYPE,
  type PrometheusOptions,
} from "./lib/server/prometheus.ts";
