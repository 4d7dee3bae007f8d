/**
 * Who may come: the options `allow` and `deny` of every server, judged by {@linkcode IPSet}.
 *
 * @module
 */
import type { IPSet } from "../address/ip_set.ts";
import { type AddressList, addressSet } from "../socket/address_list.ts";

/** The two options. */
interface ListOptions {
  allow?: AddressList | undefined;
  deny?: AddressList | undefined;
}

/** The two lists together; deny wins. */
export class AddressLists {
  readonly #allow: IPSet | undefined;
  readonly #deny: IPSet | undefined;

  /**
   * Make them from the options.
   *
   * @param before Has what the options do not name: a list may be an iterator, which gives its items once.
   * @throws {TypeError} If one is no list.
   * @throws {AddressSyntaxError} If an item is not an address, a network or a range.
   */
  constructor(options: ListOptions, before?: AddressLists) {
    const { allow, deny } = options;
    if ("allow" in options) {
      this.#allow = allow === undefined
        ? undefined
        : addressSet("allow", allow);
    } else this.#allow = before && before.#allow;
    if ("deny" in options) {
      this.#deny = deny === undefined ? undefined : addressSet("deny", deny);
    } else this.#deny = before && before.#deny;
  }

  /** Whether every address may come, so that nobody needs to be judged. */
  get isEmpty(): boolean {
    return this.#allow === undefined && this.#deny === undefined;
  }

  /** Whether somebody with this address may come; one without is on no list. */
  admits(address: string | undefined): boolean {
    if (address === undefined) return this.#allow === undefined;
    if (this.#deny?.has(address)) return false;
    return this.#allow === undefined || this.#allow.has(address);
  }
}
