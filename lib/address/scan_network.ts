/**
 * The scanners for network text: an address, perhaps `/` and a prefix length or a mask. Called by
 * the network classes and {@linkcode parseNetwork}; allocates nothing and throws nothing.
 *
 * @module
 */
import type { AddressSyntaxCode } from "../errors.ts";
import { found, scanDecimal, scanIPv4, stop } from "./scan_ipv4.ts";
import { scanIPv6, zoneAt } from "./scan_ipv6.ts";
import { maskWord } from "./special_purpose.ts";

/** How a network text is read. */
export interface NetworkParseOptions {
  /**
   * Whether bits behind the prefix are an error (as in Python). Default `true`; with `false` they
   * are cleared: `10.0.0.1/8` is `10.0.0.0/8`.
   */
  strict?: boolean | undefined;
}

/** Where the address in `text` ends: at its slash, or at the end. */
export function addressEnd(text: string): number {
  const slash = text.indexOf("/");
  return slash < 0 ? text.length : slash;
}

/** Whether a mask rather than a length stands from `from` on: it has a dot or a colon early. */
function hasMask(text: string, from: number, mark: number): boolean {
  const end = Math.min(text.length, from + 5);
  for (let i = from; i < end; i++) {
    if (text.charCodeAt(i) === mark) return true;
  }
  return false;
}

const DOT = 0x2e;
const COLON = 0x3a;

/** Scan `a.b.c.d`, `/length`, `/netmask` or `/hostmask`, leaving bits in `found[3]`, length in `found[4]`. */
export function scanIPv4Network(
  text: string,
  strict: boolean,
): AddressSyntaxCode | undefined {
  const end = addressEnd(text);
  const fault = scanIPv4(text, 0, end) ?? scanIPv4Length(text, end);
  if (fault !== undefined) return fault;
  const host = ~maskWord(found[4]!);
  if (strict && (found[3]! & host) !== 0) return stop(end + 1, "host-bits");
  return undefined;
}

/** Scan what follows an IPv4 address, keeping that address in `found[3]`. */
export function scanIPv4Length(
  text: string,
  end: number,
): AddressSyntaxCode | undefined {
  if (end === text.length) {
    found[4] = 32;
    return undefined;
  }
  if (!hasMask(text, end + 1, DOT)) {
    return scanDecimal(text, end + 1, text.length, 32);
  }
  const address = found[3]!;
  const fault = scanIPv4(text, end + 1, text.length);
  if (fault !== undefined) return fault;
  const mask = found[3]!;
  // 0.0.0.0 and 255.255.255.255 are netmasks, as in Python; other hostmasks begin with a zero.
  const length = isContiguous(mask)
    ? onesIn(mask)
    : isContiguous(~mask)
    ? onesIn(~mask)
    : -1;
  if (length < 0) return stop(end + 1, "bad-netmask");
  found[3] = address;
  found[4] = length;
  return undefined;
}

/** Scan `address`, `/length` or `/netmask`, leaving words in `found[0…3]`, length in `found[4]`. */
export function scanIPv6Network(
  text: string,
  strict: boolean,
): AddressSyntaxCode | undefined {
  const end = addressEnd(text);
  const fault = scanIPv6(text, 0, end);
  if (fault !== undefined) return fault;
  if (zoneAt >= 0) return stop(zoneAt - 1, "zone-not-allowed");
  return scanIPv6Length(text, end) ??
    (strict && hasHostBits() ? stop(end + 1, "host-bits") : undefined);
}

/** Scan what follows an IPv6 address, keeping that address in `found[0…3]`. */
export function scanIPv6Length(
  text: string,
  end: number,
): AddressSyntaxCode | undefined {
  if (end === text.length) {
    found[4] = 128;
    return undefined;
  }
  if (!hasMask(text, end + 1, COLON)) {
    return scanDecimal(text, end + 1, text.length, 128);
  }
  const [a, b, c, d] = found as unknown as number[];
  const fault = scanIPv6(text, end + 1, text.length);
  if (fault !== undefined) return fault;
  if (zoneAt >= 0) return stop(zoneAt - 1, "zone-not-allowed");
  let length = 0;
  for (let i = 0; i < 4; i++) {
    const word = found[i]!;
    if (!isContiguous(word) || (word !== 0 && length !== 32 * i)) {
      return stop(end + 1, "bad-netmask");
    }
    length += onesIn(word);
  }
  found.set([a!, b!, c!, d!, length]);
  return undefined;
}

function hasHostBits(): boolean {
  for (let i = 0; i < 4; i++) {
    if ((found[i]! & ~maskWord(found[4]! - 32 * i)) !== 0) return true;
  }
  return false;
}

/** Whether a word is ones followed by zeros. */
function isContiguous(word: number): boolean {
  const host = ~word;
  return (host & (host + 1)) === 0;
}

/** How many ones a contiguous word begins with. */
function onesIn(word: number): number {
  return Math.clz32(~word);
}
