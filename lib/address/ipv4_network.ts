/**
 * One IPv4 network: an immutable prefix over two signed 32-bit integers. Subnets and exclusion are
 * in network_division.ts, text in scan_network.ts.
 *
 * @module
 */
import { checkPrefixLength } from "./arithmetic.ts";
import { formatIPv4 } from "./format.ts";
import { IPv4Address, ipv4Bits, ipv4FromBits } from "./ipv4_address.ts";
import { IPv6Address } from "./ipv6_address.ts";
import type { IPAddress } from "./ip_address.ts";
import type { IPNetwork } from "./ip_network.ts";
import { IPv6Network } from "./ipv6_network.ts";
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
import { type NetworkParseOptions, scanIPv4Network } from "./scan_network.ts";
import {
  hasLocalInsideIPv4,
  maskWord,
  specialPurposeIPv4,
} from "./special_purpose.ts";
import type { SpecialPurposeEntry } from "./special_purpose_entry.ts";
import { addressSyntaxError, notText, quoteValue } from "./syntax_error.ts";

/** Held by this file alone, as in ipv4_address.ts. */
const KEY: unique symbol = Symbol("IPv4Network");

let make!: (bits: number, prefixLength: number) => IPv4Network;
let keyOf!: (network: IPv4Network) => number;
let holds!: (outer: IPv4Network, inner: IPv4Network) => boolean;

/**
 * An IPv4 network: a prefix and its length.
 *
 * Immutable. The predicates (`isPrivate` …) are true when they are for the first and the last
 * address; `isGlobal` also wants that nothing local lies between.
 *
 * @example A network and what is in it
 * ```ts
 * import { IPv4Address, IPv4Network } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const network = IPv4Network.parse("192.0.2.0/255.255.255.0");
 * assert.equal(network.toString(), "192.0.2.0/24");
 * assert.equal(network.contains(IPv4Address.parse("192.0.2.77")), true);
 * assert.equal(network.at(-1).toString(), "192.0.2.255");
 * assert.throws(() => IPv4Network.parse("192.0.2.1/24"), { code: "host-bits" });
 * ```
 */
export class IPv4Network {
  readonly #bits: number = 0;
  readonly #mask: number = 0;
  readonly #prefixLength: number = 0;

  /** Use {@linkcode IPv4Network.parse} or {@linkcode IPv4Network.from}. */
  private constructor(key: typeof KEY, bits: number, prefixLength: number) {
    if (key !== KEY) {
      throw new TypeError(
        "Cannot construct IPv4Network: use IPv4Network.parse or IPv4Network.from",
      );
    }
    this.#mask = maskWord(prefixLength);
    this.#bits = bits & this.#mask;
    this.#prefixLength = prefixLength;
  }

  static {
    make = (bits, prefixLength) => new IPv4Network(KEY, bits, prefixLength);
    keyOf = (network) => (network.#bits >>> 0) * 64 + network.#prefixLength;
    holds = (outer, inner) =>
      inner.#prefixLength >= outer.#prefixLength &&
      ((inner.#bits ^ outer.#bits) & outer.#mask) === 0;
  }

  /**
   * Read `192.0.2.0/24`, `/255.255.255.0`, `/0.0.0.255`, or a bare address as its /32.
   *
   * @throws {AddressSyntaxError} If it is none of these or, unless `strict` is false, has bits set
   * behind its prefix.
   * @throws {TypeError} If it is no string.
   */
  static parse(text: string, options?: NetworkParseOptions): IPv4Network {
    if (typeof text !== "string") throw notText("IPv4 network", text);
    const fault = scanIPv4Network(text, options?.strict ?? true);
    if (fault !== undefined) {
      throw addressSyntaxError("IPv4 network", text, fault, stoppedAt);
    }
    return make(found[3]!, found[4]!);
  }

  /** Read a network, or `undefined` where {@linkcode IPv4Network.parse} would throw. */
  static tryParse(
    text: string,
    options?: NetworkParseOptions,
  ): IPv4Network | undefined {
    if (typeof text !== "string") return undefined;
    return scanIPv4Network(text, options?.strict ?? true) === undefined
      ? make(found[3]!, found[4]!)
      : undefined;
  }

  /**
   * The network of `prefixLength` bits that `address` lies in.
   *
   * @throws {RangeError} If `prefixLength` is not an integer from 0 to 32.
   * @throws {TypeError} If `address` is no IPv4 address.
   */
  static from(address: IPAddress, prefixLength: number): IPv4Network {
    if (!(address instanceof IPv4Address)) {
      throw mixedVersions("make", "an IPv4 network", address);
    }
    return make(ipv4Bits(address), checkPrefixLength(prefixLength, 32));
  }

  /** 4. */
  get version(): 4 {
    return 4;
  }
  /** The network address, the same as `first`. */
  get address(): IPv4Address {
    return ipv4FromBits(this.#bits);
  }
  /** How many bits the prefix has, 0 to 32. */
  get prefixLength(): number {
    return this.#prefixLength;
  }
  /** The prefix as ones. */
  get netmask(): IPv4Address {
    return ipv4FromBits(this.#mask);
  }
  /** The rest as ones. */
  get hostmask(): IPv4Address {
    return ipv4FromBits(~this.#mask);
  }
  /** Its first address. */
  get first(): IPv4Address {
    return ipv4FromBits(this.#bits);
  }
  /** Its last address. */
  get last(): IPv4Address {
    return ipv4FromBits(this.#bits | ~this.#mask);
  }
  /** Its last address, by its old name. */
  get broadcast(): IPv4Address {
    return this.last;
  }
  /** How many addresses there are in it. */
  get size(): bigint {
    return 1n << BigInt(32 - this.#prefixLength);
  }
  /** Such as `"192.0.2.0/24"`. */
  toString(): string {
    return `${formatIPv4(this.#bits)}/${this.#prefixLength}`;
  }
  /** The same text, for `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }

  /** Whether `other` is the same network. */
  equals(other: IPNetwork): boolean {
    return other instanceof IPv4Network && other.#bits === this.#bits &&
      other.#prefixLength === this.#prefixLength;
  }
  /**
   * The order by first address, then by prefix length: the larger network comes first.
   *
   * @throws {TypeError} If `other` is an IPv6 network.
   */
  compareTo(other: IPNetwork): -1 | 0 | 1 {
    const its = sameFamily(other, "compare");
    const difference = (this.#bits >>> 0) - (its.#bits >>> 0) ||
      this.#prefixLength - its.#prefixLength;
    return difference < 0 ? -1 : difference > 0 ? 1 : 0;
  }
  /**
   * Whether an address, or a whole network, lies in it. IPv6 never does, not even IPv4-mapped.
   *
   * @throws {TypeError} If `item` is neither: text must be parsed first.
   */
  contains(item: IPAddress | IPNetwork): boolean {
    if (item instanceof IPv4Address) {
      return ((ipv4Bits(item) ^ this.#bits) & this.#mask) === 0;
    }
    if (item instanceof IPv4Network) return holds(this, item);
    if (item instanceof IPv6Address || item instanceof IPv6Network) {
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
    if (other instanceof IPv4Network) {
      return holds(this, other) || holds(other, this);
    }
    if (other instanceof IPv6Network) return false;
    throw notAnItem(this, other);
  }
  /**
   * Whether all of it lies in `other`; every network lies in itself.
   *
   * @throws {TypeError} If `other` is an IPv6 network.
   */
  isSubnetOf(other: IPNetwork): boolean {
    return holds(sameFamily(other, "compare"), this);
  }
  /**
   * Whether all of `other` lies in it; every network lies in itself.
   *
   * @throws {TypeError} If `other` is an IPv6 network.
   */
  isSupernetOf(other: IPNetwork): boolean {
    return holds(this, sameFamily(other, "compare"));
  }
  /**
   * The address at a position; negative ones count from the end.
   *
   * @throws {RangeError} If there is none.
   */
  at(index: number | bigint): IPv4Address {
    return ipv4FromBits((this.#bits + Number(checkedIndex(index, this))) | 0);
  }
  /**
   * The addresses that hosts may have: without the first and the last, but both of a /31 (RFC 3021)
   * and the one of a /32.
   */
  hosts(): Generator<IPv4Address, void, unknown> {
    const edge = this.#prefixLength >= 31 ? 0 : 1;
    const first = this.#bits >>> 0;
    return count(first + edge, ((this.#bits | ~this.#mask) >>> 0) - edge);
  }
  /** All its addresses in order. */
  [Symbol.iterator](): Generator<IPv4Address, void, unknown> {
    return count(this.#bits >>> 0, (this.#bits | ~this.#mask) >>> 0);
  }
  /**
   * The networks of a longer prefix that it is made of, in order. By one bit unless told.
   *
   * @throws {RangeError} If the new prefix is shorter than this one or longer than 32.
   * @throws {TypeError} If both options are given, or an unknown one.
   */
  subnets(options?: DivisionOptions): Generator<IPv4Network, void, unknown> {
    const length = subnetLength(this, options, 32);
    return divide(this.#bits >>> 0, (this.#bits | ~this.#mask) >>> 0, length);
  }
  /**
   * The network of a shorter prefix that it lies in. By one bit unless told.
   *
   * @throws {RangeError} If the new prefix is longer than this one or negative.
   * @throws {TypeError} If both options are given, or an unknown one.
   */
  supernet(options?: DivisionOptions): IPv4Network {
    return make(this.#bits, supernetLength(this, options, 32));
  }
  /**
   * The networks that remain when `other` is taken out, in order.
   *
   * @throws {RangeError} If `other` is not inside this network.
   * @throws {TypeError} If `other` is an IPv6 network.
   */
  exclude(other: IPNetwork): IPv4Network[] {
    const hole = sameFamily(other, "exclude");
    if (!holds(this, hole)) throw notInside(this, hole);
    const before: IPv4Network[] = [];
    const after: IPv4Network[] = [];
    for (
      let length = this.#prefixLength + 1;
      length <= hole.#prefixLength;
      length++
    ) {
      const sibling = hole.#bits ^ (1 << (32 - length));
      const isAfter = (hole.#bits & (1 << (32 - length))) === 0;
      (isAfter ? after : before).push(make(sibling, length));
    }
    return [...before, ...after.reverse()];
  }

  /** Whether first and last are unspecified: `0.0.0.0/32`. */
  get isUnspecified(): boolean {
    return this.first.isUnspecified && this.last.isUnspecified;
  }
  /** Whether first and last are loopback. */
  get isLoopback(): boolean {
    return this.first.isLoopback && this.last.isLoopback;
  }
  /** Whether first and last are private (RFC 1918). */
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
  /** Whether first and last are the limited broadcast address. */
  get isBroadcast(): boolean {
    return this.first.isBroadcast && this.last.isBroadcast;
  }
  /** Whether first and last are shared address space. */
  get isShared(): boolean {
    return this.first.isShared && this.last.isShared;
  }
  /** Whether first and last are global, and no block that is not lies between them. */
  get isGlobal(): boolean {
    return this.first.isGlobal && this.last.isGlobal &&
      !hasLocalInsideIPv4(this.#bits, this.#prefixLength);
  }
  /** The most specific row of the IANA registry that covers all of it. */
  get specialPurpose(): SpecialPurposeEntry | undefined {
    return specialPurposeIPv4(this.#bits, this.#prefixLength);
  }
}

function sameFamily(other: IPNetwork, action: string): IPv4Network {
  if (!(other instanceof IPv4Network)) {
    throw mixedVersions(action, "an IPv4 network", other);
  }
  return other;
}

function notAnItem(network: IPv4Network, item: unknown): TypeError {
  return new TypeError(
    `Cannot look for ${
      quoteValue(item)
    } in ${network}: must be an address or a network`,
  );
}

function* count(
  first: number,
  last: number,
): Generator<IPv4Address, void, unknown> {
  for (let value = first; value <= last; value++) yield ipv4FromBits(value | 0);
}

function* divide(
  first: number,
  last: number,
  prefixLength: number,
): Generator<IPv4Network, void, unknown> {
  const step = 2 ** (32 - prefixLength);
  for (let value = first; value <= last; value += step) {
    yield make(value | 0, prefixLength);
  }
}

printAs(IPv4Network, (network) => network.toString());

/** For this room only: the network of these bits, cut to its prefix. */
export const ipv4NetworkFromBits: (
  bits: number,
  prefixLength: number,
) => IPv4Network = make;
/** For this room only: the first address times 64 plus the prefix length, which sorts as networks do. */
export const ipv4NetworkKey: (network: IPv4Network) => number = keyOf;
