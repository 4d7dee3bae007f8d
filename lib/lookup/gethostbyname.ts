/**
 * gethostbyname and gethostbyname_ex: a host's IPv4 addresses.
 *
 * @module
 */
import type { WaitOptions } from "../stream/wait.ts";
import { checkLookup } from "./lookup_checks.ts";
import { functionsResolver } from "./resolver.ts";

/** A host as gethostbyname_ex and gethostbyaddr give it. */
export interface HostEntry {
  /** Its canonical name. */
  hostname: string;
  /** Its other names. */
  aliases: string[];
  /** Its addresses. */
  addresses: string[];
}

/**
 * The first IPv4 address of a host.
 *
 * Addresses as text pass through without being asked for, in the forms of inet_aton too (`"127.1"`).
 * As in Python, `""` is every interface and `"<broadcast>"` the broadcast address.
 *
 * @param name The host.
 * @throws {LookupError} If it has no IPv4 address, or nobody could say; `code` tells which.
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {RangeError} If `timeout` is not positive.
 * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
 * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
 *
 * @example A literal
 * ```ts
 * import { gethostbyname } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await gethostbyname("192.0.2.7"), "192.0.2.7");
 * await assert.rejects(gethostbyname("1+.1.1.1"), { code: "EBADNAME" });
 * ```
 */
export async function gethostbyname(
  name: string,
  options?: WaitOptions,
): Promise<string> {
  checkLookup("name", name, options);
  if (name === "") return "0.0.0.0";
  if (name === "<broadcast>") return "255.255.255.255";
  const found = await functionsResolver().lookup(name, {
    ...options,
    family: 4,
  });
  return found[0]!.address;
}

/**
 * A host's canonical name, its aliases and all its IPv4 addresses.
 *
 * As in the C library: for aliases in DNS (CNAME) the canonical name is where they end; for the hosts
 * file it is the first name of the line. Aliases in DNS are known only where the DNS servers can be
 * asked directly (`--allow-read=/etc/resolv.conf` and `--allow-net` for them): `Deno.resolveDns` has none.
 *
 * @param name The host.
 * @throws {LookupError} If it has no IPv4 address, or nobody could say; `code` tells which.
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {RangeError} If `timeout` is not positive.
 * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
 * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
 *
 * @example A literal
 * ```ts
 * import { gethostbyname_ex } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(await gethostbyname_ex("192.0.2.7"), {
 *   hostname: "192.0.2.7",
 *   aliases: [],
 *   addresses: ["192.0.2.7"],
 * });
 * ```
 */
export async function gethostbyname_ex(
  name: string,
  options?: WaitOptions,
): Promise<HostEntry> {
  checkLookup("name", name, options);
  const { hostname, aliases, addresses } = await functionsResolver()
    .lookupDetail(name, { ...options, family: 4 });
  return {
    hostname,
    aliases,
    addresses: addresses.map(({ address }) => address),
  };
}
