/**
 * The options `allow` and `deny`, wherever they stand: `connect` judges whom it dials by them,
 * servers who may come.
 *
 * @module
 */
import { IPSet } from "../address/ip_set.ts";
import type { IPSetItem } from "../address/set_item.ts";
import { AddressSyntaxError } from "../errors.ts";
import { quote } from "../stream/quote.ts";

/** A list of addresses, networks and ranges, as texts or values, or a set that was made of one. */
export type AddressList = IPSet | Iterable<IPSetItem>;

/**
 * The set of a list.
 *
 * @param key The option's name.
 * @throws {TypeError} If it is no list.
 * @throws {AddressSyntaxError} If an item is not an address, a network or a range.
 */
export function addressSet(
  key: string,
  list: AddressList,
): IPSet {
  if (list instanceof IPSet) return list;
  const isList = typeof list === "object" && list !== null &&
    Symbol.iterator in list;
  if (!isList) {
    throw new TypeError(
      `Cannot use ${key} ${quote(list)}: must be a list of addresses`,
    );
  }
  try {
    return IPSet.from(list);
  } catch (error) {
    throw inOption(key, error);
  }
}

/** The error that one of the items is, told of the option that it stands in. */
function inOption(key: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const message = `Cannot use ${key}: ${error.message}`;
  return error instanceof AddressSyntaxError
    ? new AddressSyntaxError(message, error)
    : new TypeError(message, { cause: error });
}
