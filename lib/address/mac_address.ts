/**
 * Hardware addresses of 48 bits, as far as IPv6 needs them: text, their two flag bits, and the
 * interface identifier made from them.
 *
 * @module
 */
import type { AddressSyntaxCode } from "../errors.ts";
import { checkBytes } from "./operands.ts";
import { formatByte } from "./format.ts";
import { printAs } from "./print_as.ts";
import { stop, stoppedAt } from "./scan_ipv4.ts";
import { addressSyntaxError, notText } from "./syntax_error.ts";

/** Held by this file alone, as in ipv4_address.ts. */
const KEY: unique symbol = Symbol("MacAddress");

/**
 * A 48-bit hardware address (IEEE 802 MAC).
 *
 * Read as `00:1a:2b:3c:4d:5e`, `00-1A-2B-3C-4D-5E`, `001a.2b3c.4d5e` or `001a2b3c4d5e`, written in
 * the first form.
 *
 * @example From a hardware address to the link-local address
 * ```ts
 * import { IPv6Address, IPv6Network, MacAddress } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const mac = MacAddress.parse("00-1A-2B-3C-4D-5E");
 * const address = IPv6Address.fromEui64(IPv6Network.parse("fe80::/64"), mac);
 * assert.equal(address.toString(), "fe80::21a:2bff:fe3c:4d5e");
 * ```
 */
export class MacAddress {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  /** Use {@linkcode MacAddress.parse} or {@linkcode MacAddress.fromBytes}. */
  private constructor(key: typeof KEY, bytes: Uint8Array<ArrayBuffer>) {
    if (key !== KEY) {
      throw new TypeError(
        "Cannot construct MacAddress: use MacAddress.parse or MacAddress.fromBytes",
      );
    }
    this.#bytes = bytes;
  }

  /**
   * Read any of the four forms.
   *
   * @throws {AddressSyntaxError} If it is none of them.
   * @throws {TypeError} If it is no string.
   */
  static parse(text: string): MacAddress {
    if (typeof text !== "string") throw notText("MAC address", text);
    const bytes = new Uint8Array(6);
    const fault = scanMac(text, bytes);
    if (fault !== undefined) {
      throw addressSyntaxError("MAC address", text, fault, stoppedAt);
    }
    return new MacAddress(KEY, bytes);
  }

  /** Read any of the four forms, or `undefined` where {@linkcode MacAddress.parse} would throw. */
  static tryParse(text: string): MacAddress | undefined {
    const bytes = new Uint8Array(6);
    return typeof text === "string" && scanMac(text, bytes) === undefined
      ? new MacAddress(KEY, bytes)
      : undefined;
  }

  /**
   * From six bytes.
   *
   * @throws {RangeError} If there are not six.
   * @throws {TypeError} If it is no Uint8Array.
   */
  static fromBytes(bytes: Uint8Array): MacAddress {
    checkBytes(bytes, 6, "MAC address");
    return new MacAddress(KEY, new Uint8Array(bytes));
  }

  /** Lower case with colons, such as `"00:1a:2b:3c:4d:5e"`. */
  toString(): string {
    return Array.from(this.#bytes, formatByte).join(":");
  }
  /** The same text, for `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }
  /** Its six bytes, a new array. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice();
  }
  /** Whether `other` is the same address. */
  equals(other: MacAddress): boolean {
    return other instanceof MacAddress &&
      this.#bytes.every((byte, i) => byte === other.#bytes[i]);
  }
  /**
   * The interface identifier of eight bytes that IPv6 makes of it: `ff:fe` in the middle and the
   * universal bit inverted (modified EUI-64, RFC 4291 appendix A).
   */
  toEui64(): Uint8Array<ArrayBuffer> {
    const [a, b, c, d, e, f] = this.#bytes;
    return new Uint8Array([a! ^ 2, b!, c!, 0xff, 0xfe, d!, e!, f!]);
  }
  /** Whether it names a group of stations (the lowest bit of the first byte). */
  get isMulticast(): boolean {
    return (this.#bytes[0]! & 1) !== 0;
  }
  /** Whether it was given locally rather than by the maker (the second lowest bit). */
  get isLocal(): boolean {
    return (this.#bytes[0]! & 2) !== 0;
  }
}

/** The separator of a text and how many digits stand between two of them. */
function shapeOf(text: string): { separator: string; digits: number } {
  if (text[2] === ":" || text[2] === "-") {
    return { separator: text[2], digits: 2 };
  }
  return text[4] === "."
    ? { separator: ".", digits: 4 }
    : { separator: "", digits: 12 };
}

function scanMac(
  text: string,
  bytes: Uint8Array,
): AddressSyntaxCode | undefined {
  const { separator, digits } = shapeOf(text);
  let seen = 0;
  for (let i = 0; i < text.length; i++) {
    if (seen === 12) return stop(i, "too-many-parts");
    const wantsSeparator = separator !== "" && i % (digits + 1) === digits;
    if (wantsSeparator) {
      if (text[i] !== separator) return stop(i, "bad-character");
      continue;
    }
    if (!/[0-9a-f]/i.test(text[i]!)) return stop(i, "bad-character");
    bytes[seen >> 1]! |= parseInt(text[i]!, 16) << ((seen & 1) === 0 ? 4 : 0);
    seen++;
  }
  if (seen === 12) return undefined;
  return stop(text.length, text === "" ? "empty" : "too-few-parts");
}

printAs(MacAddress, (address) => address.toString());
