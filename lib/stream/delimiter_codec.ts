/**
 * Messages that end with a separator of the caller's choice, as bytes.
 *
 * @module
 */
import { indexOfBytes } from "./byte_search.ts";
import type { BytesCodec, Decoded, NeedMore } from "./codec.ts";
import {
  checkBytes,
  checkOptionNames,
  type CodecOptions,
  maxLengthOf,
  tooLong,
} from "./codec_options.ts";
import { DEFAULT_LIMIT } from "./limit.ts";
import { copyOut } from "./slab.ts";
import { quote } from "./quote.ts";

/**
 * Make a codec for messages that each end with a separator.
 *
 * The separator is not part of the message. `encode` refuses bytes in which, or across whose end,
 * the separator would be found too early. End of stream inside a message is an error.
 *
 * @param delimiter The separator: at least one byte, or a text that is sent as UTF-8.
 * @param options `maxLength`: longest message in bytes, the separator excluded. Default 65 536.
 * @returns A codec without state.
 * @throws {TypeError} If the separator or an option has the wrong type, or the option does not exist.
 * @throws {RangeError} If the separator is empty or `maxLength` is less than 1 or a fraction.
 *
 * @example NUL-terminated messages
 * ```ts
 * import { delimiterCodec } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const codec = delimiterCodec("\0");
 * assert.deepEqual(codec.encode(new Uint8Array([1, 2])), new Uint8Array([1, 2, 0]));
 * assert.deepEqual(codec.decode(new Uint8Array([1, 2, 0, 3]), false, 0), {
 *   message: new Uint8Array([1, 2]),
 *   consumed: 3,
 * });
 * ```
 */
export function delimiterCodec(
  delimiter: string | Uint8Array,
  options?: CodecOptions,
): BytesCodec {
  checkOptionNames("delimiterCodec", options, ["maxLength"]);
  return new DelimiterCodec(
    delimiterBytes(delimiter),
    maxLengthOf(options, DEFAULT_LIMIT),
  );
}

/** The separator as bytes that nobody else can change. */
function delimiterBytes(delimiter: string | Uint8Array): Uint8Array {
  if (typeof delimiter !== "string" && !(delimiter instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot use delimiter ${quote(delimiter)}: must be a string or bytes`,
    );
  }
  if (delimiter.length === 0) {
    throw new RangeError(
      "Cannot use delimiter of length 0: needs at least 1 byte",
    );
  }
  return typeof delimiter === "string"
    ? new TextEncoder().encode(delimiter)
    : new Uint8Array(delimiter);
}

class DelimiterCodec implements BytesCodec {
  readonly maxLength: number;
  readonly #delimiter: Uint8Array;

  constructor(delimiter: Uint8Array, maxLength: number) {
    this.#delimiter = delimiter;
    this.maxLength = maxLength;
  }

  withMaxLength(maxLength: number): BytesCodec {
    return new DelimiterCodec(this.#delimiter, maxLength);
  }

  encode(value: Uint8Array): Uint8Array<ArrayBuffer> {
    checkBytes(value);
    if (value.length > this.maxLength) {
      throw tooLong("encode message", {
        limit: this.maxLength,
        actual: value.length,
      });
    }
    const bytes = new Uint8Array(value.length + this.#delimiter.length);
    bytes.set(value);
    bytes.set(this.#delimiter, value.length);
    const at = indexOfBytes(bytes, this.#delimiter, {
      start: 0,
      end: bytes.length,
    });
    if (at < value.length) {
      throw new RangeError(
        `Cannot encode message: the delimiter would be found at ${at}`,
      );
    }
    return bytes;
  }

  decode(
    buffer: Uint8Array,
    _eof: boolean,
    scanned: number,
  ): Decoded<Uint8Array<ArrayBuffer>> | NeedMore {
    const size = this.#delimiter.length;
    const end = Math.min(buffer.length, this.maxLength + size);
    const at = indexOfBytes(buffer, this.#delimiter, { start: scanned, end });
    if (at >= 0) {
      return { message: copyOut(buffer, 0, at), consumed: at + size };
    }
    // Every start before this one has been tried: only its tail may still begin a delimiter.
    const tried = Math.max(scanned, end - size + 1);
    if (tried > this.maxLength) {
      throw tooLong("decode message", { limit: this.maxLength, actual: tried });
    }
    return { need: buffer.length + 1, scanned: tried };
  }
}
