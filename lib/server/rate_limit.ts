/**
 * How often one peer, or everybody together, may come: what the option `rateLimit` of every server
 * asks before a handler runs. A virtual schedule (GCRA, as in ATM traffic control) instead of a
 * bucket: one number per peer, nothing to refill, no timer.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";
import { ipKey } from "./ip_key.ts";

/** How many connections or datagrams a server takes in a time. */
export interface RateLimit {
  /** How many per second on average; may be a fraction, such as 0.1. */
  perSecond: number;
  /** How many may come at once after a pause. Default: what comes in a second, at least 1. */
  burst?: number | undefined;
  /**
   * Whether each peer has its own allowance (IPv6 counted per /64) or all share one, as the peers of a
   * Unix socket always do. Default `"ip"`.
   */
  per?: "ip" | "server" | undefined;
}

/** Most peers that are remembered at once: some 8 MiB. */
const MAX_PEERS = 65_536;

/** The limit in action. */
export class RateLimiter {
  /** Milliseconds that one arrival costs. */
  readonly #cost: number;
  /** How far a schedule may run ahead of the clock. */
  readonly #ahead: number;
  readonly #perIp: boolean;
  readonly #now: () => number;
  readonly #maxPeers: number;
  /** Until when each peer has used its allowance up; a time that has passed means all of it is free. */
  readonly #schedules: Map<string, number> = new Map();

  /**
   * Make one from the option.
   *
   * @throws {TypeError} If the option is not an object, has an unknown key or a value of a wrong type.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(
    options: RateLimit,
    clock: { now?: () => number; maxPeers?: number } = {},
  ) {
    const { perSecond, burst, per } = checkRateLimit(options);
    this.#cost = 1000 / perSecond;
    this.#ahead = (burst - 1) * this.#cost;
    this.#perIp = per === "ip";
    this.#now = clock.now ?? (() => performance.now());
    this.#maxPeers = clock.maxPeers ?? MAX_PEERS;
  }

  /** How many peers are remembered. */
  get size(): number {
    return this.#schedules.size;
  }

  /** Whether one more may come from this address now; if so it is counted. Peers without one count as one. */
  admit(address: string | undefined): boolean {
    const key = this.#perIp && address !== undefined ? ipKey(address) : "";
    const now = this.#now();
    const known = this.#schedules.get(key);
    const schedule = known === undefined || known < now ? now : known;
    if (schedule - now > this.#ahead + EPSILON) return false;
    if (known === undefined && this.#schedules.size >= this.#maxPeers) {
      this.#makeRoom(now);
    }
    this.#schedules.set(key, schedule + this.#cost);
    return true;
  }

  /**
   * Forget peers, the longest known first: all whose time has passed among the first few, and one in
   * any case. Who is forgotten too early only gets its burst again; turning strangers away instead
   * would let a flood of forged addresses lock everybody out.
   */
  #makeRoom(now: number): void {
    let looked = 0;
    for (const [key, schedule] of this.#schedules) {
      if (looked === 0 || schedule <= now) this.#schedules.delete(key);
      if (++looked === 16) break;
    }
  }
}

/** Sums of fractions of a millisecond must not cost a peer the last of its burst. */
const EPSILON = 1e-6;

function checkRateLimit(
  options: RateLimit,
): { perSecond: number; burst: number; per: string } {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot use rateLimit ${quote(options)}: must be an object`,
    );
  }
  for (const key of Object.keys(options)) {
    if (!["perSecond", "burst", "per"].includes(key)) {
      throw new TypeError(`Cannot use rateLimit: unknown option ${quote(key)}`);
    }
  }
  const perSecond = checkNumber("perSecond", options.perSecond);
  // The time that one costs must be a number to reckon with, too.
  if (!(perSecond > 0 && perSecond < Infinity && 1000 / perSecond < Infinity)) {
    throw new RangeError(
      `Cannot use rateLimit.perSecond ${perSecond}: must be positive and finite, and not so small that one turn takes for ever`,
    );
  }
  const { burst: given = Math.max(1, Math.ceil(perSecond)), per = "ip" } =
    options;
  const burst = checkNumber("burst", given);
  if (!(Number.isInteger(burst) && burst >= 1)) {
    throw new RangeError(
      `Cannot use rateLimit.burst ${burst}: must be a whole number of at least 1`,
    );
  }
  if (per !== "ip" && per !== "server") {
    throw new TypeError(
      `Cannot use rateLimit.per ${quote(per)}: must be "ip" or "server"`,
    );
  }
  return { perSecond, burst, per };
}

function checkNumber(key: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw new TypeError(
    `Cannot use rateLimit.${key} ${quote(value)}: must be a number`,
  );
}
