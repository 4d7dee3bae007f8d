/**
 * Presentation and network form as in <arpa/inet.h>: `inet_pton`, `inet_ntop`, `inet_ntoa`. Thin
 * over the address classes, for callers who know these names.
 *
 * @module
 */
import { AF_INET, AF_INET6 } from "./address_families.ts";
import { IPv4Address } from "./ipv4_address.ts";
import { IPv6Address } from "./ipv6_address.ts";
import { addressSyntaxError, quoteValue } from "./syntax_error.ts";

function unknownFamily(name: string, family: unknown): RangeError {
  return new RangeError(
    `Cannot use address family ${
      quoteValue(family)
    } in ${name}: must be AF_INET or AF_INET6`,
  );
}

/**
 * Address text to bytes, strictly: no zone, no parts left out, no leading zeros.
 *
 * @returns Four bytes for `AF_INET`, sixteen for `AF_INET6`.
 * @throws {AddressSyntaxError} If the text is no address of that family.
 * @throws {RangeError} If the family is another one.
 * @throws {TypeError} If the text is no string.
 * @see RFC 3493 section 6.3
 *
 * @example Both families
 * ```ts
 * import { AF_INET, AF_INET6, inet_pton } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...inet_pton(AF_INET, "192.0.2.1")], [192, 0, 2, 1]);
 * assert.equal(inet_pton(AF_INET6, "::1").length, 16);
 * ```
 */
export function inet_pton(
  family: typeof AF_INET | typeof AF_INET6,
  text: string,
): Uint8Array<ArrayBuffer> {
  if (family === AF_INET) return IPv4Address.parse(text).toBytes();
  if (family !== AF_INET6) throw unknownFamily("inet_pton", family);
  const address = IPv6Address.parse(text);
  if (address.zone !== undefined) {
    throw addressSyntaxError(
      "IPv6 address",
      text,
      "zone-not-allowed",
      text.indexOf("%"),
    );
  }
  return address.toBytes();
}

/**
 * Address bytes to text; IPv6 as RFC 5952 wants it.
 *
 * @throws {RangeError} If there are not four or sixteen bytes, or the family is another one.
 * @throws {TypeError} If it is no Uint8Array.
 * @see RFC 3493 section 6.3
 *
 * @example Both families
 * ```ts
 * import { AF_INET, AF_INET6, inet_ntop } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(inet_ntop(AF_INET, new Uint8Array([192, 0, 2, 1])), "192.0.2.1");
 * assert.equal(inet_ntop(AF_INET6, new Uint8Array(16)), "::");
 * ```
 */
export function inet_ntop(
  family: typeof AF_INET | typeof AF_INET6,
  packed: Uint8Array,
): string {
  if (family === AF_INET) return IPv4Address.fromBytes(packed).toString();
  if (family === AF_INET6) return IPv6Address.fromBytes(packed).toString();
  throw unknownFamily("inet_ntop", family);
}

/**
 * Four bytes to dotted text.
 *
 * @throws {RangeError} If there are not four.
 * @throws {TypeError} If it is no Uint8Array.
 *
 * @example Back to text
 * ```ts
 * import { inet_ntoa } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(inet_ntoa(new Uint8Array([127, 0, 0, 1])), "127.0.0.1");
 * ```
 */
export function inet_ntoa(packed: Uint8Array): string {
  return IPv4Address.fromBytes(packed).toString();
}
