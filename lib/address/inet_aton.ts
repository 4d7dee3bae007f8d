/**
 * The old loose reading of IPv4 text, for configuration files and tools that still mean it. Everything
 * else of this room reads strictly.
 *
 * @module
 */
import type { AddressSyntaxCode } from "../errors.ts";
import { stop, stoppedAt } from "./scan_ipv4.ts";
import { addressSyntaxError, notText } from "./syntax_error.ts";

/**
 * Read an IPv4 address as inet_aton(3) does: one to four parts, each decimal, octal (`0…`) or
 * hexadecimal (`0x…`), the last one filling the bytes that are left.
 *
 * The whole text must match. glibc stops at white space and ignores what follows (`"1.2.3.4 x"`);
 * that has let filters be bypassed, so it is refused here.
 *
 * @returns Four bytes.
 * @throws {AddressSyntaxError} If the text is anything else.
 * @throws {TypeError} If it is no string.
 * @see POSIX inet_addr
 *
 * @example Forms that only this function takes
 * ```ts
 * import { inet_aton } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...inet_aton("127.1")], [127, 0, 0, 1]);
 * assert.deepEqual([...inet_aton("0x7f000001")], [127, 0, 0, 1]);
 * assert.throws(() => inet_aton("1.2.3.4 x"));
 * ```
 */
export function inet_aton(text: string): Uint8Array<ArrayBuffer> {
  if (typeof text !== "string") throw notText("IPv4 address (loose)", text);
  const bytes = new Uint8Array(4);
  const fault = scanLoose(text, bytes);
  if (fault !== undefined) {
    throw addressSyntaxError("IPv4 address (loose)", text, fault, stoppedAt);
  }
  return bytes;
}

function scanLoose(
  text: string,
  bytes: Uint8Array,
): AddressSyntaxCode | undefined {
  let i = 0;
  for (let part = 0;; part++) {
    const base = baseAt(text, i);
    // The zero of an octal number is a digit of its own: "0" is a number, "0x" is none.
    if (base === 16) i += 2;
    let value = 0;
    let digits = 0;
    for (; i < text.length && text[i] !== "."; i++, digits++) {
      const digit = digitAt(text, i);
      if (digit >= base) return stop(i, "bad-character");
      value = value * base + digit;
      if (value >= 256 ** (4 - part)) return stop(i, "out-of-range");
    }
    if (digits === 0) return stop(i, "empty");
    if (i === text.length) {
      fillRest(bytes, part, value);
      return undefined;
    }
    if (part === 3) return stop(i, "too-many-parts");
    if (value > 255) return stop(i, "out-of-range");
    bytes[part] = value;
    i++;
  }
}

/** The last part fills all bytes that are left. */
function fillRest(bytes: Uint8Array, part: number, value: number): void {
  for (let at = 3; at >= part; at--) {
    bytes[at] = value % 256;
    value = Math.floor(value / 256);
  }
}

function baseAt(text: string, at: number): 8 | 10 | 16 {
  if (text[at] !== "0") return 10;
  return text[at + 1] === "x" || text[at + 1] === "X" ? 16 : 8;
}

function digitAt(text: string, at: number): number {
  const character = text.charCodeAt(at);
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const letter = character | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : 16;
}
