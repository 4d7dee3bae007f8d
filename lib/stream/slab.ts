/**
 * Small byte results, cut from a shared slab: allocating a typed array of 64 bytes costs six times
 * what cutting and copying does (as Node does with Buffer.pool). The reader hands these out.
 *
 * @module
 */

/** Size of one slab; when it is used up a new one is begun and the old one lives as long as its cuts. */
const SLAB_SIZE = 8192;

/** Results above this get an array of their own, so that one survivor pins no more than it is worth. */
const LARGEST_CUT = 2048;

/** Up to this size a loop copies faster than `set`, which needs a subarray of the source first. */
const LARGEST_LOOP = 64;

const EMPTY: Uint8Array<ArrayBuffer> = new Uint8Array(0);

let slab: Uint8Array<ArrayBuffer> = EMPTY;
let used = 0;

/** A copy of `bytes[start, end)` that belongs to the caller. */
export function copyOut(
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array<ArrayBuffer> {
  const length = end - start;
  if (length > LARGEST_CUT) {
    // Not slice(): a node Buffer's does not copy.
    return new Uint8Array(bytes.subarray(start, end));
  }
  if (length === 0) return new Uint8Array(0);
  // slab.length is read anew each time: it is 0 after somebody transferred the slab's buffer.
  if (used + length > slab.length) {
    slab = new Uint8Array(SLAB_SIZE);
    used = 0;
  }
  const out = slab.subarray(used, used + length);
  if (length === bytes.length) out.set(bytes);
  else if (length > LARGEST_LOOP) out.set(bytes.subarray(start, end));
  else for (let i = 0; i < length; i++) out[i] = bytes[start + i]!;
  // Keep cuts aligned, so that a caller may lay any typed array over one.
  used = (used + length + 7) & ~7;
  return out;
}
