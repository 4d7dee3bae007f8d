/**
 * Who hears of it when a stream's source or sink fails: the server's side of a connection.
 *
 * @module
 */

/** Who is told when a stream's source or sink has failed. */
export interface FailureObserver {
  /** The peer is gone. */
  peerGone(error: unknown): void;
}
