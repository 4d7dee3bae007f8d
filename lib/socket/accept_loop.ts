/**
 * Accepting, kept alive: which failures of accept(2) concern one client only, which need a pause,
 * and which mean that the listener is closed. Every listener of this module accepts through it.
 *
 * Without it `for await (const conn of Deno.listen(…))` ends at the first client that resets
 * before it is accepted, and when the process has no descriptor left.
 *
 * @module
 */

/** What accepts. */
interface Acceptor<T> {
  accept(): Promise<T>;
}

/** The first pause when descriptors are used up; it doubles up to the longest. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1000;

/**
 * A streak of such failures is over when accepting has gone well for so long. While clients come
 * and go at the limit each one that leaves lets one in: that is one streak, not hundreds.
 */
const STREAK_GAP_MS = 2000;

/**
 * The client's own failure: it was gone before it was accepted, or the network passed an error on
 * (accept(2): "treat them like EAGAIN by retrying").
 */
const TRANSIENT: ReadonlySet<unknown> = new Set([
  "ENOTCONN",
  "ECONNABORTED",
  "ECONNRESET",
  "EPROTO",
  "EPERM",
  "EINTR",
  "ENETDOWN",
  "ENOPROTOOPT",
  "EHOSTDOWN",
  "ENONET",
  "EHOSTUNREACH",
  "EOPNOTSUPP",
  "ENETUNREACH",
  "ETIMEDOUT",
]);

/** A Unix client whose own name is not UTF-8 is dropped by Deno, with InvalidData. */
function isTransient(error: unknown): boolean {
  return TRANSIENT.has((error as { code?: unknown } | null)?.code) ||
    error instanceof Deno.errors.InvalidData;
}

/** Accepts from one listener until it is closed. */
export class AcceptLoop<T> {
  readonly #listener: Acceptor<T>;
  readonly #onError: ((error: unknown, transient: boolean) => void) | undefined;
  #closed = false;
  #pause = 0;
  /** When descriptors were last found used up. */
  #failedAt = -Infinity;
  readonly #now: () => number;
  #wake: (() => void) | undefined;

  /**
   * @param onError Told each transient error, and once per streak that descriptors are used up.
   * @param now The clock, in ms; for tests.
   */
  constructor(
    listener: Acceptor<T>,
    onError?: (error: unknown, transient: boolean) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#listener = listener;
    this.#now = now;
    this.#onError = onError;
  }

  /**
   * The next connection, or `undefined` when the listener is closed. An async function only where
   * accepting fails: a frame for each connection would be 2 % of all that a short one allocates.
   */
  accept(): Promise<T | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    try {
      // Somebody's own listener may throw at once, or give no promise.
      const accepting = Promise.resolve(this.#listener.accept());
      return accepting.then(this.#onAccepted, this.#onFailed);
    } catch (error) {
      return this.#onFailed(error);
    }
  }

  readonly #onAccepted = (conn: T): T => {
    this.#pause = 0;
    return conn;
  };

  readonly #onFailed = async (first: unknown): Promise<T | undefined> => {
    for (let error = first;;) {
      // Somebody else may have closed the listener under us: then it can never accept again.
      if (this.#closed || error instanceof Deno.errors.BadResource) return;
      await this.#failed(error);
      if (this.#closed) return;
      try {
        return this.#onAccepted(await this.#listener.accept());
      } catch (next) {
        error = next;
      }
    }
  };

  /** Note that the listener is closed, and end a pause. Close the listener itself afterwards. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async #failed(error: unknown): Promise<void> {
    if (isTransient(error)) {
      this.#onError?.(error, true);
      return;
    }
    // Descriptors or memory used up, or something unknown: pause, or the loop spins.
    const now = this.#now();
    const begins = this.#pause === 0 && now - this.#failedAt > STREAK_GAP_MS;
    this.#failedAt = now;
    if (begins) this.#onError?.(error, false);
    this.#pause = Math.min(
      Math.max(FIRST_PAUSE_MS, this.#pause * 2),
      LONGEST_PAUSE_MS,
    );
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#pause);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
