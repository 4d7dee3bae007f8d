/**
 * Searching what is buffered for one of several separators. Used by the reader's `readUntil` and
 * `skipUntil`; pure.
 *
 * @module
 */
import type { ReadBuffer } from "./read_buffer.ts";
import { quote } from "./quote.ts";

const encoder = new TextEncoder();

/** One separator or several, as text or bytes. */
export type Separators =
  | string
  | Uint8Array
  | readonly (string | Uint8Array)[];

/** Where a separator stands in the buffer. */
interface Match {
  /** Index of its first byte. */
  start: number;
  /** Index behind its last byte. */
  end: number;
}

/**
 * The separators as bytes.
 *
 * @throws {RangeError} If there is none, or one is empty.
 * @throws {TypeError} If one is neither text nor bytes.
 */
export function separatorBytes(separators: Separators): Uint8Array[] {
  const list: readonly (string | Uint8Array)[] = Array.isArray(separators)
    ? separators
    : [separators as string | Uint8Array];
  if (list.length === 0) {
    throw new RangeError("Cannot search for separators []: needs at least one");
  }
  return list.map((one) => {
    const bytes = typeof one === "string" ? encoder.encode(one) : one;
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot search for separator ${quote(one)}: must be text or bytes`,
      );
    }
    if (bytes.length === 0) {
      throw new RangeError('Cannot search for separator "": must not be empty');
    }
    return bytes;
  });
}

/**
 * The separator that ends first, searched from `from` on; of two with the same end, the longer.
 */
export function findSeparator(
  buffer: ReadBuffer,
  separators: readonly Uint8Array[],
  from: number,
): Match | undefined {
  let best: Match | undefined;
  for (const separator of separators) {
    const start = findOne(buffer, separator, from);
    if (start < 0) continue;
    const end = start + separator.length;
    if (
      best === undefined || end < best.end ||
      (end === best.end && start < best.start)
    ) best = { start, end };
  }
  return best;
}

function findOne(
  buffer: ReadBuffer,
  separator: Uint8Array,
  from: number,
): number {
  const first = separator[0]!;
  const last = buffer.length - separator.length;
  let start = buffer.indexOf(first, from);
  while (start >= 0 && start <= last) {
    let i = 1;
    while (i < separator.length && buffer.at(start + i) === separator[i]) i++;
    if (i === separator.length) return start;
    start = buffer.indexOf(first, start + 1);
  }
  return -1;
}
