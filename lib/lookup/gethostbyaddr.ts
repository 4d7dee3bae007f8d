/**
 * gethostbyaddr: the names of an address.
 *
 * @module
 */
import type { WaitOptions } from "../stream/wait.ts";
import type { HostEntry } from "./gethostbyname.ts";
import { formatZoned, parseZoned } from "./literal.ts";
import { checkLookup } from "./lookup_checks.ts";
import { functionsResolver, reverseSince } from "./resolver.ts";

/**
 * The names of an address: the canonical one, its aliases, and the addresses that this is about.
 *
 * The hosts file's line gives its first name and the others as aliases; DNS gives the name of the
 * PTR record, and further records as aliases. Nobody checks that a name leads back to the address:
 * {@linkcode Resolver.reverse} can (`verify`).
 *
 * @param address An address; a name is looked up first, as Python does.
 * @throws {LookupError} If there is no name, or nobody could say; `code` tells which.
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {RangeError} If `timeout` is not positive.
 * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
 * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
 *
 * @example This host
 * ```ts
 * import { gethostbyaddr } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const { addresses } = await gethostbyaddr("127.0.0.1");
 * assert.deepEqual(addresses, ["127.0.0.1"]);
 * ```
 */
export async function gethostbyaddr(
  address: string,
  options?: WaitOptions,
): Promise<HostEntry> {
  checkLookup("address", address, options);
  const resolver = functionsResolver();
  const since = performance.now();
  const parsed = parseZoned(address) ??
    (await resolver.lookup(address, options))[0]!;
  const asked = formatZoned(parsed);
  const names = await reverseSince(resolver, asked, options, since);
  const [hostname, ...aliases] = names;
  return { hostname: hostname!, aliases, addresses: [asked] };
}
