/**
 * A codec as a pair of transform streams (`readable` and `writable`), for pipelines of Web Streams. Sockets have `messages()`
 * and `writeMessage()`, which are faster; nothing in the module itself comes through here.
 *
 * @module
 */
import { IncompleteReadError } from "../errors.ts";
import type { Codec } from "./codec.ts";
import { checkConsumed, limitedCodec } from "./limited_codec.ts";

/**
 * Bytes in, messages out: what `TextDecoderStream` is for text, for any codec.
 *
 * Chunks may be cut anywhere. What is held between chunks is at most one unfinished message, so
 * the codec's `maxLength` bounds it. The stream errors with the codec's own error for input that
 * is bad or too long, and with IncompleteReadError when it ends inside a message.
 *
 * @typeParam T The type of the messages.
 *
 * @example Lines of a stream
 * ```ts
 * import { lineCodec, MessageDecoderStream } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const bytes = new Blob(["one\ntwo\r\nthree\n"]).stream();
 * const lines = await Array.fromAsync(bytes.pipeThrough(new MessageDecoderStream(lineCodec())));
 * assert.deepEqual(lines, ["one", "two", "three"]);
 * ```
 */
export class MessageDecoderStream<T> {
  /** The messages. */
  readonly readable: ReadableStream<T>;
  /** Takes the bytes. */
  readonly writable: WritableStream<Uint8Array>;

  /** Decode with this codec. */
  constructor(codec: Codec<T>) {
    const state = new MessageBuffer(codec);
    // Not "extends TransformStream": to name that class at import costs every program 9 ms.
    const { readable, writable } = new TransformStream<Uint8Array, T>({
      transform(chunk, controller): void {
        state.push(chunk, (message) => controller.enqueue(message));
      },
      flush(controller): void {
        state.end((message) => controller.enqueue(message));
      },
    });
    this.readable = readable;
    this.writable = writable;
  }
}

/**
 * Messages in, bytes out: what `TextEncoderStream` is for text, for any codec.
 *
 * Each message becomes one chunk. The stream errors with the codec's own error for a message that
 * cannot be encoded.
 *
 * @typeParam T The type of the messages.
 *
 * @example Values to JSON Lines
 * ```ts
 * import { jsonLinesCodec, MessageEncoderStream } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const bytes = ReadableStream.from([{ x: 1 }, { x: 2 }])
 *   .pipeThrough(new MessageEncoderStream(jsonLinesCodec()));
 * assert.equal(await new Response(bytes).text(), '{"x":1}\n{"x":2}\n');
 * ```
 */
export class MessageEncoderStream<T> {
  /** The bytes. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Takes the messages. */
  readonly writable: WritableStream<T>;

  /** Encode with this codec. */
  constructor(codec: Codec<T>) {
    const stream = new TransformStream<T, Uint8Array<ArrayBuffer>>({
      transform(value, controller): void {
        // An array of its own: whoever reads a chunk may transfer it.
        controller.enqueue(new Uint8Array(codec.encode(value)));
      },
    });
    this.readable = stream.readable;
    this.writable = stream.writable;
  }
}

/** What has arrived of a message that is not complete, and how far it has been looked at. */
class MessageBuffer<T> {
  readonly #codec: Codec<T>;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;
  #need = 1;
  #scanned = 0;

  constructor(codec: Codec<T>) {
    this.#codec = limitedCodec(codec, undefined);
  }

  /** Take a chunk and give out every message that it completes. */
  push(chunk: Uint8Array, emit: (message: T) => void): void {
    if (this.#length === 0) {
      this.#keep(chunk, this.#decode(chunk, false, emit));
      return;
    }
    this.#append(chunk);
    if (this.#length < this.#need) return;
    const held = this.#bytes.subarray(0, this.#length);
    const used = this.#decode(held, false, emit);
    if (used > 0) {
      this.#bytes.copyWithin(0, used, this.#length);
      this.#length -= used;
    }
  }

  /** Give out what the end of the stream completes. */
  end(emit: (message: T) => void): void {
    if (this.#length === 0) return;
    const held = this.#bytes.subarray(0, this.#length);
    const used = this.#decode(held, true, emit);
    if (used === held.length) return;
    const partial = held.slice(used);
    throw new IncompleteReadError(
      `Cannot decode message: the stream ended after ${partial.length} bytes of it`,
      { partial },
    );
  }

  /** Decode as many messages as there are; answers how many bytes they took. */
  #decode(
    buffer: Uint8Array,
    eof: boolean,
    emit: (message: T) => void,
  ): number {
    let at = 0;
    while (at < buffer.length) {
      const result = this.#codec.decode(
        buffer.subarray(at),
        eof,
        this.#scanned,
      );
      if ("need" in result) {
        this.#need = result.need;
        this.#scanned = result.scanned ?? 0;
        return at;
      }
      at += checkConsumed(result.consumed, buffer.length - at);
      this.#scanned = 0;
      emit(result.message);
    }
    this.#need = 1;
    return at;
  }

  /** Keep the rest of a chunk: a copy, since the chunk is its writer's. */
  #keep(chunk: Uint8Array, from: number): void {
    if (from < chunk.length) this.#append(chunk.subarray(from));
  }

  #append(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }
}
