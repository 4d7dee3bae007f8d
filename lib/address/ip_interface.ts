/**
 * An address together with the network that it was configured in: `192.0.2.5/24`.
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
import { ipv4FromBits } from "./ipv4_address.ts";
import { IPv4Network } from "./ipv4_network.ts";
import { ipv6FromScan } from "./ipv6_address.ts";
import { IPv6Network } from "./ipv6_network.ts";
import { printAs } from "./print_as.ts";
import { found, scanIPv4, stoppedAt } from "./scan_ipv4.ts";
import { scanIPv6 } from "./scan_ipv6.ts";
import { addressEnd, scanIPv4Length, scanIPv6Length } from "./scan_network.ts";
import { addressSyntaxError, notText } from "./syntax_error.ts";

/** Held by this file alone, as in ipv4_address.ts. */
const KEY: unique symbol = Symbol("IPInterface");

/**
 * An address and its network, as interfaces are configured.
 *
 * @example What one line of configuration says
 * ```ts
 * import { IPInterface } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const eth0 = IPInterface.parse("192.0.2.5/24");
 * assert.equal(eth0.address.toString(), "192.0.2.5");
 * assert.equal(eth0.network.toString(), "192.0.2.0/24");
 * ```
 */
export class IPInterface {
  /** The address, with its zone. */
  readonly address: IPAddress;
  /** The network that it lies in. */
  readonly network: IPNetwork;

  /** Use {@linkcode IPInterface.parse} or {@linkcode IPInterface.from}. */
  private constructor(key: typeof KEY, address: IPAddress, network: IPNetwork) {
    if (key !== KEY) {
      throw new TypeError(
        "Cannot construct IPInterface: use IPInterface.parse or IPInterface.from",
      );
    }
    this.address = address;
    this.network = network;
  }

  /**
   * Read an address with `/length` or `/netmask`; without, the network is the address alone.
   *
   * @throws {AddressSyntaxError} If it is anything else.
   * @throws {TypeError} If it is no string.
   */
  static parse(text: string): IPInterface {
    const what = "IP interface";
    if (typeof text !== "string") throw notText(what, text);
    const end = addressEnd(text);
    const family = familyOf(text);
    if (family === 0) throw neitherFamily(what, text, end);
    const fault = family === 4
      ? scanIPv4(text, 0, end)
      : scanIPv6(text, 0, end);
    if (fault !== undefined) {
      throw addressSyntaxError(what, text, fault, stoppedAt);
    }
    const address = family === 4
      ? ipv4FromBits(found[3]!)
      : ipv6FromScan(text, end);
    const lengthFault = family === 4
      ? scanIPv4Length(text, end)
      : scanIPv6Length(text, end);
    if (lengthFault !== undefined) {
      throw addressSyntaxError(what, text, lengthFault, stoppedAt);
    }
    return IPInterface.from(address, found[4]!);
  }

  /** Read an interface, or `undefined` where {@linkcode IPInterface.parse} would throw. */
  static tryParse(text: string): IPInterface | undefined {
    if (typeof text !== "string") return undefined;
    const end = addressEnd(text);
    const isIPv6 = familyOf(text) === 6;
    if (
      (isIPv6 ? scanIPv6(text, 0, end) : scanIPv4(text, 0, end)) !== undefined
    ) return undefined;
    const address = isIPv6 ? ipv6FromScan(text, end) : ipv4FromBits(found[3]!);
    const fault = isIPv6
      ? scanIPv6Length(text, end)
      : scanIPv4Length(text, end);
    return fault === undefined
      ? IPInterface.from(address, found[4]!)
      : undefined;
  }

  /**
   * An address in the network of its first `prefixLength` bits.
   *
   * @throws {RangeError} If `prefixLength` is no integer from 0 to 32 or 128.
   * @throws {TypeError} If `address` is no IPv4Address or IPv6Address.
   */
  static from(address: IPAddress, prefixLength: number): IPInterface {
    checkAddress("make an interface of", address);
    const network = address.version === 4
      ? IPv4Network.from(address, prefixLength)
      : IPv6Network.from(address.withoutZone(), prefixLength);
    return new IPInterface(KEY, address, network);
  }

  /** 4 or 6. */
  get version(): 4 | 6 {
    return this.address.version;
  }
  /** Such as `"192.0.2.5/24"`. */
  toString(): string {
    return `${this.address}/${this.network.prefixLength}`;
  }
  /** The same text, for `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }
  /** Whether `other` is the same address in the same network. */
  equals(other: IPInterface): boolean {
    return other instanceof IPInterface && this.address.equals(other.address) &&
      this.network.equals(other.network);
  }
}

printAs(IPInterface, (value) => value.toString());
