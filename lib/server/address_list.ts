/**
 * Who may come: the options `allow` and `deny` of every server, judged by {@linkcode IPSet}.
 *
 * @module
 */
import { IPSet } from "../address/ip_set.ts";
import type { IPSetItem } from "../address/set_item.ts";
import { quote } from "../stream/wait.ts";

/** A list of addresses, networks and ranges, as texts or values, or a set that was made of one. */
export type AddressList = IPSet | Iterable<IPSetItem>;

/** The two lists together; deny wins. */
export class AddressLists {
  readonly #allow: IPSet | undefined;
  readonly #deny: IPSet | undefined;

  /**
   * Make them from the options.
   *
   * @throws {TypeError} If one is no list.
   * @throws {AddressSyntaxError} If an item is not an address, a network or a range.
   */
  constructor(
    allow: AddressList | undefined,
    deny: AddressList | undefined,
  ) {
    this.#allow = setOf("allow", allow);
    this.#deny = setOf("deny", deny);
  }

  /** Whether every address may come, so that nobody needs to be judged. */
  get isEmpty(): boolean {
    return this.#allow === undefined && this.#deny === undefined;
  }

  /** Whether somebody with this address may come. */
  admits(address: string): boolean {
    if (this.#deny?.has(address)) return false;
    return this.#allow === undefined || this.#allow.has(address);
  }
}

function setOf(
  key: string,
  list: AddressList | undefined,
): IPSet | undefined {
  if (list === undefined || list instanceof IPSet) return list;
  const isList = typeof list === "object" && list !== null &&
    Symbol.iterator in list;
  if (!isList) {
    throw new TypeError(
      `Cannot use ${key} ${quote(list)}: must be a list of addresses`,
    );
  }
  return IPSet.from(list);
}
