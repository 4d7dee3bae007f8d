/**
 * The scanner for IPv6 text (RFC 4291 section 2.2, zones as in RFC 4007 section 11). Called by the
 * parsers; allocates nothing and throws nothing.
 *
 * @module
 */
import type { AddressSyntaxCode } from "../errors.ts";
import { found, scanIPv4, stop, stoppedAt } from "./scan_ipv4.ts";

/** The groups read so far; one array for all scans. */
const groups = new Uint16Array(8);

/** Where the zone of the last successful scan begins, or −1. */
export let zoneAt = -1;

/** The value of each ASCII character as a hexadecimal digit, 16 where it is none. */
const DIGITS = new Uint8Array(128).fill(16);
for (let value = 0; value < 16; value++) {
  DIGITS[value.toString(16).charCodeAt(0)] = value;
  DIGITS[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

const COLON = 0x3a;
const DOT = 0x2e;
const PERCENT = 0x25;

function digitOf(character: number): number {
  return character < 128 ? DIGITS[character]! : 16;
}

/**
 * Scan an IPv6 address from `from` up to `to`, leaving its words in `found[0…3]` and the start of
 * its zone in {@linkcode zoneAt}.
 *
 * @returns The broken rule, or `undefined` when it is an address.
 */
export function scanIPv6(
  text: string,
  from: number,
  to: number,
): AddressSyntaxCode | undefined {
  zoneAt = -1;
  let count = 0;
  let gap = -1;
  let limit = 8; // groups that may be written out: "::" stands for at least one
  let i = from;
  if (i >= to) return stop(i, "empty");
  if (text.charCodeAt(i) === COLON) {
    if (i + 1 >= to || text.charCodeAt(i + 1) !== COLON) {
      return stop(i + 1, "lone-colon");
    }
    gap = 0;
    limit = 7;
    i += 2;
  }
  while (i < to) {
    const start = i;
    let character = text.charCodeAt(i);
    let group = digitOf(character);
    if (group === 16) {
      if (character === PERCENT && gap === count) {
        return scanZone(text, i, to, count, gap);
      }
      return stop(
        i,
        character === COLON && gap === count ? "second-gap" : "bad-character",
      );
    }
    if (count === limit) return stop(i, "too-many-parts");
    for (i++; i < to; i++) {
      character = text.charCodeAt(i);
      const digit = digitOf(character);
      if (digit === 16) break;
      if (i - start === 4) return stop(i, "group-too-long");
      group = (group << 4) | digit;
    }
    if (i < to && character === DOT) {
      return scanTail(text, i, to, { start, count, gap });
    }
    groups[count++] = group;
    if (i === to) break;
    if (character === PERCENT) return scanZone(text, i, to, count, gap);
    if (character !== COLON) return stop(i, "bad-character");
    if (count === limit) return stop(i, "too-many-parts");
    if (++i === to) return stop(i, "lone-colon");
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return stop(i, "second-gap");
      gap = count;
      limit = 7;
      i++;
    }
  }
  return settle(to, count, gap);
}

/** Put the groups behind `::` at the end, and all eight into words. */
function settle(
  end: number,
  count: number,
  gap: number,
): AddressSyntaxCode | undefined {
  if (gap < 0) {
    if (count < 8) return stop(end, "too-few-parts");
  } else {
    let target = 7;
    for (let j = count - 1; j >= gap; j--) groups[target--] = groups[j]!;
    for (; target >= gap; target--) groups[target] = 0;
  }
  found[0] = (groups[0]! << 16) | groups[1]!;
  found[1] = (groups[2]! << 16) | groups[3]!;
  found[2] = (groups[4]! << 16) | groups[5]!;
  found[3] = (groups[6]! << 16) | groups[7]!;
  return undefined;
}

/** The dotted tail whose first part, read as a group until its dot at `dot`, begins at `start`. */
function scanTail(
  text: string,
  dot: number,
  to: number,
  { start, count, gap }: { start: number; count: number; gap: number },
): AddressSyntaxCode | undefined {
  if (gap < 0 ? count !== 6 : count > 5) return stop(dot, "misplaced-ipv4");
  let end = dot;
  while (end < to && text.charCodeAt(end) !== PERCENT) end++;
  const fault = scanIPv4(text, start, end);
  // What is no decimal part may still have been a fine group: the dot is what broke it.
  if (fault !== undefined) return stop(Math.max(stoppedAt, dot), fault);
  groups[count] = found[3]! >>> 16;
  groups[count + 1] = found[3]! & 0xffff;
  return end < to
    ? scanZone(text, end, to, count + 2, gap)
    : settle(to, count + 2, gap);
}

function scanZone(
  text: string,
  percent: number,
  to: number,
  count: number,
  gap: number,
): AddressSyntaxCode | undefined {
  if (gap < 0 && count < 8) return stop(percent, "too-few-parts");
  const fault = checkZone(text, percent + 1, to);
  if (fault !== undefined) return fault;
  settle(percent, count, gap);
  zoneAt = percent + 1;
  return undefined;
}

/** Check a zone: one or more characters, without `%`, white space, control characters, `/` or `]`. */
export function checkZone(
  text: string,
  from: number,
  to: number,
): AddressSyntaxCode | undefined {
  if (from >= to) return stop(from, "empty-zone");
  for (let i = from; i < to; i++) {
    const character = text.charCodeAt(i);
    if (
      character <= 0x20 || character === PERCENT || character === 0x2f ||
      character === 0x5d || (character >= 0x7f && isBlank(character))
    ) return stop(i, "bad-zone");
  }
  return undefined;
}

/** Control characters and white space outside ASCII (ECMAScript's WhiteSpace and LineTerminator). */
function isBlank(character: number): boolean {
  if (character <= 0xa0) return true;
  if (character < 0x1680) return false;
  return character === 0x1680 || (character >= 0x2000 && character <= 0x200a) ||
    character === 0x2028 || character === 0x2029 || character === 0x202f ||
    character === 0x205f || character === 0x3000 || character === 0xfeff;
}
