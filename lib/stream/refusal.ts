/**
 * A write that was refused: its promise tells when somebody takes notice of it. Until then nothing
 * that is written later may be sent, or the peer would get a stream with a hole in it.
 *
 * @module
 */
import { safe } from "./wait.ts";

/** A promise that tells when somebody first waits for it; left alone it is no unhandled rejection. */
export class Refusal<T = never> extends Promise<T> {
  #onNoticed: (() => void) | undefined;

  /** What `then`, `catch` and `finally` give is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** Settle as `promise` does; the first who waits for it calls `onNoticed`. */
  static from<T>(promise: Promise<T>, onNoticed: () => void): Refusal<T> {
    const refusal = new Refusal<T>((resolve, reject) => {
      promise.then(resolve, reject);
    });
    // Before anybody listens: that is not noticing it.
    safe(refusal);
    refusal.#onNoticed = onNoticed;
    return refusal;
  }

  /** The same for one who passes it on, and so does not take notice. */
  quietly(): Promise<T> {
    return super.then((value) => value);
  }

  /** Somebody has noticed it in another form. */
  notice(): void {
    this.#onNoticed?.();
    this.#onNoticed = undefined;
  }

  /** As of any promise; `await` comes here too, since this is not a plain one. */
  override then<U, V>(
    onFulfilled?: ((value: T) => U | PromiseLike<U>) | null,
    onRejected?: ((reason: unknown) => V | PromiseLike<V>) | null,
  ): Promise<U | V> {
    this.notice();
    return super.then(onFulfilled, onRejected);
  }
}

/** What `pass` makes of a promise, such that noticing the one is noticing the other. */
export function passOn<T, U>(
  promise: Promise<T>,
  pass: (promise: Promise<T>) => Promise<U>,
): Promise<U> {
  if (!(promise instanceof Refusal)) return safe(pass(promise));
  const refusal: Refusal<T> = promise;
  return Refusal.from(pass(refusal.quietly()), () => refusal.notice());
}
