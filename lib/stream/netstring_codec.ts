/**
 * Netstrings (D. J. Bernstein, 1997): `5:hello,`. Used by SCGI, QMTP and others.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import type { BytesCodec, Decoded, NeedMore } from "./codec.ts";
import {
  checkBytes,
  checkOptionNames,
  type CodecOptions,
  DEFAULT_MESSAGE_LIMIT,
  maxLengthOf,
  tooLong,
} from "./codec_options.ts";
import { copyOut } from "./slab.ts";

const ZERO = 48;
const COLON = 58;
const COMMA = 44;

/**
 * Make a codec for netstrings: length in decimal, colon, the bytes, comma.
 *
 * Strict as the specification is: no sign, no white space, no leading zero, and the comma must be
 * there. A length over the limit is refused as soon as its digits say so.
 *
 * @param options `maxLength`: longest message in bytes. Default 1 MiB.
 * @returns A codec without state; its `decode` throws ProtocolError for a bad length or comma.
 * @throws {TypeError} If an option does not exist or has the wrong type.
 * @throws {RangeError} If `maxLength` is less than 1 or a fraction.
 * @see https://cr.yp.to/proto/netstrings.txt
 *
 * @example Five bytes
 * ```ts
 * import { netstringCodec } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const codec = netstringCodec();
 * const bytes = codec.encode(new TextEncoder().encode("hello"));
 * assert.equal(new TextDecoder().decode(bytes), "5:hello,");
 * ```
 */
export function netstringCodec(options?: CodecOptions): BytesCodec {
  checkOptionNames("netstringCodec", options, ["maxLength"]);
  return new NetstringCodec(maxLengthOf(options, DEFAULT_MESSAGE_LIMIT));
}

class NetstringCodec implements BytesCodec {
  readonly maxLength: number;

  constructor(maxLength: number) {
    this.maxLength = maxLength;
  }

  withMaxLength(maxLength: number): BytesCodec {
    return new NetstringCodec(maxLength);
  }

  encode(value: Uint8Array): Uint8Array<ArrayBuffer> {
    checkBytes(value);
    const actual = value.length;
    if (actual > this.maxLength) {
      throw tooLong("encode netstring", { limit: this.maxLength, actual });
    }
    const header = `${actual}:`;
    const bytes = new Uint8Array(header.length + actual + 1);
    for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i);
    bytes.set(value, header.length);
    bytes[bytes.length - 1] = COMMA;
    return bytes;
  }

  decode(buffer: Uint8Array): Decoded<Uint8Array<ArrayBuffer>> | NeedMore {
    let length = 0;
    let at = 0;
    for (; at < buffer.length && buffer[at] !== COLON; at++) {
      const digit = buffer[at]! - ZERO;
      if (digit < 0 || digit > 9) {
        throw new ProtocolError(
          `Cannot decode netstring: byte ${buffer[at]} at ${at} is no digit`,
        );
      }
      if (at > 0 && length === 0) {
        throw new ProtocolError(
          "Cannot decode netstring: its length has a leading zero",
        );
      }
      length = length * 10 + digit;
      if (length > this.maxLength) {
        throw tooLong("decode netstring", {
          limit: this.maxLength,
          actual: length,
        });
      }
    }
    if (at === buffer.length) return { need: at + 1 };
    if (at === 0) {
      throw new ProtocolError("Cannot decode netstring: has no length");
    }
    const start = at + 1;
    const end = start + length;
    if (buffer.length <= end) return { need: end + 1 };
    if (buffer[end] !== COMMA) {
      throw new ProtocolError(
        `Cannot decode netstring: byte ${
          buffer[end]
        } after the message is no comma`,
      );
    }
    return { message: copyOut(buffer, start, end), consumed: end + 1 };
  }
}
