/**
 * How many connections each peer has: what `maxConnectionsPerIp` counts with. The server adds at
 * accept (or once the PROXY header has named the client) and removes when the handler has ended.
 *
 * @module
 */

/** Counts by key, never above a maximum; a key that is back at zero is forgotten. */
export class PerIpCounter {
  /** Most connections of one key at once; may be changed while running. */
  max: number;
  readonly #counts: Map<string, number> = new Map();

  /** Start empty. */
  constructor(max: number) {
    this.max = max;
  }

  /** How many keys have at least one connection: at most the number of connections. */
  get size(): number {
    return this.#counts.size;
  }

  /** Count one more under the key; answers false, and counts nothing, when it is at the maximum. */
  add(key: string): boolean {
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.max) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  /** Take one away again; only after an `add` that answered true. */
  remove(key: string): void {
    const count = this.#counts.get(key);
    if (count === undefined) return;
    if (count === 1) this.#counts.delete(key);
    else this.#counts.set(key, count - 1);
  }

  /** Forget all of them. */
  clear(): void {
    this.#counts.clear();
  }

  /** How many there are under the key. */
  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}
