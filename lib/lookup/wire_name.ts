/**
 * Domain names on the wire and as text (RFC 1035 sections 3.1, 4.1.4 and 5.1).
 *
 * Text is without the final dot, the root is `"."`; octets that are not printable ASCII, and those
 * with a meaning in text, are escaped as `\DDD` and `\X`. Pure.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";

/** Longest name on the wire, its length octets and the root included (RFC 1035 section 2.3.4). */
const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;
/** A name has at most 127 labels, so an honest one needs no more pointers; chains cost time. */
const MOST_JUMPS = 127;

/** A name that was read, and where the reading of what follows it goes on. */
interface ReadName {
  name: string;
  next: number;
}

/**
 * Read the name at `offset`.
 *
 * A pointer must point before the place that it stands at or was reached from: each jump goes
 * strictly backwards, so that no message can make this loop, whatever it says.
 *
 * @throws {ProtocolError} If it is not a name.
 */
export function readName(message: Uint8Array, offset: number): ReadName {
  let at = offset;
  let next = -1;
  let barrier = offset;
  let jumps = 0;
  let length = 1;
  let text = "";
  while (true) {
    const octet = message[at];
    if (octet === undefined) throw nameError(offset, "it ends in mid-air");
    if (octet === 0) {
      if (next < 0) next = at + 1;
      return { name: text === "" ? "." : text, next };
    }
    if (octet >= 0xc0) {
      const low = message[at + 1];
      if (low === undefined) throw nameError(offset, "it ends in mid-air");
      if (next < 0) next = at + 2;
      at = (octet & 0x3f) << 8 | low;
      if (at >= barrier) throw nameError(offset, "a pointer points forward");
      if (++jumps > MOST_JUMPS) throw nameError(offset, "too many pointers");
      barrier = at;
      continue;
    }
    if (octet > LONGEST_LABEL) throw nameError(offset, "unknown label type");
    length += octet + 1;
    if (length > LONGEST_NAME) throw nameError(offset, "over 255 octets");
    if (at + 1 + octet > message.length) {
      throw nameError(offset, "it ends in mid-air");
    }
    if (text !== "") text += ".";
    text += labelText(message, at + 1, octet);
    at += 1 + octet;
  }
}

function labelText(message: Uint8Array, start: number, count: number): string {
  let text = "";
  for (let i = start; i < start + count; i++) {
    const octet = message[i]!;
    const plain = octet > 0x20 && octet < 0x7f;
    if (!plain) text += `\\${String(octet).padStart(3, "0")}`;
    else if (SPECIAL.has(octet)) text += `\\${String.fromCharCode(octet)}`;
    else text += String.fromCharCode(octet);
  }
  return text;
}

/** `"` `$` `(` `)` `.` `;` `@` `\`: what a zone file gives a meaning to. */
const SPECIAL: ReadonlySet<number> = new Set([
  0x22,
  0x24,
  0x28,
  0x29,
  0x2e,
  0x3b,
  0x40,
  0x5c,
]);

/** Whether nothing in a name is escaped in answers. */
export function isPlain(name: string): boolean {
  return /^[\w.*-]*$/.test(name);
}

/**
 * The wire form of a name given as text; a final dot makes no difference.
 *
 * @throws {ProtocolError} If a label or the name is too long or empty.
 */
export function encodeName(name: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(LONGEST_NAME);
  return out.slice(0, writeName(out, 0, name));
}

/** Whether a text can be written as a name. */
export function isDomainName(text: string): boolean {
  try {
    encodeName(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The name with its escapes as {@linkcode readName} gives them.
 *
 * @throws {ProtocolError} If it has escapes and cannot be written.
 */
export function normaliseEscapes(name: string): string {
  return isPlain(name) ? name : readName(encodeName(name), 0).name;
}

/**
 * The name as it comes back in an answer's question: escapes normalised, in lower case.
 *
 * @throws {ProtocolError} As {@linkcode normaliseEscapes}.
 */
export function canonicalName(name: string): string {
  return normaliseEscapes(name).toLowerCase();
}

/**
 * Write the wire form of a name at `offset`, where 255 octets have room.
 *
 * @returns Where it ends.
 * @throws {ProtocolError} If a label or the name is too long or empty.
 */
export function writeName(
  out: Uint8Array,
  offset: number,
  name: string,
): number {
  const end = offset + LONGEST_NAME;
  let start = offset;
  let at = offset + 1;
  for (let i = 0; i < name.length && name !== "."; i++) {
    let code = name.charCodeAt(i);
    if (code === 0x2e) {
      closeLabel(out, start, at, name);
      start = at++;
    } else {
      if (code === 0x5c) {
        const digits = name.slice(i + 1, i + 4);
        if (/^[0-9]{3}$/.test(digits)) {
          code = Number(digits);
          i += 3;
        } else code = name.charCodeAt(++i);
      }
      if (!(code <= 0xff)) throw encodeError(name, "has a bad character");
      out[at++] = code;
    }
    if (at > end) throw encodeError(name, "is over 255 octets");
  }
  // "a.b." has just begun an empty label, which is the root; "a.b" still has one to close.
  if (at - start > 1) {
    closeLabel(out, start, at, name);
    at++;
  }
  if (at > end) throw encodeError(name, "is over 255 octets");
  out[at - 1] = 0;
  return at;
}

function closeLabel(
  out: Uint8Array,
  start: number,
  end: number,
  name: string,
): void {
  const length = end - start - 1;
  if (length === 0) throw encodeError(name, "has an empty label");
  if (length > LONGEST_LABEL) {
    throw encodeError(name, `has a label of ${length} octets, at most 63`);
  }
  out[start] = length;
}

function nameError(offset: number, reason: string): ProtocolError {
  return new ProtocolError(
    `Cannot decode the name at octet ${offset} of a DNS message: ${reason}`,
  );
}

function encodeError(name: string, reason: string): ProtocolError {
  return new ProtocolError(
    `Cannot encode domain name ${JSON.stringify(name)}: ${reason}`,
  );
}
