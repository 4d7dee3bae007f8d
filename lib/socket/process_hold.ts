/**
 * What keeps the process alive for a socket that Deno would not let go of, or lets go of for good:
 * Deno's `unref()` reaches the last pending receive only, that of node:dgram none that is pending. So the sockets
 * are unref'd before anything is received, and this stands for them.
 *
 * @module
 */
import { LONGEST_TIMER } from "../stream/wait.ts";

/** A timer that does nothing but keep the process alive, from the beginning. */
export class ProcessHold {
  readonly #timer = setInterval(() => {}, LONGEST_TIMER) as unknown as number;

  /** Keep the process alive. */
  ref(): void {
    Deno.refTimer(this.#timer);
  }

  /** Let the process end. */
  unref(): void {
    Deno.unrefTimer(this.#timer);
  }

  /** Nothing is to be kept alive any more. */
  release(): void {
    clearInterval(this.#timer);
  }
}
