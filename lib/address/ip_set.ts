/**
 * A set of addresses of both families: access lists, block lists, inventories. The ranges and their
 * algebra are in range_list.ts, the search in range_finder.ts.
 *
 * @module
 */
import type { IPNetwork } from "./ip_network.ts";
import type { IPAddress } from "./ip_address.ts";
import { checkList, IPRange } from "./ip_range.ts";
import { IPv4Address, ipv4Bits, ipv4FromBits } from "./ipv4_address.ts";
import {
  IPv6Address,
  ipv6FromWords,
  ipv6WordA,
  ipv6WordB,
  ipv6WordC,
  ipv6WordD,
} from "./ipv6_address.ts";
import { acrossMapped } from "./mapped_block.ts";
import { printAs } from "./print_as.ts";
import { RangeFinder } from "./range_finder.ts";
import * as lists from "./range_list.ts";
import {
  type IPSetItem,
  itemToRange,
  pairOf,
  parseItem,
  queryToRange,
} from "./set_item.ts";

/** Held by this file alone, as in ipv4_address.ts. */
const KEY: unique symbol = Symbol("IPSet");

let listsOf!: (
  value: IPSet | Iterable<IPSetItem>,
) => { ipv4: lists.RangeList; ipv6: lists.RangeList };

/**
 * An immutable set of addresses, made from texts, addresses, networks and ranges.
 *
 * A network inside `::ffff:0:0/96` is stored as the IPv4 network that it stands for, and an
 * IPv4-mapped address is judged as its IPv4 address only. An IPv6 network or range stands for its other
 * addresses, so `::/0` does not cover them: to deny everything list `0.0.0.0/0` and `::/0`. A zone is ignored by questions and refused in items.
 * Whatever takes a list throws as {@linkcode IPSet.from} does.
 *
 * @example An access list
 * ```ts
 * import { IPSet } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const inner = IPSet.from(["10.0.0.0/8", "fd00::/8", "192.0.2.10-192.0.2.19"]);
 * assert.equal(inner.has("10.1.2.3"), true);
 * assert.equal(inner.has("::ffff:10.1.2.3"), true);
 * assert.equal(inner.has("192.0.2.0/24"), false);
 * assert.throws(() => inner.has("garbage")); // a filter never fails open
 * ```
 */
export class IPSet {
  readonly #ipv4: lists.RangeList;
  readonly #ipv6: lists.RangeList;
  readonly #ipv4Finder: RangeFinder;
  readonly #ipv6Finder: RangeFinder;

  /** Use {@linkcode IPSet.from}. */
  private constructor(
    key: typeof KEY,
    ipv4: lists.RangeList,
    ipv6: lists.RangeList,
  ) {
    if (key !== KEY) {
      throw new TypeError("Cannot construct IPSet: use IPSet.from");
    }
    this.#ipv4 = ipv4;
    this.#ipv6 = acrossMapped(ipv6);
    this.#ipv4Finder = new RangeFinder(this.#ipv4);
    this.#ipv6Finder = new RangeFinder(this.#ipv6);
  }

  /**
   * The set of everything in the items.
   *
   * @throws {AddressSyntaxError} If a text is no address, strict network or range, or has a zone.
   * @throws {TypeError} If an item is of another kind, or has a zone.
   */
  static from(items: Iterable<IPSetItem>): IPSet {
    checkList(
      "make an IPSet from",
      items,
      "texts, addresses, networks or ranges",
    );
    const ipv4: number[] = [];
    const ipv6: number[] = [];
    for (const item of items) {
      const range = itemToRange(item);
      const words = pairOf(range);
      for (const word of words) (range.version === 4 ? ipv4 : ipv6).push(word);
    }
    return new IPSet(
      KEY,
      lists.normalise(Int32Array.from(ipv4), 1),
      lists.normalise(Int32Array.from(ipv6), 4),
    );
  }

  /**
   * Whether an address, or all of a network or range, is in the set.
   *
   * @throws {AddressSyntaxError} If a text is none of these: never simply `false`.
   * @throws {TypeError} If it is of another kind.
   */
  has(item: IPSetItem): boolean {
    if (item instanceof IPv4Address) {
      return this.#ipv4Finder.findIPv4(ipv4Bits(item)) >= 0;
    }
    if (item instanceof IPv6Address) return this.#find(item) >= 0;
    const value = typeof item === "string" ? parseItem(item) : item;
    if (value instanceof IPv4Address || value instanceof IPv6Address) {
      return this.#find(value) >= 0;
    }
    const { first, last, version } = queryToRange(value);
    const find = version === 4
      ? (end: IPAddress) => this.#find(end)
      : (end: IPAddress) => this.#findIPv6(end as IPv6Address);
    const position = find(first);
    return position >= 0 && position === find(last);
  }

  /** The position of the range that an address lies in, in the list of its family. */
  #find(address: IPAddress): number {
    if (address.version === 4) {
      return this.#ipv4Finder.findIPv4(ipv4Bits(address));
    }
    const a = ipv6WordA(address);
    const b = ipv6WordB(address);
    const c = ipv6WordC(address);
    const d = ipv6WordD(address);
    return a === 0 && b === 0 && c === 0xffff
      ? this.#ipv4Finder.findIPv4(d)
      : this.#ipv6Finder.findIPv6(a, b, c, d);
  }

  /** The same for the end of an IPv6 range, which may lie inside ::ffff:0:0/96 while the range does not. */
  #findIPv6(end: IPv6Address): number {
    return this.#ipv6Finder.findIPv6(
      ipv6WordA(end),
      ipv6WordB(end),
      ipv6WordC(end),
      ipv6WordD(end),
    );
  }

  /**
   * Whether any address of an item is in the set.
   *
   * @throws {AddressSyntaxError} If a text is no address, network or range.
   * @throws {TypeError} If it is of another kind.
   */
  overlaps(item: IPSetItem): boolean {
    const range = queryToRange(item);
    const words = Int32Array.from(pairOf(range));
    const [mine, width] = range.version === 4
      ? [this.#ipv4, 1 as const]
      : [this.#ipv6, 4 as const];
    return lists.intersection(mine, lists.normalise(words, width)).length > 0;
  }

  /** What is in this set, in `other`, or in both. */
  union(other: IPSet | Iterable<IPSetItem>): IPSet {
    const { ipv4, ipv6 } = listsOf(other);
    return new IPSet(
      KEY,
      lists.union(this.#ipv4, ipv4),
      lists.union(this.#ipv6, ipv6),
    );
  }
  /** What is in this set and in `other`. */
  intersection(other: IPSet | Iterable<IPSetItem>): IPSet {
    const { ipv4, ipv6 } = listsOf(other);
    return new IPSet(
      KEY,
      lists.intersection(this.#ipv4, ipv4),
      lists.intersection(this.#ipv6, ipv6),
    );
  }
  /** What is in this set but not in `other`. */
  difference(other: IPSet | Iterable<IPSetItem>): IPSet {
    const { ipv4, ipv6 } = listsOf(other);
    return new IPSet(
      KEY,
      lists.intersection(this.#ipv4, lists.complement(ipv4)),
      lists.intersection(this.#ipv6, lists.complement(ipv6)),
    );
  }
  /** Every address of both families that is not in this set. */
  complement(): IPSet {
    return new IPSet(
      KEY,
      lists.complement(this.#ipv4),
      lists.complement(this.#ipv6),
    );
  }
  /** Whether everything in this set is in `other`. */
  isSubsetOf(other: IPSet | Iterable<IPSetItem>): boolean {
    return this.equals(this.intersection(other));
  }
  /** Whether everything in `other` is in this set. */
  isSupersetOf(other: IPSet | Iterable<IPSetItem>): boolean {
    return asSet(other).isSubsetOf(this);
  }
  /** Whether nothing is in both. */
  isDisjointFrom(other: IPSet | Iterable<IPSetItem>): boolean {
    const both = this.intersection(other);
    return both.#ipv4.length === 0 && both.#ipv6.length === 0;
  }
  /** Whether exactly the same addresses are in both. */
  equals(other: IPSet | Iterable<IPSetItem>): boolean {
    const { ipv4, ipv6 } = listsOf(other);
    return lists.sameRanges(this.#ipv4, ipv4) &&
      lists.sameRanges(this.#ipv6, ipv6);
  }
  /** Whether nothing is in it. */
  get isEmpty(): boolean {
    return this.#ipv4.length === 0 && this.#ipv6.length === 0;
  }
  /**
   * How many addresses its ranges span, both families together; the IPv4-mapped block counts where a range
   * runs across it, so `::/0` has 2¹²⁸.
   */
  get size(): bigint {
    return this.ranges().reduce((sum, range) => sum + range.size, 0n);
  }
  /** The fewest ranges that make up the set: IPv4 before IPv6, in order. */
  ranges(): IPRange[] {
    return [...rangesIPv4(this.#ipv4), ...rangesIPv6(this.#ipv6)];
  }
  /** The fewest networks that make up the set: IPv4 before IPv6, in order. */
  networks(): IPNetwork[] {
    return this.ranges().flatMap((range) => range.toNetworks())
      .filter((network) => network.version === 4 || !network.isIPv4Mapped);
  }
  /** Its networks with commas between; the first few of many. */
  toString(): string {
    const ranges = this.ranges();
    const shown = ranges.slice(0, 8).map(shortText).join(", ");
    return ranges.length > 8
      ? `{ ${shown}, … ${ranges.length} ranges }`
      : `{ ${shown} }`;
  }
  /** The texts of its networks, for `JSON.stringify`; {@linkcode IPSet.from} takes them back. */
  toJSON(): string[] {
    return this.networks().map(String);
  }

  static {
    listsOf = (value) => {
      const set = asSet(value);
      return { ipv4: set.#ipv4, ipv6: set.#ipv6 };
    };
  }
}

function asSet(value: IPSet | Iterable<IPSetItem>): IPSet {
  return value instanceof IPSet ? value : IPSet.from(value);
}

function shortText(range: IPRange): string {
  const networks = range.toNetworks();
  return networks.length === 1 ? `${networks[0]}` : `${range}`;
}

function* rangesIPv4(
  { starts, ends, length }: lists.RangeList,
): Generator<IPRange> {
  for (let i = 0; i < length; i++) {
    yield IPRange.from(
      ipv4FromBits(starts[i]! ^ lists.BIAS),
      ipv4FromBits(ends[i]! ^ lists.BIAS),
    );
  }
}

function* rangesIPv6(
  { starts, ends, length }: lists.RangeList,
): Generator<IPRange> {
  for (let i = 0; i < length; i++) {
    yield IPRange.from(addressAt(starts, 4 * i), addressAt(ends, 4 * i));
  }
}

function addressAt(words: Int32Array, at: number): IPv6Address {
  return ipv6FromWords(
    words[at]! ^ lists.BIAS,
    words[at + 1]! ^ lists.BIAS,
    words[at + 2]! ^ lists.BIAS,
    words[at + 3]! ^ lists.BIAS,
  );
}

printAs(IPSet, (set) => set.toString());
