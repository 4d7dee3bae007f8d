/**
 * The `allow` and `deny` lists of `connect`: which addresses may be dialled. It judges addresses,
 * never names, and a list that cannot be read fails before anything is asked or dialled.
 *
 * @module
 */
import type { IPAddress } from "../address/ip_address.ts";
import { IPv4Address } from "../address/ipv4_address.ts";
import { IPv6Address } from "../address/ipv6_address.ts";
import type { IPSet } from "../address/ip_set.ts";
import { type AddressList, addressSet } from "./address_list.ts";

/** The two lists. */
export interface GuardOptions {
  /** Only these may be dialled. Default: all. */
  allow?: AddressList | undefined;
  /** These may not be dialled, even if `allow` has them. Default: none. */
  deny?: AddressList | undefined;
}

/** Judges addresses. */
export class AddressGuard {
  readonly #allow: IPSet | undefined;
  readonly #deny: IPSet | undefined;

  /**
   * @throws {AddressSyntaxError} If an item is none.
   * @throws {TypeError} If a list is none.
   */
  constructor(lists: GuardOptions) {
    const { allow, deny } = lists;
    this.#allow = allow === undefined ? undefined : addressSet("allow", allow);
    this.#deny = deny === undefined ? undefined : addressSet("deny", deny);
  }

  /** Why the address may not be dialled, or `undefined` if it may. */
  judge(address: IPAddress): Error | undefined {
    for (const meant of meanings(address)) {
      if (this.#deny?.has(meant)) return refusal(address, "denied");
      if (this.#allow?.has(meant) === false) {
        return refusal(address, "not allowed");
      }
    }
    return undefined;
  }
}

/** Dialling the unspecified address reaches this host (RFC 1122 section 3.2.1.3): it is loopback as well. */
function meanings(address: IPAddress): IPAddress[] {
  if (!address.isUnspecified) return [address];
  const isIPv4 = address.version === 4 || address.isIPv4Mapped;
  return [address, isIPv4 ? IPv4Address.LOOPBACK : IPv6Address.LOOPBACK];
}

function refusal(address: IPAddress, verdict: string): Error {
  const error = new Deno.errors.PermissionDenied(
    `Cannot connect to ${address}: the address is ${verdict}`,
  );
  return Object.assign(error, { code: "EACCES" });
}
