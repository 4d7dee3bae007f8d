/**
 * The names of PTR records: `in-addr.arpa` (RFC 1035 section 3.5) and `ip6.arpa` (RFC 3596 section
 * 2.5), to and from bits. Called by the address classes.
 *
 * @module
 */
import type { AddressSyntaxCode } from "../errors.ts";
import { found, scanIPv4, stoppedAt } from "./scan_ipv4.ts";
import { addressSyntaxError, notText } from "./syntax_error.ts";
import { formatIPv4 } from "./format.ts";

const IPV4_SUFFIX = ".in-addr.arpa";
const IPV6_SUFFIX = ".ip6.arpa";

function swapBytes(bits: number): number {
  return (bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) |
    (bits >>> 24);
}

/** The name for the bits of an IPv4 address. */
export function reverseIPv4(bits: number): string {
  return formatIPv4(swapBytes(bits)) + IPV4_SUFFIX;
}

/** The bits of an IPv4 address from its name. */
export function parseReverseIPv4(name: string): number {
  const what = "IPv4 reverse pointer";
  const end = endOfLabels(what, name, IPV4_SUFFIX);
  const fault = scanIPv4(name, 0, end);
  if (fault !== undefined) {
    throw addressSyntaxError(what, name, fault, stoppedAt);
  }
  return swapBytes(found[3]!);
}

/** The name for the bytes of an IPv6 address. */
export function reverseIPv6(bytes: Uint8Array): string {
  let name = "";
  for (let i = 15; i >= 0; i--) {
    const byte = bytes[i]!;
    name += `${(byte & 15).toString(16)}.${(byte >>> 4).toString(16)}.`;
  }
  return name + IPV6_SUFFIX.slice(1);
}

/** The bytes of an IPv6 address from its name. */
export function parseReverseIPv6(name: string): Uint8Array<ArrayBuffer> {
  const what = "IPv6 reverse pointer";
  const end = endOfLabels(what, name, IPV6_SUFFIX);
  const bytes = new Uint8Array(16);
  // 32 single digits, the lowest first, with a dot between: digits stand at even positions.
  for (let i = 0; i < Math.max(end, 63); i++) {
    const fault = faultAt(name, i, end);
    if (fault !== undefined) throw addressSyntaxError(what, name, fault, i);
    if ((i & 1) === 1) continue;
    const digit = parseInt(name[i]!, 16);
    bytes[15 - (i >> 2)]! |= (i & 2) === 0 ? digit : digit << 4;
  }
  return bytes;
}

function faultAt(
  name: string,
  i: number,
  end: number,
): AddressSyntaxCode | undefined {
  if (i >= end) return "too-few-parts";
  if (i >= 63) return "too-many-parts";
  const isDot = name.charCodeAt(i) === 0x2e;
  if ((i & 1) === 1) {
    return isDot ? undefined : "bad-character";
  }
  if (isDot) return "empty";
  return /[0-9a-f]/i.test(name[i]!) ? undefined : "bad-character";
}

/** Where the labels before the suffix end; names are compared without case (RFC 4343). */
function endOfLabels(what: string, name: string, suffix: string): number {
  if (typeof name !== "string") throw notText(what, name);
  const length = name.endsWith(".") ? name.length - 1 : name.length;
  const end = length - suffix.length;
  if (end < 0 || name.slice(end, length).toLowerCase() !== suffix) {
    const at = suffixFault(name, suffix);
    const code = at < name.length ? "bad-character" : "empty";
    throw addressSyntaxError(what, name, code, at);
  }
  return end;
}

/** Where a name stops being one that could still end in `suffix`: behind its last digit or dot. */
function suffixFault(name: string, suffix: string): number {
  const start = name.toLowerCase().lastIndexOf(suffix.slice(0, 3));
  if (start < 0) return name.length;
  let i = 0;
  while (i < suffix.length && name[start + i]?.toLowerCase() === suffix[i]) i++;
  return start + i;
}
