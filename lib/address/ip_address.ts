/**
 * Either family: what callers use who do not know which one a text is.
 *
 * @module
 */
import { IPv4Address } from "./ipv4_address.ts";
import { IPv6Address } from "./ipv6_address.ts";
import type { AddressSyntaxError } from "../errors.ts";
import { scanIPv4, stoppedAt } from "./scan_ipv4.ts";
import { scanIPv6 } from "./scan_ipv6.ts";
import { addressSyntaxError, notText, quoteValue } from "./syntax_error.ts";

/** An IPv4 or an IPv6 address; `version` tells which. */
export type IPAddress = IPv4Address | IPv6Address;

/**
 * The family that a text looks like: every IPv6 address has a colon among its first five
 * characters, every IPv4 address a dot among its first four.
 */
export function familyOf(text: string, from = 0): 0 | 4 | 6 {
  const end = Math.min(text.length, from + 5);
  for (let i = from; i < end; i++) {
    const character = text.charCodeAt(i);
    if (character === 0x3a) return 6;
    if (character === 0x2e) return 4;
  }
  return 0;
}

/**
 * Read an IPv4 or IPv6 address.
 *
 * @throws {AddressSyntaxError} If it is neither.
 * @throws {TypeError} If it is no string.
 *
 * @example Either family
 * ```ts
 * import { parseAddress } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseAddress("192.0.2.1").version, 4);
 * assert.equal(parseAddress("fe80::1%eth0").version, 6);
 * assert.throws(() => parseAddress("192.0.2"), { name: "AddressSyntaxError", position: 7 });
 * ```
 */
export function parseAddress(text: string): IPAddress {
  if (typeof text !== "string") throw notText("IP address", text);
  const family = familyOf(text);
  if (family === 4) return IPv4Address.parse(text);
  if (family === 6) return IPv6Address.parse(text);
  throw neitherFamily("IP address", text, text.length);
}

/** Text of neither family: blame the place up to which it could still have become one. */
export function neitherFamily(
  what: string,
  text: string,
  to: number,
  from = 0,
): AddressSyntaxError {
  const ipv4 = scanIPv4(text, from, to) ?? "bad-character";
  const ipv4At = stoppedAt;
  const ipv6 = scanIPv6(text, from, to) ?? "bad-character";
  return stoppedAt > ipv4At
    ? addressSyntaxError(what, text, ipv6, stoppedAt)
    : addressSyntaxError(what, text, ipv4, ipv4At);
}

/**
 * Read an IPv4 or IPv6 address, or `undefined` where {@linkcode parseAddress} would throw.
 *
 * @example A line that may be an address
 * ```ts
 * import { tryParseAddress } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(tryParseAddress("example.org"), undefined);
 * assert.equal(tryParseAddress("::1")?.isLoopback, true);
 * ```
 */
export function tryParseAddress(text: string): IPAddress | undefined {
  if (typeof text !== "string") return undefined;
  return familyOf(text) === 6
    ? IPv6Address.tryParse(text)
    : IPv4Address.tryParse(text);
}

/**
 * The family of an address as text, 0 where it is none. Strict; a zone is allowed.
 *
 * @example Which family?
 * ```ts
 * import { isIP } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(["1.2.3.4", "::1", "1.2.3.04", "localhost"].map(isIP), [4, 6, 0, 0]);
 * ```
 */
export function isIP(text: string): 0 | 4 | 6 {
  return isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0;
}

/**
 * Whether a text is an IPv4 address: four decimal parts without leading zeros.
 *
 * @example Not every spelling
 * ```ts
 * import { isIPv4 } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isIPv4("192.0.2.1"), true);
 * assert.equal(isIPv4("0x7f.1"), false);
 * ```
 */
export function isIPv4(text: string): boolean {
  return typeof text === "string" &&
    scanIPv4(text, 0, text.length) === undefined;
}

/**
 * Whether a text is an IPv6 address, with or without a zone.
 *
 * @example Not every row of colons
 * ```ts
 * import { isIPv6 } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isIPv6("2001:db8::"), true);
 * assert.equal(isIPv6(":::"), false);
 * ```
 */
export function isIPv6(text: string): boolean {
  return typeof text === "string" &&
    scanIPv6(text, 0, text.length) === undefined;
}

/**
 * The order of any two addresses, for `sort`: IPv4 before IPv6, then by number, then by zone.
 *
 * @throws {TypeError} If one is no address.
 *
 * @example Sort a mixed list
 * ```ts
 * import { compareAddresses, parseAddress } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const sorted = ["::1", "10.0.0.2", "9.0.0.1"].map(parseAddress).sort(compareAddresses);
 * assert.deepEqual(sorted.map(String), ["9.0.0.1", "10.0.0.2", "::1"]);
 * ```
 */
export function compareAddresses(a: IPAddress, b: IPAddress): -1 | 0 | 1 {
  checkAddress("compare", a);
  checkAddress("compare", b);
  if (a.version !== b.version) return a.version === 4 ? -1 : 1;
  return a.compareTo(b);
}

/** Refuse what is no address, a text included. */
export function checkAddress(action: string, value: unknown): void {
  if (value instanceof IPv4Address || value instanceof IPv6Address) return;
  throw new TypeError(
    `Cannot ${action} ${
      quoteValue(value)
    }: must be an IPv4Address or IPv6Address`,
  );
}
