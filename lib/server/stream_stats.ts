/**
 * What a stream server counts: one plain object that can be logged as JSON or handed to
 * {@linkcode formatPrometheus}. The server adds to its own copy; callers get snapshots.
 *
 * @module
 */

/**
 * What a stream server has counted since it began.
 *
 * `active`, `lingering` and `peak` are levels, everything else only grows.
 */
export interface StreamServerStats {
  /** Connections taken from the listener, those that were dropped at once included. */
  accepted: number;
  /** Connections whose handler has not ended. */
  active: number;
  /** The most connections that were ever active at once. */
  peak: number;
  /** Connections whose handler has ended and that wait for the peer to read the rest. */
  lingering: number;
  /** Bytes received, those of connections that are still open included. */
  bytesRead: number;
  /** Bytes sent, those of connections that are still open included. */
  bytesWritten: number;
  /** Handlers that threw or rejected; each ended its own connection. */
  handlerErrors: number;
  /** Times that accepting failed: resets before accept, descriptors used up. */
  acceptErrors: number;
  /** Hooks (`onError`, `onConnect`, `onClose` …) that threw; swallowed. */
  hookErrors: number;
  /** Connections of which a write failed when the handler had ended, or had been refused and nobody noticed. */
  flushErrors: number;
  /** Connections refused before their handler ran, by {@linkcode DropReason}; a reason that never came is not there. */
  drops: Record<string, number>;
  /** Connections ended, by reason. */
  closes: Record<string, number>;
}

/** All zero: where a server begins. */
export function newStreamServerStats(): StreamServerStats {
  return {
    accepted: 0,
    active: 0,
    peak: 0,
    lingering: 0,
    bytesRead: 0,
    bytesWritten: 0,
    handlerErrors: 0,
    acceptErrors: 0,
    hookErrors: 0,
    flushErrors: 0,
    drops: {},
    closes: {},
  };
}

/** Count one more under `reason`; the reasons are our own constants, so the record stays small. */
export function countReason(
  record: Record<string, number>,
  reason: string,
): void {
  record[reason] = (record[reason] ?? 0) + 1;
}
