/**
 * The key under which a peer is counted: whoever holds one IPv6 address holds its whole /64, so
 * that is what the limits per peer count. Used by per_ip.ts and rate_limit.ts.
 *
 * @module
 */
import { IPv6Address, ipv6WordA, ipv6WordB } from "../address/ipv6_address.ts";

/**
 * The key of an IP address in text form, as runtime and PROXY headers give it.
 *
 * An IPv4 address stands for itself, an IPv4-mapped one for its IPv4 address, an IPv6 address for
 * its /64; a zone is ignored. A text without a colon is taken as IPv4 and given back as it is, so
 * that the common case costs one scan and no allocation; so is a text that is no address.
 */
export function ipKey(address: string): string {
  if (!address.includes(":")) return address;
  const parsed = IPv6Address.tryParse(address);
  if (parsed === undefined) return address;
  const mapped = parsed.ipv4Mapped;
  if (mapped !== undefined) return mapped.toString();
  return `${hex(ipv6WordA(parsed))}:${hex(ipv6WordB(parsed))}::/64`;
}

/** A signed word of an address, two groups of it, as text. */
function hex(word: number): string {
  return `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
}
