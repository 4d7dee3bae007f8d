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

/** An array to read into. */
export interface ReadArray {
  /** The array. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** All of the memory that it is cut from, which is copied faster by words. */
  readonly words: Int32Array<ArrayBuffer>;
}

/** How many of the first are cut from one array, which lives as long as any of them. */
const CUTS = 64;
let slab = makeArray(0);
let used = 0;

/** Those that were given back: making one costs more than a short connection's reads. */
const small: ReadArray[] = [];
const large: ReadArray[] = [];
const MOST_SMALL = 64;
const MOST_LARGE = 16;

/** One that nobody uses, of the step's size. Old bytes may stand in it. */
export function takeArray(step: number): ReadArray {
  if (step === 0) return small.pop() ?? cut();
  if (step === LAST_STEP) return large.pop() ?? makeArray(LARGEST_SIZE);
  return makeArray(SIZES[step]!);
}

/** A new one, of any size that is a number of whole words. */
export function makeArray(size: number): ReadArray {
  const bytes = new Uint8Array(size);
  return { bytes, words: new Int32Array(bytes.buffer) };
}

/** Give one back that nobody reads into or out of any more. */
export function giveArray(array: ReadArray): void {
  const { length } = array.bytes;
  if (length === FIRST_SIZE) {
    if (small.length < MOST_SMALL) small.push(array);
  } else if (length === LARGEST_SIZE) {
    if (large.length < MOST_LARGE) large.push(array);
  }
}

function cut(): ReadArray {
  if (used === slab.bytes.length) {
    slab = makeArray(CUTS * FIRST_SIZE);
    used = 0;
  }
  const bytes = slab.bytes.subarray(used, used += FIRST_SIZE);
  return { bytes, words: slab.words };
}
