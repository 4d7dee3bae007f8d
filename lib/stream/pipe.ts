/**
 * Sending everything that a source gives: the loop behind StreamWriter.pipeFrom.
 *
 * @module
 */
import type { ReadSource } from "./input.ts";
import type { WaitOptions } from "./wait.ts";

/** What can be piped from. */
export type PipeSource =
  | ReadSource
  | { readInto(target: Uint8Array): Promise<number | null> }
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>;

/** Where it goes. */
interface PipeTarget {
  write(data: Uint8Array | string, options?: WaitOptions): Promise<void>;
}

const encoder = new TextEncoder();

/** One piece: as much as a socket's buffers take at once. */
const PIECE = 65_536;

/** Send everything from `source` to `target`; resolves to the number of bytes. */
export async function pipe(
  source: PipeSource,
  target: PipeTarget,
  options: WaitOptions | undefined,
): Promise<number> {
  const read = readFunction(source);
  return read === undefined
    ? await pipeIterable(source as AsyncIterable<Uint8Array>, target, options)
    : await pipeReads(read, target, options);
}

function readFunction(
  source: PipeSource,
): ((buffer: Uint8Array) => Promise<number | null>) | undefined {
  if ("readInto" in source) return (buffer) => source.readInto(buffer);
  if ("read" in source) return (buffer) => source.read(buffer);
  return undefined;
}

async function pipeReads(
  read: (buffer: Uint8Array) => Promise<number | null>,
  target: PipeTarget,
  options: WaitOptions | undefined,
): Promise<number> {
  const buffer = new Uint8Array(PIECE);
  for (let total = 0;;) {
    options?.signal?.throwIfAborted();
    const count = await read(buffer);
    if (count === null) return total;
    await target.write(
      count === PIECE ? buffer : buffer.subarray(0, count),
      options,
    );
    total += count;
  }
}

async function pipeIterable(
  source: AsyncIterable<Uint8Array | string>,
  target: PipeTarget,
  options: WaitOptions | undefined,
): Promise<number> {
  let total = 0;
  for await (const piece of source) {
    options?.signal?.throwIfAborted();
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    await target.write(bytes, options);
    total += bytes.length;
  }
  return total;
}
