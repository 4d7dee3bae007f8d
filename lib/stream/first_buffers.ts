/**
 * The small arrays that connections read their first bytes into, cut side by side from larger ones:
 * an array of its own costs each connection 200 bytes more, and most never need a larger one.
 *
 * @module
 */

/**
 * Their size: 10,000 connections of a bare loop cost 7.2 KiB each in all with 256 bytes, 11.5 KiB with
 * 4 KiB.
 */
export const FIRST_SIZE = 256;

/** How many are cut from one array, which lives as long as any of them. */
const CUTS = 64;

/** Those that closed connections gave back: making one costs more than a short connection's reads. */
const pool: Uint8Array<ArrayBuffer>[] = [];
const POOL_SIZE = 64;

let slab = new Uint8Array(0);
let used = 0;

/** One that nobody uses. */
export function takeFirst(): Uint8Array<ArrayBuffer> {
  const free = pool.pop();
  if (free !== undefined) return free;
  if (used === slab.length) {
    slab = new Uint8Array(CUTS * FIRST_SIZE);
    used = 0;
  }
  return slab.subarray(used, used += FIRST_SIZE);
}

/** Give one back that nobody reads into any more. */
export function giveFirst(bytes: Uint8Array<ArrayBuffer>): void {
  if (pool.length < POOL_SIZE) pool.push(bytes);
}
