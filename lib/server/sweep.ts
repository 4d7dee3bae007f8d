/**
 * The one interval of a server, in which it looks at the time-outs of all its connections: a timer
 * for each read would cost a fifth of a request, looking at 5000 connections takes 24 µs.
 *
 * @module
 */
import type { ConnectionSettings } from "./connection_control.ts";

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

  /** Sweep at least as often as these settings need; the interval does not keep the process alive. */
  require(settings: ConnectionSettings): void {
    const shortest = Math.min(
      settings.handshakeTimeout,
      settings.idleTimeout,
      settings.messageTimeout,
      settings.writeTimeout,
      settings.maxConnectionAge,
      settings.lingerTimeout || Infinity,
    );
    const period = Math.max(SHORTEST_MS, Math.min(LONGEST_MS, shortest / 4));
    if (this.#timer !== undefined && period >= this.#period) return;
    this.stop();
    this.#period = period;
    this.#timer = setInterval(
      () => this.#look(Math.trunc(performance.now())),
      period,
    );
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** No connection is left. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
