/**
 * The order in which addresses should be tried (RFC 6724 section 6).
 *
 * In full it needs to know from which of our addresses each destination would be reached, which
 * only the interfaces tell (`--allow-sys=networkInterfaces`, used where granted already). Without,
 * the rules that look at the destination alone are applied. Either way the sort is stable, so that
 * a server's own rotation survives.
 *
 * @module
 */
import { parseAddress } from "../address/ip_address.ts";
import type { Address } from "./literal.ts";

/** RFC 6724 section 2.1: [prefix, its length, precedence, label], longest prefixes first. */
const POLICY: readonly [string, number, number, number][] = [
  ["::1", 128, 50, 0],
  ["::ffff:0:0", 96, 35, 4],
  ["::", 96, 1, 3],
  ["2001::", 32, 5, 5],
  ["2002::", 16, 30, 2],
  ["3ffe::", 16, 1, 12],
  ["fec0::", 10, 1, 11],
  ["fc00::", 7, 3, 13],
  ["::", 0, 40, 1],
];

const POLICY_BITS = POLICY.map(([prefix, length, precedence, label]) => ({
  bits: BigInt.asUintN(128, parseAddress(prefix).toBigInt()),
  length,
  precedence,
  label,
}));

/** Scopes (RFC 4291 section 2.7), of which the smaller is preferred. */
const LINK_LOCAL = 0x2;
const SITE_LOCAL = 0x5;
const GLOBAL = 0xe;

interface Place {
  bits: bigint;
  family: 4 | 6;
  scope: number;
  precedence: number;
  label: number;
}

/**
 * Sort addresses, best first.
 *
 * @param sources The addresses of this host's interfaces, where they are known.
 */
export function orderAddresses(
  addresses: readonly Address[],
  sources?: readonly string[],
): Address[] {
  if (addresses.length < 2) return [...addresses];
  const ours = sources?.map(placeOf);
  return addresses.map((address) => {
    const place = placeOf(address.address);
    return { address, place, source: ours && chooseSource(place, ours) };
  }).sort((a, b) =>
    // Rule 1: avoid what cannot be reached.
    (ours === undefined ? 0 : unreachable(a) - unreachable(b)) ||
    // Rule 2: prefer matching scope.
    mismatch(a, b, "scope") ||
    // Rule 5: prefer matching label.
    mismatch(a, b, "label") ||
    // Rule 6: prefer higher precedence.
    b.place.precedence - a.place.precedence ||
    // Rule 8: prefer smaller scope.
    a.place.scope - b.place.scope ||
    // Rule 9: longest matching prefix, within IPv6 only (IPv4 rotations would lose their meaning).
    nearness(b) - nearness(a)
  ).map((item) => item.address);
}

interface Candidate {
  place: Place;
  source: Place | undefined;
}

function unreachable(item: Candidate): number {
  return item.source === undefined ? 1 : 0;
}

function mismatch(a: Candidate, b: Candidate, key: "scope" | "label"): number {
  if (a.source === undefined || b.source === undefined) return 0;
  return Number(a.place[key] !== a.source[key]) -
    Number(b.place[key] !== b.source[key]);
}

function nearness(item: Candidate): number {
  if (item.source === undefined || item.place.family === 4) return 0;
  return commonPrefix(item.place.bits, item.source.bits);
}

/** The address that a connection would be made from (section 5: same address, scope, label, prefix). */
function chooseSource(to: Place, ours: Place[]): Place | undefined {
  let best: Place | undefined;
  let bestRank = -1;
  for (const source of ours) {
    if (source.family !== to.family) continue;
    // Loopback reaches only loopback, and nothing else reaches it from outside.
    if ((source.label === 0) !== (to.label === 0) && to.family === 6) continue;
    if (source.scope < to.scope) continue;
    const rank = (source.bits === to.bits ? 1000 : 0) +
      (source.scope === to.scope ? 400 : 0) +
      (source.label === to.label ? 200 : 0) +
      commonPrefix(source.bits, to.bits);
    if (rank > bestRank) [best, bestRank] = [source, rank];
  }
  return best;
}

function placeOf(text: string): Place {
  const address = parseAddress(text);
  const number = address.toBigInt();
  const bits = address.version === 4 ? 0xffff_0000_0000n | number : number;
  const row = POLICY_BITS.find(({ bits: prefix, length }) =>
    commonPrefix(bits, prefix) >= length
  )!;
  return {
    bits,
    family: address.version,
    scope: scopeOf(address.version, number),
    precedence: row.precedence,
    label: row.label,
  };
}

/** Section 3.1 and 3.2: IPv4 loopback and 169.254/16 are link-local, all other IPv4 is global. */
function scopeOf(version: 4 | 6, n: bigint): number {
  if (version === 4) {
    return n >> 24n === 127n || n >> 16n === 0xa9fen ? LINK_LOCAL : GLOBAL;
  }
  if (n >> 120n === 0xffn) return Number(n >> 112n & 0xfn);
  if (n === 1n || n >> 118n === 0x3fan) return LINK_LOCAL;
  return n >> 118n === 0x3fbn ? SITE_LOCAL : GLOBAL;
}

/** How many leading bits two addresses share. */
function commonPrefix(a: bigint, b: bigint): number {
  const difference = a ^ b;
  return difference === 0n ? 128 : 128 - difference.toString(2).length;
}
