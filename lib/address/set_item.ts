/**
 * What may stand in an {@linkcode IPSet} or be asked of it, brought to one form: a range, with
 * IPv4-mapped ones as IPv4.
 *
 * @module
 */
import type { IPAddress } from "./ip_address.ts";
import { parseAddress } from "./ip_address.ts";
import { type IPNetwork, parseNetwork } from "./ip_network.ts";
import { checkEnds, endsOf, IPRange } from "./ip_range.ts";
import { IPv4Address, ipv4Bits } from "./ipv4_address.ts";
import {
  IPv6Address,
  ipv6WordA,
  ipv6WordB,
  ipv6WordC,
  ipv6WordD,
} from "./ipv6_address.ts";
import { besideMapped } from "./mapped_block.ts";
import { BIAS } from "./range_list.ts";
import { addressSyntaxError } from "./syntax_error.ts";

/** An address, a network, a range, or the text of one. */
export type IPSetItem = string | IPAddress | IPNetwork | IPRange;

/** Text to what it is: the first of `-`, `/` and `%` tells (a zone may have a dash in it). */
export function parseItem(text: string): IPAddress | IPNetwork | IPRange {
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "-") return IPRange.parse(text);
    if (character === "/") return parseNetwork(text);
    if (character === "%") break;
  }
  return parseAddress(text);
}

/** An item to be stored: a zone would be lost there, and so is refused. */
export function itemToRange(item: IPSetItem): IPRange {
  const value = typeof item === "string" ? parseItem(item) : item;
  if (value instanceof IPv6Address && value.zone !== undefined) {
    if (typeof item === "string") {
      throw addressSyntaxError(
        "IPSet item",
        item,
        "zone-not-allowed",
        item.indexOf("%"),
      );
    }
    checkEnds(value, value);
  }
  return asStored(value);
}

/** An item that is asked about: a zone does not matter. */
export function queryToRange(item: IPSetItem): IPRange {
  return asStored(typeof item === "string" ? parseItem(item) : item);
}

function asStored(value: IPAddress | IPNetwork | IPRange): IPRange {
  const [first, last] = endsOf(value);
  return isMapped(first) && isMapped(last)
    ? IPRange.from(first.unmap(), last.unmap())
    : besideMapped(IPRange.from(first, last));
}

function isMapped(address: IPAddress): address is IPv6Address {
  return address instanceof IPv6Address && address.isIPv4Mapped;
}

/** The words of a range, start and end, as range_list.ts stores them. */
export function pairOf(
  { first, last }: { readonly first: IPAddress; readonly last: IPAddress },
): number[] {
  return [first, last].flatMap((address) =>
    address instanceof IPv4Address ? [ipv4Bits(address) ^ BIAS] : [
      ipv6WordA(address) ^ BIAS,
      ipv6WordB(address) ^ BIAS,
      ipv6WordC(address) ^ BIAS,
      ipv6WordD(address) ^ BIAS,
    ]
  );
}
