/**
 * Signals of the operating system that end a server gracefully, and the abort signal that ends it
 * at once: the two ways to stop a server without holding it. Every server of this module uses it.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";

/** What can be ended. */
interface Stoppable {
  shutdown(): Promise<unknown>;
  close(): Promise<void>;
}

/** The two options. */
export interface StopOptions {
  signal?: AbortSignal | undefined;
  shutdownSignals?: readonly Deno.Signal[] | undefined;
}

/**
 * Check the names of signals; whether the system has them shows when they are listened to.
 *
 * @throws {TypeError} If it is no list of names.
 */
export function checkSignalNames(value: unknown, key: string): void {
  const isList = Array.isArray(value) &&
    value.every((name) => typeof name === "string");
  if (isList) return;
  throw new TypeError(
    `Cannot use ${key} ${quote(value)}: must be a list such as ["SIGTERM"]`,
  );
}

/**
 * Stop `server` when it is asked to from outside. A second signal of the operating system cuts
 * what the first one left.
 *
 * @returns A function that stops listening; call it when the server has ended.
 * @throws {TypeError} If a signal cannot be listened to, such as SIGKILL.
 */
export function stopOnSignals(
  server: Stoppable,
  options: StopOptions,
): () => void {
  const { signal, shutdownSignals = [] } = options;
  let asked = false;
  const onSignal = () => {
    if (asked) server.close();
    else server.shutdown();
    asked = true;
  };
  const onAbort = () => void server.close();
  const armed: Deno.Signal[] = [];
  const disarm = () => {
    signal?.removeEventListener("abort", onAbort);
    for (const name of armed) Deno.removeSignalListener(name, onSignal);
    armed.length = 0;
  };
  try {
    for (const name of shutdownSignals) {
      Deno.addSignalListener(name, onSignal);
      armed.push(name);
    }
  } catch (cause) {
    const name = quote(shutdownSignals[armed.length]);
    disarm();
    throw new TypeError(
      `Cannot use shutdownSignals: ${name} cannot be listened to`,
      { cause },
    );
  }
  signal?.addEventListener("abort", onAbort, { once: true });
  return disarm;
}
