/**
 * Who is let in: the lists, the rate and the number of connections per client, asked right after
 * accept, or, behind a proxy, when its header has told who the client is.
 *
 * @module
 */
import { AddressLists } from "./address_lists.ts";
import { ipKey } from "./ip_key.ts";
import { PerIpCounter } from "./per_ip.ts";
import { RateLimiter } from "./rate_limit.ts";
import type { DropReason, StreamServerLimits } from "./serve_options.ts";

/** Who comes: a transport or a connection. Its address is looked at only if somebody is judged at all. */
export interface Peer {
  readonly remoteAddr: Deno.Addr;
}

/**
 * The checks of one server, cheapest first. Peers without an address, as those of Unix sockets are,
 * are on no list, share one rate, and are nobody's other connections.
 */
export class Admission {
  #lists = new AddressLists({});
  #rate: RateLimiter | undefined;
  readonly #perIp = new PerIpCounter(Infinity);
  /** Whether anybody needs to be judged at all. */
  #idle = true;

  /**
   * Take over new limits; what is not named stays as it is. Connections that are open stay.
   *
   * @param present Those who are in already, for when connections begin to be counted.
   * @throws {TypeError} If a list or the rate is none.
   * @throws {RangeError} If a number of the rate is out of range.
   */
  update(
    limits: StreamServerLimits,
    maxPerIp: number,
    present: Iterable<Peer>,
  ): void {
    const { rateLimit } = limits;
    // All of it is made before any of it counts: what throws must change nothing.
    const lists = new AddressLists(limits, this.#lists);
    if ("rateLimit" in limits) {
      this.#rate = rateLimit === undefined
        ? undefined
        : new RateLimiter(rateLimit);
    }
    this.#lists = lists;
    this.#countUpTo(maxPerIp, present);
    this.#idle = this.#lists.isEmpty && this.#rate === undefined &&
      maxPerIp === Infinity;
  }

  /**
   * Ask for one connection. If it is admitted, {@linkcode Admission.leave} must follow.
   *
   * @returns Why it is refused, or nothing.
   */
  admit(peer: Peer): DropReason | undefined {
    if (this.#idle) return undefined;
    const hostname = hostnameOf(peer);
    if (!this.#lists.admits(hostname)) return "deny";
    if (this.#rate !== undefined && !this.#rate.admit(hostname)) {
      return "rate-limit";
    }
    if (hostname === undefined || this.#perIp.max === Infinity) {
      return undefined;
    }
    return this.#perIp.add(ipKey(hostname)) ? undefined : "per-ip";
  }

  /** One that was admitted has ended. */
  leave(peer: Peer): void {
    if (this.#perIp.max === Infinity) return;
    const hostname = hostnameOf(peer);
    if (hostname !== undefined) this.#perIp.remove(ipKey(hostname));
  }

  /** Without a maximum nobody is counted, which saves each connection the look at its address. */
  #countUpTo(max: number, present: Iterable<Peer>): void {
    const begins = this.#perIp.max === Infinity && max !== Infinity;
    if (begins) {
      this.#perIp.clear();
      for (const peer of present) {
        const hostname = hostnameOf(peer);
        if (hostname !== undefined) this.#perIp.add(ipKey(hostname));
      }
    }
    this.#perIp.max = max;
  }
}

function hostnameOf({ remoteAddr }: Peer): string | undefined {
  return "hostname" in remoteAddr ? remoteAddr.hostname : undefined;
}
