/**
 * A value as error messages show it. Streams and all the rooms above use it.
 *
 * @module
 */

/** A value as it may stand in a message: strings quoted and escaped, everything else by its type. */
export function quote(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) {
    return `of type ${value.constructor?.name}`;
  }
  return typeof value === "function" ? "of type function" : String(value);
}
