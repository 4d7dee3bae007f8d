/**
 * A lookup's deadline: what is left until then, and waiting no longer than that for work that cannot
 * be cancelled.
 *
 * @module
 */
import { armWait, LONGEST_TIMER, safe } from "../stream/wait.ts";

/** The milliseconds until then, as a timer can take them: `Infinity` would make it fire at once. */
export function timeLeft(expires: number): number {
  return Math.min(Math.max(0, expires - performance.now()), LONGEST_TIMER);
}

/**
 * Wait for work, which goes on when the wait ends early.
 *
 * @returns What it gives, or `undefined` where the time was up first.
 * @throws The signal's reason.
 */
export async function waitUntil<T>(
  work: Promise<T>,
  expires: number,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  safe(work);
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  work.then(resolve, reject);
  const disarm = armWait("look up", { signal }, reject);
  const timer = setTimeout(resolve, timeLeft(expires), undefined);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    disarm();
  }
}
