/**
 * TLS handshakes that were given up and that Deno does not let go of: it goes on with them in the
 * background, so that closing leaves the descriptor open until the client itself leaves. A client
 * that connects and stays silent would cost one for ever.
 *
 * They are kept and counted here. When too many hang, the server listens through node:tls from then
 * on, where closing closes.
 *
 * @module
 */
import type { Transport } from "../socket/transport.ts";

/** Most that are put up with: a descriptor and some 20 KiB each. */
const MOST = 64;

/** One of them. */
interface Kept {
  /** When it was accepted, by `performance.now()`. */
  since: number;
  /** Called when its client leaves, if it was admitted: until then it counts as one of its connections. */
  left: (() => void) | undefined;
}

/** Those of one server. */
export class StuckHandshakes {
  /** Those that have had their time. */
  readonly #hanging = new Map<Transport, Kept>();
  /** Those that were refused before their time was over, in that order: most end by themselves. */
  readonly #refused = new Map<Transport, Kept>();
  /** Called once when too many hang. */
  onTooMany: (() => void) | undefined;

  /**
   * Keep one until its client leaves.
   *
   * @param timeout How long a handshake may take, in ms.
   */
  keep(transport: Transport, kept: Kept, timeout: number): void {
    const before = performance.now() - timeout;
    const all = kept.since <= before ? this.#hanging : this.#refused;
    all.set(transport, kept);
    const settled = () => {
      const isKept = this.#refused.delete(transport) ||
        this.#hanging.delete(transport);
      if (!isKept) return;
      transport.close();
      kept.left?.();
    };
    transport.handshake?.().then(settled, settled);
    this.#moveOverdue(before);
    if (this.#hanging.size < MOST) return;
    this.onTooMany?.();
    this.onTooMany = undefined;
  }

  /** Whoever was accepted before has had his time. */
  #moveOverdue(before: number): void {
    for (const [transport, kept] of this.#refused) {
      // Nearly in the order of their accepts, too: whoever comes later has hardly had more time.
      if (kept.since > before) return;
      this.#refused.delete(transport);
      this.#hanging.set(transport, kept);
    }
  }

  /** Those that still count. */
  *counted(): Generator<Transport> {
    for (const all of [this.#hanging, this.#refused]) {
      for (const [transport, { left }] of all) {
        if (left !== undefined) yield transport;
      }
    }
  }

  /** The server has ended: close what can be closed of them. */
  close(): void {
    for (const all of [this.#hanging, this.#refused]) {
      for (const transport of all.keys()) transport.close();
      all.clear();
    }
  }
}
