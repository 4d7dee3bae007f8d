/**
 * Results ready to be handed out again, under the caller's own spelling: the path of a cached answer
 * that must cost next to nothing. It stands before all else, so it holds only while the hosts file
 * is known not to have changed.
 *
 * @module
 */
import type { LocalNames } from "./local_names.ts";

interface Kept<T> {
  value: T;
  expires: number;
  /** How often the hosts file had changed when this was kept. */
  changes: number;
}

const MOST_KEPT = 1_000;

/** Results by the text that was looked up. */
export class KeptResults<T> {
  /** How many lookups were answered from here. */
  hits = 0;
  readonly #local: LocalNames;
  readonly #kept = new Map<string, Kept<T>>();

  /** Results hold only as long as the hosts file does. */
  constructor(local: LocalNames) {
    this.#local = local;
  }

  /** What is kept, if it still holds. It is shared: copy it before it is handed out. */
  get(text: string): T | undefined {
    const kept = this.#kept.get(text);
    if (kept === undefined || !this.#local.fresh) return undefined;
    if (
      performance.now() >= kept.expires || kept.changes !== this.#local.changes
    ) {
      this.#kept.delete(text);
      return undefined;
    }
    this.hits++;
    return kept.value;
  }

  /** Keep a result for so many seconds; none at all where that is 0. */
  set(text: string, value: T, seconds: number): void {
    if (!(seconds > 0)) return;
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    const expires = performance.now() + seconds * 1000;
    this.#kept.set(text, { value, expires, changes: this.#local.changes });
  }

  /** Forget all. */
  clear(): void {
    this.#kept.clear();
  }
}
