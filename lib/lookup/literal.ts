/**
 * Addresses written as text where a name might stand: the strict forms, the zone, and the short and
 * hexadecimal IPv4 forms of inet_aton. What is one of these never reaches the network.
 *
 * @module
 */
import { tryParseAddress } from "../address/ip_address.ts";
import { numericAddress } from "../socket/host_text.ts";

/** An address as lookups give it. */
export interface Address {
  /** The address as text in canonical form, without a zone. */
  address: string;
  /** 4 or 6. */
  family: 4 | 6;
  /** The zone of a link-local IPv6 address (`"eth0"`, `"1"`), where one was given. */
  scope?: string;
}

/** The address that a text is in strict form, zone included, or `undefined`. */
export function parseZoned(text: string): Address | undefined {
  const first = text.charCodeAt(0);
  // Only a digit, a hexadecimal letter or a colon can begin an address: names mostly stop here.
  if (!(first <= 0x3a || (first | 0x20) <= 0x66)) return undefined;
  const parsed = tryParseAddress(text);
  if (parsed === undefined) return undefined;
  if (parsed.version === 4) return { address: parsed.toString(), family: 4 };
  if (parsed.zone === undefined) {
    return { address: parsed.toString(), family: 6 };
  }
  const address = parsed.withoutZone().toString();
  return { address, family: 6, scope: parsed.zone };
}

/** The address that a text is in any form, those of inet_aton included (`127.1`, `0x7f.1`). */
export function parseLiteral(text: string): Address | undefined {
  const strict = parseZoned(text);
  if (strict !== undefined) return strict;
  const numeric = numericAddress(text);
  return numeric && { address: numeric.toString(), family: 4 };
}

/** An address as text again, zone included. */
export function formatZoned(address: Address): string {
  return address.scope === undefined
    ? address.address
    : `${address.address}%${address.scope}`;
}
