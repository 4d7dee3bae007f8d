/**
 * Names to addresses for `connect`, where it has to know them before it dials: through the caller's
 * resolver, or getaddrinfo (node:dns), which gives what Deno itself would have dialled.
 *
 * Also the one place that turns Deno's and node:dns' failures of a lookup into a LookupError.
 *
 * @module
 */
import {
  type IPAddress,
  parseAddress,
  tryParseAddress,
} from "../address/ip_address.ts";
import { LookupError, type LookupErrorCode } from "../errors.ts";
import { quote } from "../stream/quote.ts";

/** What a resolver answers for one address. */
export interface ResolvedAddress {
  /** The address as text. */
  address: string;
  /** The zone of a link-local address. */
  scope?: string | number | undefined;
}

/** Anything that finds the addresses of a name: this module's `Resolver`, or one's own. */
export interface HostResolver {
  /** The addresses, in the order in which they are to be tried. */
  lookup(
    name: string,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<readonly ResolvedAddress[]>;
}

/** getaddrinfo's numbers, where node:dns has one code for both. */
const EAI_NODATA = -3007;

/**
 * The addresses of a name.
 *
 * @throws {LookupError} If there are none.
 * @throws {TypeError} If the resolver gave no list.
 * @throws {AddressSyntaxError} If nothing in it is an address.
 * @throws {Deno.errors.NotCapable} If the system may not be asked for that name.
 */
export async function resolveHost(
  name: string,
  resolver: HostResolver | undefined,
  signal: AbortSignal | undefined,
): Promise<IPAddress[]> {
  const found = resolver === undefined
    ? await askSystem(name)
    : await askResolver(resolver, name, signal);
  if (found.length === 0) throw lookupError(name, "ENODATA", "has no address");
  const texts = found.map(({ address, scope }) =>
    scope === undefined ? address : `${address}%${scope}`
  );
  // What is no address can be dialled no more than judged; the others may do.
  const addresses = texts.map(tryParseAddress)
    .filter((address) => address !== undefined);
  return addresses.length > 0 ? addresses : texts.map(parseAddress);
}

async function askResolver(
  resolver: HostResolver,
  name: string,
  signal: AbortSignal | undefined,
): Promise<readonly ResolvedAddress[]> {
  const found: unknown = await resolver.lookup(name, signal && { signal });
  if (Array.isArray(found) && found.every((one) => one instanceof Object)) {
    return found;
  }
  throw new TypeError(
    `Cannot look up ${quote(name)}: the resolver gave ${
      quote(found)
    }, not a list of addresses`,
  );
}

async function askSystem(name: string): Promise<ResolvedAddress[]> {
  const { lookup } = await import("node:dns/promises");
  try {
    // "verbatim": Deno's default order turns the list of IPv4 addresses round.
    return await lookup(name, { all: true, order: "verbatim" });
  } catch (error) {
    throw systemError(name, error as { code?: string; errno?: number });
  }
}

function systemError(
  name: string,
  cause: { code?: string; errno?: number },
): unknown {
  switch (cause.code) {
    case "EPERM":
      return new Deno.errors.NotCapable(
        `Cannot look up ${quote(name)}: run again with --allow-net=${name}`,
      );
    case "ENOTFOUND":
      return cause.errno === EAI_NODATA
        ? lookupError(name, "ENODATA", "has no address", cause)
        : lookupError(name, "ENOTFOUND", "no such name", cause);
    case "EAI_AGAIN":
      return temporary(name, cause);
    default:
      return unresolved(name, cause);
  }
}

/**
 * The error when the runtime has looked a name up by itself, as a LookupError, or NotCapable where the
 * permission for the name is missing; any other as it is.
 * Deno throws a bare `Error` there, so its text, which getaddrinfo wrote, is all there is to go by;
 * node:dgram's has a code.
 */
export function asLookupError(name: string, error: unknown): unknown {
  if (error instanceof LookupError) return error;
  const { message, code } = error as { message?: unknown; code?: string };
  // EPERM of anything but a lookup (a firewall's, of sendto) is not about the name.
  const isLookup = (error as { syscall?: unknown }).syscall === "getaddrinfo";
  if (
    code === "ENOTFOUND" || code === "EAI_AGAIN" ||
    (code === "EPERM" && isLookup)
  ) {
    return systemError(name, error as { code: string; errno?: number });
  }
  const prefix = "failed to lookup address information";
  if (typeof message !== "string" || !message.startsWith(prefix)) return error;
  if (/not known|no address associated|no such host/i.test(message)) {
    return lookupError(name, "ENOTFOUND", "no such name, or no address", error);
  }
  return /temporary/i.test(message)
    ? temporary(name, error)
    : unresolved(name, error);
}

function temporary(name: string, cause: unknown): LookupError {
  return lookupError(name, "ESERVFAIL", "no server could answer", cause);
}

function unresolved(name: string, cause: unknown): LookupError {
  return lookupError(name, "EUNRESOLVED", "the system cannot", cause);
}

function lookupError(
  host: string,
  code: LookupErrorCode,
  reason: string,
  cause?: unknown,
): LookupError {
  const message = `Cannot look up ${quote(host)}: ${reason}`;
  return new LookupError(message, { code, host, cause });
}
