/**
 * Drives a codec by the protocol that codec.ts documents, as a reader would, over any chunking;
 * and checks that the codec keeps to its side of it.
 */
import assert from "node:assert/strict";
import type { Codec } from "../../lib/stream/codec.ts";

/** What came out of a stream of bytes. */
export interface DecodedStream<T> {
  messages: T[];
  /** Bytes of an unfinished message at the end of the stream. */
  rest: number;
}

/** Decode the whole input, arriving in chunks of the given sizes (the last one repeats). */
export function decodeChunked<T>(
  codec: Codec<T>,
  input: Uint8Array,
  sizes: number[],
): DecodedStream<T> {
  const messages: T[] = [];
  let held = new Uint8Array(0);
  let need = 1;
  let scanned = 0;
  let at = 0;
  for (let turn = 0;; turn++) {
    const size = sizes[Math.min(turn, sizes.length - 1)]!;
    const chunk = input.subarray(at, at + size);
    at += chunk.length;
    const eof = at === input.length;
    held = new Uint8Array([...held, ...chunk]);
    while (held.length > 0 && (eof || held.length >= need)) {
      // A fresh copy that is scribbled over afterwards: a message that refers to it would show.
      const lent = new Uint8Array(held);
      const result = codec.decode(lent, eof, scanned);
      lent.fill(0xee);
      if ("need" in result) {
        assert.ok(result.need > held.length, "need asks for more than is held");
        assert.ok((result.scanned ?? 0) <= held.length, "scanned is inside");
        need = result.need;
        scanned = result.scanned ?? 0;
        break;
      }
      assert.ok(result.consumed >= 1 && result.consumed <= held.length);
      messages.push(result.message);
      held = held.slice(result.consumed);
      need = 1;
      scanned = 0;
    }
    if (eof) return { messages, rest: held.length };
  }
}

/** Every way of cutting that is tried: whole, bytes, a few sizes, and each two-part cut. */
export function* chunkings(length: number): Generator<number[]> {
  yield [Math.max(1, length)];
  for (const size of [1, 2, 3, 5, 7, 64]) yield [size];
  for (let cut = 1; cut < Math.min(length, 300); cut++) yield [cut, length];
  yield [1, 4, 1, 9, 2, 30, 3];
}

/** Check that the input decodes to these messages whatever the chunking. */
export function assertDecodes<T>(
  codec: Codec<T>,
  input: Uint8Array,
  expected: DecodedStream<T>,
): void {
  for (const sizes of chunkings(input.length)) {
    assert.deepEqual(
      decodeChunked(codec, input, sizes),
      expected,
      `chunks of ${sizes}`,
    );
  }
}

/** Check that decoding fails with this error whatever the chunking. */
export function assertRefuses<T>(
  codec: Codec<T>,
  input: Uint8Array,
  error: new (...args: never[]) => Error,
): void {
  for (const sizes of chunkings(input.length)) {
    assert.throws(
      () => decodeChunked(codec, input, sizes),
      error,
      `chunks of ${sizes}`,
    );
  }
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Joined bytes. */
export function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** A small generator with a fixed seed, so that a failure can be seen again (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Random bytes, each below `values`. */
export function randomBytes(
  random: (below: number) => number,
  { length, values = 256 }: { length: number; values?: number },
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random(values));
}
