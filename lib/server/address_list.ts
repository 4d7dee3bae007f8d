/**
 * Who may come: the options `allow` and `deny` of every server, judged by {@linkcode IPSet}.
 *
 * @module
 */
import type { IPSet } from "../address/ip_set.ts";
import { type AddressList, addressSet } from "../socket/address_list.ts";

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
    this.#allow = addressSet("allow", allow);
    this.#deny = addressSet("deny", deny);
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
