/**
 * Reading and skipping up to a separator. Called by StreamReader's methods of the same names.
 *
 * @module
 */
import type { Input } from "./input.ts";
import { exceeded, incomplete } from "./read_faults.ts";
import {
  findSeparator,
  separatorBytes,
  type Separators,
} from "./separators.ts";
import type { WaitOptions } from "./wait.ts";

/** Read up to and including the separator that ends first. */
export async function readUntil(
  input: Input,
  separators: Separators,
  limit: number,
  options: WaitOptions | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const wanted = separatorBytes(separators);
  const longest = Math.max(...wanted.map((one) => one.length));
  const { buffer } = input;
  let from = 0;
  return await input.run("read", options, () => {
    const found = findSeparator(buffer, wanted, from);
    if (found !== undefined) {
      if (found.start <= limit) return buffer.take(found.end);
      throw exceeded(input, "separator found, but only", limit, found.start);
    }
    // The last bytes may be the beginning of a separator.
    from = Math.max(0, buffer.length + 1 - longest);
    if (from > limit) {
      throw exceeded(input, "separator not found", limit, buffer.length);
    }
    if (input.eof) throw incomplete(input, undefined);
  });
}

/** Forget everything up to and including the separator, and lift the poison. */
export async function skipUntil(
  input: Input,
  separator: string | Uint8Array,
  options: WaitOptions | undefined,
): Promise<number> {
  const wanted = separatorBytes(separator);
  const { buffer } = input;
  let skipped = 0;
  return await input.resynchronise(options, () => {
    const found = findSeparator(buffer, wanted, 0);
    const step = found?.end ??
      Math.max(0, buffer.length + 1 - wanted[0]!.length);
    buffer.discard(step);
    skipped += step;
    if (found === undefined) {
      if (input.eof) throw incomplete(input, undefined);
      return undefined;
    }
    input.poison = undefined;
    return skipped;
  });
}
