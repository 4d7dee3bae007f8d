/**
 * Waiting with a deadline: the options that everything that waits takes, their check, and the one
 * place that turns a time-out or an abort into a rejection. Every layer above uses it.
 *
 * @module
 */
import { quote } from "./quote.ts";

/** How long to wait, and what ends the wait early. */
export interface WaitOptions {
  /** Ends the wait when it aborts; the wait then rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
  /** Longest wait in milliseconds, positive or `Infinity` (no time-out). Default: no time-out. */
  timeout?: number | undefined;
}

/** The longest delay that `setTimeout` keeps to (2³¹ − 1 ms, 24 days); longer ones mean "none". */
export const LONGEST_TIMER: number = 2_147_483_647;

/**
 * Check a time-out in milliseconds: a positive number or `Infinity`.
 *
 * @throws {TypeError} If it is not a number.
 * @throws {RangeError} If it is zero, negative or NaN.
 */
export function checkTimeout(value: unknown, key = "timeout"): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot use ${key} ${quote(value)}: must be a number of milliseconds`,
    );
  }
  if (!(value > 0)) {
    throw new RangeError(
      `Cannot use ${key} ${value}: must be positive or Infinity`,
    );
  }
  return value;
}

/**
 * Check an abort signal.
 *
 * @throws {TypeError} If it is none.
 */
export function checkSignal(
  value: unknown,
  key = "signal",
): asserts value is AbortSignal {
  if (value instanceof AbortSignal) return;
  throw new TypeError(
    `Cannot use ${key} ${quote(value)}: must be an AbortSignal`,
  );
}

const nothing = () => {};

/** A promise that may be left alone: its rejection reaches whoever awaits it, nobody else. */
export function safe<T>(promise: Promise<T>): Promise<T> {
  promise.catch(nothing);
  return promise;
}

/** What every time-out of this module throws. */
export function timeoutError(action: string, timeout: number): DOMException {
  return new DOMException(
    `Cannot ${action}: not done within ${timeout} ms`,
    "TimeoutError",
  );
}

/** Whether the options ask for anything at all; without, no timer and no listener is needed. */
export function hasWait(
  options: WaitOptions | undefined,
): options is WaitOptions {
  return options !== undefined &&
    (options.signal !== undefined || options.timeout !== undefined);
}

/**
 * Check the options before anything is begun.
 *
 * @throws The signal's reason, if it is already aborted.
 * @throws As {@linkcode checkTimeout} and {@linkcode checkSignal}.
 */
export function checkWait(options: WaitOptions | undefined): void {
  if (options?.timeout !== undefined) checkTimeout(options.timeout);
  if (options?.signal === undefined) return;
  checkSignal(options.signal);
  options.signal.throwIfAborted();
}

/**
 * Arm a time-out and an abort listener, and give back the function that disarms both.
 *
 * `expire` is called at most once, with what the wait should reject with. The caller disarms as
 * soon as it stops waiting, so that neither a timer nor a listener outlives the wait.
 *
 * @param since When the time-out began to run, by `performance.now()`: where something had to be
 *   loaded before. Default: now.
 * @throws The signal's reason, if it is already aborted.
 */
export function armWait(
  action: string,
  options: WaitOptions,
  expire: (reason: unknown) => void,
  since?: number,
): () => void {
  const { signal, timeout } = options;
  checkWait(options);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => {
    clearTimeout(timer);
    expire(signal!.reason);
  };
  if (timeout !== undefined && timeout <= LONGEST_TIMER) {
    const spent = since === undefined ? 0 : performance.now() - since;
    timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      expire(timeoutError(action, timeout));
    }, Math.max(0, timeout - spent));
  }
  signal?.addEventListener("abort", onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}

/**
 * Wait for `promise`, at most as long as the options allow.
 *
 * Only the wait ends early, not the work behind the promise: whoever calls this must be able to
 * use, or to undo, a result that comes late.
 *
 * @param since As for {@linkcode armWait}.
 * @throws {DOMException} "TimeoutError" when the time is up, or the signal's own reason.
 */
export function waitFor<T>(
  promise: Promise<T>,
  action: string,
  options: WaitOptions | undefined,
  since?: number,
): Promise<T> {
  if (!hasWait(options)) return promise;
  // Options that are wrong must not leave it to nobody.
  safe(promise);
  return new Promise((resolve, reject) => {
    const disarm = armWait(action, options, reject, since);
    promise.then(resolve, reject).finally(disarm);
  });
}
