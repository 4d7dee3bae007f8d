/**
 * The IPv4-mapped addresses inside an {@linkcode IPSet}, `::ffff:0:0/96`: they are judged as IPv4 and
 * are in no IPv6 range. Ranges on both sides of their block count as one, so that all of IPv6 is
 * still `::/0`; a range that only touches the block is cut back. So equal sets have equal lists.
 *
 * @module
 */
import { ipv6FromWords } from "./ipv6_address.ts";
import { IPRange } from "./ip_range.ts";
import * as lists from "./range_list.ts";

const BEFORE = ipv6FromWords(0, 0, 0xfffe, -1);
const BEHIND = ipv6FromWords(0, 0, 0x1_0000, 0);

function words(...address: number[]): number[] {
  return address.map((word) => word ^ lists.BIAS);
}

function listOf(...ends: number[][]): lists.RangeList {
  return lists.normalise(Int32Array.from(ends.flat()), 4);
}

const BLOCK = listOf(words(0, 0, 0xffff, 0), words(0, 0, 0xffff, -1));
const OUTSIDE = lists.complement(BLOCK);
const NEIGHBOURS = listOf(
  words(0, 0, 0xfffe, -1),
  words(0, 0, 0xfffe, -1),
  words(0, 0, 0x1_0000, 0),
  words(0, 0, 0x1_0000, 0),
);

/** An IPv6 range that begins or ends among the mapped addresses, without them. */
export function besideMapped(range: IPRange): IPRange {
  const { first, last } = range;
  if (first.version === 4 || last.version === 4) return range;
  if (first.isIPv4Mapped) return IPRange.from(BEHIND, last);
  return last.isIPv4Mapped ? IPRange.from(first, BEFORE) : range;
}

/** The same IPv6 addresses in the one form that they have. */
export function acrossMapped(list: lists.RangeList): lists.RangeList {
  // Nearly every list has nothing in the ::/32 where the block is.
  if (list.length === 0 || list.starts[0] !== lists.BIAS) return list;
  const both = lists.intersection(list, NEIGHBOURS).length === 2;
  return both ? lists.union(list, BLOCK) : lists.intersection(list, OUTSIDE);
}
