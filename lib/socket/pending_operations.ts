/**
 * The operations of a node: socket that wait for a callback: each settles once, and all of them when
 * the socket fails. The transports over node:net and node:tls stand on it.
 *
 * @module
 */

/** Settles one operation that waits: with an error, or well. */
export type Settle = (error?: unknown) => void;

/** Those of one socket. */
export class PendingOperations {
  readonly #waiting = new Set<Settle>();
  readonly #translate: (error: unknown) => unknown;
  #failure: { error: unknown } | undefined;

  /** @param translate Gives a callback's error the class that Deno would give it. */
  constructor(translate: (error: unknown) => unknown) {
    this.#translate = translate;
  }

  /** Whether the socket has failed or was closed. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Run one operation; `begin` passes `settle` on as the callback. */
  run(begin: (settle: Settle) => void): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      const settle: Settle = (error) => {
        if (!this.#waiting.delete(settle)) return;
        if (error === undefined || error === null) resolve();
        else reject(this.#failure?.error ?? this.#translate(error));
      };
      this.#waiting.add(settle);
      begin(settle);
    });
  }

  /** Reject all that wait, and all that come; the first failure counts. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    for (const settle of this.#waiting) settle(error);
  }
}
