/**
 * A write that was refused: its promise tells when somebody takes notice of it. Until then nothing
 * that is written later may be sent, or the peer would get a stream with a hole in it.
 *
 * @module
 */

const nothing = () => {};

/** A promise that is rejected, and may be left alone. Make one with {@linkcode refusal}. */
export class Refusal extends Promise<never> {
  #onNoticed: (() => void) | undefined;

  /** What `then`, `catch` and `finally` give is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** Reject with `error`; the first who waits for it calls `onNoticed`. */
  static of(error: unknown, onNoticed: () => void): Refusal {
    const refusal = new Refusal((_, reject) => reject(error));
    // Before anybody listens: it is no unhandled rejection.
    refusal.then(nothing, nothing);
    refusal.#onNoticed = onNoticed;
    return refusal;
  }

  /** As of any promise; `await` comes here too, since this is not a plain one. */
  override then<T, U>(
    onFulfilled?: ((value: never) => T | PromiseLike<T>) | null,
    onRejected?: ((reason: unknown) => U | PromiseLike<U>) | null,
  ): Promise<T | U> {
    this.#onNoticed?.();
    this.#onNoticed = undefined;
    return super.then(onFulfilled, onRejected);
  }
}
