/**
 * What a load generator counts while its window is open: replies for each connection, how long each
 * took, and what the server used meanwhile. Every kind of load reports through it.
 *
 * @module
 */
import { usageOf } from "../process_usage.ts";

/** What one window of load has shown. */
export interface Sample {
  /** Replies, or connections where each does one request. */
  count: number;
  seconds: number;
  /** CPU time of the server for each of them, in µs. */
  cpu: number;
  /** Latency in ms. */
  p50: number;
  p99: number;
  max: number;
  /** Jain's index over the replies of each connection: 1 is perfectly fair. */
  jain: number;
  /** Connections without a single reply. */
  starved: number;
  /** Wrong bytes, resets, losses. */
  errors: number;
  /** Resident memory of the server at the end of the window, in KiB. */
  rss: number;
}

/** 32 steps for each power of two: a percentile is within 3 %. */
const STEPS = 32;

/** Counts in one window. */
export class Meter {
  errors = 0;
  readonly #pid: number;
  readonly #perClient: Float64Array;
  readonly #histogram = new Float64Array(64 * STEPS);
  #open = false;
  #began = 0;
  #cpuBefore = 0;

  constructor(pid: number, clients: number) {
    this.#pid = pid;
    this.#perClient = new Float64Array(clients);
  }

  /** The warm-up is over: from here on everything counts. */
  begin(): void {
    this.#cpuBefore = usageOf(this.#pid).cpu;
    this.#began = performance.now();
    this.#open = true;
  }

  /** A client has got a reply that it has waited for since then. */
  reply(client: number, since: number): void {
    if (!this.#open) return;
    this.#perClient[client]!++;
    const ns = Math.max(1, (performance.now() - since) * 1e6);
    this.#histogram[Math.floor(Math.log2(ns) * STEPS)]!++;
  }

  /** The window is over. */
  end(): Sample {
    const seconds = (performance.now() - this.#began) / 1000;
    const { cpu, rss } = usageOf(this.#pid);
    const counts = this.#perClient;
    const count = counts.reduce((sum, n) => sum + n, 0);
    const squares = counts.reduce((sum, n) => sum + n * n, 0);
    return {
      count,
      seconds,
      cpu: (cpu - this.#cpuBefore) / Math.max(1, count),
      p50: this.#percentile(0.5, count),
      p99: this.#percentile(0.99, count),
      max: this.#percentile(1, count),
      jain: count === 0 ? 0 : count ** 2 / (counts.length * squares),
      starved: counts.filter((n) => n === 0).length,
      errors: this.errors,
      rss,
    };
  }

  #percentile(fraction: number, count: number): number {
    let left = Math.max(1, count * fraction);
    const index = this.#histogram.findIndex((n) => (left -= n) <= 0);
    return 2 ** ((index + 0.5) / STEPS) / 1e6;
  }
}
