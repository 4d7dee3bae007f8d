/**
 * TLS handshakes that were given up and that Deno does not let go of: it goes on with them in the
 * background, so that closing leaves the descriptor open until the client itself leaves. A client
 * that connects and stays silent would cost one for ever.
 *
 * They are kept and counted here. When there are too many, the server listens through node:tls from
 * then on, where closing closes.
 *
 * @module
 */
import type { Transport } from "../socket/transport.ts";

/** Most that are put up with: a descriptor and some 20 KiB each. */
const MOST = 64;

/** Those of one server. */
export class StuckHandshakes {
  /** Each with what is called when its client leaves. */
  readonly #kept = new Map<Transport, (() => void) | undefined>();
  /** Called once when there are too many. */
  onTooMany: (() => void) | undefined;

  /**
   * Keep one until its client leaves.
   *
   * @param left Called then, if it was admitted; until then it counts as one of its client's connections.
   */
  keep(transport: Transport, left?: () => void): void {
    this.#kept.set(transport, left);
    const settled = () => {
      if (!this.#kept.delete(transport)) return;
      transport.close();
      left?.();
    };
    transport.handshake?.().then(settled, settled);
    if (this.#kept.size < MOST) return;
    this.onTooMany?.();
    this.onTooMany = undefined;
  }

  /** Those that still count. */
  *counted(): Generator<Transport> {
    for (const [transport, left] of this.#kept) {
      if (left !== undefined) yield transport;
    }
  }

  /** The server has ended: close what can be closed of them. */
  close(): void {
    for (const transport of this.#kept.keys()) transport.close();
    this.#kept.clear();
  }
}
