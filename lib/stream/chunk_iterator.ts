/**
 * Iterating over whatever arrives, in the pieces in which it arrives.
 *
 * @module
 */
import type { Input } from "./input.ts";
import { takeAll } from "./read_bytes.ts";
import type { WaitOptions } from "./wait.ts";

type Step = IteratorResult<Uint8Array<ArrayBuffer>>;

/** Iterates over chunks; see {@linkcode StreamReader.chunks}. */
export class ChunkIterator
  implements AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
  readonly #input: Input;
  readonly #options: WaitOptions | undefined;
  #done = false;

  constructor(input: Input, options: WaitOptions | undefined) {
    this.#input = input;
    this.#options = options;
  }

  next(): Promise<Step> {
    if (this.#done) return Promise.resolve({ value: undefined, done: true });
    return this.#input.run("read", this.#options, this.#attempt);
  }

  readonly #attempt = (): Step | undefined => {
    const value = takeAll(this.#input);
    if (value === undefined) return undefined;
    if (value !== null) return { value, done: false };
    this.#done = true;
    return { value: undefined, done: true };
  };

  /** A step that waits ends too, so that it swallows nothing that comes later. */
  return(): Promise<Step> {
    this.#done = true;
    this.#input.leave(this.#attempt, { value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
