/**
 * StreamReader: what a protocol needs to read, over anything with a `read` method. Each method is
 * a loop "is it in the buffer? else wait for more" over input.ts, which owns the waiting.
 *
 * @module
 */
import type { Codec } from "./codec.ts";
import { Input } from "./input.ts";
import type { ReadSource } from "./read_source.ts";
import { ChunkIterator } from "./chunk_iterator.ts";
import { LineIterator, tryLine } from "./read_line.ts";
import { MessageIterator, readMessage } from "./read_message.ts";
import { checkLimit, DEFAULT_LIMIT } from "./limit.ts";
import { peek, readAll, readExactly, readSome, skip } from "./read_bytes.ts";
import type {
  IntegerReadOptions,
  ReadOptions,
  StreamReaderOptions,
} from "./read_options.ts";
import { readUntil, skipUntil } from "./read_until.ts";
import type { Separators } from "./separators.ts";
import { quote } from "./quote.ts";
import { checkWait, type WaitOptions } from "./wait.ts";

/** The reader's input, for the layers above (socket, server); not part of the public surface. */
export let inputOf: (reader: StreamReader) => Input;

/**
 * Reads lines, messages, exact counts or whatever comes from a stream of bytes.
 *
 * - **No byte is ever lost.** A read that times out or is aborted leaves the stream as it was; the
 *   next read gets the bytes. Leaving an iteration by `break` closes nothing and loses nothing.
 * - **What you get is yours.** Results are never overwritten by a later read. Small ones are cut
 *   from a shared slab, so look at `byteOffset` before you use `.buffer`, and do not transfer it.
 * - **Limits are checked before memory is spent.** After a {@linkcode LimitExceededError} every read
 *   rejects the same way until {@linkcode StreamReader.skipUntil} has found the next message: to go on
 *   in the middle of one is how requests get smuggled.
 * - **One read at a time.** A second one while the first waits rejects with a TypeError.
 *
 * @example A length, then so many bytes
 * ```ts
 * import { socketpair } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const [client, server] = socketpair();
 * await client.send(new Uint8Array([0, 3, 97, 98, 99]));
 * const length = await server.reader.readUint16();
 * assert.deepEqual([...await server.reader.readExactly(length)], [97, 98, 99]);
 * await client.close();
 * assert.equal(await server.reader.readLine(), null);
 * await server.close();
 * ```
 */
export class StreamReader {
  readonly #input: Input;
  readonly #limit: number;

  static {
    inputOf = (reader) => reader.#input;
  }

  /**
   * Make a reader over anything that has a `read` method as `Deno.Conn` has it. The reader must be
   * the only one that reads from it.
   *
   * @throws {RangeError} If `limit` is not a positive integer.
   */
  constructor(source: ReadSource, options: StreamReaderOptions = {}) {
    const { limit = DEFAULT_LIMIT } = options;
    this.#limit = checkLimit(limit);
    this.#input = new Input(source);
  }

  /** How many bytes have arrived and are not read yet. */
  get buffered(): number {
    return this.#input.buffer.length;
  }

  /** How many bytes have arrived in all. */
  get bytesRead(): number {
    return this.#input.bytesRead;
  }

  /** Whether the stream has ended and everything is read. */
  get atEof(): boolean {
    return this.#input.eof && this.#input.buffer.length === 0;
  }

  /**
   * Read what there is, waiting only while there is nothing.
   *
   * @param max Most bytes to give. Default: everything that is buffered. 0 gives an empty array.
   * @returns Between 1 and `max` bytes, or `null` at end of stream.
   * @throws {RangeError} If `max` is negative or not an integer.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   */
  read(
    max?: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return readSome(this.#input, max, options);
  }

  /**
   * Read what there is into an array of your own (Python's `recv_into`). Without time-out and
   * signal the bytes go there directly, which makes this the cheapest read for bulk data.
   *
   * @param target Where the bytes go. Leave it alone until the promise settles.
   * @returns How many bytes, or `null` at end of stream; 0 if `target` is empty.
   * @throws {TypeError} If `target` is no Uint8Array.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason. Nothing
   * is written to `target` afterwards.
   */
  async readInto(
    target: Uint8Array,
    options?: WaitOptions,
  ): Promise<number | null> {
    if (!(target instanceof Uint8Array)) {
      throw new TypeError(`Cannot read into ${quote(target)}: needs bytes`);
    }
    if (target.length === 0) {
      checkWait(options);
      return 0;
    }
    return await this.#input.readInto(target, options);
  }

  /**
   * Read exactly `count` bytes. Memory grows with what arrives, not with what was announced.
   *
   * @throws {IncompleteReadError} If the stream ends before; `partial` has what there was.
   * @throws {RangeError} If `count` is negative or not an integer.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason. No byte is lost.
   */
  readExactly(
    count: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return readExactly(this.#input, count, options);
  }

  /**
   * Read up to a separator, which is included in the result.
   *
   * @param separators One, or several of which the one that ends first counts.
   * @throws {LimitExceededError} If there are more than `limit` bytes before the separator.
   * @throws {IncompleteReadError} If the stream ends before; `partial` has what there was.
   * @throws {RangeError} If there is no separator, or one is empty.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason. No byte is lost.
   */
  async readUntil(
    separators: Separators,
    options?: ReadOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return await readUntil(
      this.#input,
      separators,
      this.#limitOf(options),
      options,
    );
  }

  /**
   * Read one line, without its line ending.
   *
   * Waits for `\n`; a `\r` before it is dropped. Bytes after the line stay buffered. An unfinished
   * last line is given as it is.
   *
   * @param options.limit Longest line accepted, in bytes, ending excluded. Default 65 536.
   * @returns The line as UTF-8 text (malformed sequences become U+FFFD), or `null` at end of stream.
   * @throws {LimitExceededError} If the line is longer than `limit`; resynchronise with {@linkcode skipUntil}.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason. No byte is lost.
   * @see RFC 5234 appendix B.1
   */
  async readLine(options?: ReadOptions): Promise<string | null> {
    const limit = this.#limitOf(options);
    const input = this.#input;
    let from = 0;
    return await input.run("read line", options, () => {
      const line = tryLine(input, limit, from);
      from = input.buffer.length;
      return line;
    });
  }

  /**
   * Read everything up to the end of the stream.
   *
   * @param options.limit Most bytes to take. Default 16 MiB.
   * @throws {LimitExceededError} If there are more.
   */
  async readAll(options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>> {
    return await readAll(this.#input, options);
  }

  /**
   * Look at the next `count` bytes without reading them.
   *
   * @returns A copy of them; fewer only if the stream ends before.
   * @throws {RangeError} If `count` is negative or not an integer.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   */
  peek(
    count: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return peek(this.#input, count, options);
  }

  /**
   * Read `count` bytes and forget them, in bounded memory. When it is given up, a part of them is
   * forgotten already: `bytesRead - buffered` tells how far the stream was read.
   *
   * @throws {IncompleteReadError} If the stream ends before.
   * @throws {RangeError} If `count` is negative or not an integer.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   */
  async skip(count: number, options?: WaitOptions): Promise<void> {
    await skip(this.#input, count, options);
  }

  /**
   * Forget everything up to and including a separator, in bounded memory. This is how a reader
   * that rejected with {@linkcode LimitExceededError} is made usable again. When it is given up, call
   * it again: what was forgotten stays forgotten.
   *
   * @returns How many bytes were forgotten, separator included.
   * @throws {IncompleteReadError} If the stream ends before.
   * @throws {RangeError} If the separator is empty.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   */
  skipUntil(
    separator: string | Uint8Array,
    options?: WaitOptions,
  ): Promise<number> {
    return skipUntil(this.#input, separator, options);
  }

  /**
   * Read one unsigned byte.
   *
   * @throws {IncompleteReadError} If the stream has ended.
   */
  async readUint8(options?: WaitOptions): Promise<number> {
    return (await this.#number(1, options)).getUint8(0);
  }

  /**
   * Read two bytes as an unsigned number, in network byte order unless told.
   *
   * @throws {IncompleteReadError} If the stream ends before.
   */
  async readUint16(options?: IntegerReadOptions): Promise<number> {
    return (await this.#number(2, options)).getUint16(0, options?.littleEndian);
  }

  /**
   * Read four bytes as an unsigned number, in network byte order unless told.
   *
   * @throws {IncompleteReadError} If the stream ends before.
   */
  async readUint32(options?: IntegerReadOptions): Promise<number> {
    return (await this.#number(4, options)).getUint32(0, options?.littleEndian);
  }

  /**
   * Read one message of a protocol.
   *
   * @param codec How messages are told apart.
   * @param options.limit Longest message accepted, in bytes, if shorter than the codec's `maxLength`.
   * Separator or header are not counted where messages are bytes or text.
   * @returns The message, or `null` at end of stream; where messages may be `null` themselves, as JSON may,
   * {@linkcode messages} tells the two apart.
   * @throws {LimitExceededError} If the message is longer than allowed.
   * @throws {ProtocolError} If the bytes are not of this protocol.
   * @throws {IncompleteReadError} If the stream ends inside a message.
   */
  readMessage<T>(
    codec: Codec<T>,
    options?: ReadOptions,
  ): Promise<T | null> {
    return readMessage(this.#input, codec, options);
  }

  /**
   * Iterate over the lines, without their endings, until the end of the stream. On a server's
   * connection the iteration also ends, between two lines, when the server shuts down.
   *
   * @param options `timeout` is for each line, `limit` the longest line.
   * @throws {RangeError} At once, if `limit` is not a positive integer; each step as {@linkcode readLine}.
   * @example
   * ```ts
   * import { socketpair } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * const [client, server] = socketpair();
   * await client.send("one\r\ntwo\nthree");
   * await client.close();
   * const lines = [];
   * for await (const line of server.reader.lines()) lines.push(line);
   * assert.deepEqual(lines, ["one", "two", "three"]);
   * await server.close();
   * ```
   */
  lines(options?: ReadOptions): AsyncIterableIterator<string> {
    return new LineIterator(this.#input, this.#limitOf(options), options);
  }

  /**
   * Iterate over the messages of a protocol until the end of the stream. On a server's connection
   * the iteration also ends, between two messages, when the server shuts down.
   *
   * @param options `timeout` is for each message, `limit` the longest message.
   * @throws {RangeError} At once, if `limit` is not a positive integer; each step as {@linkcode readMessage}.
   */
  messages<T>(
    codec: Codec<T>,
    options?: ReadOptions,
  ): AsyncIterableIterator<T> {
    return new MessageIterator(this.#input, codec, options);
  }

  /**
   * Iterate over whatever comes, in the pieces in which it arrives.
   *
   * @param options `timeout` is for each piece.
   * @throws Each step as {@linkcode read}.
   */
  chunks(
    options?: WaitOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return new ChunkIterator(this.#input, options);
  }

  #limitOf(options: ReadOptions | undefined): number {
    return options?.limit === undefined
      ? this.#limit
      : checkLimit(options.limit);
  }

  async #number(
    size: number,
    options: WaitOptions | undefined,
  ): Promise<DataView> {
    const bytes = await this.readExactly(size, options);
    return new DataView(bytes.buffer, bytes.byteOffset, size);
  }
}
