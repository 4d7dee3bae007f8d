/**
 * An address with a port: what a socket is bound to or connected to. Knows Deno's address objects by
 * their shape only.
 *
 * @module
 */
import {
  checkAddress,
  compareAddresses,
  type IPAddress,
  parseAddress,
} from "./ip_address.ts";
import { checkPort, portColon } from "./host_port.ts";
import { IPv4Address, ipv4FromBits } from "./ipv4_address.ts";
import { IPv6Address } from "./ipv6_address.ts";
import { printAs } from "./print_as.ts";
import { found, scanDecimal, scanIPv4, stoppedAt } from "./scan_ipv4.ts";
import { addressSyntaxError, notText, quoteValue } from "./syntax_error.ts";

/** The shape of `Deno.NetAddr`. */
export interface NetAddrLike<T extends "tcp" | "udp" = "tcp" | "udp"> {
  /** The transport protocol. */
  transport: T;
  /** An IP address as text. */
  hostname: string;
  /** The port. */
  port: number;
}

/**
 * An IP address and a port, immutable.
 *
 * @example To and from text and Deno's own objects
 * ```ts
 * import { SocketAddress } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const address = SocketAddress.parse("[fe80::1%eth0]:80");
 * assert.equal(address.port, 80);
 * assert.deepEqual(address.toDenoAddr(), { transport: "tcp", hostname: "fe80::1%eth0", port: 80 });
 * assert.equal(SocketAddress.fromDenoAddr({ hostname: "::1", port: 8080 }).toString(), "[::1]:8080");
 * ```
 */
export class SocketAddress {
  readonly #address: IPAddress;
  readonly #port: number;

  /**
   * An address with a port.
   *
   * @throws {TypeError} If the address is none, or the port no number.
   * @throws {RangeError} If the port is no integer from 0 to 65535.
   */
  constructor(address: IPAddress, port: number) {
    checkAddress("make a SocketAddress from", address);
    this.#address = address;
    this.#port = checkPort(port);
  }

  /**
   * Read `1.2.3.4:80` or `[::1]:80`: the port must be there, and a name is no address.
   *
   * @throws {AddressSyntaxError} If it is anything else.
   * @throws {TypeError} If it is no string.
   */
  static parse(text: string): SocketAddress {
    const what = "socket address";
    if (typeof text !== "string") throw notText(what, text);
    const isIPv6 = text[0] === "[";
    const colon = isIPv6 ? portColon(text) : text.indexOf(":");
    if (typeof colon === "string") {
      throw addressSyntaxError(what, text, colon, stoppedAt);
    }
    const end = colon < 0 ? text.length : colon;
    const fault = isIPv6 ? undefined : scanIPv4(text, 0, end);
    if (fault !== undefined) {
      throw addressSyntaxError(what, text, fault, stoppedAt);
    }
    if (colon < 0) throw addressSyntaxError(what, text, "missing-port", end);
    const address = isIPv6
      ? IPv6Address.parse(text.slice(1, end - 1))
      : ipv4FromBits(found[3]!);
    const portFault = scanDecimal(text, colon + 1, text.length, 65535);
    if (portFault !== undefined) {
      throw addressSyntaxError(what, text, portFault, stoppedAt);
    }
    return new SocketAddress(address, found[4]!);
  }

  /** Read a socket address, or `undefined` where {@linkcode SocketAddress.parse} would throw. */
  static tryParse(text: string): SocketAddress | undefined {
    if (typeof text !== "string") return undefined;
    const colon = text[0] === "[" ? portColon(text) : text.indexOf(":");
    if (typeof colon === "string" || colon < 0) return undefined;
    const address = text[0] === "["
      ? IPv6Address.tryParse(text.slice(1, colon - 1))
      : IPv4Address.tryParse(text.slice(0, colon));
    return address === undefined ||
        scanDecimal(text, colon + 1, text.length, 65535) !== undefined
      ? undefined
      : new SocketAddress(address, found[4]!);
  }

  /**
   * From what Deno gives for a TCP or UDP peer.
   *
   * @throws {AddressSyntaxError} If its hostname is no address.
   * @throws {TypeError} If it has no hostname or no port.
   * @throws {RangeError} If its port is no integer from 0 to 65535.
   */
  static fromDenoAddr(
    addr: { readonly hostname: string; readonly port: number },
  ): SocketAddress {
    if (typeof addr !== "object" || addr === null) {
      throw new TypeError(
        `Cannot make a SocketAddress from ${
          quoteValue(addr)
        }: must have a hostname and a port`,
      );
    }
    return new SocketAddress(parseAddress(addr.hostname), addr.port);
  }

  /** The address. */
  get address(): IPAddress {
    return this.#address;
  }
  /** The port, 0 to 65535. */
  get port(): number {
    return this.#port;
  }
  /** 4 or 6. */
  get version(): 4 | 6 {
    return this.#address.version;
  }
  /** Such as `"192.0.2.1:80"` or `"[::1]:80"`. */
  toString(): string {
    return this.#address.version === 4
      ? `${this.#address}:${this.#port}`
      : `[${this.#address}]:${this.#port}`;
  }
  /** The same text, for `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }
  /**
   * As Deno takes it in `connect`, `listen` and `send`.
   *
   * @throws {TypeError} If `transport` is neither "tcp" nor "udp".
   */
  toDenoAddr<T extends "tcp" | "udp" = "tcp">(
    transport: T = "tcp" as T,
  ): NetAddrLike<T> {
    if (transport !== "tcp" && transport !== "udp") {
      throw new TypeError(
        `Cannot use transport ${quoteValue(transport)}: must be "tcp" or "udp"`,
      );
    }
    return {
      transport,
      hostname: this.#address.toString(),
      port: this.#port,
    };
  }
  /** Whether `other` is the same address with the same port. */
  equals(other: SocketAddress): boolean {
    return other instanceof SocketAddress && this.#port === other.#port &&
      this.#address.equals(other.#address);
  }
  /**
   * The order by address, IPv4 first, then by port.
   *
   * @throws {TypeError} If `other` is no SocketAddress.
   */
  compareTo(other: SocketAddress): -1 | 0 | 1 {
    if (!(other instanceof SocketAddress)) {
      throw new TypeError(
        `Cannot compare ${this} with ${
          quoteValue(other)
        }: must be a SocketAddress`,
      );
    }
    const order = compareAddresses(this.#address, other.#address);
    if (order !== 0 || this.#port === other.#port) return order;
    return this.#port < other.#port ? -1 : 1;
  }
}

printAs(SocketAddress, (address) => address.toString());
