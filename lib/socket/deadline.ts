/**
 * Work of several steps under one deadline: each step gets the same signal.
 *
 * @module
 */
import { armWait, hasWait, type WaitOptions } from "../stream/wait.ts";

/**
 * Run `work` with a signal that aborts when the time is up or the caller's own signal does.
 *
 * @param work It must end soon after its signal has aborted; the signal is `undefined` where nothing limits it.
 * @param since When the time began to run, by `performance.now()`. Default: now.
 */
export async function withDeadline<T>(
  action: string,
  options: WaitOptions,
  work: (signal: AbortSignal | undefined) => Promise<T>,
  since?: number,
): Promise<T> {
  if (!hasWait(options)) return await work(undefined);
  const controller = new AbortController();
  const expire = (reason: unknown) => controller.abort(reason);
  const disarm = armWait(action, options, expire, since);
  try {
    return await work(controller.signal);
  } finally {
    disarm();
  }
}
