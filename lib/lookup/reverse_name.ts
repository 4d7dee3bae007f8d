/**
 * The names under which the names of addresses are kept: `1.0.0.127.in-addr.arpa`.
 *
 * @module
 */
import { IPv4Address } from "../address/ipv4_address.ts";
import { IPv6Address } from "../address/ipv6_address.ts";
import { parseAddress } from "../address/ip_address.ts";

/** The address that an IPv4-mapped one stands for, any other as it is. */
export function unmapped(address: string): string {
  const parsed = parseAddress(address);
  return parsed.version === 6 ? parsed.unmap().toString() : address;
}

/** The name to ask the PTR record of. */
export function reverseNameOf(address: string): string {
  return parseAddress(address).reversePointer;
}

/** The address that such a name stands for, or `undefined` where it is none. */
export function addressOfReverseName(name: string): string | undefined {
  const type = name.endsWith(".in-addr.arpa")
    ? IPv4Address
    : name.endsWith(".ip6.arpa")
    ? IPv6Address
    : undefined;
  try {
    return type?.fromReversePointer(name).toString();
  } catch {
    return undefined;
  }
}
