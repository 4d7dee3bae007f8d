/**
 * The check that an options object holds nothing but options: a misspelt one must not silently be
 * the default.
 *
 * @module
 */
import { quote } from "../stream/wait.ts";

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
