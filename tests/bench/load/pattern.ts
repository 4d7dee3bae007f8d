/**
 * What clients send, and the check that it came back: bytes that are lost, doubled, reordered or
 * that belong to another connection show.
 *
 * @module
 */

/** Above this size only every 61st byte is compared: the client must not be the slow one. */
const FULL_CHECK = 4096;

/** `depth` lines of `size` bytes each, different for each client. */
export function patternOf(
  client: number,
  size: number,
  depth: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size * depth);
  let x = client * 2_654_435_761 + 1;
  for (let i = 0; i < bytes.length; i++) {
    x = Math.imul(x ^ (x >>> 15), 2_246_822_519) + 1;
    bytes[i] = i % size === size - 1 ? 10 : 97 + (x >>> 8) % 26;
  }
  return bytes;
}

/** Whether `bytes` are those of the repeated `batch` from `at` on. */
export function matches(
  bytes: Uint8Array,
  batch: Uint8Array,
  at: number,
): boolean {
  const { length } = batch;
  const step = bytes.length > FULL_CHECK ? 61 : 1;
  for (let i = 0; i < bytes.length; i += step) {
    if (bytes[i] !== batch[(at + i) % length]) return false;
  }
  return true;
}
