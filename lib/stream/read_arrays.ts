/**
 * The arrays that connections read into, in a few sizes. The smallest are cut side by side from
 * larger ones, the largest are used again: most connections never need more than the first, and
 * whoever sends too much must not cost 200 KiB of garbage before he is refused.
 *
 * @module
 */

/**
 * A buffer goes up when reads fill it. The first: 10,000 connections of a bare loop cost 7.2 KiB each
 * in all with 256 bytes, 11.5 KiB with 4 KiB. The last: what one read(2) delivers beyond 64 KiB gains
 * nothing, and a line of the default limit fits in with its ending.
 */
export const SIZES = [256, 1024, 4096, 16_384, 66_048] as const;

/** The step of the largest. */
export const LAST_STEP: number = SIZES.length - 1;

const [FIRST_SIZE] = SIZES;
const LARGEST_SIZE = SIZES[SIZES.length - 1]!;

/** How many of the first are cut from one array, which lives as long as any of them. */
const CUTS = 64;
let slab = new Uint8Array(0);
let used = 0;

/** Those that were given back: making one costs more than a short connection's reads. */
const small: Uint8Array<ArrayBuffer>[] = [];
const large: Uint8Array<ArrayBuffer>[] = [];
const MOST_SMALL = 64;
const MOST_LARGE = 16;

/** One that nobody uses, of the step's size. Old bytes may stand in it. */
export function takeArray(step: number): Uint8Array<ArrayBuffer> {
  if (step === 0) return small.pop() ?? cut();
  if (step === LAST_STEP) return large.pop() ?? new Uint8Array(LARGEST_SIZE);
  return new Uint8Array(SIZES[step]!);
}

/** Give one back that nobody reads into or out of any more. */
export function giveArray(bytes: Uint8Array<ArrayBuffer>): void {
  const { length } = bytes;
  if (length === FIRST_SIZE) {
    if (small.length < MOST_SMALL) small.push(bytes);
  } else if (length === LARGEST_SIZE) {
    if (large.length < MOST_LARGE) large.push(bytes);
  }
}

function cut(): Uint8Array<ArrayBuffer> {
  if (used === slab.length) {
    slab = new Uint8Array(CUTS * FIRST_SIZE);
    used = 0;
  }
  return slab.subarray(used, used += FIRST_SIZE);
}
