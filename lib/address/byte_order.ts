/**
 * The four byte-order functions of <arpa/inet.h>, for callers who move numbers into packets by
 * hand. They depend on the machine, as in C and Python; DataView does not.
 *
 * @module
 */
import { quoteValue } from "./syntax_error.ts";

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function check(value: number, name: string, max: number): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot convert ${quoteValue(value)} with ${name}: must be a number`,
    );
  }
  if (!(Number.isInteger(value) && value >= 0 && value <= max)) {
    throw new RangeError(
      `Cannot convert ${value} with ${name}: must be an integer from 0 to ${max}`,
    );
  }
  return value;
}

function swap16(value: number, name: string): number {
  check(value, name, 0xffff);
  return IS_LITTLE_ENDIAN ? ((value & 0xff) << 8) | (value >>> 8) : value;
}

function swap32(value: number, name: string): number {
  check(value, name, 0xffff_ffff);
  if (!IS_LITTLE_ENDIAN) return value;
  return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) |
    (value >>> 24)) >>>
    0;
}

/**
 * A 16-bit number from host to network byte order.
 *
 * @throws {RangeError} If it is no integer from 0 to 65535.
 * @throws {TypeError} If it is no number.
 *
 * @example There and back
 * ```ts
 * import { htons, ntohs } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(ntohs(htons(20000)), 20000);
 * ```
 */
export function htons(value: number): number {
  return swap16(value, "htons");
}

/**
 * A 32-bit number from host to network byte order.
 *
 * @throws {RangeError} If it is no integer from 0 to 2³² − 1.
 * @throws {TypeError} If it is no number.
 *
 * @example There and back
 * ```ts
 * import { htonl, ntohl } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(ntohl(htonl(0x7f000001)), 0x7f000001);
 * ```
 */
export function htonl(value: number): number {
  return swap32(value, "htonl");
}

/**
 * A 16-bit number from network to host byte order.
 *
 * @throws {RangeError} If it is no integer from 0 to 65535.
 * @throws {TypeError} If it is no number.
 *
 * @example A palindrome
 * ```ts
 * import { ntohs } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(ntohs(0xffff), 0xffff);
 * ```
 */
export function ntohs(value: number): number {
  return swap16(value, "ntohs");
}

/**
 * A 32-bit number from network to host byte order.
 *
 * @throws {RangeError} If it is no integer from 0 to 2³² − 1.
 * @throws {TypeError} If it is no number.
 *
 * @example A palindrome
 * ```ts
 * import { ntohl } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(ntohl(0xffffffff), 0xffffffff);
 * ```
 */
export function ntohl(value: number): number {
  return swap32(value, "ntohl");
}
