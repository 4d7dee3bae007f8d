/**
 * The keys and their values, in memory.
 *
 * @module
 */
import { CommandError } from "./resp.ts";

/** A value and when it ends, in milliseconds since 1970. */
export interface Entry {
  value: Uint8Array;
  expires: number;
}

/** What an entry costs besides the bytes of key and value, roughly. */
const OVERHEAD = 100;

/** The keys and their values, with a bound on memory and lazily removed when their time is up. */
export class Store {
  readonly maxMemory: number;
  #memory = 0;
  readonly #entries = new Map<string, Entry>();
  /** Keys that expire; each write looks at two of them, so that none stays for ever. */
  readonly #expiring = new Set<string>();
  #sweep: Iterator<string> = this.#expiring.values();

  constructor(maxMemory: number = 64 * 1024 * 1024) {
    this.maxMemory = maxMemory;
  }

  get memory(): number {
    return this.#memory;
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): string[] {
    return [...this.#entries.keys()].filter((key) =>
      this.get(key) !== undefined
    );
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expires > Date.now()) return entry;
    this.delete(key);
    return undefined;
  }

  /** Keep a copy of the value. Throws when that would take more memory than allowed. */
  set(key: string, value: Uint8Array, expires: number): void {
    this.#removeExpired();
    const before = this.#entries.get(key);
    const more = before === undefined
      ? key.length + value.length + OVERHEAD
      : value.length - before.value.length;
    if (more > 0 && this.#memory + more > this.maxMemory) {
      throw new CommandError(
        "OOM command not allowed when used memory > 'maxmemory'.",
      );
    }
    this.#memory += more;
    this.#entries.set(key, { value: new Uint8Array(value), expires });
    this.#note(key, expires);
  }

  expire(key: string, entry: Entry, expires: number): void {
    entry.expires = expires;
    this.#note(key, expires);
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#memory -= key.length + entry.value.length + OVERHEAD;
    this.#expiring.delete(key);
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#expiring.clear();
    this.#memory = 0;
  }

  #note(key: string, expires: number): void {
    if (expires === Infinity) this.#expiring.delete(key);
    else this.#expiring.add(key);
  }

  #removeExpired(): void {
    if (this.#expiring.size === 0) return;
    for (let i = 0; i < 2; i++) {
      const { value, done } = this.#sweep.next();
      if (done) this.#sweep = this.#expiring.values();
      else this.get(value);
    }
  }
}
