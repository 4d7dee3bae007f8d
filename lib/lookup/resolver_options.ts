/**
 * The options of a Resolver: their defaults, and the one place that checks them.
 *
 * @module
 */
import { type IPAddress, tryParseAddress } from "../address/ip_address.ts";
import { checkKnownOptions } from "../socket/known_options.ts";
import { quote } from "../stream/quote.ts";
import { checkTimeout } from "../stream/wait.ts";
import { searchDomain } from "./host_name.ts";
import { checkPortNumber } from "./lookup_checks.ts";
import type { ServerAddress } from "./wire_backend.ts";

/** Who is asked. */
export type ResolverBackend = "auto" | "resolveDns" | "system" | "wire";

/** A DNS server: `"192.0.2.53"`, `"192.0.2.53:5353"`, `"[2001:db8::53]:53"`, or its parts. */
export type ResolverServer =
  | string
  | { hostname: string; port?: number | undefined }
  | { ipAddr: string; port?: number | undefined };

/** Options of {@linkcode Resolver}. */
export interface ResolverOptions {
  /**
   * Who is asked. Default `"auto"`: `Deno.resolveDns`, and our own resolver for what that cannot
   * say. `"resolveDns"`, `"system"` (getaddrinfo) and `"wire"` (our own, over TCP and UDP) ask only that one.
   */
  backend?: ResolverBackend | undefined;
  /** The servers. Default: those of the system; `"wire"` needs to read `/etc/resolv.conf` to know them. */
  servers?: readonly ResolverServer[] | undefined;
  /** Domains in which names with few dots are tried. Default: those of the system, none where `servers` are given. */
  search?: readonly string[] | undefined;
  /** Names with so many dots or more are tried as they are first. 0 to 15. Default: what the system says, else 1. */
  ndots?: number | undefined;
  /** Whether the hosts file is looked into, where reading it is granted already; or another file. Default true. */
  hosts?: boolean | string | undefined;
  /** Whether resolv.conf is looked into, where reading it is granted already; or another file. Default true. */
  resolvConf?: boolean | string | undefined;
  /** Whether answers are kept. Default true. */
  cache?: boolean | undefined;
  /** Milliseconds for a whole lookup, whatever it needs; positive or `Infinity`. Default 5000. */
  timeout?: number | undefined;
  /** How often each server is asked, a second apart (`"wire"`); over one TCP connection, once. 1 to 20. Default 3. */
  tries?: number | undefined;
  /** How many questions run at once; the others queue. 1 to 1000. Default 64. */
  maxInFlight?: number | undefined;
}

/** The options, checked and complete. */
export interface ResolverSettings {
  backend: ResolverBackend;
  servers: ServerAddress[] | undefined;
  search: string[] | undefined;
  ndots: number | undefined;
  hosts: boolean | string;
  resolvConf: boolean | string;
  cache: boolean;
  timeout: number;
  tries: number;
  maxInFlight: number;
}

const KNOWN: ReadonlySet<string> = new Set([
  "backend",
  "servers",
  "search",
  "ndots",
  "hosts",
  "resolvConf",
  "cache",
  "timeout",
  "tries",
  "maxInFlight",
]);
const BACKENDS: readonly unknown[] = ["auto", "resolveDns", "system", "wire"];
const IN_SERVER: ReadonlySet<string> = new Set(["hostname", "ipAddr", "port"]);
/** Where a DNS server listens that is not said to listen elsewhere. */
export const DNS_PORT = 53;

/** Check the options and fill in the defaults. */
export function resolverSettings(options: ResolverOptions): ResolverSettings {
  const given: unknown = options;
  checkKnownOptions("Cannot make a resolver", given, KNOWN);
  const { backend = "auto", servers, search, ndots } = options;
  const { timeout = 5_000, tries = 3, maxInFlight = 64 } = options;
  if (!BACKENDS.includes(backend)) {
    const list = BACKENDS.map(quote).join(", ");
    throw bad(TypeError, "backend", backend, `must be one of ${list}`);
  }
  checkList("servers", servers);
  if (servers?.length === 0) {
    throw bad(RangeError, "servers", "[]", "must name at least one");
  }
  checkList("search", search);
  for (const domain of search ?? []) {
    if (typeof domain !== "string") {
      throw bad(TypeError, "search domain", domain, "must be a string");
    }
  }
  return {
    backend,
    servers: servers?.map(serverAddress),
    search: search?.flatMap(givenDomain),
    ndots: ndots === undefined ? undefined : checkCount("ndots", ndots, 0, 15),
    hosts: checkFile("hosts", options.hosts),
    resolvConf: checkFile("resolvConf", options.resolvConf),
    cache: checkFlag("cache", options.cache),
    timeout: checkTimeout(timeout),
    tries: checkCount("tries", tries, 1, 20),
    maxInFlight: checkCount("maxInFlight", maxInFlight, 1, 1_000),
  };
}

function givenDomain(domain: string): string[] {
  try {
    return searchDomain(domain);
  } catch {
    throw bad(TypeError, "search domain", domain, "must be a domain name");
  }
}

/** An address with a port behind it: IPv4, or IPv6 in brackets. */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::([0-9]{1,5}))?$/;

function serverAddress(server: unknown): ServerAddress {
  let host: unknown = server;
  let port: unknown;
  if (typeof server === "string") {
    const match = WITH_PORT.exec(server);
    if (match !== null) {
      host = match[1] ?? match[2];
      if (match[3] !== undefined) port = Number(match[3]);
    }
  } else if (typeof server === "object" && server !== null) {
    const parts: unknown = server;
    checkKnownOptions("Cannot make a resolver with server", parts, IN_SERVER);
    host = parts.hostname ?? parts.ipAddr;
    port = parts.port;
  }
  const address = typeof host === "string" ? tryParseAddress(host) : undefined;
  if (address === undefined) {
    const reason = 'must be an address, such as "192.0.2.53:53"';
    throw bad(TypeError, "server", server, reason);
  }
  port ??= DNS_PORT;
  if (port === 0) throw bad(RangeError, "server port", 0, "must be 1 to 65535");
  return { hostname: serverHost(address), port: checkPortNumber(port) };
}

/**
 * The address that a server answers from: an IPv4-mapped one is IPv4, and "any address" reaches this
 * host.
 */
export function serverHost(address: IPAddress): string {
  const plain = address.version === 6 ? address.unmap() : address;
  if (!plain.isUnspecified) return plain.toString();
  return plain.version === 6 ? "::1" : "127.0.0.1";
}

function checkList(key: string, value: unknown): void {
  if (value !== undefined && !Array.isArray(value)) {
    throw bad(TypeError, key, value, "must be an array");
  }
}

function checkCount(
  key: string,
  value: unknown,
  least: number,
  most: number,
): number {
  if (typeof value !== "number") {
    throw bad(TypeError, key, value, "must be a number");
  }
  if (!Number.isInteger(value) || value < least || value > most) {
    const reason = `must be a whole number from ${least} to ${most}`;
    throw bad(RangeError, key, value, reason);
  }
  return value;
}

function checkFile(key: string, value: unknown): boolean | string {
  if (value === undefined) return true;
  if (typeof value === "boolean") return value;
  if (typeof value === "string" && value !== "") return value;
  throw bad(TypeError, key, value, "must be true, false or a path");
}

function checkFlag(key: string, value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value === "boolean") return value;
  throw bad(TypeError, key, value, "must be true or false");
}

function bad(
  type: new (message: string) => Error,
  key: string,
  value: unknown,
  reason: string,
): Error {
  return new type(
    `Cannot make a resolver with ${key} ${quote(value)}: ${reason}`,
  );
}
