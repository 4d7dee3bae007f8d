/**
 * When a drain ends a wait for input. Made by Input.drain; the input says when somebody begins to
 * wait and when he no longer does.
 *
 * @module
 */

/** What is asked of the input, and done to it. */
interface Drainable {
  readonly source: { readonly readIssued?: boolean };
  readonly inMessages: boolean;
  readonly bytesRead: number;
  interrupt(reason: unknown): void;
  endMessages(): void;
}

/** How a reader who waits is told of the drain. */
export interface DrainNotice {
  /** What a bare read rejects with. */
  reason: unknown;
  /** How long a bare read may wait without a byte since the drain began, in milliseconds. */
  idleTimeout: number;
}

/** One stream's drain, from its begin to its end. */
export class DrainWatch {
  readonly #input: Drainable;
  readonly #notice: DrainNotice;
  readonly #bytesBefore: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the read had not reached the system when the timer last looked. */
  #unissued = false;

  constructor(input: Drainable, notice: DrainNotice) {
    this.#input = input;
    this.#notice = notice;
    this.#bytesBefore = input.bytesRead;
  }

  /** Somebody waits, a read is outstanding, and nothing is buffered. */
  watch(): void {
    this.stop();
    this.#unissued = false;
    const { reason, idleTimeout } = this.#notice;
    const input = this.#input;
    if (input.inMessages) this.#endMessagesSoon();
    else if (input.bytesRead === this.#bytesBefore) {
      this.#timer = setTimeout(() => input.interrupt(reason), idleTimeout);
    }
  }

  /** Nobody waits any more. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * End a reader of messages once a full timer turn has passed since the drain began and the read
   * has reached the system: only then is here what the kernel had (0 of 100 requests were seen
   * after setImmediate turns, 100 of 100 after one timer turn).
   */
  #endMessagesSoon(): void {
    this.#timer = setTimeout(() => {
      const unissued = this.#input.source.readIssued === false;
      const wasUnissued = this.#unissued;
      this.#unissued = unissued;
      if (unissued || wasUnissued) this.#endMessagesSoon();
      else this.#input.endMessages();
    }, 0);
  }
}
