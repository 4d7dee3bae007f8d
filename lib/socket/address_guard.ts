/**
 * The `allow` and `deny` lists of `connect`: which addresses may be dialled. It judges addresses,
 * never names, and a list that cannot be read fails before anything is asked or dialled.
 *
 * @module
 */
import type { IPAddress } from "../address/ip_address.ts";
import { IPSet } from "../address/ip_set.ts";
import type { IPSetItem } from "../address/set_item.ts";

/** Addresses, networks and ranges, as text or values, or a set of them made before. */
export type AddressList = IPSet | Iterable<IPSetItem>;

/** The two lists. */
export interface AddressLists {
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
  constructor(lists: AddressLists) {
    this.#allow = listOf("allow", lists.allow);
    this.#deny = listOf("deny", lists.deny);
  }

  /** Why the address may not be dialled, or `undefined` if it may. */
  judge(address: IPAddress): Error | undefined {
    if (this.#deny?.has(address)) return refusal(address, "denied");
    if (this.#allow?.has(address) === false) {
      return refusal(address, "not allowed");
    }
    return undefined;
  }
}

function listOf(key: string, list: AddressList | undefined): IPSet | undefined {
  if (list === undefined || list instanceof IPSet) return list;
  if (typeof list === "string" || !(Symbol.iterator in Object(list))) {
    throw new TypeError(`Cannot use ${key}: must be a list of addresses`);
  }
  return IPSet.from(list);
}

function refusal(address: IPAddress, verdict: string): Error {
  const error = new Deno.errors.PermissionDenied(
    `Cannot connect to ${address}: the address is ${verdict}`,
  );
  return Object.assign(error, { code: "EACCES" });
}
