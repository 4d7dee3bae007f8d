/**
 * The check of a port number. Everything that binds or dials calls it before any descriptor is
 * opened, because Deno itself takes `"80"` and turns other values away with varying words.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";

/**
 * Check a port: a whole number from `least` to 65535.
 *
 * @param action What was to be done, as it begins the message: `Cannot listen`.
 * @param value What the caller gave.
 * @param least 0 where the system may choose (binding), 1 where somebody must be there (dialling).
 * @returns The port.
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is not a whole number in that range.
 */
export function checkPort(
  action: string,
  value: unknown,
  least: 0 | 1,
): number {
  if (typeof value !== "number") {
    throw new TypeError(`${action} on port ${quote(value)}: must be a number`);
  }
  if (!Number.isInteger(value) || value < least || value > 65535) {
    throw new RangeError(
      `${action} on port ${value}: must be a whole number from ${least} to 65535`,
    );
  }
  return value;
}
