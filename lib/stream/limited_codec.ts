/**
 * A codec under a reader's own `limit`. Called by read_message.ts where a limit is given.
 *
 * @module
 */
import { LimitExceededError } from "../errors.ts";
import type { Codec, Decoded, NeedMore } from "./codec.ts";

/** The codec itself, or the same with a lower `maxLength`. */
export function limitedCodec<T>(codec: Codec<T>, limit: number): Codec<T> {
  if (limit >= codec.maxLength) return codec;
  return codec.withMaxLength?.(limit) ?? new MeasuredCodec(codec, limit);
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
