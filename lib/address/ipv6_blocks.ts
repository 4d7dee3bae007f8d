/**
 * The IPv6 blocks that have a predicate of their own, as tests on words. Where an IPv4-mapped
 * address is meant, the IPv4 predicate decides alone.
 *
 * @module
 */
import * as ipv4 from "./ipv4_blocks.ts";

function isMapped(a: number, b: number, c: number): boolean {
  return a === 0 && b === 0 && c === 0xffff;
}

/** `::`, or `::ffff:0.0.0.0`. */
export function isUnspecifiedIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  return a === 0 && b === 0 && (c === 0 || c === 0xffff) && d === 0;
}

/** `::1`, or IPv4 loopback mapped. */
export function isLoopbackIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  if (isMapped(a, b, c)) return ipv4.isLoopbackIPv4(d);
  return a === 0 && b === 0 && c === 0 && d === 1;
}

/** In fc00::/7 (RFC 4193). */
export function isUniqueLocalIPv6(a: number): boolean {
  return a >>> 25 === 0xfc >>> 1;
}

/** In fec0::/10 (RFC 3879). */
export function isSiteLocalIPv6(a: number): boolean {
  return a >>> 22 === 0xfec0 >>> 6;
}

/** Unique local, or IPv4 private mapped. */
export function isPrivateIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  return isMapped(a, b, c) ? ipv4.isPrivateIPv4(d) : isUniqueLocalIPv6(a);
}

/** In fe80::/10, or IPv4 link-local mapped. */
export function isLinkLocalIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  return isMapped(a, b, c)
    ? ipv4.isLinkLocalIPv4(d)
    : a >>> 22 === 0xfe80 >>> 6;
}

/** In ff00::/8, or IPv4 multicast mapped. */
export function isMulticastIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  return isMapped(a, b, c) ? ipv4.isMulticastIPv4(d) : a >>> 24 === 0xff;
}

/** Kept back by the IETF (IANA, Internet Protocol Version 6 Address Space), or IPv4 reserved mapped. */
export function isReservedIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  if (isMapped(a, b, c)) return ipv4.isReservedIPv4(d);
  const isGiven = a >>> 29 === 1 || isUniqueLocalIPv6(a) ||
    a >>> 23 === 0xfe80 >>> 7 || a >>> 24 === 0xff;
  return !isGiven;
}

/** In 2001:db8::/32 (RFC 3849) or 3fff::/20 (RFC 9637), or IPv4 documentation mapped. */
export function isDocumentationIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  if (isMapped(a, b, c)) return ipv4.isDocumentationIPv4(d);
  return a === 0x2001_0db8 || a >>> 12 === 0x3fff0;
}

/** In 2001:2::/48 (RFC 5180), or IPv4 benchmarking mapped. */
export function isBenchmarkingIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  if (isMapped(a, b, c)) return ipv4.isBenchmarkingIPv4(d);
  return a === 0x2001_0002 && b >>> 16 === 0;
}
