/**
 * What a UDP server asks of a sender before its datagram is looked at. Called once per datagram.
 *
 * @module
 */
import type { DatagramAddr } from "../socket/datagram_endpoint.ts";
import { AddressLists } from "./address_lists.ts";
import type { UdpAccessOptions } from "./datagram_options.ts";
import type { DatagramDropReason } from "./datagram_stats.ts";
import { RateLimiter } from "./rate_limit.ts";

/** The checks in front of a server, cheapest first. */
export class DatagramGate {
  readonly #ports: ReadonlySet<number>;
  readonly #lists: AddressLists | undefined;
  readonly #rate: RateLimiter | undefined;

  /**
   * Make one from the options.
   *
   * @throws {TypeError} If a list or the rate is none.
   * @throws {RangeError} If a number of the rate is out of range.
   */
  constructor(options: UdpAccessOptions, ports: ReadonlySet<number>) {
    const lists = new AddressLists(options);
    this.#ports = ports;
    this.#lists = lists.isEmpty ? undefined : lists;
    this.#rate = options.rateLimit === undefined
      ? undefined
      : new RateLimiter(options.rateLimit);
  }

  /** Why a datagram from there is to be dropped, or `undefined` if it may pass. */
  judge(from: DatagramAddr): DatagramDropReason | undefined {
    // A Unix socket has neither; its file's mode says who may send.
    if (!("hostname" in from)) return undefined;
    if (this.#ports.has(from.port)) return "source-port";
    if (this.#lists !== undefined && !this.#lists.admits(from.hostname)) {
      return "deny";
    }
    if (this.#rate !== undefined && !this.#rate.admit(from.hostname)) {
      return "rate-limit";
    }
    return undefined;
  }
}
