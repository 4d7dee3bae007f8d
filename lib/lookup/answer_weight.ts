/**
 * How much of what servers say may be kept, and how much each result counts: for the cache of answers
 * and for the results that are kept in front of it.
 *
 * @module
 */

/**
 * Each result counts 1, 1 for each of its records, and 1 more for every {@linkcode LONG} characters or
 * octets of a record: about 10 MB at worst, in either place.
 */
export const LARGEST_WEIGHT = 20_000;
const LONG = 512;

/** What a list of records, addresses or names weighs. */
export function weightOf(items: readonly unknown[]): number {
  let weight = items.length;
  for (const item of items) weight += Math.floor(sizeOf(item) / LONG);
  return weight;
}

/** Characters and octets. */
function sizeOf(value: unknown): number {
  if (typeof value === "string" || value instanceof Uint8Array) {
    return value.length;
  }
  if (typeof value !== "object" || value === null) return 0;
  let size = 0;
  for (const part of Object.values(value)) size += sizeOf(part);
  return size;
}
