/**
 * Messages behind a binary length field, as in DNS over TCP, PostgreSQL, Kafka or BGP: as bytes.
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
import { checkInteger } from "./limit.ts";
import { copyOut } from "./slab.ts";
import { quote } from "./quote.ts";

/** What {@linkcode lengthPrefixedCodec} can be told. */
export interface LengthPrefixedCodecOptions extends CodecOptions {
  /** How many bytes the length field has. Default 4. */
  lengthBytes?: 1 | 2 | 3 | 4 | undefined;
  /** Whether the length's first byte is its least significant one. Default false. */
  littleEndian?: boolean | undefined;
  /** How many bytes come before the length field. Default 0. */
  offset?: number | undefined;
  /**
   * What to add to the field's value to get the number of bytes that follow the field. Default 0;
   * minus the size of the header where the length counts the header too.
   */
  adjustment?: number | undefined;
  /**
   * How many bytes to drop from the front of what is handed out, at most the header. Default: the
   * whole header (`offset` + `lengthBytes`); 0 keeps it as part of the message.
   */
  strip?: number | undefined;
  /** Most bytes that may follow the length field. Default 1 MiB, or what the field can say. */
  maxLength?: number | undefined;
}

const OPTION_NAMES: readonly string[] = [
  "lengthBytes",
  "littleEndian",
  "offset",
  "adjustment",
  "strip",
  "maxLength",
];

/** The options, checked and complete. */
interface Layout {
  lengthBytes: number;
  littleEndian: boolean;
  offset: number;
  adjustment: number;
  strip: number;
  maxLength: number;
}

/** Longest header part that makes sense in front of a length. */
const MAX_OFFSET = 65_535;

/**
 * Make a codec for messages behind a binary length field.
 *
 * A frame is `offset` bytes, the field, and then as many bytes as the field's value plus
 * `adjustment`. What is handed out is the frame without its first `strip` bytes. `encode` takes
 * the same, puts zeros where bytes were stripped and always writes the field itself; so where
 * the bytes before the length mean something, use `strip: 0` and give the whole frame.
 *
 * @param options Layout of the header, and the limit. The default is a length of four bytes, most
 *   significant first, that counts what follows it.
 * @returns A codec without state. Its `decode` checks the limit as soon as the field is there, and
 *   throws ProtocolError for a length that the adjustment makes negative.
 * @throws {TypeError} If an option does not exist or has the wrong type.
 * @throws {RangeError} If an option is out of range.
 *
 * @example DNS over TCP (RFC 1035 section 4.2.2)
 * ```ts
 * import { lengthPrefixedCodec } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const codec = lengthPrefixedCodec({ lengthBytes: 2 });
 * assert.deepEqual(codec.encode(new Uint8Array([7, 8])), new Uint8Array([0, 2, 7, 8]));
 * assert.equal(codec.maxLength, 65535);
 * ```
 *
 * @example PostgreSQL: a type byte, then a length that counts itself
 * ```ts
 * import { lengthPrefixedCodec } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const codec = lengthPrefixedCodec({ offset: 1, adjustment: -4, strip: 0 });
 * const sync = new Uint8Array([0x53, 0, 0, 0, 4]);
 * assert.deepEqual(codec.decode(sync, false, 0), { message: sync, consumed: 5 });
 * ```
 */
export function lengthPrefixedCodec(
  options?: LengthPrefixedCodecOptions,
): BytesCodec {
  checkOptionNames("lengthPrefixedCodec", options, OPTION_NAMES);
  return new LengthPrefixedCodec(layoutOf(options ?? {}));
}

function layoutOf(options: LengthPrefixedCodecOptions): Layout {
  const { lengthBytes = 4, littleEndian = false, offset = 0 } = options;
  checkInteger("lengthBytes", lengthBytes, { min: 1, max: 4 });
  if (typeof littleEndian !== "boolean") {
    throw new TypeError(
      `Cannot use littleEndian ${quote(littleEndian)}: must be a boolean`,
    );
  }
  checkInteger("offset", offset, { min: 0, max: MAX_OFFSET });
  const header = offset + lengthBytes;
  const { strip = header, adjustment = 0 } = options;
  checkInteger("strip", strip, { min: 0, max: header });
  const largest = 2 ** (8 * lengthBytes) - 1;
  // Within these bounds a length of at least one byte can be said at all.
  checkInteger("adjustment", adjustment, { min: 1 - largest, max: 2 ** 32 });
  const maxLength = Math.min(
    maxLengthOf(options, DEFAULT_MESSAGE_LIMIT),
    largest + adjustment,
  );
  return { lengthBytes, littleEndian, offset, adjustment, strip, maxLength };
}

class LengthPrefixedCodec implements BytesCodec {
  readonly maxLength: number;
  readonly #layout: Layout;
  /** Where the bytes begin that the length counts. */
  readonly #header: number;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#header = layout.offset + layout.lengthBytes;
    this.maxLength = layout.maxLength;
  }

  withMaxLength(maxLength: number): BytesCodec {
    return new LengthPrefixedCodec({ ...this.#layout, maxLength });
  }

  encode(value: Uint8Array): Uint8Array<ArrayBuffer> {
    checkBytes(value);
    const { strip, adjustment } = this.#layout;
    const frameLength = strip + value.length;
    const bodyLength = frameLength - this.#header;
    if (bodyLength > this.maxLength) {
      throw tooLong("encode message", {
        limit: this.maxLength,
        actual: bodyLength,
      });
    }
    if (bodyLength < 0 || bodyLength < adjustment) {
      throw new RangeError(
        `Cannot encode message of ${value.length} bytes: its length field cannot say so little`,
      );
    }
    const frame = new Uint8Array(frameLength);
    frame.set(value, strip);
    this.#writeLength(frame, bodyLength - adjustment);
    return frame;
  }

  decode(buffer: Uint8Array): Decoded<Uint8Array<ArrayBuffer>> | NeedMore {
    if (buffer.length < this.#header) return { need: this.#header };
    const { strip, adjustment } = this.#layout;
    const bodyLength = this.#readLength(buffer) + adjustment;
    if (bodyLength < 0) {
      throw new ProtocolError(
        `Cannot decode message: its length field says ${
          bodyLength - adjustment
        }, at least ${-adjustment} is needed`,
      );
    }
    if (bodyLength > this.maxLength) {
      throw tooLong("decode message", {
        limit: this.maxLength,
        actual: bodyLength,
      });
    }
    const end = this.#header + bodyLength;
    if (buffer.length < end) return { need: end };
    return { message: copyOut(buffer, strip, end), consumed: end };
  }

  #readLength(buffer: Uint8Array): number {
    const { offset, lengthBytes, littleEndian } = this.#layout;
    let length = 0;
    for (let i = 0; i < lengthBytes; i++) {
      const at = littleEndian ? lengthBytes - 1 - i : i;
      length = length * 256 + buffer[offset + at]!;
    }
    return length;
  }

  #writeLength(frame: Uint8Array, length: number): void {
    const { offset, lengthBytes, littleEndian } = this.#layout;
    for (let i = 0; i < lengthBytes; i++) {
      const at = littleEndian ? i : lengthBytes - 1 - i;
      frame[offset + at] = Math.floor(length / 256 ** i);
    }
  }
}
