/**
 * The checks of numbers that options and arguments give: lengths, counts, whole numbers in bounds. All
 * rooms above use them.
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

/** Bounds of an option that is a whole number. */
interface IntegerBounds {
  min: number;
  max: number;
}

/**
 * Check an option that is a whole number within bounds.
 *
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is out of bounds or a fraction.
 */
export function checkInteger(
  key: string,
  value: unknown,
  { min, max }: IntegerBounds,
): number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot use ${key} ${quote(value)}: must be a number`);
  }
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(
      `Cannot use ${key} ${value}: must be a whole number from ${min} to ${max}`,
    );
  }
  return value;
}
