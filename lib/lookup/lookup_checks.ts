/**
 * The checks of what a lookup is called with, for all functions and methods alike. They come before
 * anything else, so that a mistake is told even where nothing has to be looked up.
 *
 * @module
 */
import { checkBoolean, checkKnownOptions } from "../socket/known_options.ts";
import { checkInteger } from "../stream/limit.ts";
import { quote } from "../stream/quote.ts";
import { checkWait } from "../stream/wait.ts";

const FAMILIES: readonly unknown[] = [undefined, 0, 4, 6];
const WAITING: ReadonlySet<string> = new Set(["timeout", "signal"]);

/**
 * Check a lookup that takes no options but those of waiting.
 *
 * @throws {TypeError} If the text is none, or an option is unknown or of a wrong type.
 * @throws {RangeError} If the time-out is not positive.
 * @throws The signal's reason, if it is already aborted.
 */
export function checkLookup(
  what: "name" | "address",
  text: unknown,
  options: unknown,
): void {
  checkText(what, text);
  if (options === undefined) return;
  checkKnownOptions("Cannot look up", options, WAITING);
  checkWait(options);
}

/** @throws {TypeError} If a family is not 0, 4, 6 or nothing. */
export function checkFamily(family: unknown): void {
  if (FAMILIES.includes(family)) return;
  throw new TypeError(
    `Cannot look up family ${quote(family)}: must be 0, 4 or 6`,
  );
}

/** @throws {TypeError} If one of the switches is given and neither true nor false. */
export function checkSwitches<T>(options: T, keys: readonly (keyof T)[]): void {
  for (const key of keys) checkBoolean(options[key], String(key));
}

/** Check a port number, 0 included. */
export function checkPortNumber(port: unknown): number {
  return checkInteger("port", port, { min: 0, max: 65_535 });
}

/** Check that a value is a string. */
export function checkText(what: string, value: unknown): void {
  if (typeof value !== "string") {
    throw new TypeError(`Cannot use ${what} ${quote(value)}: must be a string`);
  }
}
