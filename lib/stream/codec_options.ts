/**
 * What the codecs have in common about their options: the limit, its defaults and its check, and
 * the refusal of an option that does not exist. Called when a codec is made, never per message.
 *
 * @module
 */
import { LimitExceededError } from "../errors.ts";
import { checkLimit } from "./limit.ts";
import { quote } from "./quote.ts";

/** Longest message unless told, in bytes, of codecs whose messages do not end with a separator. */
export const DEFAULT_MESSAGE_LIMIT = 1_048_576;

/** What every codec with messages of varying length can be told. */
export interface CodecOptions {
  /** Longest message that is sent or accepted, in bytes, without its separator or header. */
  maxLength?: number | undefined;
}

/** Refuse what is not an object, and any option that is not in the list. */
export function checkOptionNames(
  codec: string,
  options: unknown,
  known: readonly string[],
): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot make ${codec}: options ${quote(options)} must be an object`,
    );
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(
        `Cannot make ${codec}: unknown option ${quote(name)}, known are ${
          known.join(", ")
        }`,
      );
    }
  }
}

/** The limit that the options ask for, or the default. */
export function maxLengthOf(
  options: CodecOptions | undefined,
  fallback: number,
): number {
  const { maxLength = fallback } = options ?? {};
  return checkLimit(maxLength, "maxLength");
}

/** Refuse what is not bytes: text, or an array of larger numbers, would be sent as something else. */
export function checkBytes(value: unknown): void {
  if (value instanceof Uint8Array) return;
  throw new TypeError(`Cannot encode message ${quote(value)}: must be bytes`);
}

/** The error for a message that arrives, or is to be sent, and is over the limit. */
export function tooLong(
  action: string,
  { limit, actual }: { limit: number; actual: number },
): LimitExceededError {
  return new LimitExceededError(
    `Cannot ${action}: ${actual} bytes are more than the limit of ${limit}`,
    { limit, actual },
  );
}
