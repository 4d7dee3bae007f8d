/**
 * What dialling and lookups both have to know of a text that names a host: its form in A-labels, and
 * whether it is an IPv4 address in disguise. Whoever judges addresses relies on both reading it alike.
 *
 * @module
 */
import { inet_aton } from "../address/inet_aton.ts";
import { IPv4Address } from "../address/ipv4_address.ts";

/** What the IDN conversion of the URL parser would read as something else than a name. */
// deno-lint-ignore no-control-regex -- \p{Cc} says the same, but costs every program a third of a ms
const NOT_IN_NAME = /[\s\0-\x1f\x7f-\x9f%/:@?#\\[\]<>^|]/;

/** A name whose last label is a number can only be meant as an address (WHATWG URL, "ends in a number"). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i;

/**
 * A name in A-labels by UTS #46; one in ASCII as it is. Full-width digits become plain ones, so whoever
 * looks for addresses does it again with the result.
 *
 * @returns `undefined` if it cannot be written so.
 */
export function toAscii(text: string): string | undefined {
  if (/^[\x21-\x7e]*$/.test(text)) return text;
  if (NOT_IN_NAME.test(text)) return undefined;
  return URL.parse(`http://${text}`)?.hostname;
}

/** Whether it can only be meant as an IPv4 address, so that nobody may be asked for it. */
export function looksNumeric(name: string): boolean {
  return ENDS_IN_NUMBER.test(name);
}

/** The IPv4 address that the system would take it for, in any form of inet_aton (`127.1`, `0x7f.1`). */
export function numericAddress(text: string): IPv4Address | undefined {
  if (!looksNumeric(text)) return undefined;
  try {
    return IPv4Address.fromBytes(inet_aton(text));
  } catch {
    return undefined;
  }
}
