/**
 * The checks on what callers hand to the address and network classes: bytes of the right number,
 * operands of the same family. TypeScript sees most of it before; callers from JavaScript, and
 * filters that must not fail open, need it at run time.
 *
 * @module
 */
import { quoteValue } from "./syntax_error.ts";

/** Check that `bytes` is a Uint8Array of `length` bytes. */
export function checkBytes(
  bytes: Uint8Array,
  length: number,
  what: string,
): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot make an ${what} from ${quoteValue(bytes)}: must be a Uint8Array`,
    );
  }
  if (bytes.length !== length) {
    throw new RangeError(
      `Cannot make an ${what} from ${bytes.length} bytes: needs ${length}`,
    );
  }
}

/** Check that `length` bytes fit into `target` at `offset`. */
export function checkRoom(
  target: Uint8Array,
  offset: number,
  length: number,
): void {
  if (!(target instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot copy into ${quoteValue(target)}: must be a Uint8Array`,
    );
  }
  if (
    !Number.isInteger(offset) || offset < 0 || offset + length > target.length
  ) {
    if (typeof offset !== "number") {
      throw new TypeError(
        `Cannot copy to offset ${quoteValue(offset)}: must be a number`,
      );
    }
    throw new RangeError(
      `Cannot copy to offset ${offset}: ${length} bytes do not fit into ${target.length}`,
    );
  }
}

/** The error for two values of different families, or one that is no address at all. */
export function mixedVersions(
  action: string,
  mine: string,
  other: unknown,
): TypeError {
  const seen = other instanceof Object && "version" in other
    ? `${other.constructor.name} ${other}`
    : quoteValue(other);
  return new TypeError(
    `Cannot ${action} ${mine} with ${seen}: must be of the same version`,
  );
}
