/**
 * getaddrinfo: what to connect to, or to bind, for a host and a service.
 *
 * @module
 */
import { checkKnownOptions } from "../socket/known_options.ts";
import { quote } from "../stream/quote.ts";
import { checkWait, type WaitOptions } from "../stream/wait.ts";
import { badName } from "./host_name.ts";
import { type Address, parseLiteral } from "./literal.ts";
import {
  checkFamily,
  checkPortNumber,
  checkSwitches,
} from "./lookup_checks.ts";
import { functionsResolver } from "./resolver.ts";
import { findService, noService } from "./services.ts";

/** How a socket carries its data. */
export type SocketType = "stream" | "datagram";

/** Options of {@linkcode getaddrinfo}. */
export interface AddrInfoOptions extends WaitOptions {
  /** Only that family; 0 or nothing for both. */
  family?: 0 | 4 | 6 | undefined;
  /** Only that type; nothing for both. */
  type?: SocketType | undefined;
  /** Without a host: addresses to bind (every interface) instead of to connect to (loopback). Default false. */
  passive?: boolean | undefined;
  /** Whether the host must be an address; nothing is asked then. Default false. */
  numericHost?: boolean | undefined;
  /** Whether the host's canonical name is wanted too. Default false. */
  canonName?: boolean | undefined;
}

/** One way to reach the service. */
export interface AddrInfo extends Address {
  /** The port. */
  port: number;
  /** How it is spoken to. */
  type: SocketType;
  /** The protocol's number: 6 (TCP) or 17 (UDP). */
  protocol: number;
  /** The host's canonical name, where it was asked for. */
  canonName?: string;
}

const TYPES = [
  { type: "stream", name: "tcp", protocol: 6 },
  { type: "datagram", name: "udp", protocol: 17 },
] as const;

const KNOWN: ReadonlySet<string> = new Set([
  "family",
  "type",
  "passive",
  "numericHost",
  "canonName",
  "signal",
  "timeout",
]);

/**
 * Everything that a host and a service can mean, best first: one entry per address and type.
 *
 * @param host The host, or `null` for this one: loopback, or every interface if `passive`.
 * @param service The port, as a number or a decimal text; or a service's name, which leaves only the
 * types that the service has (`"http"` is TCP only); or `null` or `""` for port 0.
 * @throws {LookupError} `ESERVICE` if there is no such service; `EBADNAME` if there can be no such
 * host; else if the host has no address, or nobody could say.
 * @throws {RangeError} If the port is not a whole number from 0 to 65535, or `timeout` not positive.
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
 * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
 *
 * @example A literal and a service
 * ```ts
 * import { getaddrinfo } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await getaddrinfo("192.0.2.1", "http"), [
 *   { address: "192.0.2.1", family: 4, port: 80, type: "stream", protocol: 6 },
 * ]);
 * ```
 */
export async function getaddrinfo(
  host: string | null,
  service: string | number | null = null,
  options: AddrInfoOptions = {},
): Promise<AddrInfo[]> {
  const given: unknown = options;
  checkKnownOptions("Cannot look up address information", given, KNOWN);
  checkSwitches(options, ["passive", "numericHost", "canonName"]);
  const { type, family = 0, canonName = false } = options;
  checkFamily(family);
  if (type !== undefined && !TYPES.some((known) => known.type === type)) {
    throw new TypeError(
      `Cannot look up address information of type ${
        quote(type)
      }: must be "stream" or "datagram"`,
    );
  }
  if (host !== null && typeof host !== "string") {
    throw new TypeError(
      `Cannot look up host ${quote(host)}: must be a string or null`,
    );
  }
  checkWait(options);
  const ports = portsOf(service, type);
  const found = await hostAddresses(host, family, options);
  return found.addresses.flatMap((address) =>
    ports.map(({ type, protocol, port }): AddrInfo => ({
      ...address,
      port,
      type,
      protocol,
      ...canonName ? { canonName: found.hostname } : {},
    }))
  );
}

interface ServicePort {
  type: SocketType;
  protocol: number;
  port: number;
}

/** The types that the service has, and its port in each. */
function portsOf(
  service: string | number | null,
  type: SocketType | undefined,
): ServicePort[] {
  const wanted = TYPES.filter((t) => type === undefined || t.type === type);
  const port = numericPort(service);
  if (port !== undefined) {
    return wanted.map(({ type, protocol }) => ({ type, protocol, port }));
  }
  const name = service as string;
  const ports = wanted.flatMap(({ type, name: over, protocol }) => {
    const entry = findService(name, over);
    return entry === undefined ? [] : [{ type, protocol, port: entry.port }];
  });
  if (ports.length > 0) return ports;
  throw noService(name, type === undefined ? undefined : wanted[0]!.name);
}

function numericPort(service: unknown): number | undefined {
  if (service === null || service === "") return 0;
  if (typeof service !== "string") return checkPortNumber(service);
  return /^[0-9]+$/.test(service)
    ? checkPortNumber(Number(service))
    : undefined;
}

async function hostAddresses(
  host: string | null,
  family: 0 | 4 | 6,
  options: AddrInfoOptions,
): Promise<{ hostname: string; addresses: Address[] }> {
  if (host === null) {
    // As getaddrinfo(3) has them: to bind, IPv4 first; to connect, in the order of RFC 6724.
    const addresses: Address[] = options.passive
      ? [{ address: "0.0.0.0", family: 4 }, { address: "::", family: 6 }]
      : [{ address: "::1", family: 6 }, { address: "127.0.0.1", family: 4 }];
    return {
      hostname: "localhost",
      addresses: addresses.filter((a) => family === 0 || a.family === family),
    };
  }
  if (options.numericHost && parseLiteral(host) === undefined) {
    throw badName(host, "it is no address");
  }
  const { signal, timeout, canonName } = options;
  const wanted = { signal, timeout, family };
  const resolver = functionsResolver();
  if (canonName) return await resolver.lookupDetail(host, wanted);
  return { hostname: host, addresses: await resolver.lookup(host, wanted) };
}
