/**
 * From ranges to networks and back: the fewest networks between two addresses, and the smallest
 * network around many things.
 *
 * @module
 */
import type { IPAddress } from "./ip_address.ts";
import type { IPNetwork } from "./ip_network.ts";
import {
  checkEnds,
  checkList,
  endsOf,
  type IPRange,
  isBlock,
} from "./ip_range.ts";
import { IPv4Address } from "./ipv4_address.ts";
import type { IPv4Network } from "./ipv4_network.ts";
import { IPv6Address } from "./ipv6_address.ts";
import type { IPv6Network } from "./ipv6_network.ts";
import { mixedVersions } from "./operands.ts";

/** How many bits a number needs. */
function bitsIn(value: bigint): number {
  const digits = value.toString(16);
  return 4 * digits.length - (Math.clz32(parseInt(digits[0]!, 16)) - 28);
}

/** Prefix of `version` around a number. */
function networkAt(value: bigint, version: 4 | 6, hostBits: number): IPNetwork {
  return version === 4
    ? IPv4Address.fromBigInt(value).toNetwork(32 - hostBits)
    : IPv6Address.fromBigInt(value).toNetwork(128 - hostBits);
}

/**
 * The fewest networks that together hold exactly the addresses from `first` to `last`, in order.
 *
 * @throws {TypeError} If the two are of different families, or have a zone.
 * @throws {RangeError} If `last` comes before `first`.
 *
 * @example A range in CIDR
 * ```ts
 * import { IPv4Address, summarize } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const networks = summarize(IPv4Address.parse("192.0.2.0"), IPv4Address.parse("192.0.2.130"));
 * assert.deepEqual(networks.map(String), ["192.0.2.0/25", "192.0.2.128/31", "192.0.2.130/32"]);
 * ```
 */
export function summarize(first: IPv4Address, last: IPv4Address): IPv4Network[];
/** The same for IPv6. */
export function summarize(first: IPv6Address, last: IPv6Address): IPv6Network[];
/** The same for either family. */
export function summarize(first: IPAddress, last: IPAddress): IPNetwork[];
export function summarize(first: IPAddress, last: IPAddress): IPNetwork[] {
  checkEnds(first, last);
  const networks: IPNetwork[] = [];
  const end = last.toBigInt();
  let start = first.toBigInt();
  while (start <= end) {
    // The largest block that begins here: limited by how round the start is, and by what is left.
    const aligned = start === 0n ? first.bitLength : bitsIn(start & -start) - 1;
    const hostBits = Math.min(aligned, bitsIn(end - start + 1n) - 1);
    networks.push(networkAt(start, first.version, hostBits));
    start += 1n << BigInt(hostBits);
  }
  return networks;
}

/**
 * The smallest network that holds all of the items.
 *
 * @throws {RangeError} If there are none.
 * @throws {TypeError} If they are of different families.
 *
 * @example One network around a list
 * ```ts
 * import { parseAddress, span } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const network = span(["192.0.2.9", "192.0.2.65", "192.0.2.3"].map(parseAddress));
 * assert.equal(network.toString(), "192.0.2.0/25");
 * ```
 */
export function span(
  items: Iterable<IPv4Address | IPv4Network>,
): IPv4Network;
/** The same for IPv6. */
export function span(
  items: Iterable<IPv6Address | IPv6Network>,
): IPv6Network;
/** The same for either family. */
export function span(
  items: Iterable<IPAddress | IPNetwork | IPRange>,
): IPNetwork;
export function span(
  items: Iterable<IPAddress | IPNetwork | IPRange>,
): IPNetwork {
  // A network, which is the list of its addresses too, is taken whole: ::/0 has no end in sight.
  const list = isBlock(items) ? [items] : items;
  checkList("span", list, "addresses, networks or ranges");
  let lowest: IPAddress | undefined;
  let highest: IPAddress | undefined;
  for (const item of list) {
    const [first, last] = endsOf(item);
    if (lowest !== undefined && first.version !== lowest.version) {
      throw mixedVersions("span", `${lowest}`, first);
    }
    if (lowest === undefined || first.compareTo(lowest) < 0) lowest = first;
    if (highest === undefined || last.compareTo(highest) > 0) highest = last;
  }
  if (lowest === undefined || highest === undefined) {
    throw new RangeError("Cannot span nothing: needs at least one item");
  }
  const hostBits = bitsIn(lowest.toBigInt() ^ highest.toBigInt());
  return networkAt(lowest.toBigInt(), lowest.version, hostBits);
}
