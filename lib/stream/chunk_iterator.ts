/**
 * Iterating over whatever arrives, in the pieces in which it arrives.
 *
 * @module
 */
import type { WaitOptions } from "./wait.ts";

/** What is iterated over: a reader, or anything that reads like one. */
interface ChunkSource {
  read(
    max: undefined,
    options: WaitOptions | undefined,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
}

/** Iterates over chunks; see {@linkcode StreamReader.chunks}. */
export class ChunkIterator
  implements AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
  readonly #source: ChunkSource;
  readonly #options: WaitOptions | undefined;
  #done = false;

  constructor(source: ChunkSource, options: WaitOptions | undefined) {
    this.#source = source;
    this.#options = options;
  }

  async next(): Promise<IteratorResult<Uint8Array<ArrayBuffer>>> {
    if (!this.#done) {
      const value = await this.#source.read(undefined, this.#options);
      if (value !== null) return { value, done: false };
      this.#done = true;
    }
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<Uint8Array<ArrayBuffer>>> {
    this.#done = true;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
