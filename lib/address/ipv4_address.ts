/**
 * One IPv4 address: an immutable value over one signed 32-bit integer. What it means (registries,
 * blocks) is in ipv4_blocks.ts and special_purpose.ts, how it is read in scan_ipv4.ts.
 *
 * Signed, because an int32 stays a small integer inside V8 where a u32 above 2³¹ becomes a boxed
 * double; and no `Object.freeze`, which costs 40 % and which `#private` fields do not need.
 *
 * @module
 */
import {
  add32,
  checkBigInt,
  checkPrefixLength,
  checkUint32,
  pastTheEnd,
  stepOf,
} from "./arithmetic.ts";
import { formatIPv4 } from "./format.ts";
import {
  isBenchmarkingIPv4,
  isDocumentationIPv4,
  isLinkLocalIPv4,
  isLoopbackIPv4,
  isMulticastIPv4,
  isPrivateIPv4,
  isReservedIPv4,
  isSharedIPv4,
} from "./ipv4_blocks.ts";
import { IPv4Network } from "./ipv4_network.ts";
import type { IPAddress } from "./ip_address.ts";
import { type IPv6Address, ipv6FromWords } from "./ipv6_address.ts";
import { checkBytes, checkRoom, mixedVersions } from "./operands.ts";
import { printAs } from "./print_as.ts";
import { parseReverseIPv4, reverseIPv4 } from "./reverse_pointer.ts";
import { found, scanIPv4, stoppedAt } from "./scan_ipv4.ts";
import {
  isGlobalIPv4,
  maskWord,
  specialPurposeIPv4,
} from "./special_purpose.ts";
import type { SpecialPurposeEntry } from "./special_purpose_entry.ts";
import { addressSyntaxError, notText } from "./syntax_error.ts";

/** Held by this file alone: an address made by `new` from unchecked values would fail open. */
const KEY: unique symbol = Symbol("IPv4Address");

let read!: (address: IPv4Address) => number;
let make!: (bits: number) => IPv4Address;

/**
 * An IPv4 address.
 *
 * Immutable, four bytes inside, made by {@linkcode IPv4Address.parse} and its relatives. Text is read
 * strictly: four decimal parts without leading zeros (`inet_aton` is for the old loose forms).
 * Compare with `equals` and `compareTo`: two objects for one address are not `===`.
 *
 * @example Parse, ask, count on
 * ```ts
 * import { IPv4Address } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const address = IPv4Address.parse("192.0.2.254");
 * assert.equal(address.isDocumentation, true);
 * assert.equal(address.next().toString(), "192.0.2.255");
 * assert.equal(address.toNetwork(24).toString(), "192.0.2.0/24");
 * assert.throws(() => IPv4Address.parse("192.0.2.010"), { code: "leading-zero", position: 9 });
 * ```
 */
export class IPv4Address {
  // Begins as a small integer, so that V8 gives the field that representation.
  readonly #bits: number = 0;

  /** Use {@linkcode IPv4Address.parse} or one of the `from…` functions. */
  private constructor(key: typeof KEY, bits: number) {
    if (key !== KEY) {
      throw new TypeError(
        "Cannot construct IPv4Address: use IPv4Address.parse, fromBytes or fromUint32",
      );
    }
    this.#bits = bits;
  }

  static {
    read = (address) => address.#bits;
    make = (bits) => new IPv4Address(KEY, bits);
  }

  /** `0.0.0.0`. */
  static readonly ANY: IPv4Address = make(0);
  /** `127.0.0.1`. */
  static readonly LOOPBACK: IPv4Address = make(0x7f00_0001);
  /** `255.255.255.255`. */
  static readonly BROADCAST: IPv4Address = make(-1);

  /**
   * Read dotted text such as `"192.0.2.1"`.
   *
   * @throws {AddressSyntaxError} If it is anything but four decimal parts from 0 to 255.
   * @throws {TypeError} If it is no string.
   */
  static parse(text: string): IPv4Address {
    if (typeof text !== "string") throw notText("IPv4 address", text);
    const fault = scanIPv4(text, 0, text.length);
    if (fault !== undefined) {
      throw addressSyntaxError("IPv4 address", text, fault, stoppedAt);
    }
    return new IPv4Address(KEY, found[3]!);
  }

  /** Read dotted text, or `undefined` where {@linkcode IPv4Address.parse} would throw. */
  static tryParse(text: string): IPv4Address | undefined {
    return typeof text === "string" &&
        scanIPv4(text, 0, text.length) === undefined
      ? new IPv4Address(KEY, found[3]!)
      : undefined;
  }

  /**
   * From four bytes in network order.
   *
   * @throws {RangeError} If there are not four.
   * @throws {TypeError} If it is no Uint8Array.
   */
  static fromBytes(bytes: Uint8Array): IPv4Address {
    checkBytes(bytes, 4, "IPv4 address");
    return new IPv4Address(
      KEY,
      (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!,
    );
  }

  /**
   * From an integer from 0 to 2³² − 1.
   *
   * @throws {RangeError} If it is none.
   * @throws {TypeError} If it is no number.
   */
  static fromUint32(value: number): IPv4Address {
    return new IPv4Address(KEY, checkUint32(value, "IPv4 address") | 0);
  }

  /**
   * From a bigint from 0 to 2³² − 1.
   *
   * @throws {RangeError} If it is outside.
   * @throws {TypeError} If it is no bigint.
   */
  static fromBigInt(value: bigint): IPv4Address {
    return new IPv4Address(KEY, Number(checkBigInt(value, 32)) | 0);
  }

  /**
   * From a name below `in-addr.arpa`, in any case, with or without the final dot.
   *
   * @throws {AddressSyntaxError} If it is no such name, or one of a whole zone.
   * @throws {TypeError} If it is no string.
   */
  static fromReversePointer(name: string): IPv4Address {
    return new IPv4Address(KEY, parseReverseIPv4(name));
  }

  /** 4. */
  get version(): 4 {
    return 4;
  }
  /** 32. */
  get bitLength(): 32 {
    return 32;
  }
  /** Dotted text, such as `"192.0.2.1"`. */
  toString(): string {
    return formatIPv4(this.#bits);
  }
  /** The same text, for `JSON.stringify`. */
  toJSON(): string {
    return formatIPv4(this.#bits);
  }
  /** Its four bytes in network order, a new array. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(4);
    this.copyTo(bytes);
    return bytes;
  }
  /**
   * Write its four bytes into `target`.
   *
   * @returns How many bytes were written: 4.
   * @throws {RangeError} If they do not fit there.
   * @throws {TypeError} If `target` is no Uint8Array.
   */
  copyTo(target: Uint8Array, offset = 0): number {
    checkRoom(target, offset, 4);
    const bits = this.#bits;
    target[offset] = bits >>> 24;
    target[offset + 1] = bits >>> 16;
    target[offset + 2] = bits >>> 8;
    target[offset + 3] = bits;
    return 4;
  }
  /** As an integer from 0 to 2³² − 1. */
  toUint32(): number {
    return this.#bits >>> 0;
  }
  /** As a bigint. */
  toBigInt(): bigint {
    return BigInt(this.#bits >>> 0);
  }
  /** Its four decimal parts. */
  get octets(): [number, number, number, number] {
    const bits = this.#bits;
    return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255];
  }

  /** Whether `other` is the same IPv4 address. `::ffff:1.2.3.4` is not `1.2.3.4`. */
  equals(other: IPAddress): boolean {
    return other instanceof IPv4Address && other.#bits === this.#bits;
  }
  /**
   * Where it stands in numerical order, seen from here: −1 when it comes before `other`.
   *
   * @throws {TypeError} If `other` is an IPv6 address; `compareAddresses` orders both families.
   */
  compareTo(other: IPAddress): -1 | 0 | 1 {
    const difference = this.toUint32() - bitsOf(other, "compare");
    return difference < 0 ? -1 : difference > 0 ? 1 : 0;
  }
  /**
   * The address `count` further on.
   *
   * @throws {RangeError} If that is past an end, or `count` is no integer.
   */
  add(count: number | bigint): IPv4Address {
    return new IPv4Address(KEY, add32(this.#bits, stepOf(count), this));
  }
  /**
   * The address `count` before.
   *
   * @throws {RangeError} If that is past an end, or `count` is no integer.
   */
  subtract(count: number | bigint): IPv4Address {
    return new IPv4Address(KEY, add32(this.#bits, -stepOf(count), this));
  }
  /**
   * The next address.
   *
   * @throws {RangeError} If this is `255.255.255.255`.
   */
  next(): IPv4Address {
    if (this.#bits === -1) throw pastTheEnd(1n, this);
    return new IPv4Address(KEY, (this.#bits + 1) | 0);
  }
  /**
   * The previous address.
   *
   * @throws {RangeError} If this is `0.0.0.0`.
   */
  previous(): IPv4Address {
    if (this.#bits === 0) throw pastTheEnd(-1n, this);
    return new IPv4Address(KEY, (this.#bits - 1) | 0);
  }
  /**
   * How far it is to `other`: what must be added to get there.
   *
   * @throws {TypeError} If `other` is an IPv6 address.
   */
  distanceTo(other: IPAddress): bigint {
    return BigInt(bitsOf(other, "measure")) - this.toBigInt();
  }
  /**
   * The address with only its first `prefixLength` bits kept.
   *
   * @throws {RangeError} If `prefixLength` is not an integer from 0 to 32.
   */
  mask(prefixLength: number): IPv4Address {
    checkPrefixLength(prefixLength, 32);
    return new IPv4Address(KEY, this.#bits & maskWord(prefixLength));
  }
  /**
   * The bits set in both.
   *
   * @throws {TypeError} If `other` is an IPv6 address.
   */
  and(other: IPAddress): IPv4Address {
    return new IPv4Address(KEY, this.#bits & bitsOf(other, "combine"));
  }
  /**
   * The bits set in either.
   *
   * @throws {TypeError} If `other` is an IPv6 address.
   */
  or(other: IPAddress): IPv4Address {
    return new IPv4Address(KEY, this.#bits | bitsOf(other, "combine"));
  }
  /**
   * The bits set in exactly one.
   *
   * @throws {TypeError} If `other` is an IPv6 address.
   */
  xor(other: IPAddress): IPv4Address {
    return new IPv4Address(KEY, this.#bits ^ bitsOf(other, "combine"));
  }
  /** All bits inverted: a netmask becomes a hostmask. */
  not(): IPv4Address {
    return new IPv4Address(KEY, ~this.#bits);
  }
  /**
   * The network of `prefixLength` bits that it lies in; without one, the /32 of itself.
   *
   * @throws {RangeError} If `prefixLength` is not an integer from 0 to 32.
   */
  toNetwork(prefixLength = 32): IPv4Network {
    return IPv4Network.from(this, prefixLength);
  }
  /** The IPv4-mapped IPv6 address, `::ffff:` and this. */
  toIPv4Mapped(): IPv6Address {
    return ipv6FromWords(0, 0, 0xffff, this.#bits);
  }
  /** The name of its PTR record, such as `"1.2.0.192.in-addr.arpa"`. */
  get reversePointer(): string {
    return reverseIPv4(this.#bits);
  }

  /** `0.0.0.0`. */
  get isUnspecified(): boolean {
    return this.#bits === 0;
  }
  /** In 127.0.0.0/8. */
  get isLoopback(): boolean {
    return isLoopbackIPv4(this.#bits);
  }
  /** In one of the three blocks of RFC 1918: not Python's `is_private`, which means "not global". */
  get isPrivate(): boolean {
    return isPrivateIPv4(this.#bits);
  }
  /** In 169.254.0.0/16 (RFC 3927). */
  get isLinkLocal(): boolean {
    return isLinkLocalIPv4(this.#bits);
  }
  /** In 224.0.0.0/4. */
  get isMulticast(): boolean {
    return isMulticastIPv4(this.#bits);
  }
  /** In 240.0.0.0/4, the limited broadcast address included (RFC 1112 section 4). */
  get isReserved(): boolean {
    return isReservedIPv4(this.#bits);
  }
  /** In one of the three blocks of RFC 5737. */
  get isDocumentation(): boolean {
    return isDocumentationIPv4(this.#bits);
  }
  /** In 198.18.0.0/15 (RFC 2544). */
  get isBenchmarking(): boolean {
    return isBenchmarkingIPv4(this.#bits);
  }
  /** `255.255.255.255`. */
  get isBroadcast(): boolean {
    return this.#bits === -1;
  }
  /** In 100.64.0.0/10, shared by carriers' translators (RFC 6598). */
  get isShared(): boolean {
    return isSharedIPv4(this.#bits);
  }
  /**
   * Whether the registry lets it be reached from everywhere: its most specific row that says so
   * decides, no row at all is global, multicast is not.
   */
  get isGlobal(): boolean {
    return isGlobalIPv4(this.#bits);
  }
  /** The most specific row of the IANA registry, where there is one. */
  get specialPurpose(): SpecialPurposeEntry | undefined {
    return specialPurposeIPv4(this.#bits, 32);
  }
}

function bitsOf(other: IPAddress, action: string): number {
  if (!(other instanceof IPv4Address)) {
    throw mixedVersions(action, "an IPv4 address", other);
  }
  return other.toUint32();
}

printAs(IPv4Address, (address) => address.toString());

/** For this room only: the bits of an address. */
export const ipv4Bits: (address: IPv4Address) => number = read;
/** For this room only: an address of these bits. */
export const ipv4FromBits: (bits: number) => IPv4Address = make;
