/**
 * What the special-purpose registries say about an address or a whole network: the most specific
 * row, and whether it is global. Called by the address and network classes.
 *
 * @module
 */
import { embeddedWords } from "./embedded_ipv4.ts";
import { found, scanDecimal, scanIPv4 } from "./scan_ipv4.ts";
import { scanIPv6 } from "./scan_ipv6.ts";
import type { SpecialPurposeEntry } from "./special_purpose_entry.ts";
import { SPECIAL_PURPOSE_IPV4 } from "./special_purpose_ipv4.ts";
import { SPECIAL_PURPOSE_IPV6 } from "./special_purpose_ipv6.ts";

/** A row with its block in words (IPv4 in the last). */
interface Row {
  entry: SpecialPurposeEntry;
  words: readonly [number, number, number, number];
  prefixLength: number;
}

/** Most specific first, so that the first match is the answer; made when first asked for. */
let rowsIPv4: readonly Row[] | undefined;
let rowsIPv6: readonly Row[] | undefined;

function rowsOf(
  entries: readonly SpecialPurposeEntry[],
  scan: typeof scanIPv4,
): readonly Row[] {
  return entries.map((entry) => {
    const text = entry.network;
    const slash = text.indexOf("/");
    found.fill(0);
    if (
      scan(text, 0, slash) !== undefined ||
      scanDecimal(text, slash + 1, text.length, 128) !== undefined
    ) throw new Error(`Cannot use registry row ${text}: is no network`);
    const [a, b, c, d, prefixLength] = found as unknown as number[];
    return {
      entry,
      words: [a!, b!, c!, d!],
      prefixLength: prefixLength!,
    } as const;
  }).sort((x, y) => y.prefixLength - x.prefixLength);
}

/** The 32-bit mask whose first `length` bits are ones, for any `length`. */
export function maskWord(length: number): number {
  return length <= 0 ? 0 : length >= 32 ? -1 : -1 << (32 - length);
}

/** Whether two addresses in words agree in their first `length` bits. */
function agree(
  row: Row,
  [a, b, c, d]: readonly [number, number, number, number],
): boolean {
  const { words, prefixLength: length } = row;
  return ((words[0] ^ a) & maskWord(length)) === 0 &&
    ((words[1] ^ b) & maskWord(length - 32)) === 0 &&
    ((words[2] ^ c) & maskWord(length - 64)) === 0 &&
    ((words[3] ^ d) & maskWord(length - 96)) === 0;
}

/** The most specific row that covers a whole IPv4 network, or with 32 one address. */
export function specialPurposeIPv4(
  bits: number,
  prefixLength: number,
): SpecialPurposeEntry | undefined {
  rowsIPv4 ??= rowsOf(SPECIAL_PURPOSE_IPV4, scanIPv4);
  for (const row of rowsIPv4) {
    if (
      row.prefixLength <= prefixLength &&
      ((row.words[3] ^ bits) & maskWord(row.prefixLength)) === 0
    ) return row.entry;
  }
  return undefined;
}

/** The most specific row that covers a whole IPv6 network, or with 128 one address. */
export function specialPurposeIPv6(
  words: readonly [number, number, number, number],
  prefixLength: number,
): SpecialPurposeEntry | undefined {
  rowsIPv6 ??= rowsOf(SPECIAL_PURPOSE_IPV6, scanIPv6);
  for (const row of rowsIPv6) {
    if (row.prefixLength <= prefixLength && agree(row, words)) return row.entry;
  }
  return undefined;
}

/** Whether an IPv4 address is global: its most specific row that says so, and no multicast. */
export function isGlobalIPv4(bits: number): boolean {
  if (bits >>> 28 === 0xe) return false;
  rowsIPv4 ??= rowsOf(SPECIAL_PURPOSE_IPV4, scanIPv4);
  for (const row of rowsIPv4) {
    const reachable = row.entry.globallyReachable;
    if (
      reachable !== null &&
      ((row.words[3] ^ bits) & maskWord(row.prefixLength)) === 0
    ) return reachable;
  }
  return true;
}

/** Whether an IPv6 address is global, and every IPv4 address that it carries is too. */
export function isGlobalIPv6(
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  if (a === 0 && b === 0 && c === 0xffff) return isGlobalIPv4(d);
  const wellKnownNat64 = a === 0x64ff9b && b === 0 && c === 0;
  // Outside 2000::/3 IANA has given nothing to anybody (RFC 4291 section 2.4), multicast included.
  if (a >>> 29 !== 1 && !wellKnownNat64) return false;
  rowsIPv6 ??= rowsOf(SPECIAL_PURPOSE_IPV6, scanIPv6);
  const words = [a, b, c, d] as const;
  for (const row of rowsIPv6) {
    const reachable = row.entry.globallyReachable;
    if (reachable === null || !agree(row, words)) continue;
    if (!reachable) return false;
    break;
  }
  return embeddedWords(a, b, c, d).every((carried) =>
    isGlobalIPv4(carried.bits)
  );
}

/** Whether a row that is not global lies strictly inside an IPv4 network. */
export function hasLocalInsideIPv4(
  bits: number,
  prefixLength: number,
): boolean {
  rowsIPv4 ??= rowsOf(SPECIAL_PURPOSE_IPV4, scanIPv4);
  return rowsIPv4.some((row) =>
    row.prefixLength > prefixLength && row.entry.globallyReachable === false &&
    ((row.words[3] ^ bits) & maskWord(prefixLength)) === 0
  );
}

/**
 * Whether something that is not global lies strictly inside an IPv6 network: a row, or an IPv4 row
 * where the network is a block of mapped, NAT64 or 6to4 addresses.
 */
export function hasLocalInsideIPv6(
  words: readonly [number, number, number, number],
  prefixLength: number,
): boolean {
  const [a, b, c, d] = words;
  if (a >>> 16 === 0x2002 && prefixLength >= 16) {
    return hasLocalInsideIPv4(
      (a << 16) | (b >>> 16),
      Math.min(prefixLength - 16, 32),
    );
  }
  const carries = b === 0 &&
    ((a === 0 && c === 0xffff) || (a === 0x64ff9b && c === 0));
  if (carries && prefixLength >= 96) {
    return hasLocalInsideIPv4(d, prefixLength - 96);
  }
  rowsIPv6 ??= rowsOf(SPECIAL_PURPOSE_IPV6, scanIPv6);
  return rowsIPv6.some((row) =>
    row.prefixLength > prefixLength && row.entry.globallyReachable === false &&
    agree({ ...row, prefixLength }, words)
  );
}
