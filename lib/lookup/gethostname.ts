/**
 * gethostname and getfqdn: what this host, or another, is called.
 *
 * @module
 */
import type { WaitOptions } from "../stream/wait.ts";
import { LookupError } from "../errors.ts";
import { gethostbyaddr } from "./gethostbyaddr.ts";
import { checkText } from "./lookup_checks.ts";

/**
 * The name of this host. Needs `--allow-sys=hostname`.
 *
 * @returns The name as the system has it, which may or may not have a domain: see {@linkcode getfqdn}.
 * @throws {Deno.errors.NotCapable} If the permission is missing.
 *
 * @example Any name will do
 * ```ts
 * import { gethostname } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(typeof gethostname(), "string");
 * ```
 */
export function gethostname(): string {
  return Deno.hostname();
}

/**
 * The full name of a host: the first of its names that has a dot.
 *
 * @param name The host or its address. Without it, and for `""`, `"0.0.0.0"` and `"::"`, this host
 * (needs `--allow-sys=hostname`).
 * @returns The name, or `name` itself where no fuller one is found.
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {RangeError} If `timeout` is not positive.
 * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
 * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
 *
 * @example Nothing fuller is known
 * ```ts
 * import { getfqdn } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await getfqdn("nowhere.invalid"), "nowhere.invalid");
 * ```
 */
export async function getfqdn(
  name = "",
  options?: WaitOptions,
): Promise<string> {
  checkText("name", name);
  const asked = name.trim();
  const own = asked === "" || asked === "0.0.0.0" || asked === "::";
  const host = own ? gethostname() : asked;
  try {
    const { hostname, aliases } = await gethostbyaddr(host, options);
    const names = [hostname, ...aliases];
    return names.find((name) => name.includes(".")) ?? hostname;
  } catch (error) {
    if (error instanceof LookupError) return host;
    throw error;
  }
}
