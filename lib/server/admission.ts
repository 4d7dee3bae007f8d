/**
 * Who is let in: the lists, the rate and the number of connections per client, asked right after
 * accept, or, behind a proxy, when its header has told who the client is.
 *
 * @module
 */
import { AddressLists } from "./address_list.ts";
import { ipKey } from "./ip_key.ts";
import { PerIpCounter } from "./per_ip.ts";
import { RateLimiter } from "./rate_limit.ts";
import type { DropReason, StreamServerLimits } from "./serve_options.ts";

/** The checks of one server, cheapest first. Unix peers have no address and pass. */
export class Admission {
  #limits: StreamServerLimits = {};
  #lists: AddressLists = new AddressLists(undefined, undefined);
  #rate: RateLimiter | undefined;
  readonly #perIp = new PerIpCounter(Infinity);
  /** Whether anybody needs to be judged at all. */
  #idle = true;

  /**
   * Take over new limits; what is not named stays as it is. Connections that are open stay.
   *
   * @throws {TypeError} If a list or the rate is none.
   * @throws {RangeError} If a number of the rate is out of range.
   */
  update(limits: StreamServerLimits, maxPerIp: number): void {
    const all = { ...this.#limits, ...limits };
    const { allow, deny, rateLimit } = all;
    // All of it is made before any of it counts: what throws must change nothing.
    const lists = new AddressLists(allow, deny);
    if ("rateLimit" in limits) {
      this.#rate = rateLimit === undefined
        ? undefined
        : new RateLimiter(rateLimit);
    }
    this.#limits = all;
    this.#lists = lists;
    this.#perIp.max = maxPerIp;
    this.#idle = this.#lists.isEmpty && this.#rate === undefined &&
      maxPerIp === Infinity;
  }

  /**
   * Ask for one connection, whose address is looked at only if somebody is judged at all. If it is admitted, {@linkcode Admitted.leave} must follow.
   *
   * @returns Why it is refused, or what it was admitted as.
   */
  admit(peer: { readonly remoteAddr: Deno.Addr }): Admitted | DropReason {
    if (this.#idle) return EVERYBODY;
    const { remoteAddr } = peer;
    // Without one, as the peers of a Unix socket are, nobody can be told from anybody.
    const hostname = "hostname" in remoteAddr ? remoteAddr.hostname : undefined;
    if (hostname !== undefined && !this.#lists.admits(hostname)) return "deny";
    if (this.#rate !== undefined && !this.#rate.admit(hostname)) {
      return "rate-limit";
    }
    if (hostname === undefined || this.#perIp.max === Infinity) {
      return EVERYBODY;
    }
    const key = ipKey(hostname);
    if (!this.#perIp.add(key)) return "per-ip";
    return { leave: () => this.#perIp.remove(key) };
  }
}

/** A connection that was let in. */
export interface Admitted {
  /** It has ended: give its place back. */
  leave(): void;
}

const EVERYBODY: Admitted = { leave() {} };
