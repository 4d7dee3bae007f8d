/**
 * Results ready to be handed out again, under the caller's own spelling: the path of a cached answer
 * that must cost next to nothing. It stands before all else, so a result holds no longer than the
 * cached answers that it was made from, and only while the hosts file and resolv.conf are known not to
 * have changed.
 *
 * @module
 */
import { LARGEST_WEIGHT, weightOf } from "./answer_weight.ts";

/** The hosts file, or resolv.conf: what it says decides what a name means. */
interface Watched {
  /** Whether what is known of it is less than a second old. */
  readonly fresh: boolean;
  /** How often it has changed. */
  readonly changes: number;
}

function isFresh({ fresh }: Watched): boolean {
  return fresh;
}

interface Kept<T> {
  value: T;
  expires: number;
  mark: number;
  weight: number;
}

const MOST_KEPT = 1_000;

/** Results by the text that was looked up. */
export class KeptResults<T extends readonly unknown[]> {
  /** How many lookups were answered from here. */
  hits = 0;
  readonly #files: readonly Watched[];
  readonly #kept = new Map<string, Kept<T>>();
  #weight = 0;
  #cleared = 0;

  /** @param files What results hold no longer than. */
  constructor(...files: Watched[]) {
    this.#files = files;
  }

  /** Another number once one of the files has changed or all was forgotten. Take it before asking. */
  get mark(): number {
    let mark = this.#cleared;
    for (const { changes } of this.#files) mark += changes;
    return mark;
  }

  /** What is kept, if it still holds. It is shared: copy it before it is handed out. */
  get(text: string): T | undefined {
    const kept = this.#kept.get(text);
    if (kept === undefined || !this.#files.every(isFresh)) return undefined;
    if (performance.now() >= kept.expires || kept.mark !== this.mark) {
      this.#delete(text, kept);
      return undefined;
    }
    this.hits++;
    return kept.value;
  }

  /**
   * Keep a result.
   *
   * @param answer Its `expires` says for how long; without one it is not kept.
   * @param mark The {@linkcode mark} from before anybody was asked.
   */
  set(
    text: string,
    value: T,
    answer: { expires?: number | undefined },
    mark: number,
  ): void {
    const { expires = 0 } = answer;
    if (expires <= performance.now() || mark !== this.mark) return;
    const old = this.#kept.get(text);
    if (old !== undefined) this.#delete(text, old);
    const weight = 1 + weightOf(value);
    if (weight > LARGEST_WEIGHT) return;
    const fits = this.#kept.size < MOST_KEPT &&
      this.#weight + weight <= LARGEST_WEIGHT;
    if (!fits) this.#forget();
    this.#kept.set(text, { value, expires, mark, weight });
    this.#weight += weight;
  }

  /** Forget all, what is only on its way included. */
  clear(): void {
    this.#cleared++;
    this.#forget();
  }

  #forget(): void {
    this.#kept.clear();
    this.#weight = 0;
  }

  #delete(text: string, kept: Kept<T>): void {
    this.#kept.delete(text);
    this.#weight -= kept.weight;
  }
}
