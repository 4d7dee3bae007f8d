/**
 * One IPv6 address: an immutable value over four signed 32-bit integers, 56 bytes of heap. What it
 * means is in ipv6_blocks.ts and special_purpose.ts, how it is read in scan_ipv6.ts.
 *
 * @module
 */
import {
  checkBigInt,
  checkPrefixLength,
  pastTheEnd,
  stepOf,
} from "./arithmetic.ts";
import { type EmbeddedIPv4, embeddedWords } from "./embedded_ipv4.ts";
import { formatFullGroup, formatIPv6 } from "./format.ts";
import type { IPAddress } from "./ip_address.ts";
import { type IPv4Address, ipv4FromBits } from "./ipv4_address.ts";
import * as blocks from "./ipv6_blocks.ts";
import { IPv6Network } from "./ipv6_network.ts";
import { MacAddress } from "./mac_address.ts";
import { checkBytes, checkRoom, mixedVersions } from "./operands.ts";
import { printAs } from "./print_as.ts";
import { parseReverseIPv6, reverseIPv6 } from "./reverse_pointer.ts";
import { found, stoppedAt } from "./scan_ipv4.ts";
import { checkZone, scanIPv6, zoneAt } from "./scan_ipv6.ts";
import {
  isGlobalIPv6,
  maskWord,
  specialPurposeIPv6,
} from "./special_purpose.ts";
import type { SpecialPurposeEntry } from "./special_purpose_entry.ts";
import { addressSyntaxError, notText, quoteValue } from "./syntax_error.ts";

/** Held by this file alone: an address made by `new` from unchecked values would fail open. */
const KEY: unique symbol = Symbol("IPv6Address");

let readA!: (address: IPv6Address) => number;
let readB!: (address: IPv6Address) => number;
let readC!: (address: IPv6Address) => number;
let readD!: (address: IPv6Address) => number;
let make!: (a: number, b: number, c: number, d: number) => IPv6Address;

/**
 * An IPv6 address, perhaps with a zone.
 *
 * Immutable, made by {@linkcode IPv6Address.parse} and its relatives; text out is RFC 5952. The
 * predicates judge an IPv4-mapped address as the IPv4 address that it stands for, so that
 * `::ffff:127.0.0.1` is loopback; `equals` and `contains` do not look through. A zone (`%eth0`)
 * counts in `equals`, `compareTo` and `toString`; arithmetic drops it.
 *
 * @example Parse, ask, unwrap
 * ```ts
 * import { IPv6Address } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(IPv6Address.parse("2001:DB8:0:0:1:0:0:1").toString(), "2001:db8::1:0:0:1");
 * const mapped = IPv6Address.parse("::ffff:10.0.0.1");
 * assert.equal(mapped.isPrivate, true);
 * assert.equal(mapped.unmap().toString(), "10.0.0.1");
 * assert.equal(IPv6Address.parse("2002:7f00:1::").embeddedIPv4()?.address.toString(), "127.0.0.1");
 * ```
 */
export class IPv6Address {
  // Begin as small integers, so that V8 gives the fields that representation.
  readonly #a: number = 0;
  readonly #b: number = 0;
  readonly #c: number = 0;
  readonly #d: number = 0;

  /** Use {@linkcode IPv6Address.parse} or one of the `from…` functions. */
  protected constructor(
    key: typeof KEY,
    a: number,
    b: number,
    c: number,
    d: number,
  ) {
    if (key !== KEY) {
      throw new TypeError(
        "Cannot construct IPv6Address: use IPv6Address.parse, fromBytes or fromBigInt",
      );
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  static {
    readA = (address) => address.#a;
    readB = (address) => address.#b;
    readC = (address) => address.#c;
    readD = (address) => address.#d;
    make = (a, b, c, d) => new IPv6Address(KEY, a, b, c, d);
  }

  /** `::`. */
  static readonly ANY: IPv6Address = make(0, 0, 0, 0);
  /** `::1`. */
  static readonly LOOPBACK: IPv6Address = make(0, 0, 0, 1);

  /**
   * Read text in any form of RFC 4291 section 2.2, with or without a zone.
   *
   * @throws {AddressSyntaxError} If it is anything else.
   * @throws {TypeError} If it is no string.
   */
  static parse(text: string): IPv6Address {
    if (typeof text !== "string") throw notText("IPv6 address", text);
    const fault = scanIPv6(text, 0, text.length);
    if (fault !== undefined) {
      throw addressSyntaxError("IPv6 address", text, fault, stoppedAt);
    }
    if (zoneAt >= 0) return ipv6FromScan(text, text.length);
    return new IPv6Address(KEY, found[0]!, found[1]!, found[2]!, found[3]!);
  }

  /** Read text, or `undefined` where {@linkcode IPv6Address.parse} would throw. */
  static tryParse(text: string): IPv6Address | undefined {
    return typeof text === "string" &&
        scanIPv6(text, 0, text.length) === undefined
      ? ipv6FromScan(text, text.length)
      : undefined;
  }

  /**
   * From sixteen bytes in network order.
   *
   * @throws {RangeError} If there are not sixteen.
   * @throws {TypeError} If it is no Uint8Array.
   */
  static fromBytes(bytes: Uint8Array): IPv6Address {
    checkBytes(bytes, 16, "IPv6 address");
    return new IPv6Address(
      KEY,
      wordAt(bytes, 0),
      wordAt(bytes, 4),
      wordAt(bytes, 8),
      wordAt(bytes, 12),
    );
  }

  /**
   * From a bigint from 0 to 2¹²⁸ − 1.
   *
   * @throws {RangeError} If it is outside.
   * @throws {TypeError} If it is no bigint.
   */
  static fromBigInt(value: bigint): IPv6Address {
    checkBigInt(value, 128);
    return new IPv6Address(
      KEY,
      Number(value >> 96n) | 0,
      Number((value >> 64n) & 0xffff_ffffn) | 0,
      Number((value >> 32n) & 0xffff_ffffn) | 0,
      Number(value & 0xffff_ffffn) | 0,
    );
  }

  /**
   * From a name of 32 nibbles below `ip6.arpa`, in any case, with or without the final dot.
   *
   * @throws {AddressSyntaxError} If it is no such name, or one of a whole zone.
   * @throws {TypeError} If it is no string.
   */
  static fromReversePointer(name: string): IPv6Address {
    return IPv6Address.fromBytes(parseReverseIPv6(name));
  }

  /**
   * The address that a host with this hardware address gives itself in a /64 (RFC 4291 appendix A,
   * RFC 4862 section 5.5.3).
   *
   * @throws {RangeError} If the network is longer than /64: the identifier needs 64 bits.
   * @throws {TypeError} If `network` is no IPv6Network or `mac` no MacAddress.
   */
  static fromEui64(network: IPv6Network, mac: MacAddress): IPv6Address {
    if (!(network instanceof IPv6Network && mac instanceof MacAddress)) {
      throw new TypeError(
        `Cannot put ${quoteValue(mac)} into ${
          quoteValue(network)
        }: needs a MacAddress and an IPv6Network`,
      );
    }
    if (network.prefixLength > 64) {
      throw new RangeError(
        `Cannot put an interface identifier into ${network}: must be a /64 or shorter`,
      );
    }
    const identifier = mac.toEui64();
    const base = network.first;
    return new IPv6Address(
      KEY,
      base.#a,
      base.#b,
      wordAt(identifier, 0),
      wordAt(identifier, 4),
    );
  }

  /** 6. */
  get version(): 6 {
    return 6;
  }
  /** 128. */
  get bitLength(): 128 {
    return 128;
  }
  /** The zone without `%`, such as `"eth0"`, where it has one. */
  get zone(): string | undefined {
    return undefined;
  }
  /**
   * The same address in a zone.
   *
   * @throws {AddressSyntaxError} If the zone is empty or has `%`, `/`, `]`, white space or control characters.
   */
  withZone(zone: string): IPv6Address {
    if (typeof zone !== "string") throw notText("IPv6 zone", zone);
    const fault = checkZone(zone, 0, zone.length);
    if (fault !== undefined) {
      throw addressSyntaxError("IPv6 zone", zone, fault, stoppedAt);
    }
    return inZone(KEY, this, zone);
  }
  /** The same address without a zone. */
  withoutZone(): IPv6Address {
    return this.zone === undefined
      ? this
      : make(this.#a, this.#b, this.#c, this.#d);
  }
  /** RFC 5952 text, with its zone. */
  toString(): string {
    return formatIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /** The same text, for `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }
  /** All 32 digits, and the zone: `"2001:0db8:0000:…:0001"`. */
  toExpandedString(): string {
    const text = this.groups.map(formatFullGroup).join(":");
    return this.zone === undefined ? text : `${text}%${this.zone}`;
  }
  /** Its sixteen bytes in network order, a new array. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(16);
    this.copyTo(bytes);
    return bytes;
  }
  /**
   * Write its sixteen bytes into `target`.
   *
   * @returns How many bytes were written: 16.
   * @throws {RangeError} If they do not fit there.
   * @throws {TypeError} If `target` is no Uint8Array.
   */
  copyTo(target: Uint8Array, offset = 0): number {
    checkRoom(target, offset, 16);
    putWord(target, offset, this.#a);
    putWord(target, offset + 4, this.#b);
    putWord(target, offset + 8, this.#c);
    putWord(target, offset + 12, this.#d);
    return 16;
  }
  /** As a bigint. */
  toBigInt(): bigint {
    const high = (BigInt(this.#a >>> 0) << 32n) | BigInt(this.#b >>> 0);
    const low = (BigInt(this.#c >>> 0) << 32n) | BigInt(this.#d >>> 0);
    return (high << 64n) | low;
  }
  /** Its eight groups of sixteen bits. */
  get groups(): number[] {
    return [this.#a, this.#b, this.#c, this.#d].flatMap((
      word,
    ) => [word >>> 16, word & 0xffff]);
  }

  /** Whether `other` is the same IPv6 address in the same zone. */
  equals(other: IPAddress): boolean {
    return other instanceof IPv6Address && this.#d === other.#d &&
      this.#c === other.#c && this.#b === other.#b && this.#a === other.#a &&
      this.zone === other.zone;
  }
  /**
   * Where it stands in numerical order, seen from here: −1 when it comes before `other`. Equal
   * numbers are ordered by zone, none first.
   *
   * @throws {TypeError} If `other` is an IPv4 address; `compareAddresses` orders both families.
   */
  compareTo(other: IPAddress): -1 | 0 | 1 {
    checkIPv6(other, "compare");
    const order = compareWords(this.#a, other.#a) ||
      compareWords(this.#b, other.#b) || compareWords(this.#c, other.#c) ||
      compareWords(this.#d, other.#d);
    if (order !== 0) return order;
    const [mine, its] = [this.zone ?? "", other.zone ?? ""];
    return mine < its ? -1 : mine > its ? 1 : 0;
  }
  /**
   * The address `count` further on.
   *
   * @throws {RangeError} If that is past an end, or `count` is no integer.
   */
  add(count: number | bigint): IPv6Address {
    const step = stepOf(count);
    const sum = this.toBigInt() + step;
    if (sum < 0n || sum >> 128n !== 0n) throw pastTheEnd(step, this);
    return IPv6Address.fromBigInt(sum);
  }
  /**
   * The address `count` before.
   *
   * @throws {RangeError} If that is past an end, or `count` is no integer.
   */
  subtract(count: number | bigint): IPv6Address {
    return this.add(-stepOf(count));
  }
  /**
   * The next address.
   *
   * @throws {RangeError} If this is the last one.
   */
  next(): IPv6Address {
    const d = (this.#d + 1) | 0;
    if (d !== 0) return make(this.#a, this.#b, this.#c, d);
    return this.add(1n);
  }
  /**
   * The previous address.
   *
   * @throws {RangeError} If this is `::`.
   */
  previous(): IPv6Address {
    if (this.#d !== 0) {
      return make(this.#a, this.#b, this.#c, (this.#d - 1) | 0);
    }
    return this.add(-1n);
  }
  /**
   * How far it is to `other`: what must be added to get there.
   *
   * @throws {TypeError} If `other` is an IPv4 address.
   */
  distanceTo(other: IPAddress): bigint {
    checkIPv6(other, "measure");
    return other.toBigInt() - this.toBigInt();
  }
  /**
   * The address with only its first `prefixLength` bits kept, without a zone.
   *
   * @throws {RangeError} If `prefixLength` is not an integer from 0 to 128.
   */
  mask(prefixLength: number): IPv6Address {
    checkPrefixLength(prefixLength, 128);
    return make(
      this.#a & maskWord(prefixLength),
      this.#b & maskWord(prefixLength - 32),
      this.#c & maskWord(prefixLength - 64),
      this.#d & maskWord(prefixLength - 96),
    );
  }
  /**
   * The bits set in both.
   *
   * @throws {TypeError} If `other` is an IPv4 address.
   */
  and(other: IPAddress): IPv6Address {
    checkIPv6(other, "combine");
    return make(
      this.#a & other.#a,
      this.#b & other.#b,
      this.#c & other.#c,
      this.#d & other.#d,
    );
  }
  /**
   * The bits set in either.
   *
   * @throws {TypeError} If `other` is an IPv4 address.
   */
  or(other: IPAddress): IPv6Address {
    checkIPv6(other, "combine");
    return make(
      this.#a | other.#a,
      this.#b | other.#b,
      this.#c | other.#c,
      this.#d | other.#d,
    );
  }
  /**
   * The bits set in exactly one.
   *
   * @throws {TypeError} If `other` is an IPv4 address.
   */
  xor(other: IPAddress): IPv6Address {
    checkIPv6(other, "combine");
    return make(
      this.#a ^ other.#a,
      this.#b ^ other.#b,
      this.#c ^ other.#c,
      this.#d ^ other.#d,
    );
  }
  /** All bits inverted: a netmask becomes a hostmask. */
  not(): IPv6Address {
    return make(~this.#a, ~this.#b, ~this.#c, ~this.#d);
  }
  /**
   * The network of `prefixLength` bits that it lies in; without one, the /128 of itself.
   *
   * @throws {RangeError} If `prefixLength` is not an integer from 0 to 128.
   * @throws {TypeError} If it has a zone: networks have none, see `withoutZone`.
   */
  toNetwork(prefixLength = 128): IPv6Network {
    return IPv6Network.from(this, prefixLength);
  }
  /** The name of its PTR record below `ip6.arpa`; the zone has no place there. */
  get reversePointer(): string {
    return reverseIPv6(this.toBytes());
  }

  /** In `::ffff:0:0/96`. */
  get isIPv4Mapped(): boolean {
    return this.#a === 0 && this.#b === 0 && this.#c === 0xffff;
  }
  /** The IPv4 address that an IPv4-mapped one stands for. */
  get ipv4Mapped(): IPv4Address | undefined {
    return this.isIPv4Mapped ? ipv4FromBits(this.#d) : undefined;
  }
  /** The IPv4 address that it stands for where it is IPv4-mapped, else itself. */
  unmap(): IPAddress {
    return this.isIPv4Mapped ? ipv4FromBits(this.#d) : this;
  }
  /** The IPv4 address that one of seven transition mechanisms put into it. */
  embeddedIPv4(): EmbeddedIPv4 | undefined {
    const carried = embeddedWords(this.#a, this.#b, this.#c, this.#d)[0];
    if (carried === undefined) return undefined;
    const { kind, bits, server } = carried;
    const address = ipv4FromBits(bits);
    return server === undefined
      ? { kind, address }
      : { kind, address, server: ipv4FromBits(server) };
  }

  /** `::`, or `0.0.0.0` mapped. */
  get isUnspecified(): boolean {
    return blocks.isUnspecifiedIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /** `::1`, or an IPv4 loopback address mapped. */
  get isLoopback(): boolean {
    return blocks.isLoopbackIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /**
   * Unique local (fc00::/7), or a private IPv4 address mapped: not Python's `is_private`, which
   * means "not global".
   */
  get isPrivate(): boolean {
    return blocks.isPrivateIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /** In fe80::/10, or a link-local IPv4 address mapped. */
  get isLinkLocal(): boolean {
    return blocks.isLinkLocalIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /** In ff00::/8, or an IPv4 multicast address mapped. */
  get isMulticast(): boolean {
    return blocks.isMulticastIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /**
   * Outside 2000::/3, fc00::/7, fe80::/10, fec0::/10 and ff00::/8: kept back by the IETF (as Python
   * does, `::1` included), or a reserved IPv4 address mapped.
   */
  get isReserved(): boolean {
    return blocks.isReservedIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /** In 2001:db8::/32 or 3fff::/20, or an IPv4 documentation address mapped. */
  get isDocumentation(): boolean {
    return blocks.isDocumentationIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /** In 2001:2::/48, or an IPv4 benchmarking address mapped. */
  get isBenchmarking(): boolean {
    return blocks.isBenchmarkingIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /** In fc00::/7 (RFC 4193). */
  get isUniqueLocal(): boolean {
    return blocks.isUniqueLocalIPv6(this.#a);
  }
  /** In fec0::/10, deprecated by RFC 3879. */
  get isSiteLocal(): boolean {
    return blocks.isSiteLocalIPv6(this.#a);
  }
  /**
   * The scope of a multicast address, 0–15: 1 interface, 2 link, 3 realm, 4 admin, 5 site,
   * 8 organization, 14 global, the others not assigned (RFC 7346); `undefined` for unicast.
   */
  get multicastScope(): number | undefined {
    return this.#a >>> 24 === 0xff ? (this.#a >>> 16) & 15 : undefined;
  }
  /**
   * Whether it can be reached from everywhere: the most specific row of the registry that says so
   * decides, nothing outside 2000::/3 and 64:ff9b::/96 is, and every IPv4 address that it carries
   * must be global too. An IPv4-mapped address is judged as its IPv4 address alone.
   */
  get isGlobal(): boolean {
    return isGlobalIPv6(this.#a, this.#b, this.#c, this.#d);
  }
  /**
   * The most specific row of the IANA registry, where there is one: the bare fact, so that an
   * IPv4-mapped address has the row of `::ffff:0:0/96`.
   */
  get specialPurpose(): SpecialPurposeEntry | undefined {
    return specialPurposeIPv6([this.#a, this.#b, this.#c, this.#d], 128);
  }
}

/** An address with its zone: a class of its own, so that the many without stay at 56 bytes. */
class ZonedIPv6Address extends IPv6Address {
  readonly #zone: string;

  constructor(key: typeof KEY, address: IPv6Address, zone: string) {
    super(key, readA(address), readB(address), readC(address), readD(address));
    this.#zone = zone;
  }
  override get zone(): string {
    return this.#zone;
  }
  override toString(): string {
    return `${super.toString()}%${this.#zone}`;
  }
}
// What callers see is one class.
Object.defineProperty(ZonedIPv6Address.prototype, "constructor", {
  value: IPv6Address,
});

function inZone(
  key: typeof KEY,
  address: IPv6Address,
  zone: string,
): IPv6Address {
  return new ZonedIPv6Address(key, address, zone);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) |
    bytes[at + 3]!;
}

function putWord(target: Uint8Array, at: number, word: number): void {
  target[at] = word >>> 24;
  target[at + 1] = word >>> 16;
  target[at + 2] = word >>> 8;
  target[at + 3] = word;
}

/** The unsigned order of two signed words. */
export function compareWords(x: number, y: number): -1 | 0 | 1 {
  return x === y ? 0 : x >>> 0 < y >>> 0 ? -1 : 1;
}

function checkIPv6(
  other: IPAddress,
  action: string,
): asserts other is IPv6Address {
  if (!(other instanceof IPv6Address)) {
    throw mixedVersions(action, "an IPv6 address", other);
  }
}

printAs(IPv6Address, (address) => address.toString());

/** For this room only: the address that the last scan of `text`, up to `to`, left behind. */
export function ipv6FromScan(text: string, to: number): IPv6Address {
  const address = make(found[0]!, found[1]!, found[2]!, found[3]!);
  return zoneAt < 0 ? address : inZone(KEY, address, text.slice(zoneAt, to));
}

/** For this room only: the first word of an address. */
export const ipv6WordA: (address: IPv6Address) => number = readA;
/** For this room only: the second word of an address. */
export const ipv6WordB: (address: IPv6Address) => number = readB;
/** For this room only: the third word of an address. */
export const ipv6WordC: (address: IPv6Address) => number = readC;
/** For this room only: the last word of an address. */
export const ipv6WordD: (address: IPv6Address) => number = readD;
/** For this room only: an address of these words. */
export const ipv6FromWords: (
  a: number,
  b: number,
  c: number,
  d: number,
) => IPv6Address = make;
