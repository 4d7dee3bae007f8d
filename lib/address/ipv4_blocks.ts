/**
 * The IPv4 blocks that have a predicate of their own, as tests on bits. Shared by IPv4 addresses and
 * the IPv6 addresses that stand for one.
 *
 * @module
 */

/** In 127.0.0.0/8 (RFC 1122 section 3.2.1.3). */
export function isLoopbackIPv4(bits: number): boolean {
  return bits >>> 24 === 127;
}

/** In 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 (RFC 1918 section 3). */
export function isPrivateIPv4(bits: number): boolean {
  return bits >>> 24 === 10 || bits >>> 20 === 0xac1 || bits >>> 16 === 0xc0a8;
}

/** In 169.254.0.0/16 (RFC 3927). */
export function isLinkLocalIPv4(bits: number): boolean {
  return bits >>> 16 === 0xa9fe;
}

/** In 224.0.0.0/4 (RFC 5771). */
export function isMulticastIPv4(bits: number): boolean {
  return bits >>> 28 === 0xe;
}

/** In 240.0.0.0/4 (RFC 1112 section 4). */
export function isReservedIPv4(bits: number): boolean {
  return bits >>> 28 === 0xf;
}

/** In 192.0.2.0/24, 198.51.100.0/24 or 203.0.113.0/24 (RFC 5737). */
export function isDocumentationIPv4(bits: number): boolean {
  const block = bits >>> 8;
  return block === 0xc00002 || block === 0xc63364 || block === 0xcb0071;
}

/** In 198.18.0.0/15 (RFC 2544). */
export function isBenchmarkingIPv4(bits: number): boolean {
  return bits >>> 17 === 0xc612 >>> 1;
}

/** In 100.64.0.0/10 (RFC 6598). */
export function isSharedIPv4(bits: number): boolean {
  return bits >>> 22 === 0x6440 >>> 6;
}
