/**
 * Messages of a codec: finding one in what is buffered, and iterating over them.
 *
 * @module
 */
import { LimitExceededError } from "../errors.ts";
import type { Codec, Decoded } from "./codec.ts";
import type { Input } from "./input.ts";
import { checkLimit } from "./limit.ts";
import { checkConsumed, limitedCodec } from "./limited_codec.ts";
import { incomplete } from "./read_faults.ts";
import { checkTimeout, type WaitOptions } from "./wait.ts";

/** Options of reading a message. */
interface MessageOptions extends WaitOptions {
  limit?: number | undefined;
}

const nothing = () => undefined;

/** Looks for one message, remembering between two attempts what the codec said. */
class Attempt<T> {
  readonly #input: Input;
  readonly #codec: Codec<T>;
  #need = 1;
  #scanned = 0;

  constructor(input: Input, codec: Codec<T>) {
    this.#input = input;
    this.#codec = codec;
  }

  /** The message, `null` at end of stream, or `undefined` if more input is needed. */
  readonly take = (): Decoded<T> | null | undefined => {
    const input = this.#input;
    const { buffer, eof } = input;
    const { length } = buffer;
    if (eof && length === 0) return null;
    if (length < this.#need && !eof) return undefined;
    const found = this.#decode(eof);
    if ("message" in found) {
      buffer.discard(checkConsumed(found.consumed, length));
      return found;
    }
    if (eof) {
      // A codec that searches for a separator cannot tell how long the message would have been.
      const searched = found.scanned !== undefined;
      throw incomplete(input, searched ? undefined : found.need);
    }
    // A codec that asks for what is there already would never be given more.
    this.#need = Math.max(found.need, length + 1);
    this.#scanned = found.scanned ?? 0;
  };

  #decode(eof: boolean): ReturnType<Codec<T>["decode"]> {
    const input = this.#input;
    try {
      return this.#codec.decode(input.buffer.view(), eof, this.#scanned);
    } catch (error) {
      if (error instanceof LimitExceededError) input.poison = error;
      throw error;
    }
  }
}

/** The codec that the options ask for. */
function codecFor<T>(
  codec: Codec<T>,
  options: MessageOptions | undefined,
): Codec<T> {
  const limit = options?.limit;
  return limitedCodec(codec, limit === undefined ? limit : checkLimit(limit));
}

/** Read one message, or `null` at end of stream. */
export async function readMessage<T>(
  input: Input,
  codec: Codec<T>,
  options: MessageOptions | undefined,
): Promise<T | null> {
  const attempt = new Attempt(input, codecFor(codec, options));
  const found = await input.run("read message", options, attempt.take);
  return found === null ? null : found.message;
}

/** Iterates over messages; see {@linkcode StreamReader.messages}. */
export class MessageIterator<T> implements AsyncIterableIterator<T> {
  readonly #input: Input;
  readonly #codec: Codec<T>;
  readonly #options: MessageOptions | undefined;
  /** What the step that waits asks after each event. */
  #attempt: () => IteratorResult<T> | null | undefined = nothing;
  #done = false;

  constructor(
    input: Input,
    codec: Codec<T>,
    options: MessageOptions | undefined,
  ) {
    if (options?.timeout !== undefined) checkTimeout(options.timeout);
    this.#input = input;
    this.#codec = codecFor(codec, options);
    this.#options = options;
  }

  next(): Promise<IteratorResult<T>> {
    const input = this.#input;
    // The fast path: a pipelined message that is in the buffer costs no wait at all.
    if (!this.#done && input.ready && !this.#options?.signal?.aborted) {
      const found = this.#tryTake();
      if (found !== undefined) {
        input.messageSeen = 0;
        return Promise.resolve({ value: found.message, done: false });
      }
    }
    return this.#next();
  }

  /** Take what is complete already; an error is left to the slow path, which meets it again. */
  #tryTake(): Decoded<T> | undefined {
    const { buffer } = this.#input;
    if (buffer.length === 0) return undefined;
    try {
      const found = this.#codec.decode(buffer.view(), false, 0);
      if (!("message" in found)) return undefined;
      buffer.discard(checkConsumed(found.consumed, buffer.length));
      return found;
    } catch {
      return undefined;
    }
  }

  #next(): Promise<IteratorResult<T>> {
    if (this.#done) return Promise.resolve({ value: undefined, done: true });
    const message = new Attempt(this.#input, this.#codec);
    const attempt = () => {
      const found = message.take();
      return found && { value: found.message, done: false };
    };
    // Otherwise it is going to be refused, and the step that waits is another one.
    if (this.#input.ready) this.#attempt = attempt;
    return this.#input.runMessages<IteratorResult<T>>(
      "read message",
      this.#options,
      attempt,
      () => {
        this.#done = true;
        return { value: undefined, done: true };
      },
    );
  }

  /** A step that waits ends too, so that it swallows nothing that comes later. */
  return(): Promise<IteratorResult<T>> {
    this.#done = true;
    this.#input.leave(this.#attempt, { value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
