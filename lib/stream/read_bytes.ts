/**
 * Reading, looking at and skipping counts of bytes. Called by StreamReader's methods of the same
 * names, which document them.
 *
 * @module
 */
import type { Input } from "./input.ts";
import { checkCount, checkLimit } from "./limit.ts";
import { exceeded, incomplete } from "./read_faults.ts";
import type { ReadOptions } from "./read_options.ts";
import type { WaitOptions } from "./wait.ts";

/** What `readAll` takes at most unless told. */
const READ_ALL_LIMIT = 16 * 1024 * 1024;

/** Read what there is, at most `max` bytes. */
export function readSome(
  input: Input,
  max: number | undefined,
  options: WaitOptions | undefined,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (max === undefined) return input.run("read", options, takeAll);
  return input.run("read", options, (input) => {
    if (checkCount(max, "max") === 0) return new Uint8Array(0);
    return input.buffer.length > max ? input.buffer.take(max) : takeAll(input);
  });
}

/** Everything that is buffered, or `null` at end of stream. One function for all connections: an idle one waits in it. */
export function takeAll(
  input: Input,
): Uint8Array<ArrayBuffer> | null | undefined {
  const { buffer } = input;
  if (buffer.length > 0) return buffer.take(buffer.length);
  return input.eof ? null : undefined;
}

/** Read exactly `count` bytes. */
export function readExactly(
  input: Input,
  count: number,
  options: WaitOptions | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer } = input;
  return input.run("read", options, () => {
    if (buffer.length >= checkCount(count, "count")) return buffer.take(count);
    if (input.eof) throw incomplete(input, count);
  });
}

/** Read everything up to the end of the stream. */
export function readAll(
  input: Input,
  options: ReadOptions | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { limit = READ_ALL_LIMIT } = options ?? {};
  checkLimit(limit);
  const { buffer } = input;
  return input.run("read all", options, () => {
    if (buffer.length > limit) {
      throw exceeded(input, "end of stream not found", limit, buffer.length);
    }
    return input.eof ? buffer.take(buffer.length) : undefined;
  });
}

/** A copy of the next `count` bytes, which stay; fewer only if the stream ends before. */
export function peek(
  input: Input,
  count: number,
  options: WaitOptions | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer } = input;
  return input.run("peek", options, () => {
    if (buffer.length < checkCount(count, "count") && !input.eof) return;
    return buffer.peek(Math.min(count, buffer.length));
  });
}

/** Read `count` bytes and forget them, in bounded memory. */
export function skip(
  input: Input,
  count: number,
  options: WaitOptions | undefined,
): Promise<true> {
  let left = checkCount(count, "count");
  const { buffer } = input;
  return input.run("skip", options, () => {
    const step = Math.min(left, buffer.length);
    buffer.discard(step);
    left -= step;
    if (left === 0) return true;
    if (input.eof) throw incomplete(input, count, count - left);
  });
}
