/**
 * A range of addresses from one to another, both inclusive, of one family.
 *
 * @module
 */
import {
  checkAddress,
  familyOf,
  type IPAddress,
  neitherFamily,
} from "./ip_address.ts";
import type { IPNetwork } from "./ip_network.ts";
import { IPv4Address, ipv4FromBits } from "./ipv4_address.ts";
import { IPv4Network } from "./ipv4_network.ts";
import { IPv6Address, ipv6FromScan } from "./ipv6_address.ts";
import { IPv6Network } from "./ipv6_network.ts";
import { mixedVersions } from "./operands.ts";
import { printAs } from "./print_as.ts";
import { found, scanIPv4, stop, stoppedAt } from "./scan_ipv4.ts";
import { scanIPv6, zoneAt } from "./scan_ipv6.ts";
import { summarize } from "./summarize.ts";
import { addressSyntaxError, notText, quoteValue } from "./syntax_error.ts";

/** Held by this file alone, as in ipv4_address.ts. */
const KEY: unique symbol = Symbol("IPRange");

/**
 * All addresses from `first` to `last`.
 *
 * @example A range that is no network
 * ```ts
 * import { IPRange, parseAddress } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const range = IPRange.parse("192.0.2.10-192.0.2.13");
 * assert.equal(range.size, 4n);
 * assert.equal(range.contains(parseAddress("192.0.2.12")), true);
 * assert.deepEqual(range.toNetworks().map(String), ["192.0.2.10/31", "192.0.2.12/31"]);
 * ```
 */
export class IPRange {
  /** The first address. */
  readonly first: IPAddress;
  /** The last address. */
  readonly last: IPAddress;

  /** Use {@linkcode IPRange.parse} or {@linkcode IPRange.from}. */
  private constructor(key: typeof KEY, first: IPAddress, last: IPAddress) {
    if (key !== KEY) {
      throw new TypeError(
        "Cannot construct IPRange: use IPRange.parse or IPRange.from",
      );
    }
    this.first = first;
    this.last = last;
  }

  /**
   * Read two addresses with `-` between, without spaces.
   *
   * @throws {AddressSyntaxError} If it is anything else, of two families, or ends before it begins.
   * @throws {TypeError} If it is no string.
   */
  static parse(text: string): IPRange {
    if (typeof text !== "string") throw notText("IP range", text);
    const dash = text.indexOf("-");
    const end = dash < 0 ? text.length : dash;
    const first = scanEnd(text, 0, end);
    if (dash < 0) throw addressSyntaxError("IP range", text, "empty", end);
    const last = scanEnd(text, dash + 1, text.length);
    if (first.version !== last.version) {
      throw addressSyntaxError("IP range", text, "mixed-versions", dash + 1);
    }
    if (first.compareTo(last) > 0) {
      throw addressSyntaxError("IP range", text, "bad-order", dash + 1);
    }
    return new IPRange(KEY, first, last);
  }

  /** Read a range, or `undefined` where {@linkcode IPRange.parse} would throw. */
  static tryParse(text: string): IPRange | undefined {
    if (typeof text !== "string") return undefined;
    const dash = text.indexOf("-");
    if (dash < 0) return undefined;
    const first = tryScanEnd(text, 0, dash);
    if (first === undefined) return undefined;
    const last = tryScanEnd(text, dash + 1, text.length);
    if (last === undefined || first.version !== last.version) return undefined;
    return first.compareTo(last) > 0
      ? undefined
      : new IPRange(KEY, first, last);
  }

  /**
   * The range from one address to another.
   *
   * @throws {TypeError} If they are of two families, or have a zone.
   * @throws {RangeError} If `last` comes before `first`.
   */
  static from(first: IPAddress, last: IPAddress): IPRange {
    checkEnds(first, last);
    return new IPRange(KEY, first, last);
  }

  /** 4 or 6. */
  get version(): 4 | 6 {
    return this.first.version;
  }
  /** How many addresses there are in it. */
  get size(): bigint {
    return this.first.distanceTo(this.last) + 1n;
  }
  /** Such as `"192.0.2.1-192.0.2.9"`. */
  toString(): string {
    return `${this.first}-${this.last}`;
  }
  /** The same text, for `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }
  /** Whether `other` is the same range. */
  equals(other: IPRange): boolean {
    return other instanceof IPRange && this.first.equals(other.first) &&
      this.last.equals(other.last);
  }
  /**
   * Whether an address, a whole network or a whole range lies in it; the other family never does.
   *
   * @throws {TypeError} If `item` is none of these: text must be parsed first.
   */
  contains(item: IPAddress | IPNetwork | IPRange): boolean {
    const [first, last] = endsOf(item);
    return first.version === this.version && this.first.compareTo(first) <= 0 &&
      last.compareTo(this.last) <= 0;
  }
  /**
   * Whether any address lies in both.
   *
   * @throws {TypeError} If `item` is no address, network or range.
   */
  overlaps(item: IPAddress | IPNetwork | IPRange): boolean {
    const [first, last] = endsOf(item);
    return first.version === this.version && this.first.compareTo(last) <= 0 &&
      first.compareTo(this.last) <= 0;
  }
  /** The fewest networks that together are this range, in order. */
  toNetworks(): IPNetwork[] {
    return summarize(this.first, this.last);
  }
  /** All its addresses in order. */
  *[Symbol.iterator](): Generator<IPAddress, void, unknown> {
    let address = this.first;
    for (; !address.equals(this.last); address = address.next()) yield address;
    yield address;
  }
}

/** The first and last address of anything that has them; zones do not matter to a question. */
export function endsOf(
  item: IPAddress | IPNetwork | IPRange,
): [IPAddress, IPAddress] {
  if (item instanceof IPv4Address) return [item, item];
  if (item instanceof IPv6Address) {
    const address = item.withoutZone();
    return [address, address];
  }
  if (isBlock(item)) return [item.first, item.last];
  throw new TypeError(
    `Cannot use ${quoteValue(item)}: must be an address, a network or a range`,
  );
}

/** Whether it is a network or a range: iterable, but for its addresses. */
export function isBlock(value: unknown): value is IPNetwork | IPRange {
  return value instanceof IPv4Network || value instanceof IPv6Network ||
    value instanceof IPRange;
}

/** Refuse what is no list: a text would be its characters, a network its addresses, of ::/0 without end. */
export function checkList(action: string, value: unknown, of: string): void {
  if (
    typeof value === "object" && value !== null && Symbol.iterator in value &&
    !isBlock(value)
  ) return;
  throw new TypeError(
    `Cannot ${action} ${quoteValue(value)}: must be a list of ${of}`,
  );
}

/** Check the two ends of a range. */
export function checkEnds(first: IPAddress, last: IPAddress): void {
  checkAddress("make a range from", first);
  checkAddress("make a range to", last);
  if (first.version !== last.version) {
    throw mixedVersions("make", `a range from ${first}`, last);
  }
  for (const end of [first, last]) {
    if (end instanceof IPv6Address && end.zone !== undefined) {
      throw new TypeError(
        `Cannot make a range with ${end}: has a zone, see withoutZone`,
      );
    }
  }
  if (first.compareTo(last) > 0) {
    throw new RangeError(
      `Cannot make a range from ${first} to ${last}: ends before it begins`,
    );
  }
}

function tryScanEnd(
  text: string,
  from: number,
  to: number,
): IPAddress | undefined {
  if (familyOf(text, from) !== 6) {
    return scanIPv4(text, from, to) === undefined
      ? ipv4FromBits(found[3]!)
      : undefined;
  }
  if (scanIPv6(text, from, to) !== undefined) return undefined;
  if (zoneAt < 0) return ipv6FromScan(text, to);
  stop(zoneAt - 1, "zone-not-allowed");
  return undefined;
}

function scanEnd(text: string, from: number, to: number): IPAddress {
  const address = tryScanEnd(text, from, to);
  if (address !== undefined) return address;
  if (familyOf(text, from) === 0) {
    throw neitherFamily("IP range", text, to, from);
  }
  const fault = familyOf(text, from) === 6
    ? scanIPv6(text, from, to) ?? stop(zoneAt - 1, "zone-not-allowed")
    : scanIPv4(text, from, to)!;
  throw addressSyntaxError("IP range", text, fault, stoppedAt);
}

printAs(IPRange, (range) => range.toString());
