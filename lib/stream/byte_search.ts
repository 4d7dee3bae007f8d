/**
 * Finding a byte or a separator in a part of a buffer. A plain loop beats `indexOf` here, which
 * has no end bound and scans a whole 64 KiB buffer on a miss.
 *
 * @module
 */

/** A part of a buffer, `end` excluded. */
interface Span {
  start: number;
  end: number;
}

/** Where the byte first stands at or after `start` and before `end`, or -1. */
export function indexOfByte(
  buffer: Uint8Array,
  byte: number,
  { start, end }: Span,
): number {
  for (let i = start; i < end; i++) {
    if (buffer[i] === byte) return i;
  }
  return -1;
}

/** Where the separator first stands wholly at or after `start` and before `end`, or -1. */
export function indexOfBytes(
  buffer: Uint8Array,
  separator: Uint8Array,
  { start, end }: Span,
): number {
  const first = separator[0];
  const last = end - separator.length;
  next: for (let i = start; i <= last; i++) {
    if (buffer[i] !== first) continue;
    for (let k = 1; k < separator.length; k++) {
      if (buffer[i + k] !== separator[k]) continue next;
    }
    return i;
  }
  return -1;
}
