/**
 * Networks of either family.
 *
 * @module
 */
import { familyOf, neitherFamily } from "./ip_address.ts";
import { IPv4Network } from "./ipv4_network.ts";
import { IPv6Network } from "./ipv6_network.ts";
import { addressEnd, type NetworkParseOptions } from "./scan_network.ts";
import { notText } from "./syntax_error.ts";

/** An IPv4 or an IPv6 network; `version` tells which. */
export type IPNetwork = IPv4Network | IPv6Network;

/**
 * Read an IPv4 or IPv6 network: an address, and perhaps `/` with a prefix length or a netmask.
 *
 * A bare address is its own /32 or /128. A zone is refused.
 *
 * @param options.strict Whether bits behind the prefix are an error. Default `true`.
 * @throws {AddressSyntaxError} If it is neither.
 * @throws {TypeError} If it is no string.
 *
 * @example Strict or not
 * ```ts
 * import { parseNetwork } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseNetwork("2001:db8::/32").prefixLength, 32);
 * assert.throws(() => parseNetwork("10.0.0.1/8"), { code: "host-bits" });
 * assert.equal(parseNetwork("10.0.0.1/8", { strict: false }).toString(), "10.0.0.0/8");
 * ```
 */
export function parseNetwork(
  text: string,
  options?: NetworkParseOptions,
): IPNetwork {
  if (typeof text !== "string") throw notText("IP network", text);
  const family = familyOf(text);
  if (family === 4) return IPv4Network.parse(text, options);
  if (family === 6) return IPv6Network.parse(text, options);
  throw neitherFamily("IP network", text, addressEnd(text));
}
