/**
 * Networking for Deno: addresses, names, sockets and servers in one import, with the words of
 * Python's `socket`, `socketserver` and `ipaddress`; typed, asynchronous and cancellable.
 *
 * @module
 */
export * from "./lib/errors.ts";

// address
export { IPv4Address } from "./lib/address/ipv4_address.ts";
export { IPv6Address } from "./lib/address/ipv6_address.ts";
export {
  compareAddresses,
  type IPAddress,
  isIP,
  isIPv4,
  isIPv6,
  parseAddress,
  tryParseAddress,
} from "./lib/address/ip_address.ts";
export type {
  EmbeddedIPv4,
  EmbeddedIPv4Kind,
} from "./lib/address/embedded_ipv4.ts";
export type { AddressSyntaxCode } from "./lib/address/syntax_error.ts";
export type { SpecialPurposeEntry } from "./lib/address/special_purpose_entry.ts";
export { SPECIAL_PURPOSE_IPV4 } from "./lib/address/special_purpose_ipv4.ts";
export { SPECIAL_PURPOSE_IPV6 } from "./lib/address/special_purpose_ipv6.ts";
export { IPv4Network } from "./lib/address/ipv4_network.ts";
export { IPv6Network } from "./lib/address/ipv6_network.ts";
export { type IPNetwork, parseNetwork } from "./lib/address/ip_network.ts";
export type { NetworkParseOptions } from "./lib/address/scan_network.ts";
export type { DivisionOptions } from "./lib/address/network_division.ts";
export { MacAddress } from "./lib/address/mac_address.ts";
