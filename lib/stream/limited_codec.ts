/**
 * A codec as a reader uses it: under the reader's own `limit`, and never trusted to bound memory.
 *
 * @module
 */
import { LimitExceededError } from "../errors.ts";
import type { Codec, Decoded, NeedMore } from "./codec.ts";
import { checkLimit } from "./limit.ts";

/** What somebody's own codec may need on the wire for a message of its `maxLength`. */
function mostOnTheWire(maxLength: number): number {
  return 2 * maxLength + 1024;
}

/**
 * The codec itself, if it keeps to limits by itself, or the same with a lower `maxLength`.
 *
 * @param limit The reader's own, checked.
 * @throws {TypeError} If the codec's `maxLength` is no number.
 * @throws {RangeError} If it is less than 1 or a fraction.
 */
export function limitedCodec<T>(
  codec: Codec<T>,
  limit: number | undefined,
): Codec<T> {
  const maxLength = checkLimit(codec.maxLength, "maxLength");
  if (codec.withMaxLength === undefined) {
    const most = mostOnTheWire(maxLength);
    return new MeasuredCodec(codec, Math.min(limit ?? most, most));
  }
  return limit === undefined || limit >= maxLength
    ? codec
    : codec.withMaxLength(limit);
}

/**
 * What a codec says that a message took; one that took nothing, or what was not there, would confuse
 * all that follow.
 *
 * @throws {RangeError} If it is no count of bytes that were there.
 */
export function checkConsumed(consumed: number, length: number): number {
  if (Number.isSafeInteger(consumed) && consumed >= 1 && consumed <= length) {
    return consumed;
  }
  throw new RangeError(
    `Cannot decode message: the codec says that it consumed ${consumed} of ${length} bytes`,
  );
}

/** Somebody's codec that cannot be told: what can be measured is what a message takes on the wire. */
class MeasuredCodec<T> implements Codec<T> {
  readonly maxLength: number;
  readonly #codec: Codec<T>;

  constructor(codec: Codec<T>, maxLength: number) {
    this.#codec = codec;
    this.maxLength = maxLength;
  }

  encode(value: T): Uint8Array {
    return this.#codec.encode(value);
  }

  decode(
    buffer: Uint8Array,
    eof: boolean,
    scanned: number,
  ): Decoded<T> | NeedMore {
    const result = this.#codec.decode(buffer, eof, scanned);
    const actual = "need" in result ? result.need : result.consumed;
    if (actual <= this.maxLength) return result;
    throw new LimitExceededError(
      `Cannot decode message: needs ${actual} bytes, the limit is ${this.maxLength}`,
      { limit: this.maxLength, actual },
    );
  }
}
