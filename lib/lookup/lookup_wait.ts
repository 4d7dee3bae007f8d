/**
 * What a lookup waits with, and the two waits that all lookups have in common: for the whole of their
 * work, and for the hosts file. (time_left.ts is the waiting itself.)
 *
 * @module
 */
import { quote } from "../stream/quote.ts";
import { armWait, hasWait, type WaitOptions } from "../stream/wait.ts";
import { lookupError, type Question } from "./answer.ts";
import { waitUntil } from "./time_left.ts";

/** What a lookup waits with: the caller's signal and time-out as one signal, and its deadline. */
export interface Wait {
  signal: AbortSignal | undefined;
  expires: number;
}

/** How long one lookup may take. */
interface LookupTime {
  /** The signal and the time-out of the call. */
  options: WaitOptions;
  /** When the call was made, by `performance.now()`: both times run from there. */
  since: number;
  /** Milliseconds for the whole lookup. */
  longest: number;
}

/**
 * Run work with the caller's signal and time-out made into one signal.
 *
 * Without either there is none, and nothing to be taken down.
 */
export async function withWait<T>(
  name: string,
  { options, since, longest }: LookupTime,
  work: (wait: Wait) => Promise<T>,
): Promise<T> {
  const expires = since + longest;
  if (!hasWait(options)) return await work({ signal: undefined, expires });
  const action = `look up ${quote(name)}`;
  const controller = new AbortController();
  const expire = (reason: unknown) => controller.abort(reason);
  const disarm = armWait(action, options, expire, since);
  try {
    return await work({ signal: controller.signal, expires });
  } finally {
    disarm();
  }
}

/**
 * Look whether the hosts file has changed. A large one takes its time: the wait ends without it.
 *
 * @throws {LookupError} `ETIMEOUT` when the deadline passes first.
 */
export async function refreshHosts(
  { local, asker }: {
    local: { refresh(): Promise<void> };
    asker: { throwIfClosed(): void };
  },
  question: Question,
  { signal, expires }: Wait,
): Promise<void> {
  const looking = local.refresh().then(() => true);
  const looked = await waitUntil(looking, expires, signal);
  asker.throwIfClosed();
  if (looked) return;
  const reason = "the hosts file could not be read in time";
  throw lookupError("ETIMEOUT", question, { reason });
}
