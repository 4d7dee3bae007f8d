/**
 * StreamWriter: what a protocol needs to write, over anything with a `write` method. When bytes
 * leave is decided in output.ts.
 *
 * @module
 */
import type { Codec } from "./codec.ts";
import { checkLimit } from "./limit.ts";
import { Output, type WriteSink } from "./output.ts";
import { pipe, type PipeSource } from "./pipe.ts";
import { passOn, Refusal } from "./refusal.ts";
import { quote } from "./quote.ts";
import { checkWait, hasWait, safe, waitFor, type WaitOptions } from "./wait.ts";

/** Options of {@linkcode StreamWriter}. */
export interface StreamWriterOptions {
  /** Most bytes that may be queued behind a write in progress. Default 1 MiB. */
  maxWriteBuffer?: number | undefined;
}

/** Options of {@linkcode StreamWriter.writeLine}. */
export interface WriteLineOptions extends WaitOptions {
  /** What ends the line. Default `"\n"`. */
  ending?: "\n" | "\r\n" | undefined;
}

/** What may be queued behind a write unless told: a broadcast's slow reader costs no more. */
const DEFAULT_MAX_WRITE_BUFFER = 1024 * 1024;

/** The writer's output, for the layers above (socket, server); not part of the public surface. */
export let outputOf: (writer: StreamWriter) => Output;

/**
 * Writes text, bytes, lines and messages to a stream.
 *
 * - **All of it is sent.** One `conn.write` often sends a part only; this goes on until the last byte.
 * - **Nothing interleaves.** Writes begun at the same time leave whole, in the order of the calls.
 * - **Awaiting is the back-pressure.** What is queued behind a write in progress is bounded: past
 *   `maxWriteBuffer` {@linkcode StreamWriter.write} rejects and {@linkcode StreamWriter.tryWrite} answers false.
 * - **A write that nobody awaits is safe.** If it fails or is refused, the next write or flush rejects with
 *   the same error, and nothing is sent behind it before somebody has noticed; it is never an unhandled rejection.
 * - **Batches leave together.** While the reader of the same stream still holds input (pipelined
 *   requests), small writes are collected. They leave before the reader waits, when a server's handler
 *   ends, at the next turn of the event loop, above 64 KiB, or at {@linkcode StreamWriter.flush}. A handler
 *   that computes for long without awaiting anything should flush first.
 *
 * Bytes that were given must not be changed until the promise settles.
 *
 * @example
 * ```ts
 * import { StreamWriter } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const sent: number[] = [];
 * const writer = new StreamWriter({
 *   write(data) {
 *     sent.push(data[0]!); // takes one byte at a time
 *     return Promise.resolve(1);
 *   },
 * });
 * await Promise.all([writer.write("ab"), writer.writeLine("c")]);
 * assert.equal(String.fromCharCode(...sent), "abc\n");
 * ```
 */
export class StreamWriter {
  readonly #output: Output;

  static {
    outputOf = (writer) => writer.#output;
  }

  /**
   * Make a writer over anything that has a `write` method as `Deno.Conn` has it. The writer must be
   * the only one that writes to it.
   *
   * @throws {RangeError} If `maxWriteBuffer` is not a positive integer.
   */
  constructor(sink: WriteSink, options: StreamWriterOptions = {}) {
    const { maxWriteBuffer = DEFAULT_MAX_WRITE_BUFFER } = options;
    this.#output = new Output(
      sink,
      checkLimit(maxWriteBuffer, "maxWriteBuffer"),
    );
  }

  /** How many bytes the system has taken in all. */
  get bytesWritten(): number {
    return this.#output.bytesWritten;
  }

  /** How many bytes are collected or queued and have not been given to the system yet. */
  get buffered(): number {
    return this.#output.buffered;
  }

  /**
   * Send all of `data`.
   *
   * @param data Bytes, or text that goes out as UTF-8.
   * @param options After a time-out or an abort the writer is broken: a part may have been sent
   * (`bytesWritten` tells), and every later write rejects the same way.
   * @throws {TypeError} If `data` is neither bytes nor text.
   * @throws {LimitExceededError} If more than `maxWriteBuffer` bytes would wait behind a write in progress.
   * @throws The error of an earlier write that was refused and that nobody awaited.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   */
  write(data: Uint8Array | string, options?: WaitOptions): Promise<void> {
    return hasWait(options)
      ? this.#writeWithin(data, options)
      : this.#output.send(data);
  }

  /**
   * Send `data` without waiting, if it can be taken.
   *
   * For broadcasts: a reader that is too slow makes this answer false, and the sender drops the
   * message, or the reader. Above 4 KiB the bytes are not copied: do not change them.
   *
   * @returns Whether it was taken; false when too much is queued, the connection is closed or broken, or an
   * earlier write was refused and nobody has noticed.
   * @throws {TypeError} If `data` is neither bytes nor text.
   */
  tryWrite(data: Uint8Array | string): boolean {
    return this.#output.trySend(data);
  }

  /**
   * Send a line of text with its ending. The text is sent as it is, line breaks inside included.
   *
   * @throws {TypeError} If `text` is no string, or `ending` is neither `"\n"` nor `"\r\n"`.
   * @throws As {@linkcode StreamWriter.write}.
   */
  writeLine(text: string, options?: WriteLineOptions): Promise<void> {
    const ending = options?.ending === undefined ? "\n" : options.ending;
    const fault = lineFault(text, ending);
    if (fault !== undefined) return this.#output.refuse(fault);
    return this.write(text + ending, options);
  }

  /**
   * Send one message of a protocol.
   *
   * @throws As {@linkcode StreamWriter.write}, and whatever the codec throws for a value that it cannot encode.
   */
  writeMessage<T>(
    codec: Codec<T>,
    value: T,
    options?: WaitOptions,
  ): Promise<void> {
    let data: Uint8Array;
    try {
      data = codec.encode(value);
    } catch (error) {
      return this.#output.refuse(error);
    }
    return this.write(data, options);
  }

  /**
   * Send everything that a source gives: a file, a ReadableStream, an async iterable or a StreamReader.
   *
   * Memory stays bounded: the next piece is read when the last one is sent. The writer is not closed.
   * When the source fails its error is thrown, the bytes that were sent before show in
   * {@linkcode StreamWriter.bytesWritten}, and the writer stays usable. When writing fails, or the signal aborts,
   * a stream or an iterable is left as a `for await` leaves it, that is, cancelled.
   *
   * @param options `timeout` is for each write, so it ends a peer that has stalled, not a long transfer or a
   * slow source; `signal` ends waiting for the source as well.
   * @returns How many bytes were sent.
   * @throws {TypeError} If `source` is none of these.
   * @throws As {@linkcode StreamWriter.write}, and whatever the source fails with.
   * @example
   * ```ts
   * import { socketpair } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * const [a, b] = socketpair();
   * const count = await a.writer.pipeFrom(new Blob(["a file's content"]).stream());
   * assert.equal(count, 16);
   * await a.close();
   * assert.equal(await b.reader.readLine(), "a file's content");
   * await b.close();
   * ```
   */
  pipeFrom(source: PipeSource, options?: WaitOptions): Promise<number> {
    const output = this.#output;
    let isAwaited = false;
    let noticed = () => {};
    const piping = pipe(source, this, options, (error) => {
      if (isAwaited || output.failed) return;
      noticed = output.leaveUnnoticed(error);
    });
    return Refusal.from(piping, () => {
      isAwaited = true;
      noticed();
    });
  }

  /**
   * Send what was collected, and wait until everything given so far has been taken by the system.
   *
   * @throws As {@linkcode StreamWriter.write}, with the error of an earlier write that nobody awaited too.
   */
  flush(options?: WaitOptions): Promise<void> {
    if (!hasWait(options)) return this.#output.flush();
    try {
      checkWait(options);
    } catch (error) {
      return safe(Promise.reject(error));
    }
    return this.#within(this.#output.flush(), options);
  }

  #writeWithin(
    data: Uint8Array | string,
    options: WaitOptions,
  ): Promise<void> {
    try {
      checkWait(options);
    } catch (error) {
      return this.#output.refuse(error);
    }
    return this.#within(this.#output.send(data), options);
  }

  #within(sending: Promise<void>, options: WaitOptions): Promise<void> {
    return passOn(sending, (quiet) => this.#waitFor(quiet, options));
  }

  /** Wait for a write; one that is given up leaves the writer broken, for its bytes are on their way. */
  async #waitFor(sending: Promise<void>, options: WaitOptions): Promise<void> {
    let settled = false;
    const done = sending.finally(() => settled = true);
    try {
      await waitFor(done, "write", options);
    } catch (error) {
      if (!settled) this.#output.fail(error);
      throw error;
    }
  }
}

function lineFault(text: unknown, ending: unknown): TypeError | undefined {
  if (typeof text !== "string") {
    return new TypeError(`Cannot write line: needs text, not ${quote(text)}`);
  }
  if (ending === "\n" || ending === "\r\n") return undefined;
  return new TypeError(
    `Cannot write line with ending ${quote(ending)}: must be "\\n" or "\\r\\n"`,
  );
}
