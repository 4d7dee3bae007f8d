/**
 * What a drain does to whoever waits for input: it ends a reader of messages between two messages,
 * and a bare read that nothing comes for. An Input makes one when it is told to drain.
 *
 * @module
 */
import { awaitDrain, type DrainWaiter, forgetDrain } from "./drain_turns.ts";
import type { Input } from "./input.ts";
import { LONGEST_TIMER } from "./wait.ts";

/** What a bare read is ended by, and when. */
interface DrainTerms {
  /** What it rejects with. */
  reason: unknown;
  /** How long it may wait without a byte, in ms. */
  idleTimeout: number;
}

/** Watches one input while it drains. */
export class DrainWatch implements DrainWaiter {
  readonly #input: Input;
  readonly #terms: DrainTerms;
  /** What had been read when the drain began: who receives more is not idle. */
  readonly #bytesBefore: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(input: Input, terms: DrainTerms) {
    this.#input = input;
    this.#terms = terms;
    this.#bytesBefore = input.bytesRead;
  }

  /** Somebody waits, or waits again. */
  watch(): void {
    this.stop();
    const input = this.#input;
    if (!input.waiting || input.inRequest || input.buffer.length > 0) return;
    const { reason, idleTimeout } = this.#terms;
    if (input.inMessages) awaitDrain(this);
    else if (
      input.bytesRead === this.#bytesBefore && idleTimeout <= LONGEST_TIMER
    ) {
      this.#timer = setTimeout(() => input.interrupt(reason), idleTimeout);
    }
  }

  /** Something has come, or nobody waits any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    forgetDrain(this);
  }

  get issued(): boolean {
    return this.#input.source.readIssued !== false;
  }

  endMessages(): void {
    this.#input.endMessages();
  }
}
