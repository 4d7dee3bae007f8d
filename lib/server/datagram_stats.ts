/**
 * What a datagram server counts: one plain object, as for streams. The server adds to its own copy;
 * callers get snapshots.
 *
 * @module
 */

/** Why a datagram, or a reply, was dropped. */
export type DatagramDropReason =
  /** The sender is on the deny list, or not on the allow list. */
  | "deny"
  /** The sender's port is one of `denySourcePorts`. */
  | "source-port"
  /** The sender came more often than `rateLimit` allows. */
  | "rate-limit"
  /** Longer than `limit`. */
  | "too-long"
  /** The reply was larger than `maxAmplification` allows. */
  | "amplification"
  /** The handler was not done within `requestTimeout`. */
  | "request-timeout"
  /** There are `maxSessions` already, of peers that have been heard more than once. */
  | "max-sessions"
  /** The session's queue was full. */
  | "session-queue"
  /** The session ended, and its handler had not read it. */
  | "unread"
  /** It came while the server was shutting down. */
  | "draining"
  /** The queue in front of the handlers was full; only without `--unstable-net`, where receiving cannot pause. */
  | "queue-full";

/**
 * What a datagram server has counted since it began.
 *
 * `active` and `peak` are levels, everything else only grows.
 */
export interface DatagramServerStats {
  /** Datagrams received, those that were dropped included. */
  received: number;
  /** Datagrams sent. */
  sent: number;
  /** Requests, or sessions, whose handler has not ended. */
  active: number;
  /** The most that were ever active at once. */
  peak: number;
  /** Requests, or sessions, that were handed to a handler. */
  handled: number;
  /** Bytes received, without headers. */
  bytesRead: number;
  /** Bytes sent, without headers. */
  bytesWritten: number;
  /** Handlers that threw or rejected. */
  handlerErrors: number;
  /** Times that receiving failed. */
  receiveErrors: number;
  /** Times that sending failed. */
  sendErrors: number;
  /** Hooks (`onError`, `onDrop` …) that threw; swallowed. */
  hookErrors: number;
  /** Datagrams and replies dropped, by {@linkcode DatagramDropReason}; a reason that never came is not there. */
  drops: Record<string, number>;
  /** Sessions ended, by reason. */
  closes: Record<string, number>;
}

/** All zero: where a server begins. */
export function newDatagramServerStats(): DatagramServerStats {
  return {
    received: 0,
    sent: 0,
    active: 0,
    peak: 0,
    handled: 0,
    bytesRead: 0,
    bytesWritten: 0,
    handlerErrors: 0,
    receiveErrors: 0,
    sendErrors: 0,
    hookErrors: 0,
    drops: {},
    closes: {},
  };
}
