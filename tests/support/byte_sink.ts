/**
 * A sink whose writes a test lets through by hand, or that takes everything, or a few bytes at a
 * time. It keeps copies: what it is given is used again, as with any sink.
 */
import { concat } from "./codec_driver.ts";

/** Takes what a StreamWriter sends. */
export class ByteSink {
  /** What each call was given. */
  readonly calls: Uint8Array[] = [];
  readonly #taken: Uint8Array[] = [];
  readonly #most: number;
  #held = false;
  #pending: { data: Uint8Array; promise: PromiseWithResolvers<number> }[] = [];
  #error: { error: unknown } | undefined;

  /** @param most Most bytes that one call takes. */
  constructor(most: number = Infinity) {
    this.#most = most;
  }

  /** What was taken, as text. */
  get text(): string {
    return new TextDecoder().decode(concat(this.#taken));
  }

  /** How many bytes were taken. */
  get length(): number {
    return this.#taken.reduce((sum, one) => sum + one.length, 0);
  }

  /** Whether a write waits. */
  get blocked(): boolean {
    return this.#pending.length > 0;
  }

  /** From now on writes wait. */
  hold(): this {
    this.#held = true;
    return this;
  }

  /** Let the write that waits take so many bytes, and no more. */
  take(count: number): void {
    const { data, promise } = this.#pending.shift()!;
    this.#taken.push(data.slice(0, count));
    promise.resolve(Math.min(count, data.length));
  }

  /** Let everything through from now on. */
  release(): void {
    this.#held = false;
    for (const { data, promise } of this.#pending.splice(0)) {
      promise.resolve(this.#take(data));
    }
  }

  /** Let this write and all that follow fail. */
  fail(error: unknown): this {
    this.#error = { error };
    for (const { promise } of this.#pending.splice(0)) promise.reject(error);
    return this;
  }

  write(data: Uint8Array): Promise<number> {
    if (this.#pending.length > 0) throw new Error("two writes at once");
    this.calls.push(data.slice());
    if (this.#error !== undefined) return Promise.reject(this.#error.error);
    if (!this.#held) return Promise.resolve(this.#take(data));
    const promise = Promise.withResolvers<number>();
    this.#pending.push({ data, promise });
    return promise.promise;
  }

  #take(data: Uint8Array): number {
    const count = Math.min(this.#most, data.length);
    this.#taken.push(data.slice(0, count));
    return count;
  }
}
