/**
 * The check of a length limit, in one place for the reader and whoever passes limits on to it.
 *
 * @module
 */
import { quote } from "./quote.ts";

/** Longest line or separator-ended message unless told: asyncio's limit, and generous for text. */
export const DEFAULT_LIMIT = 65_536;

/**
 * Check a limit in bytes: a whole number from 1, or `Infinity`.
 *
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is less than 1 or a fraction.
 */
export function checkLimit(value: unknown, key = "limit"): number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot use ${key} ${quote(value)}: must be a number`);
  }
  if (value !== Infinity && (!Number.isSafeInteger(value) || value < 1)) {
    throw new RangeError(
      `Cannot use ${key} ${value}: must be a whole number from 1, or Infinity`,
    );
  }
  return value;
}

/**
 * Check a number of bytes to read: a whole number from 0.
 *
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is negative or a fraction.
 */
export function checkCount(value: number, key: string): number {
  if (!Number.isSafeInteger(value) || value < 0) {
    if (typeof value !== "number") {
      throw new TypeError(`Cannot read: ${key} ${quote(value)} is no number`);
    }
    throw new RangeError(
      `Cannot read: ${key} ${value} is not a whole number from 0 up`,
    );
  }
  return value;
}
