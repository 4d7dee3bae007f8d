/**
 * Iterating over what is waited for, such that leaving ends a step that waits: it swallows nothing
 * that comes later, and whoever leaves does not have to wait either.
 *
 * @module
 */

/** Takes one thing after the other. */
export class LeavableIterator<T> implements AsyncIterableIterator<T> {
  readonly #take: (options: { signal: AbortSignal }) => Promise<T | undefined>;
  readonly #left = new AbortController();

  /** @param take Gives the next one, `undefined` at the end; a call that is aborted takes nothing. */
  constructor(
    take: (options: { signal: AbortSignal }) => Promise<T | undefined>,
  ) {
    this.#take = take;
  }

  async next(): Promise<IteratorResult<T>> {
    const { signal } = this.#left;
    try {
      const value = signal.aborted ? undefined : await this.#take({ signal });
      if (value !== undefined) return { value, done: false };
      this.#left.abort();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return { value: undefined, done: true };
  }

  return(): Promise<IteratorResult<T>> {
    this.#left.abort();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
