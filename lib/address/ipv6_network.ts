/**
 * One IPv6 network: an immutable prefix over four signed 32-bit integers. The arguments of division
 * are checked in network_division.ts, text is read in scan_network.ts.
 *
 * @module
 */
import { checkPrefixLength } from "./arithmetic.ts";
import { formatIPv6 } from "./format.ts";
import type { IPAddress } from "./ip_address.ts";
import type { IPNetwork } from "./ip_network.ts";
import { IPv4Address } from "./ipv4_address.ts";
import { IPv4Network } from "./ipv4_network.ts";
import {
  compareWords,
  IPv6Address,
  ipv6FromWords,
  ipv6WordA,
  ipv6WordB,
  ipv6WordC,
  ipv6WordD,
} from "./ipv6_address.ts";
import {
  checkedIndex,
  type DivisionOptions,
  notInside,
  subnetLength,
  supernetLength,
} from "./network_division.ts";
import { mixedVersions } from "./operands.ts";
import { printAs } from "./print_as.ts";
import { found, stoppedAt } from "./scan_ipv4.ts";
import { type NetworkParseOptions, scanIPv6Network } from "./scan_network.ts";
import {
  hasLocalInsideIPv6,
  maskWord,
  specialPurposeIPv6,
} from "./special_purpose.ts";
import type { SpecialPurposeEntry } from "./special_purpose_entry.ts";
import { addressSyntaxError, notText, quoteValue } from "./syntax_error.ts";

type Words = readonly [number, number, number, number];

/** Held by this file alone, as in ipv6_address.ts. */
const KEY: unique symbol = Symbol("IPv6Network");

let make!: (words: Words, prefixLength: number) => IPv6Network;
let holds!: (outer: IPv6Network, inner: IPv6Network) => boolean;

/**
 * An IPv6 network: a prefix and its length.
 *
 * Immutable. The predicates (`isPrivate` …) are true when they are for the first and the last
 * address; `isGlobal` also wants that nothing local lies between.
 *
 * @example A network and what is in it
 * ```ts
 * import { IPv6Address, IPv6Network } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const network = IPv6Network.parse("2001:db8::/ffff:ffff::");
 * assert.equal(network.toString(), "2001:db8::/32");
 * assert.equal(network.contains(IPv6Address.parse("2001:db8::77")), true);
 * assert.equal(network.at(-1).toString(), "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
 * assert.throws(() => IPv6Network.parse("2001:db8::1/32"), { code: "host-bits" });
 * ```
 */
export class IPv6Network {
  readonly #a: number = 0;
  readonly #b: number = 0;
  readonly #c: number = 0;
  readonly #d: number = 0;
  // The masks too: working them out for each `contains` costs more than four fields.
  readonly #maskA: number = 0;
  readonly #maskB: number = 0;
  readonly #maskC: number = 0;
  readonly #maskD: number = 0;
  readonly #prefixLength: number = 0;

  /** Use {@linkcode IPv6Network.parse} or {@linkcode IPv6Network.from}. */
  private constructor(
    key: typeof KEY,
    words: Words,
    prefixLength: number,
  ) {
    if (key !== KEY) {
      throw new TypeError(
        "Cannot construct IPv6Network: use IPv6Network.parse or IPv6Network.from",
      );
    }
    const [a, b, c, d] = words;
    this.#maskA = maskWord(prefixLength);
    this.#maskB = maskWord(prefixLength - 32);
    this.#maskC = maskWord(prefixLength - 64);
    this.#maskD = maskWord(prefixLength - 96);
    this.#a = a & this.#maskA;
    this.#b = b & this.#maskB;
    this.#c = c & this.#maskC;
    this.#d = d & this.#maskD;
    this.#prefixLength = prefixLength;
  }

  static {
    make = (words, prefixLength) => new IPv6Network(KEY, words, prefixLength);
    holds = (outer, inner) =>
      inner.#prefixLength >= outer.#prefixLength &&
      (((inner.#a ^ outer.#a) & outer.#maskA) |
          ((inner.#b ^ outer.#b) & outer.#maskB) |
          ((inner.#c ^ outer.#c) & outer.#maskC) |
          ((inner.#d ^ outer.#d) & outer.#maskD)) === 0;
  }

  /**
   * Read `2001:db8::/32`, `/ffff:ffff::`, or a bare address as its /128; no zone.
   *
   * @throws {AddressSyntaxError} If it is none of these or, unless `strict` is false, has bits set
   * behind its prefix.
   * @throws {TypeError} If it is no string.
   */
  static parse(text: string, options?: NetworkParseOptions): IPv6Network {
    if (typeof text !== "string") throw notText("IPv6 network", text);
    const fault = scanIPv6Network(text, options?.strict ?? true);
    if (fault !== undefined) {
      throw addressSyntaxError("IPv6 network", text, fault, stoppedAt);
    }
    return fromScan();
  }

  /** Read a network, or `undefined` where {@linkcode IPv6Network.parse} would throw. */
  static tryParse(
    text: string,
    options?: NetworkParseOptions,
  ): IPv6Network | undefined {
    if (typeof text !== "string") return undefined;
    return scanIPv6Network(text, options?.strict ?? true) === undefined
      ? fromScan()
      : undefined;
  }

  /**
   * The network of `prefixLength` bits that `address` lies in.
   *
   * @throws {RangeError} If `prefixLength` is not an integer from 0 to 128.
   * @throws {TypeError} If `address` is no IPv6 address, or one with a zone.
   */
  static from(address: IPAddress, prefixLength: number): IPv6Network {
    if (!(address instanceof IPv6Address)) {
      throw mixedVersions("make", "an IPv6 network", address);
    }
    if (address.zone !== undefined) {
      throw new TypeError(
        `Cannot make an IPv6 network from ${address}: has a zone, see withoutZone`,
      );
    }
    return make(wordsOf(address), checkPrefixLength(prefixLength, 128));
  }

  /** 6. */
  get version(): 6 {
    return 6;
  }
  /** The network address, the same as `first`. */
  get address(): IPv6Address {
    return ipv6FromWords(this.#a, this.#b, this.#c, this.#d);
  }
  /** How many bits the prefix has, 0 to 128. */
  get prefixLength(): number {
    return this.#prefixLength;
  }
  /** The prefix as ones. */
  get netmask(): IPv6Address {
    return ipv6FromWords(this.#maskA, this.#maskB, this.#maskC, this.#maskD);
  }
  /** The rest as ones. */
  get hostmask(): IPv6Address {
    return ipv6FromWords(
      ~this.#maskA,
      ~this.#maskB,
      ~this.#maskC,
      ~this.#maskD,
    );
  }
  /** Its first address. */
  get first(): IPv6Address {
    return ipv6FromWords(this.#a, this.#b, this.#c, this.#d);
  }
  /** Its last address. */
  get last(): IPv6Address {
    return ipv6FromWords(
      this.#a | ~this.#maskA,
      this.#b | ~this.#maskB,
      this.#c | ~this.#maskC,
      this.#d | ~this.#maskD,
    );
  }
  /** Its last address, by its old name. */
  get broadcast(): IPv6Address {
    return this.last;
  }
  /** How many addresses there are in it. */
  get size(): bigint {
    return 1n << BigInt(128 - this.#prefixLength);
  }
  /** Such as `"2001:db8::/32"`. */
  toString(): string {
    return `${
      formatIPv6(this.#a, this.#b, this.#c, this.#d)
    }/${this.#prefixLength}`;
  }
  /** The same text, for `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }

  /** Whether `other` is the same network. */
  equals(other: IPNetwork): boolean {
    return other instanceof IPv6Network &&
      other.#prefixLength === this.#prefixLength &&
      other.#a === this.#a && other.#b === this.#b && other.#c === this.#c &&
      other.#d === this.#d;
  }
  /**
   * The order by first address, then by prefix length: the larger network comes first.
   *
   * @throws {TypeError} If `other` is an IPv4 network.
   */
  compareTo(other: IPNetwork): -1 | 0 | 1 {
    const its = sameFamily(other, "compare");
    return compareWords(this.#a, its.#a) || compareWords(this.#b, its.#b) ||
      compareWords(this.#c, its.#c) || compareWords(this.#d, its.#d) ||
      compareWords(this.#prefixLength, its.#prefixLength);
  }
  /**
   * Whether an address, or a whole network, lies in it. IPv4 never does, and an
   * IPv4-mapped address is taken as the IPv6 address that it is. A zone does not matter.
   *
   * @throws {TypeError} If `item` is neither: text must be parsed first.
   */
  contains(item: IPAddress | IPNetwork): boolean {
    if (item instanceof IPv6Address) {
      return (((ipv6WordA(item) ^ this.#a) & this.#maskA) |
        ((ipv6WordB(item) ^ this.#b) & this.#maskB) |
        ((ipv6WordC(item) ^ this.#c) & this.#maskC) |
        ((ipv6WordD(item) ^ this.#d) & this.#maskD)) === 0;
    }
    if (item instanceof IPv6Network) return holds(this, item);
    if (item instanceof IPv4Address || item instanceof IPv4Network) {
      return false;
    }
    throw notAnItem(this, item);
  }
  /**
   * Whether any address lies in both.
   *
   * @throws {TypeError} If `other` is no network.
   */
  overlaps(other: IPNetwork): boolean {
    if (other instanceof IPv6Network) {
      return holds(this, other) || holds(other, this);
    }
    if (other instanceof IPv4Network) return false;
    throw notAnItem(this, other);
  }
  /**
   * Whether all of it lies in `other`; every network lies in itself.
   *
   * @throws {TypeError} If `other` is an IPv4 network.
   */
  isSubnetOf(other: IPNetwork): boolean {
    return holds(sameFamily(other, "compare"), this);
  }
  /**
   * Whether all of `other` lies in it; every network lies in itself.
   *
   * @throws {TypeError} If `other` is an IPv4 network.
   */
  isSupernetOf(other: IPNetwork): boolean {
    return holds(this, sameFamily(other, "compare"));
  }
  /**
   * The address at a position; negative ones count from the end.
   *
   * @throws {RangeError} If there is none.
   */
  at(index: number | bigint): IPv6Address {
    return this.first.add(checkedIndex(index, this));
  }
  /**
   * The addresses that hosts may have: without the first, which is the subnet-router anycast address
   * (RFC 4291 section 2.6.1), but both of a /127 (RFC 6164) and the one of a /128.
   */
  hosts(): Generator<IPv6Address, void, unknown> {
    return count(
      this.#prefixLength >= 127 ? this.first : this.first.next(),
      this.last,
    );
  }
  /** All its addresses in order. */
  [Symbol.iterator](): Generator<IPv6Address, void, unknown> {
    return count(this.first, this.last);
  }
  /**
   * The networks of a longer prefix that it is made of, in order. By one bit unless told.
   *
   * @throws {RangeError} If the new prefix is shorter than this one or longer than 128.
   * @throws {TypeError} If both options are given, or an unknown one.
   */
  subnets(options?: DivisionOptions): Generator<IPv6Network, void, unknown> {
    const length = subnetLength(this, options, 128);
    return divide(this.first, this.last, length);
  }
  /**
   * The network of a shorter prefix that it lies in. By one bit unless told.
   *
   * @throws {RangeError} If the new prefix is longer than this one or negative.
   * @throws {TypeError} If both options are given, or an unknown one.
   */
  supernet(options?: DivisionOptions): IPv6Network {
    return make(wordsOf(this.first), supernetLength(this, options, 128));
  }
  /**
   * The networks that remain when `other` is taken out, in order.
   *
   * @throws {RangeError} If `other` is not inside this network.
   * @throws {TypeError} If `other` is an IPv4 network.
   */
  exclude(other: IPNetwork): IPv6Network[] {
    const hole = sameFamily(other, "exclude");
    if (!holds(this, hole)) throw notInside(this, hole);
    const before: IPv6Network[] = [];
    const after: IPv6Network[] = [];
    for (
      let length = this.#prefixLength + 1;
      length <= hole.#prefixLength;
      length++
    ) {
      const sibling = siblingOf(hole, length);
      (sibling.compareTo(hole) > 0 ? after : before).push(sibling);
    }
    return [...before, ...after.reverse()];
  }

  /** Whether first and last are unspecified: `::/128`. */
  get isUnspecified(): boolean {
    return this.first.isUnspecified && this.last.isUnspecified;
  }
  /** Whether first and last are loopback. */
  get isLoopback(): boolean {
    return this.first.isLoopback && this.last.isLoopback;
  }
  /** Whether first and last are private: unique local, or private IPv4 addresses mapped. */
  get isPrivate(): boolean {
    return this.first.isPrivate && this.last.isPrivate;
  }
  /** Whether first and last are link-local. */
  get isLinkLocal(): boolean {
    return this.first.isLinkLocal && this.last.isLinkLocal;
  }
  /** Whether first and last are multicast. */
  get isMulticast(): boolean {
    return this.first.isMulticast && this.last.isMulticast;
  }
  /** Whether first and last are reserved. */
  get isReserved(): boolean {
    return this.first.isReserved && this.last.isReserved;
  }
  /** Whether first and last are for documentation. */
  get isDocumentation(): boolean {
    return this.first.isDocumentation && this.last.isDocumentation;
  }
  /** Whether first and last are for benchmarks. */
  get isBenchmarking(): boolean {
    return this.first.isBenchmarking && this.last.isBenchmarking;
  }
  /** Whether first and last are unique local. */
  get isUniqueLocal(): boolean {
    return this.first.isUniqueLocal && this.last.isUniqueLocal;
  }
  /** Whether first and last are site-local. */
  get isSiteLocal(): boolean {
    return this.first.isSiteLocal && this.last.isSiteLocal;
  }
  /** Whether first and last are IPv4-mapped. */
  get isIPv4Mapped(): boolean {
    return this.first.isIPv4Mapped && this.last.isIPv4Mapped;
  }
  /** Whether first and last are global, and no block of the registry that is not lies between them. */
  get isGlobal(): boolean {
    return this.first.isGlobal && this.last.isGlobal &&
      !hasLocalInsideIPv6(
        [this.#a, this.#b, this.#c, this.#d],
        this.#prefixLength,
      );
  }
  /** The most specific row of the IANA registry that covers all of it. */
  get specialPurpose(): SpecialPurposeEntry | undefined {
    return specialPurposeIPv6(
      [this.#a, this.#b, this.#c, this.#d],
      this.#prefixLength,
    );
  }
}

function sameFamily(other: IPNetwork, action: string): IPv6Network {
  if (!(other instanceof IPv6Network)) {
    throw mixedVersions(action, "an IPv6 network", other);
  }
  return other;
}

function notAnItem(network: IPv6Network, item: unknown): TypeError {
  return new TypeError(
    `Cannot look for ${
      quoteValue(item)
    } in ${network}: must be an address or a network`,
  );
}

function wordsOf(address: IPv6Address): Words {
  return [
    ipv6WordA(address),
    ipv6WordB(address),
    ipv6WordC(address),
    ipv6WordD(address),
  ];
}

function fromScan(): IPv6Network {
  return make([found[0]!, found[1]!, found[2]!, found[3]!], found[4]!);
}

/** The other half of the network of one bit less, at a prefix length up to this one's. */
function siblingOf(network: IPv6Network, prefixLength: number): IPv6Network {
  const bit = 1n << BigInt(128 - prefixLength);
  const address = IPv6Address.fromBigInt(network.first.toBigInt() ^ bit);
  return make(wordsOf(address), prefixLength);
}

function* count(
  first: IPv6Address,
  last: IPv6Address,
): Generator<IPv6Address, void, unknown> {
  let address = first;
  for (; !address.equals(last); address = address.next()) yield address;
  yield address;
}

function* divide(
  first: IPv6Address,
  last: IPv6Address,
  prefixLength: number,
): Generator<IPv6Network, void, unknown> {
  const step = 1n << BigInt(128 - prefixLength);
  const end = last.toBigInt();
  for (let value = first.toBigInt(); value <= end; value += step) {
    yield make(wordsOf(IPv6Address.fromBigInt(value)), prefixLength);
  }
}

printAs(IPv6Network, (network) => network.toString());
