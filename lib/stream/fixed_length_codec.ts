/**
 * Messages of one and the same length, as bytes.
 *
 * @module
 */
import type { BytesCodec, Decoded, NeedMore } from "./codec.ts";
import { checkBytes } from "./codec_options.ts";
import { checkInteger } from "./limit.ts";
import { copyOut } from "./slab.ts";

/**
 * Make a codec for messages that are all of the same length.
 *
 * @param length Length of each message in bytes, at least 1.
 * @returns A codec without state; its `encode` refuses bytes of any other length.
 * @throws {TypeError} If the length is not a number.
 * @throws {RangeError} If the length is less than 1 or a fraction.
 *
 * @example Records of four bytes
 * ```ts
 * import { fixedLengthCodec } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const codec = fixedLengthCodec(4);
 * assert.deepEqual(codec.decode(new Uint8Array([1, 2, 3]), false, 0), { need: 4 });
 * assert.throws(() => codec.encode(new Uint8Array(5)), RangeError);
 * ```
 */
export function fixedLengthCodec(length: number): BytesCodec {
  return new FixedLengthCodec(
    checkInteger("length", length, { min: 1, max: Number.MAX_SAFE_INTEGER }),
  );
}

class FixedLengthCodec implements BytesCodec {
  readonly maxLength: number;

  constructor(length: number) {
    this.maxLength = length;
  }

  encode(value: Uint8Array): Uint8Array<ArrayBuffer> {
    checkBytes(value);
    if (value.length !== this.maxLength) {
      throw new RangeError(
        `Cannot encode message of ${value.length} bytes: must be ${this.maxLength}`,
      );
    }
    return new Uint8Array(value);
  }

  decode(buffer: Uint8Array): Decoded<Uint8Array<ArrayBuffer>> | NeedMore {
    const length = this.maxLength;
    if (buffer.length < length) return { need: length };
    return { message: copyOut(buffer, 0, length), consumed: length };
  }
}
