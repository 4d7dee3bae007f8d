/**
 * `host:port` text: names, IPv4 addresses and bracketed IPv6 addresses (RFC 3986 section 3.2.2),
 * taken apart and put together.
 *
 * @module
 */
import type { AddressSyntaxCode } from "../errors.ts";
import { found, scanDecimal, stop, stoppedAt } from "./scan_ipv4.ts";
import { scanIPv6 } from "./scan_ipv6.ts";
import { addressSyntaxError, notText, quoteValue } from "./syntax_error.ts";

/** The two parts of a `host:port` text. */
export interface HostPort {
  /** A name or an address, without brackets; empty for `":80"`, which means every interface. */
  host: string;
  /** The port, where there is one. */
  port?: number;
}

/** What messages call such a text. */
const WHAT = "host and port";

/**
 * Take `host`, `host:port`, `[ipv6]`, `[ipv6]:port` or a bare IPv6 address apart.
 *
 * Whether a name is a good name is not judged here, but it has no white space, control character,
 * bracket, `/`, `@`, `?` or `#` in it.
 *
 * @throws {AddressSyntaxError} If it is none of these, or the port is not a plain number up to 65535.
 * @throws {TypeError} If it is no string.
 *
 * @example With and without a port
 * ```ts
 * import { splitHostPort } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(splitHostPort("example.org:80"), { host: "example.org", port: 80 });
 * assert.deepEqual(splitHostPort("[fe80::1%eth0]:80"), { host: "fe80::1%eth0", port: 80 });
 * assert.deepEqual(splitHostPort("::1"), { host: "::1" });
 * assert.throws(() => splitHostPort("1.2.3.4:080"), { code: "leading-zero", position: 9 });
 * ```
 */
export function splitHostPort(text: string): HostPort {
  if (typeof text !== "string") throw notText(WHAT, text);
  const colon = portColon(text);
  if (typeof colon === "string") {
    throw addressSyntaxError(WHAT, text, colon, stoppedAt);
  }
  const end = colon < 0 ? text.length : colon;
  const host = text[0] === "[" ? text.slice(1, end - 1) : text.slice(0, end);
  if (colon < 0) return { host };
  const fault = scanDecimal(text, colon + 1, text.length, 65535);
  if (fault !== undefined) {
    throw addressSyntaxError(WHAT, text, fault, stoppedAt);
  }
  return { host, port: found[4]! };
}

/** Where the colon before the port is, −1 where there is none, or the rule that the host breaks. */
export function portColon(text: string): number | AddressSyntaxCode {
  if (text === "") return stop(0, "empty");
  if (text[0] === "[") return bracketedEnd(text);
  const colon = text.indexOf(":");
  if (colon >= 0 && text.indexOf(":", colon + 1) >= 0) {
    return scanIPv6(text, 0, text.length) ?? -1;
  }
  return nameFault(text, colon < 0 ? text.length : colon) ?? colon;
}

/** What of the first `end` characters can stand in no name. */
function nameFault(text: string, end: number): AddressSyntaxCode | undefined {
  for (let i = 0; i < end; i++) {
    if (/[\s\p{Cc}[\]/@?#%]/u.test(text[i]!)) {
      return stop(i, "bad-character");
    }
  }
  return undefined;
}

function bracketedEnd(text: string): number | AddressSyntaxCode {
  const close = text.indexOf("]");
  if (close < 0) {
    const fault = scanIPv6(text, 1, text.length);
    return fault === undefined || stoppedAt === text.length
      ? stop(text.length, "unclosed-bracket")
      : stop(stoppedAt, fault);
  }
  const fault = scanIPv6(text, 1, close);
  if (fault !== undefined) return fault;
  if (close + 1 === text.length) return -1;
  return text[close + 1] === ":" ? close + 1 : stop(close + 1, "bad-character");
}

/** Check a port: an integer from 0 to 65535. */
export function checkPort(port: number): number {
  if (typeof port !== "number") {
    throw new TypeError(
      `Cannot use port ${quoteValue(port)}: must be a number`,
    );
  }
  if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new RangeError(
      `Cannot use port ${port}: must be an integer from 0 to 65535`,
    );
  }
  return port;
}

/**
 * Put a host and a port together, an IPv6 address in brackets.
 *
 * @throws {AddressSyntaxError} If the host is not what {@linkcode splitHostPort} would give back.
 * @throws {RangeError} If the port is no integer from 0 to 65535.
 * @throws {TypeError} If the host is no string or the port no number.
 *
 * @example Brackets where they must be
 * ```ts
 * import { joinHostPort } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(joinHostPort("::1", 80), "[::1]:80");
 * assert.equal(joinHostPort("example.org", 80), "example.org:80");
 * ```
 */
export function joinHostPort(host: string, port: number): string {
  if (typeof host !== "string") throw notText("host", host);
  checkPort(port);
  // Judged by itself: what it has in it must not become a part of what stands around it.
  const isIPv6 = host.includes(":");
  const fault = isIPv6
    ? scanIPv6(host, 0, host.length)
    : nameFault(host, host.length);
  if (fault !== undefined) {
    throw addressSyntaxError("host", host, fault, stoppedAt);
  }
  return isIPv6 ? `[${host}]:${port}` : `${host}:${port}`;
}
