/**
 * A graceful shutdown: what `shutdown()` of every server is given, and what it comes to.
 *
 * @module
 */
import { checkKnownOptions } from "../socket/known_options.ts";
import { checkSignal, checkTimeout } from "../stream/wait.ts";

/** Options of `shutdown()`. */
export interface ShutdownOptions {
  /** How long connections and requests may take to finish, in ms; 0 cuts at once. Default: `shutdownTimeout`. */
  timeout?: number | undefined;
  /** Ends the wait as its deadline does. */
  signal?: AbortSignal | undefined;
}

const KEYS: ReadonlySet<string> = new Set(["timeout", "signal"]);

/**
 * Check them.
 *
 * @throws {TypeError} If one is unknown or of a wrong type.
 * @throws {RangeError} If `timeout` is negative or NaN.
 */
export function checkShutdown(options: ShutdownOptions): void {
  checkKnownOptions("Cannot shut down", options, KEYS);
  const { timeout, signal } = options;
  if (timeout !== undefined && timeout !== 0) checkTimeout(timeout);
  if (signal !== undefined) checkSignal(signal);
}

/** How a `shutdown()` went. */
export interface DrainReport {
  /** Handlers that were running when it began and ended by themselves. */
  completed: number;
  /** Handlers that were still running at the deadline: their `signal` was aborted. */
  aborted: number;
  /** How long it took, in milliseconds. */
  duration: number;
}
