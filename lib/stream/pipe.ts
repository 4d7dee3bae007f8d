/**
 * Sending everything that a source gives: the loop behind StreamWriter.pipeFrom.
 *
 * @module
 */
import type { ReadSource } from "./read_source.ts";
import { quote } from "./quote.ts";
import { checkWait, waitFor, type WaitOptions } from "./wait.ts";

/** What can be piped from. */
export type PipeSource =
  | ReadSource
  | {
    readInto(
      target: Uint8Array,
      options?: WaitOptions,
    ): Promise<number | null>;
  }
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>;

/** Where it goes. */
interface PipeTarget {
  write(data: Uint8Array | string, options?: WaitOptions): Promise<void>;
}

/** What any source comes down to. */
interface Pieces {
  /** The next piece, valid until the next call, or `null` at the end. */
  next(): Promise<Uint8Array | null>;
  /** Leave before the end. */
  leave?(): Promise<unknown> | undefined;
}

const encoder = new TextEncoder();

/**
 * The first piece is small, since many pipes carry little and wait long; while reads fill it, it
 * grows to where larger ones gain nothing.
 */
const FIRST_PIECE = 16_384;
const LARGEST_PIECE = 262_144;

/**
 * Send everything from `source` to `target`; resolves to the number of bytes.
 *
 * @param onRefused Called with the error when the options are wrong or the target refuses a piece.
 */
export async function pipe(
  source: PipeSource,
  target: PipeTarget,
  options: WaitOptions | undefined,
  onRefused: (error: unknown) => void,
): Promise<number> {
  try {
    checkWait(options);
  } catch (error) {
    onRefused(error);
    throw error;
  }
  const signal = options?.signal;
  const pieces = piecesOf(source, signal && { signal });
  try {
    for (let total = 0;;) {
      signal?.throwIfAborted();
      const piece = await pieces.next();
      if (piece === null) return total;
      await target.write(piece, options).catch((error) => {
        onRefused(error);
        throw error;
      });
      total += piece.length;
    }
  } catch (error) {
    // Not awaited: a source that hangs must not hold up the error, nor may its own hide it.
    pieces.leave?.()?.catch(() => {});
    throw error;
  }
}

function piecesOf(source: PipeSource, wait: WaitOptions | undefined): Pieces {
  if (typeof source !== "object" || source === null) throw noSource(source);
  if ("readInto" in source) {
    return piecesOfReads((buffer) => source.readInto(buffer, wait));
  }
  if (source instanceof ReadableStream) return piecesOfStream(source, wait);
  // Before `read`: Node's streams have a method of that name that means something else.
  if (Symbol.asyncIterator in source) {
    return piecesOfIterable(source as AsyncIterable<Uint8Array>, wait);
  }
  if (typeof source.read !== "function") throw noSource(source);
  return piecesOfReads((buffer) => waitFor(source.read(buffer), "pipe", wait));
}

function noSource(source: unknown): TypeError {
  return new TypeError(
    `Cannot pipe from ${
      quote(source)
    }: needs a reader, a stream or an async iterable`,
  );
}

function piecesOfReads(
  read: (buffer: Uint8Array) => Promise<number | null>,
): Pieces {
  let buffer = new Uint8Array(FIRST_PIECE);
  let filled = false;
  return {
    async next() {
      if (filled && buffer.length < LARGEST_PIECE) {
        buffer = new Uint8Array(buffer.length * 4);
      }
      const count = await read(buffer);
      filled = count === buffer.length;
      if (filled) return buffer;
      return count === null ? null : buffer.subarray(0, count);
    },
  };
}

/** Not as an iterable: leaving one while it waits for its source would wait as well. */
function piecesOfStream(
  source: ReadableStream<Uint8Array>,
  wait: WaitOptions | undefined,
): Pieces {
  const reader = source.getReader();
  return {
    async next() {
      const step = await waitFor(reader.read(), "pipe", wait);
      if (!step.done) return step.value;
      reader.releaseLock();
      return null;
    },
    async leave() {
      await reader.cancel();
      reader.releaseLock();
    },
  };
}

function piecesOfIterable(
  source: AsyncIterable<Uint8Array | string>,
  wait: WaitOptions | undefined,
): Pieces {
  const iterator = source[Symbol.asyncIterator]();
  return {
    async next() {
      const step = await waitFor(iterator.next(), "pipe", wait);
      if (step.done) return null;
      const { value } = step;
      return typeof value === "string" ? encoder.encode(value) : value;
    },
    leave: () => iterator.return?.(),
  };
}
