/**
 * The checks that options have in common: an options object holds nothing but options, since a misspelt
 * one must not silently be the default, and a switch is true or false.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";

/**
 * @param action What was to be done, as it begins the message: `Cannot listen`.
 * @throws {TypeError} If `options` is not an object or has a key that is not in `known`.
 */
export function checkKnownOptions(
  action: string,
  options: unknown,
  known: ReadonlySet<string>,
): asserts options is Record<string, unknown> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `${action} with options ${quote(options)}: must be an object`,
    );
  }
  for (const key of Object.keys(options)) {
    if (!known.has(key)) {
      throw new TypeError(`${action}: unknown option ${quote(key)}`);
    }
  }
}

/**
 * Check a switch.
 *
 * @throws {TypeError} If it is given and neither true nor false.
 */
export function checkBoolean(value: unknown, key: string): boolean | undefined {
  if (value === undefined || typeof value === "boolean") return value;
  throw new TypeError(
    `Cannot use ${key} ${quote(value)}: must be true or false`,
  );
}
