/**
 * What was answered lately, kept for as long as it may be. Bounded in entries and in what they weigh,
 * so that no server can fill memory; the oldest go first.
 *
 * @module
 */
import type { Answer, Outcome } from "./answer.ts";
import { LARGEST_WEIGHT, weightOf } from "./answer_weight.ts";

const MOST_ENTRIES = 2_000;

/** Seconds for which an answer is kept whose TTL is not known, and longest for those where it is (a day; RFC 8767 section 4 allows a week). */
const UNKNOWN_TTL = 5;
const LONGEST_TTL = 86_400;
/** The same for "there is none": RFC 2308 section 5 advises an hour or so at most. */
const UNKNOWN_NEGATIVE_TTL = 1;
const LONGEST_NEGATIVE_TTL = 3_600;
/** Any other failure: long enough that a crowd of callers does not ask again one by one. */
const FAILURE_TTL = 1;

interface Entry {
  outcome: Outcome & { expires: number };
  weight: number;
}

/** Outcomes by key. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();
  #weight = 0;

  /** How many there are, stale ones included. */
  get size(): number {
    return this.#entries.size;
  }

  /** What is kept under the key; its TTL is what is left of it. */
  get(key: string): Outcome | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const left = entry.outcome.expires - performance.now();
    if (left <= 0) {
      this.#delete(key, entry);
      return undefined;
    }
    const { outcome } = entry;
    if (outcome.ttl === undefined) return outcome;
    return { ...outcome, ttl: Math.min(outcome.ttl, Math.ceil(left / 1000)) };
  }

  /**
   * Keep an outcome for as long as it may be; one with a TTL of 0 is not kept.
   *
   * @returns The outcome with its expiry.
   */
  set(key: string, outcome: Outcome): Outcome {
    const seconds = timeToLive(outcome);
    const expires = performance.now() + seconds * 1000;
    const dated = { ...outcome, expires };
    if (!(seconds > 0)) return dated;
    const old = this.#entries.get(key);
    if (old !== undefined) this.#delete(key, old);
    const weight = 1 +
      ("records" in outcome
        ? weightOf(outcome.records) + weightOf(outcome.dropped)
        : 0);
    this.#entries.set(key, { outcome: dated, weight });
    this.#weight += weight;
    for (const [oldest, entry] of this.#entries) {
      const fits = this.#entries.size <= MOST_ENTRIES &&
        this.#weight <= LARGEST_WEIGHT;
      if (fits) break;
      this.#delete(oldest, entry);
    }
    return dated;
  }

  /** Forget everything. */
  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  #delete(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }
}

/** Seconds for which an outcome may be kept. */
export function timeToLive(outcome: Outcome): number {
  if ("records" in outcome) return answerTtl(outcome);
  if (outcome.error.notFound === false) return FAILURE_TTL;
  return Math.min(outcome.ttl ?? UNKNOWN_NEGATIVE_TTL, LONGEST_NEGATIVE_TTL);
}

function answerTtl(answer: Answer): number {
  return Math.min(answer.ttl ?? UNKNOWN_TTL, LONGEST_TTL);
}
