/**
 * What a graceful shutdown came to; `shutdown()` of every server resolves to one.
 *
 * @module
 */

/** How a `shutdown()` went. */
export interface DrainReport {
  /** Handlers that were running when it began and ended by themselves. */
  completed: number;
  /** Handlers that were still running at the deadline: their `signal` was aborted. */
  aborted: number;
  /** How long it took, in milliseconds. */
  duration: number;
}
