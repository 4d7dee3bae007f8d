/**
 * Dialling several addresses of one host until one answers (RFC 8305): the families take turns,
 * and the next attempt begins when the last one has failed or has kept us waiting for 250 ms.
 *
 * @module
 */
import type { IPAddress } from "../address/ip_address.ts";

/** "Connection Attempt Delay", RFC 8305 section 5 and 8. */
const ATTEMPT_DELAY_MS = 250;

/** Dials one address. */
type DialAddress<T> = (
  address: IPAddress,
  signal: AbortSignal,
) => Promise<T>;

/** What the attempts gave: a connection, or each address's own error, in the order of the addresses. */
type DialOutcome<T> = { conn: T } | { errors: unknown[] };

/** RFC 8305 section 4: the first family stays first, then one of each in turn. */
export function interleave(addresses: readonly IPAddress[]): IPAddress[] {
  const [first] = addresses;
  const preferred = addresses.filter((a) => a.version === first?.version);
  const others = addresses.filter((a) => a.version !== first?.version);
  const ordered: IPAddress[] = [];
  for (let i = 0; i < Math.max(preferred.length, others.length); i++) {
    for (const list of [preferred, others]) {
      const address = list[i];
      if (address !== undefined) ordered.push(address);
    }
  }
  return ordered;
}

/**
 * Dial the addresses. Every attempt has ended when this ends; one that connects too late is closed.
 *
 * @param signal Ends all attempts.
 * @param dial It must keep to its signal.
 * @throws The signal's reason.
 */
export async function dialAddresses<T extends { close(): void }>(
  addresses: readonly IPAddress[],
  signal: AbortSignal | undefined,
  dial: DialAddress<T>,
): Promise<DialOutcome<T>> {
  const attempts = new AbortController();
  const end = () => attempts.abort(signal?.reason);
  signal?.addEventListener("abort", end, { once: true });
  const errors: unknown[] = [];
  const running: Promise<void>[] = [];
  let conn: T | undefined;
  try {
    for (const [index, address] of addresses.entries()) {
      const attempt = dial(address, attempts.signal).then((dialled) => {
        if (conn !== undefined) return dialled.close();
        conn = dialled;
        attempts.abort();
      }, (error) => {
        errors[index] = error;
      });
      running.push(attempt);
      await settledOrLate(attempt, attempts.signal);
      if (attempts.signal.aborted) break;
    }
    await Promise.all(running);
  } finally {
    signal?.removeEventListener("abort", end);
  }
  if (conn !== undefined) return { conn };
  signal?.throwIfAborted();
  return { errors };
}

/** Wait for one attempt, but not longer than the delay or the end of all. */
function settledOrLate(
  attempt: Promise<void>,
  ended: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      ended.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ATTEMPT_DELAY_MS);
    ended.addEventListener("abort", done, { once: true });
    attempt.then(done);
  });
}
