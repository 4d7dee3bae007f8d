/**
 * IPv4 addresses inside IPv6 addresses: which of the seven transition mechanisms an address belongs
 * to, and the bits that it carries. Called by `IPv6Address.embeddedIPv4` and by the classification.
 *
 * @module
 */
import type { IPv4Address } from "./ipv4_address.ts";

/**
 * How an IPv6 address carries an IPv4 address.
 *
 * | kind | form | source |
 * |---|---|---|
 * | `mapped` | `::ffff:a.b.c.d` | RFC 4291 section 2.5.5.2 |
 * | `compatible` | `::a.b.c.d` but for `::` and `::1` (deprecated) | RFC 4291 section 2.5.5.1 |
 * | `translated` | `::ffff:0:a.b.c.d` | RFC 2765 section 2.1 |
 * | `nat64` | `64:ff9b::a.b.c.d` | RFC 6052 section 2.1 |
 * | `6to4` | `2002:aabb:ccdd::/48` | RFC 3056 section 2 |
 * | `teredo` | `2001:0:server:…`, the client inverted in the last 32 bits | RFC 4380 section 4 |
 * | `isatap` | interface identifier `[02]00:5efe:a.b.c.d` | RFC 5214 section 6.1 |
 */
export type EmbeddedIPv4Kind =
  | "mapped"
  | "compatible"
  | "translated"
  | "nat64"
  | "6to4"
  | "teredo"
  | "isatap";

/** An IPv4 address that an IPv6 address carries. */
export interface EmbeddedIPv4 {
  /** How it is carried. */
  kind: EmbeddedIPv4Kind;
  /** The address; of a Teredo address the client's. */
  address: IPv4Address;
  /** Of a Teredo address, the server. */
  server?: IPv4Address;
}

/** The same in bits, before objects are made. */
interface EmbeddedWords {
  kind: EmbeddedIPv4Kind;
  bits: number;
  server?: number;
}

/** Everything that an address carries: an ISATAP identifier may stand behind a 6to4 prefix. */
export function embeddedWords(
  a: number,
  b: number,
  c: number,
  d: number,
): EmbeddedWords[] {
  const carried: EmbeddedWords[] = [];
  const prefix = byPrefix(a, b, c, d);
  if (prefix !== undefined) carried.push(prefix);
  // 0x0200 is the universal bit, set where the IPv4 address is unique.
  if (prefix?.kind !== "teredo" && (c & ~0x0200_0000) === 0x5efe) {
    carried.push({ kind: "isatap", bits: d });
  }
  return carried;
}

function byPrefix(
  a: number,
  b: number,
  c: number,
  d: number,
): EmbeddedWords | undefined {
  if (a === 0 && b === 0) {
    if (c === 0xffff) return { kind: "mapped", bits: d };
    if (c === (0xffff0000 | 0)) return { kind: "translated", bits: d };
    if (c === 0 && d >>> 0 > 1) return { kind: "compatible", bits: d };
    return undefined;
  }
  if (a === 0x64ff9b && b === 0 && c === 0) return { kind: "nat64", bits: d };
  if (a >>> 16 === 0x2002) {
    return { kind: "6to4", bits: (a << 16) | (b >>> 16) };
  }
  if (a === 0x2001_0000) return { kind: "teredo", bits: ~d, server: b };
  return undefined;
}
