/**
 * The arguments of dividing networks, checked the same way for both families: `subnets`,
 * `supernet`, `exclude` and `at`.
 *
 * @module
 */
import { stepOf } from "./arithmetic.ts";
import { quoteValue } from "./syntax_error.ts";

/** How far `subnets` and `supernet` go: to a prefix length, or by a number of bits (default 1). */
export type DivisionOptions =
  | { prefixLength: number; by?: undefined }
  | { by: number; prefixLength?: undefined };

interface Prefix {
  readonly prefixLength: number;
  readonly size: bigint;
  toString(): string;
}

function targetLength(
  network: Prefix,
  options: DivisionOptions | undefined,
  direction: 1 | -1,
): number {
  if (
    options !== undefined && (typeof options !== "object" || options === null)
  ) {
    throw new TypeError(
      `Cannot divide ${network} by ${
        quoteValue(options)
      }: must be { prefixLength } or { by }`,
    );
  }
  for (const key of Object.keys(options ?? {})) {
    if (key !== "prefixLength" && key !== "by") {
      throw new TypeError(
        `Cannot divide ${network}: unknown option ${quoteValue(key)}`,
      );
    }
  }
  const { prefixLength, by }: Partial<DivisionOptions> = options ?? {};
  if (prefixLength !== undefined && by !== undefined) {
    throw new TypeError(
      `Cannot divide ${network}: takes prefixLength or by, not both`,
    );
  }
  // Not `??`: a null is a mistake, not a default.
  const value = prefixLength === undefined
    ? by === undefined ? 1 : by
    : prefixLength;
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot divide ${network} by ${quoteValue(value)}: must be a number`,
    );
  }
  if (!Number.isInteger(value) || (prefixLength === undefined && value < 0)) {
    throw new RangeError(
      `Cannot divide ${network} by ${value}: must be an integer from 0`,
    );
  }
  return prefixLength ?? network.prefixLength + direction * value;
}

/** The prefix length of subnets. */
export function subnetLength(
  network: Prefix,
  options: DivisionOptions | undefined,
  max: 32 | 128,
): number {
  const length = targetLength(network, options, 1);
  if (length < network.prefixLength || length > max) {
    throw new RangeError(
      `Cannot divide ${network} into /${length}: must be from ${network.prefixLength} to ${max}`,
    );
  }
  return length;
}

/** The prefix length of the supernet. */
export function supernetLength(
  network: Prefix,
  options: DivisionOptions | undefined,
  max: 32 | 128,
): number {
  const length = targetLength(network, options, -1);
  if (length < 0 || length > network.prefixLength) {
    throw new RangeError(
      `Cannot widen ${network} to /${length}: must be from 0 to ${
        Math.min(max, network.prefixLength)
      }`,
    );
  }
  return length;
}

/** A position from 0, from one that may count from the end. */
export function checkedIndex(index: number | bigint, network: Prefix): bigint {
  const step = stepOf(index);
  const position = step < 0n ? network.size + step : step;
  if (position < 0n || position >= network.size) {
    throw new RangeError(
      `Cannot take address ${index} of ${network}: has ${network.size}`,
    );
  }
  return position;
}

/** The error for excluding what is not inside. */
export function notInside(network: Prefix, hole: Prefix): RangeError {
  return new RangeError(
    `Cannot exclude ${hole} from ${network}: is not inside`,
  );
}
