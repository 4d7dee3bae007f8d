/**
 * The output side of a stream: its sink, the bytes that have not left yet, and the one write that
 * is in progress. StreamWriter's methods stand on it; the server watches its marks for time-outs.
 *
 * Only this file calls `sink.write`. It decides when bytes leave: at once, or, while the reader of
 * the same stream still holds input (a batch of pipelined requests), together with others.
 *
 * @module
 */
import { LimitExceededError } from "../errors.ts";
import type { FailureObserver } from "./failure_observer.ts";
import { flushNextTurn } from "./turn_flush.ts";
import { quote } from "./wait.ts";
import {
  type Data,
  LARGEST_COPY,
  type Piece,
  pieceOf,
  recycle,
  WriteBuffer,
} from "./write_buffer.ts";

/** Anything that bytes can be written to: a `Deno.Conn`, a file, one's own object. */
export interface WriteSink {
  /** Write some of `data`; resolves to how many bytes. It may not keep `data`, which is used again. */
  write(data: Uint8Array): Promise<number>;
}

/** More collected bytes than this are sent, even if more input is buffered. */
const LARGEST_BATCH = 65_536;

const DONE: Promise<void> = Promise.resolve();
const NO_PIECE: Piece = { bytes: new Uint8Array(0), array: undefined };
const NO_PIECES: readonly Piece[] = [];
const nothing = () => {};

/** A promise that may be left alone: its rejection reaches whoever awaits it, nobody else. */
export function safe<T>(promise: Promise<T>): Promise<T> {
  promise.catch(nothing);
  return promise;
}

/** One stream's output. */
export class Output {
  /** The input of the same stream: while some is buffered, small writes are collected. */
  input: { readonly length: number } | undefined;
  /** Told once when a write fails: the peer is gone. */
  observer: FailureObserver | undefined;
  /** Bytes that the system has taken. */
  bytesWritten = 0;
  /** Counts the begin and the end of every system call: odd while one is outstanding. */
  writes = 0;

  /** Where it writes to; changed only by an upgrade to TLS, while no write is in progress. */
  sink: WriteSink;

  readonly #maxBuffer: number;
  /** Made when first needed: one who only sends one thing after the other has nothing to queue. */
  #queue: WriteBuffer | undefined;
  #writing = false;
  /** The piece that is being sent, how much of it has been, and the pieces after it. */
  #piece: Piece = NO_PIECE;
  #sent = 0;
  #rest: readonly Piece[] = NO_PIECES;
  /** The write in progress, and what resolves when the bytes queued behind it are sent. */
  #current: Promise<void> = DONE;
  #next: PromiseWithResolvers<void> | undefined;
  #failed = false;
  #error: unknown;
  #listed = false;
  #owing = false;

  constructor(sink: WriteSink, maxBuffer: number) {
    this.sink = sink;
    this.#maxBuffer = maxBuffer;
  }

  /** How many bytes have been accepted and not yet been given to the system. */
  get buffered(): number {
    return this.#queue === undefined ? 0 : this.#queue.length;
  }

  /** What every write rejects with, if one has failed. */
  get failure(): unknown {
    return this.#error;
  }

  /** Whether bytes are not sent yet although the promise of their write has resolved. */
  get owing(): boolean {
    return this.#owing;
  }

  /** Whether a write is in progress. */
  get writing(): boolean {
    return this.#writing;
  }

  /** Send all of `data`, behind everything that was given before. */
  send(data: Data): Promise<void> {
    if (this.#failed) return safe(Promise.reject(this.#error));
    if (!isData(data)) return safe(Promise.reject(dataError(data)));
    if (data.length === 0) return this.#writing ? this.flush() : DONE;
    if (this.#writing) {
      const error = this.#refusal(data);
      if (error !== undefined) return safe(Promise.reject(error));
      this.#append(data);
      return (this.#next ??= newBatch()).promise;
    }
    if (this.#mayCollect(data)) {
      this.#collect(data);
      return DONE;
    }
    if (this.#isEmpty) return this.#start(pieceOf(data), NO_PIECES);
    this.#append(data);
    return this.#flush();
  }

  /** Like {@linkcode send} for one who will not wait: false if it was not taken. */
  trySend(data: Data): boolean {
    if (!isData(data)) throw dataError(data);
    if (this.#failed) return false;
    if (data.length === 0) return true;
    if (!this.#writing && this.#mayCollect(data)) {
      this.#collect(data);
      return true;
    }
    if (this.#writing && this.#refusal(data) !== undefined) return false;
    this.#append(data);
    this.#owing = true;
    if (!this.#writing) this.#flush();
    return true;
  }

  /** Send what is held back; resolves when everything given so far has been sent. */
  flush(): Promise<void> {
    if (this.#failed) return safe(Promise.reject(this.#error));
    if (!this.#writing) return this.#flush();
    if (this.#isEmpty) return this.#current;
    return (this.#next ??= newBatch()).promise;
  }

  /** Send what was collected: reading is about to wait. */
  beforeWait(): void {
    if (!this.#writing && !this.#isEmpty) this.#flush();
  }

  /** Send what was collected: a turn of the event loop has passed. */
  flushTurn(): void {
    this.#listed = false;
    this.beforeWait();
  }

  /** Reject everything from now on, and what waits. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#owing = false;
    this.#queue?.takeAll().forEach(recycle);
    this.#next?.reject(error);
    this.#next = undefined;
    this.observer?.peerGone(error);
  }

  #refusal(data: Data): LimitExceededError | undefined {
    const { length } = data;
    const least = this.#queue === undefined ? 0 : this.#queue.least;
    // A UTF-16 unit takes one to three bytes: far from the limit nobody needs to count exactly.
    if (least * 3 + length <= this.#maxBuffer) return undefined;
    const actual = this.buffered + length;
    if (actual <= this.#maxBuffer) return undefined;
    return new LimitExceededError(
      `Cannot write: ${actual} bytes wait behind a write in progress, the limit is ${this.#maxBuffer}`,
      { limit: this.#maxBuffer, actual },
    );
  }

  get #isEmpty(): boolean {
    return this.#queue === undefined || this.#queue.least === 0;
  }

  #append(data: Data): void {
    (this.#queue ??= new WriteBuffer()).append(data);
  }

  #mayCollect(data: Data): boolean {
    return this.input !== undefined && this.input.length > 0 &&
      data.length <= LARGEST_COPY &&
      (this.#queue === undefined || this.#queue.least < LARGEST_BATCH);
  }

  #collect(data: Data): void {
    this.#append(data);
    this.#owing = true;
    if (this.#listed) return;
    this.#listed = true;
    flushNextTurn(this);
  }

  #flush(): Promise<void> {
    if (this.#isEmpty) return DONE;
    const pieces = this.#queue!.takeAll();
    const rest = pieces.length === 1 ? NO_PIECES : pieces.slice(1);
    return this.#start(pieces[0]!, rest);
  }

  /**
   * Send a piece, and others after it. Nearly always there is one and the system takes all of it:
   * then this one promise is all that a write costs. It needs no handler of its own unless it is
   * going to be rejected; see {@linkcode Output.#abandon}.
   */
  #start(piece: Piece, rest: readonly Piece[]): Promise<void> {
    this.#writing = true;
    this.#piece = piece;
    this.#rest = rest;
    this.#sent = 0;
    return this.#current = this.#write(piece.bytes)
      .then(this.#onWritten, this.#onError);
  }

  #write(bytes: Uint8Array): Promise<number> {
    this.writes++;
    try {
      return this.sink.write(bytes);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  readonly #onWritten = (count: number): void | Promise<void> => {
    if (!this.#took(count)) return this.#onPart();
    recycle(this.#piece);
    if (this.#rest.length > 0) return this.#onPart();
    this.#end();
  };

  /** Count what the sink took; whether that was the rest of the piece. */
  #took(count: number): boolean {
    this.writes++;
    const left = this.#piece.bytes.length - this.#sent;
    if (!(count > 0 && count <= left)) this.#abandon(countError(count));
    this.bytesWritten += count;
    // Given up meanwhile: the caller may change the rest, so it may not be sent any more.
    if (this.#failed) this.#abandon(this.#error);
    this.#sent += count;
    return count === left;
  }

  /** More is left to send than one system call took. */
  async #onPart(): Promise<void> {
    // What is awaited below may fail when this is all that the caller's promise waits for.
    safe(this.#current);
    for (const piece of [this.#piece, ...this.#rest]) {
      if (piece !== this.#piece) {
        this.#piece = piece;
        this.#sent = 0;
      }
      while (this.#sent < piece.bytes.length) {
        let count = 0;
        try {
          count = await this.#write(piece.bytes.subarray(this.#sent));
        } catch (error) {
          this.#onError(error);
        }
        if (this.#took(count)) recycle(piece);
      }
    }
    this.#end();
  }

  readonly #onError = (error: unknown): never => {
    this.writes++;
    this.#abandon(error);
  };

  /** End the write in progress, whose promise is going to be rejected whether or not anybody awaits it. */
  #abandon(error: unknown): never {
    safe(this.#current);
    this.#piece = NO_PIECE;
    this.#rest = NO_PIECES;
    this.#writing = false;
    this.fail(error);
    throw this.#error;
  }

  #end(): void {
    this.#piece = NO_PIECE;
    this.#rest = NO_PIECES;
    this.#writing = false;
    this.#current = DONE;
    if (this.#isEmpty) this.#owing = false;
    else this.#startNext();
  }

  #startNext(): void {
    const next = this.#next;
    this.#next = undefined;
    const written = this.#flush();
    if (next !== undefined) written.then(next.resolve, next.reject);
  }
}

function isData(data: unknown): data is Data {
  return typeof data === "string" || data instanceof Uint8Array;
}

function dataError(data: unknown): TypeError {
  const reason = `needs text or bytes, not ${quote(data)}`;
  return new TypeError(`Cannot write: ${reason}`);
}

/** A sink that takes nothing would be asked for ever, without a turn of the event loop between. */
function countError(count: unknown): RangeError {
  const fault = `the sink says that it took ${count} bytes`;
  return new RangeError(`Cannot write: ${fault}`);
}

function newBatch(): PromiseWithResolvers<void> {
  const batch = Promise.withResolvers<void>();
  safe(batch.promise);
  return batch;
}
