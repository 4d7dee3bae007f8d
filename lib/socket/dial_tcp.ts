/**
 * A TCP connection to a name or an address: either Deno resolves and dials, or, where somebody
 * wants to know the addresses first, this module resolves, judges each one and dials literals.
 *
 * @module
 */
import type { IPAddress } from "../address/ip_address.ts";
import { quote } from "../stream/quote.ts";
import { AddressGuard, type GuardOptions } from "./address_guard.ts";
import { addrText } from "./addr_text.ts";
import { dialAddresses, interleave } from "./happy_eyeballs.ts";
import type { ParsedHost } from "./parse_host.ts";
import {
  asLookupError,
  type HostResolver,
  resolveHost,
} from "./resolve_host.ts";

/** Who finds the addresses, and which may be dialled. */
export interface DialOptions extends GuardOptions {
  /** Finds the addresses of a name. */
  resolver?: HostResolver | undefined;
}

/** Where to dial. */
interface DialTarget {
  host: ParsedHost;
  port: number;
}

/**
 * Dial.
 *
 * @throws {AggregateError} If there were several addresses and each failed; a single address's
 *   failure is thrown as it is.
 * @throws The signal's reason.
 */
export async function dialTcp(
  target: DialTarget,
  options: DialOptions,
  signal: AbortSignal | undefined,
): Promise<Deno.TcpConn> {
  const { resolver, allow, deny } = options;
  checkResolver(resolver);
  const guard = new AddressGuard({ allow, deny });
  if (resolver ?? allow ?? deny) {
    const { name, address } = target.host;
    const addresses = address === undefined
      ? await abortable(resolveHost(name, resolver, signal), signal)
      : [address];
    return await dialJudged(target, addresses, guard, signal);
  }
  const { host: { name: hostname }, port } = target;
  try {
    return await Deno.connect({ hostname, port, ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw asLookupError(hostname, error);
  }
}

async function dialJudged(
  { host: { name }, port }: DialTarget,
  addresses: readonly IPAddress[],
  guard: AddressGuard,
  signal: AbortSignal | undefined,
): Promise<Deno.TcpConn> {
  const verdicts = new Map(addresses.map((a) => [a, guard.judge(a)]));
  const allowed = interleave(addresses.filter((a) => !verdicts.get(a)));
  const outcome = await dialAddresses(
    allowed,
    signal,
    (address, signal) =>
      Deno.connect({ hostname: address.toString(), port, signal }),
  );
  if ("conn" in outcome) return outcome.conn;
  allowed.forEach((a, index) =>
    verdicts.set(a, outcome.errors[index] as Error)
  );
  const errors = [...verdicts.values()];
  if (errors.length === 1) throw errors[0];
  throw new AggregateError(
    errors,
    `Cannot connect to ${quote(name)} port ${port}: ${reasons(verdicts, port)}`,
  );
}

function reasons(
  failures: ReadonlyMap<IPAddress, Error | undefined>,
  port: number,
): string {
  return [...failures].map(([address, error]) => {
    const hostname = address.toString();
    return `${
      addrText({ transport: "tcp", hostname, port })
    }: ${error?.message}`;
  }).join("; ");
}

function checkResolver(resolver: unknown): void {
  if (resolver === undefined) return;
  const { lookup } = (resolver ?? {}) as { lookup?: unknown };
  if (typeof lookup === "function") return;
  throw new TypeError(
    `Cannot use resolver ${quote(resolver)}: must have a method "lookup"`,
  );
}

/** A lookup cannot be cancelled; what it answers too late is forgotten. */
function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", onAbort)
    );
  });
}
