/**
 * The scanner for dotted IPv4 text and what every scanner of this room shares: where results and
 * positions are left. Called by the parsers; allocates nothing and throws nothing, so that `try*`
 * and `is*` cost no Error.
 *
 * @module
 */
import type { AddressSyntaxCode } from "../errors.ts";

/**
 * Where scanners leave what they found, until the next scan: the 32-bit words of an address at
 * 0–3 (IPv4 at 3), a decimal number at 4. One array, because a result object per scan would cost
 * more than the scan.
 */
export const found: Int32Array = new Int32Array(5);

/** Where the last failed scan stopped. */
export let stoppedAt = 0;

/** Leave the position and name the broken rule: how every scanner fails. */
export function stop(
  position: number,
  code: AddressSyntaxCode,
): AddressSyntaxCode {
  stoppedAt = position;
  return code;
}

/**
 * Scan four decimal parts without leading zeros from `from` up to `to` (RFC 6943 section 3.1.1,
 * the strict form), leaving them in `found[3]`.
 *
 * One part at a time rather than one character at a time: branches that depend on how long a part
 * is are then told apart, which measured a fifth faster.
 *
 * @returns The broken rule, or `undefined` when it is an address.
 */
export function scanIPv4(
  text: string,
  from: number,
  to: number,
): AddressSyntaxCode | undefined {
  let bits = 0;
  let i = from;
  for (let part = 0;; part++) {
    if (i >= to) return stop(i, "empty");
    let octet = text.charCodeAt(i) ^ 0x30;
    if (octet > 9) {
      return stop(i, text.charCodeAt(i) === DOT ? "empty" : "bad-character");
    }
    if (++i < to) {
      let digit = text.charCodeAt(i) ^ 0x30;
      if (digit < 10) {
        if (octet === 0) return stop(i, "leading-zero");
        octet = octet * 10 + digit;
        if (++i < to) {
          digit = text.charCodeAt(i) ^ 0x30;
          if (digit < 10) {
            octet = octet * 10 + digit;
            if (octet > 255) return stop(i, "out-of-range");
            ++i;
          }
        }
      }
    }
    bits = (bits << 8) | octet;
    if (i >= to) {
      if (part < 3) return stop(i, "too-few-parts");
      found[3] = bits;
      return undefined;
    }
    if (part === 3 || text.charCodeAt(i) !== DOT) {
      return stop(i, faultBehind(text.charCodeAt(i), part));
    }
    i++;
  }
}

/** What is wrong with a character behind a complete part. */
function faultBehind(character: number, part: number): AddressSyntaxCode {
  if (character === DOT) return part === 3 ? "too-many-parts" : "empty";
  return (character ^ 0x30) < 10 ? "out-of-range" : "bad-character";
}

const DOT = 0x2e;

/**
 * Scan a decimal number from 0 to `max`, without sign or leading zero, leaving it in `found[4]`:
 * prefix lengths and ports.
 */
export function scanDecimal(
  text: string,
  from: number,
  to: number,
  max: number,
): AddressSyntaxCode | undefined {
  if (from >= to) return stop(from, "empty");
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) ^ 0x30;
    if (digit > 9) return stop(i, "bad-character");
    if (i > from && value === 0) return stop(i, "leading-zero");
    value = value * 10 + digit;
    if (value > max) return stop(i, "out-of-range");
  }
  found[4] = value;
  return undefined;
}
