/**
 * The one interval of a server, in which it looks at the time-outs of all its connections, sessions or
 * requests: a timer for each read would cost a fifth of a request, looking at 5000 connections takes
 * 24 µs.
 *
 * @module
 */

/** No time-out is kept more exactly than this, and no interval is shorter. */
const SHORTEST_MS = 20;
const LONGEST_MS = 1000;

/**
 * Calls back as often as the shortest time-out needs: at a quarter of it, so it fires up to 25 % late. It
 * goes on until {@linkcode stop}, which a look that finds nothing calls: a server with one short
 * connection after the other must not set and clear a timer for each.
 */
export class Sweep {
  readonly #look: (now: number) => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #period = Infinity;

  /** @param look Called with `performance.now()` in whole ms: connections keep it, and small integers need no box. */
  constructor(look: (now: number) => void) {
    this.#look = look;
  }

  /** Look at least as often as a time-out of so many ms needs; the interval does not keep the process alive. */
  require(timeout: number): void {
    if (timeout === Infinity) return;
    const period = Math.max(SHORTEST_MS, Math.min(LONGEST_MS, timeout / 4));
    if (this.#timer !== undefined && period >= this.#period) return;
    this.stop();
    this.#period = period;
    this.#timer = setInterval(
      () => this.#look(Math.trunc(performance.now())),
      period,
    );
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** Nobody is left to look at. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
