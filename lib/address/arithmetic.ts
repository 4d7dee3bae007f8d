/**
 * Integers as the address classes take them: checked counts, sums that stay inside the address
 * space, prefix lengths. Knows numbers only, no addresses.
 *
 * @module
 */
import { quoteValue } from "./syntax_error.ts";

/** A count as a bigint. */
export function stepOf(count: number | bigint): bigint {
  if (typeof count === "bigint") return count;
  if (typeof count !== "number") {
    throw new TypeError(
      `Cannot count by ${quoteValue(count)}: must be a number or a bigint`,
    );
  }
  if (!Number.isSafeInteger(count)) {
    throw new RangeError(`Cannot count by ${count}: must be an exact integer`);
  }
  return BigInt(count);
}

/** `bits + step` as a signed word. */
export function add32(
  bits: number,
  step: bigint,
  from: { toString(): string },
): number {
  const sum = BigInt(bits >>> 0) + step;
  if (sum < 0n || sum > 0xffff_ffffn) throw pastTheEnd(step, from);
  return Number(sum) | 0;
}

/** The error for a sum that leaves the address space. */
export function pastTheEnd(
  step: bigint,
  from: { toString(): string },
): RangeError {
  return new RangeError(
    step < 0n
      ? `Cannot subtract ${-step} from ${from}: is before the first address`
      : `Cannot add ${step} to ${from}: is behind the last address`,
  );
}

/** Check an integer from 0 to 2³² − 1. */
export function checkUint32(value: number, what: string): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot make an ${what} from ${quoteValue(value)}: must be a number`,
    );
  }
  if (!(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)) {
    throw new RangeError(
      `Cannot make an ${what} from ${value}: must be an integer from 0 to 4294967295`,
    );
  }
  return value;
}

/** Check a bigint from 0 to 2ⁿ − 1. */
export function checkBigInt(value: bigint, bitLength: 32 | 128): bigint {
  const what = bitLength === 32 ? "IPv4 address" : "IPv6 address";
  if (typeof value !== "bigint") {
    throw new TypeError(
      `Cannot make an ${what} from ${quoteValue(value)}: must be a bigint`,
    );
  }
  if (value < 0n || value >> BigInt(bitLength) !== 0n) {
    throw new RangeError(
      `Cannot make an ${what} from ${value}n: must be from 0 to 2^${bitLength} - 1`,
    );
  }
  return value;
}

/** Check a prefix length: an integer from 0 to `max`. */
export function checkPrefixLength(value: number, max: 32 | 128): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot use prefix length ${quoteValue(value)}: must be a number`,
    );
  }
  if (!(Number.isInteger(value) && value >= 0 && value <= max)) {
    throw new RangeError(
      `Cannot use prefix length ${value}: must be an integer from 0 to ${max}`,
    );
  }
  return value;
}
