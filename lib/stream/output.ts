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
import { flushNextTurn } from "./turn_flush.ts";
import { quote } from "./wait.ts";
import {
  type Data,
  LARGEST_COPY,
  recycle,
  WriteBuffer,
} from "./write_buffer.ts";

/** Anything that bytes can be written to: a `Deno.Conn`, a file, one's own object. */
export interface WriteSink {
  /** Write some of `data`; resolves to how many bytes. */
  write(data: Uint8Array): Promise<number>;
}

/** More collected bytes than this are sent, even if more input is buffered. */
const LARGEST_BATCH = 65_536;

const DONE: Promise<void> = Promise.resolve();
const nothing = () => {};

/** A promise that may be left alone: its rejection reaches whoever awaits it, nobody else. */
function safe(promise: Promise<void>): Promise<void> {
  promise.catch(nothing);
  return promise;
}

/** One stream's output. */
export class Output {
  /** The input of the same stream: while some is buffered, small writes are collected. */
  input: { readonly length: number } | undefined;
  /** Told once when a write fails: the peer is gone. */
  onFail: ((error: unknown) => void) | undefined;
  /** Bytes that the system has taken. */
  bytesWritten = 0;
  /** Counts the begin and the end of every system call: odd while one is outstanding. */
  writes = 0;

  /** Where it writes to; changed only by an upgrade to TLS, while no write is in progress. */
  sink: WriteSink;

  readonly #maxBuffer: number;
  readonly #queue = new WriteBuffer();
  /** The write in progress, and what resolves when the bytes queued behind it are sent. */
  #current: Promise<void> | undefined;
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
    return this.#queue.length;
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
    return this.#current !== undefined;
  }

  /** Send all of `data`, behind everything that was given before. */
  send(data: Data): Promise<void> {
    if (this.#failed) return safe(Promise.reject(this.#error));
    if (typeof data !== "string" && !(data instanceof Uint8Array)) {
      const reason = `needs text or bytes, not ${quote(data)}`;
      return safe(Promise.reject(new TypeError(`Cannot write: ${reason}`)));
    }
    if (this.#current !== undefined) {
      const error = this.#refusal(data);
      if (error !== undefined) return safe(Promise.reject(error));
      this.#queue.append(data);
      return (this.#next ??= newBatch()).promise;
    }
    if (this.#mayCollect(data)) {
      this.#collect(data);
      return DONE;
    }
    if (this.#queue.length === 0 && typeof data !== "string") {
      return data.length === 0 ? DONE : this.#start(data);
    }
    this.#queue.append(data);
    return this.#flush();
  }

  /** Like {@linkcode send} for one who will not wait: false if it was not taken. */
  trySend(data: Data): boolean {
    if (this.#failed) return false;
    if (this.#current !== undefined) {
      if (this.#refusal(data) !== undefined) return false;
      this.#queue.append(data);
    } else if (this.#mayCollect(data)) this.#collect(data);
    else {
      this.#queue.append(data);
      this.#flush();
    }
    return true;
  }

  /** Send what is held back; resolves when everything given so far has been sent. */
  flush(): Promise<void> {
    if (this.#failed) return safe(Promise.reject(this.#error));
    if (this.#current === undefined) return this.#flush();
    if (this.#queue.length === 0) return this.#current;
    return (this.#next ??= newBatch()).promise;
  }

  /** Send what was collected: reading is about to wait. */
  beforeWait(): void {
    if (this.#current === undefined && this.#queue.length > 0) this.#flush();
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
    this.#queue.takeAll().forEach(recycle);
    this.#next?.reject(error);
    this.#next = undefined;
    this.onFail?.(error);
  }

  #refusal(data: Data): LimitExceededError | undefined {
    // For text this counts UTF-16 units, of which each is at least one byte.
    const actual = this.#queue.length + data.length;
    if (actual <= this.#maxBuffer) return undefined;
    return new LimitExceededError(
      `Cannot write: ${actual} bytes wait behind a write in progress, the limit is ${this.#maxBuffer}`,
      { limit: this.#maxBuffer, actual },
    );
  }

  #mayCollect(data: Data): boolean {
    return this.input !== undefined && this.input.length > 0 &&
      data.length <= LARGEST_COPY && this.#queue.length < LARGEST_BATCH;
  }

  #collect(data: Data): void {
    this.#queue.append(data);
    this.#owing = true;
    if (this.#listed) return;
    this.#listed = true;
    flushNextTurn(this);
  }

  #flush(): Promise<void> {
    const pieces = this.#queue.takeAll();
    const first = pieces.shift();
    return first === undefined ? DONE : this.#start(first, pieces);
  }

  #start(first: Uint8Array, rest?: Uint8Array[]): Promise<void> {
    return this.#current = safe(this.#write(first, rest));
  }

  async #write(first: Uint8Array, rest?: Uint8Array[]): Promise<void> {
    try {
      for (let piece: Uint8Array | undefined = first; piece !== undefined;) {
        for (let sent = 0; sent < piece.length;) {
          this.writes++;
          const count = await this.sink.write(
            sent === 0 ? piece : piece.subarray(sent),
          );
          this.writes++;
          this.bytesWritten += count;
          sent += count;
        }
        if (rest === undefined) break;
        recycle(piece);
        piece = rest.shift();
      }
    } catch (error) {
      this.#current = undefined;
      this.fail(error);
      throw error;
    }
    this.#current = undefined;
    if (this.#queue.length === 0) this.#owing = false;
    else if (!this.#failed) this.#startNext();
  }

  #startNext(): void {
    const next = this.#next;
    this.#next = undefined;
    const written = this.#flush();
    if (next !== undefined) written.then(next.resolve, next.reject);
  }
}

function newBatch(): PromiseWithResolvers<void> {
  const batch = Promise.withResolvers<void>();
  safe(batch.promise);
  return batch;
}
