/**
 * One direction of a connection in memory: what is written at one end is read at the other. It
 * blocks, breaks and ends as a socket does, so that code tested over it works over the network.
 *
 * @module
 */
import { badResource, brokenPipe, interrupted } from "./system_errors.ts";

/** What may be in flight before a write waits, as a socket's buffers would hold. */
const CAPACITY = 65_536;

/** Bytes on their way from a writer to a reader. */
export class MemoryPipe {
  readonly #chunkSize: number;
  #chunks: Uint8Array[] = [];
  /** Which of them is read next. (Each `shift()` moves all: 64 KiB in chunks of one byte took 4 s.) */
  #first = 0;
  #length = 0;
  #ended = false;
  #readerGone = false;
  #writerGone = false;
  /** Wakes whoever waits on either side. */
  #changed: PromiseWithResolvers<void> | undefined;

  /** @param chunkSize Most bytes that one read gives or one write takes. */
  constructor(chunkSize: number) {
    this.#chunkSize = chunkSize;
  }

  async read(target: Uint8Array): Promise<number | null> {
    if (this.#readerGone) throw badResource();
    if (target.length === 0) return 0;
    while (this.#length === 0) {
      if (this.#ended) return null;
      await this.#change();
      if (this.#readerGone) throw interrupted();
    }
    const chunk = this.#chunks[this.#first]!;
    const count = Math.min(target.length, chunk.length, this.#chunkSize);
    target.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#next();
    else this.#chunks[this.#first] = chunk.subarray(count);
    this.#length -= count;
    this.#wake();
    return count;
  }

  async write(data: Uint8Array): Promise<number> {
    if (this.#writerGone) throw badResource();
    while (this.#length >= CAPACITY && !this.#readerGone && !this.#ended) {
      await this.#change();
      if (this.#writerGone) throw interrupted();
    }
    if (this.#ended || this.#readerGone) throw brokenPipe();
    if (data.length === 0) return 0;
    const count = Math.min(
      data.length,
      this.#chunkSize,
      CAPACITY - this.#length,
    );
    this.#chunks.push(data.slice(0, count));
    this.#length += count;
    this.#wake();
    return count;
  }

  /** No more bytes will come. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** The writing end is closed. */
  closeWriter(): void {
    this.#writerGone = true;
    this.end();
  }

  /** The reading end is closed: what is on its way is lost, and writing fails. */
  closeReader(): void {
    this.#readerGone = true;
    this.#chunks = [];
    this.#first = this.#length = 0;
    this.#wake();
  }

  #next(): void {
    this.#first++;
    if (this.#first * 2 < this.#chunks.length) return;
    this.#chunks = this.#chunks.slice(this.#first);
    this.#first = 0;
  }

  #change(): Promise<void> {
    return (this.#changed ??= Promise.withResolvers<void>()).promise;
  }

  #wake(): void {
    this.#changed?.resolve();
    this.#changed = undefined;
  }
}
