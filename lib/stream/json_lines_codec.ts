/**
 * JSON Lines (also called NDJSON): one JSON value per line.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import type { Codec, Decoded, NeedMore } from "./codec.ts";
import {
  checkOptionNames,
  type CodecOptions,
  DEFAULT_MESSAGE_LIMIT,
  maxLengthOf,
  tooLong,
} from "./codec_options.ts";
import { findLine } from "./line_codec.ts";
import { quote } from "./quote.ts";

/**
 * Make a codec for JSON Lines: one JSON value per line, `\n` after each.
 *
 * Strict, as a protocol between programs should be: an empty line is not a JSON value, and a last
 * line without `\n` is an unfinished message (a `1` may have been going to be `12`). `T` is what
 * you promise the values to be; nothing checks it.
 *
 * @typeParam T The type of the values. Default `unknown`.
 * @param options `maxLength`: longest line in bytes, its ending excluded. Default 1 MiB.
 * @returns A codec without state. Its `decode` throws ProtocolError, with the SyntaxError as
 *   `cause`, for a line that is not JSON; its `encode` throws TypeError for what JSON cannot say.
 * @throws {TypeError} If an option does not exist or has the wrong type.
 * @throws {RangeError} If `maxLength` is less than 1 or a fraction.
 * @see https://jsonlines.org/
 *
 * @example A value there and back
 * ```ts
 * import { jsonLinesCodec } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const codec = jsonLinesCodec<{ x: number }>();
 * const bytes = codec.encode({ x: 1 });
 * assert.equal(new TextDecoder().decode(bytes), '{"x":1}\n');
 * assert.deepEqual(codec.decode(bytes, false, 0), { message: { x: 1 }, consumed: 8 });
 * ```
 */
export function jsonLinesCodec<T = unknown>(options?: CodecOptions): Codec<T> {
  checkOptionNames("jsonLinesCodec", options, ["maxLength"]);
  return new JsonLinesCodec<T>(maxLengthOf(options, DEFAULT_MESSAGE_LIMIT));
}

class JsonLinesCodec<T> implements Codec<T> {
  readonly maxLength: number;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true,
  });

  constructor(maxLength: number) {
    this.maxLength = maxLength;
  }

  withMaxLength(maxLength: number): Codec<T> {
    return new JsonLinesCodec<T>(maxLength);
  }

  encode(value: T): Uint8Array<ArrayBuffer> {
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) {
      throw new TypeError(
        `Cannot encode JSON ${quote(value)}: JSON has no such value`,
      );
    }
    const bytes = this.#encoder.encode(text + "\n");
    if (bytes.length - 1 > this.maxLength) {
      throw tooLong("encode JSON line", {
        limit: this.maxLength,
        actual: bytes.length - 1,
      });
    }
    return bytes;
  }

  decode(
    buffer: Uint8Array,
    _eof: boolean,
    scanned: number,
  ): Decoded<T> | NeedMore {
    const found = findLine(buffer, scanned, this.maxLength);
    if ("need" in found) return found;
    return {
      message: this.#parse(buffer.subarray(0, found.end)),
      consumed: found.consumed,
    };
  }

  #parse(bytes: Uint8Array): T {
    if (bytes.length === 0) {
      throw new ProtocolError("Cannot decode JSON line: is empty");
    }
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch (cause) {
      throw new ProtocolError("Cannot decode JSON line: is not UTF-8", {
        cause,
      });
    }
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ProtocolError("Cannot decode JSON line: is not JSON", {
        cause,
      });
    }
  }
}
