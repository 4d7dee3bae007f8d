/**
 * Keeping the process alive on behalf of a socket that cannot be let go of later: Deno's `unref()` reaches
 * only the last of several pending receives, that of node:dgram has no effect once it is bound. So the socket
 * is unref'd before it receives, and a timer stands for it. Datagram servers and node_datagram.ts use it.
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
