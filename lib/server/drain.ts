/**
 * Waiting until a server is empty, with a deadline that can be moved forward: what `shutdown()`
 * and `close()` of a stream server stand on.
 *
 * @module
 */
import { LONGEST_TIMER } from "../stream/wait.ts";

/** One wait; ends when nothing is left, or at its deadline. */
export class Drain {
  readonly #done = Promise.withResolvers<void>();
  /** Takes the listeners off the signals. */
  readonly #ended = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #deadline = Infinity;

  /** Whether the wait has ended. */
  get ended(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Resolves when the wait has ended, whatever ended it. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** End the wait after `timeout` ms at the latest, or when the signal aborts; an earlier end stays. */
  limit(timeout: number, signal?: AbortSignal): void {
    if (timeout === 0 || signal?.aborted) this.end();
    if (this.ended) return;
    signal?.addEventListener("abort", this.#onAbort, {
      signal: this.#ended.signal,
    });
    if (timeout > LONGEST_TIMER) return;
    const deadline = performance.now() + timeout;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onAbort, timeout);
  }

  /** Nothing is left to wait for. */
  end(): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
    this.#done.resolve();
  }

  readonly #onAbort = (): void => this.end();
}
