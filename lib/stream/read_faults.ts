/**
 * The two ways in which reading a message fails, each built in one place: the stream ends inside
 * it, or it is too long.
 *
 * @module
 */
import { IncompleteReadError, LimitExceededError } from "../errors.ts";
import type { Input } from "./input.ts";

/**
 * The stream ended inside a message; the error takes what there was with it.
 *
 * @param skipped What was read before and is forgotten.
 */
export function incomplete(
  input: Input,
  expected: number | undefined,
  skipped = 0,
): IncompleteReadError {
  const partial = input.buffer.take(input.buffer.length);
  const count = skipped + partial.length;
  const message = expected === undefined
    ? `Cannot read: end of stream after ${count} bytes, before the end of the message`
    : `Cannot read: ${count} bytes read on a total of ${expected} expected bytes`;
  return new IncompleteReadError(message, { partial, expected });
}

/** A message is too long: the stream is poisoned until it is resynchronised. */
export function exceeded(
  input: Input,
  what: string,
  limit: number,
  actual: number,
): LimitExceededError {
  const error = new LimitExceededError(
    `Cannot read: ${what} after ${actual} bytes, the limit is ${limit}`,
    { limit, actual },
  );
  input.poison = error;
  return error;
}
