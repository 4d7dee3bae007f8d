/**
 * The output side of a stream: its sink, the bytes that have not left yet, and the one write that
 * is in progress. StreamWriter's methods stand on it; the server watches its mark for time-outs.
 *
 * Only this file calls `sink.write`. It decides when bytes leave: at once, or, while the reader of
 * the same stream still holds input (a batch of pipelined requests), together with others.
 *
 * @module
 */
import { LimitExceededError } from "../errors.ts";
import type { FailureObserver } from "./failure_observer.ts";
import { Refusal } from "./refusal.ts";
import { send, type Sender, type Sending } from "./sending.ts";
import { flushNextTurn } from "./turn_flush.ts";
import { quote } from "./quote.ts";
import { safe } from "./wait.ts";
import {
  type Data,
  encodeText,
  LARGEST_COPY,
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
const encoder = new TextEncoder();

/** One stream's output. */
export class Output implements Sender {
  /** The input of the same stream: while some is buffered, small writes are collected. */
  input: { readonly length: number } | undefined;
  /** Told once when a write fails: the peer is gone. */
  observer: FailureObserver | undefined;
  /** Bytes that the system has taken. */
  bytesWritten = 0;
  /** Since when, as the time-outs' looks know, one system call has not ended, in ms; 0 if they do not. */
  writeSeen = 0;

  /** Where it writes to; changed only by an upgrade to TLS, while no write is in progress. */
  sink: WriteSink;

  readonly #maxBuffer: number;
  /** Made when first needed: one who only sends one thing after the other has nothing to queue. */
  #queue: WriteBuffer | undefined;
  /** The write in progress, and what resolves when the bytes queued behind it are sent. */
  #sending: Sending | undefined;
  #next: PromiseWithResolvers<void> | undefined;
  #failed = false;
  #error: unknown;
  /** Whether nothing new is taken: it has failed, it was shut, or a refusal is unnoticed. */
  #barred = false;
  /** Makes what is told then: hardly anybody asks, and an error costs microseconds. */
  #shut: (() => unknown) | undefined;
  /** What was refused, and nobody has noticed yet. */
  #unnoticed: { error: unknown } | undefined;
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

  /** Whether nothing new is taken. */
  get barred(): boolean {
    return this.#barred;
  }

  /** Whether a write has failed. */
  get failed(): boolean {
    return this.#failed;
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
    return this.#sending !== undefined;
  }

  /** Send all of `data`, behind everything that was given before. */
  send(data: Data): Promise<void> {
    if (this.#barred) return this.#turnAway();
    if (!isData(data)) return this.refuse(dataError(data));
    if (data.length === 0) return this.writing ? this.flush() : DONE;
    if (this.writing) {
      const error = this.#overflow(data);
      if (error !== undefined) return this.refuse(error);
      this.#append(data);
      return (this.#next ??= newBatch()).promise;
    }
    if (this.#mayCollect(data)) {
      this.#collect(data);
      return DONE;
    }
    if (this.#isEmpty) {
      return this.#sendAlone(data).done;
    }
    this.#append(data);
    return this.#flush();
  }

  #sendAlone(data: Data): Sending {
    if (typeof data !== "string") return this.#sending = send(this, data);
    const { bytes, array } = encodeText(data);
    return this.#sending = send(this, bytes, array);
  }

  /** Like {@linkcode send} for one who will not wait: false if it was not taken. */
  trySend(data: Data): boolean {
    if (!isData(data)) throw dataError(data);
    if (this.#barred) return false;
    if (data.length === 0) return true;
    if (!this.writing && this.#mayCollect(data)) {
      this.#collect(data);
      return true;
    }
    if (this.writing && this.#overflow(data) !== undefined) return false;
    this.#append(data);
    this.#owing = true;
    if (!this.writing) this.#flush();
    return true;
  }

  /** Send what is held back; resolves when everything given so far has been sent. */
  flush(): Promise<void> {
    if (this.#failed) return safe(Promise.reject(this.#error));
    const unnoticed = this.#unnoticed;
    if (unnoticed === undefined) return this.#flushed();
    // What was taken before leaves all the same.
    const told = this.#flushed().then(() => {
      throw unnoticed.error;
    });
    return Refusal.from(told, this.leaveUnnoticed(unnoticed.error));
  }

  #flushed(): Promise<void> {
    if (this.#sending === undefined) return this.#flush();
    if (this.#isEmpty) return this.#sending.done;
    return (this.#next ??= newBatch()).promise;
  }

  /** Send what was collected: reading is about to wait. */
  beforeWait(): void {
    if (!this.writing && !this.#isEmpty) this.#flush();
  }

  /** Send what was collected: a turn of the event loop has passed. */
  flushTurn(): void {
    this.#listed = false;
    this.beforeWait();
  }

  /** Reject everything from now on, and what waits. */
  fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = this.#barred = true;
    this.#error = error;
    this.#owing = false;
    this.#queue?.takeAll().forEach(({ array }) => recycle(array));
    this.#next?.reject(error);
    this.#next = undefined;
    this.observer?.peerGone(error);
  }

  /**
   * Take nothing new from now on; what was taken is still sent.
   *
   * @param makeError Makes what writes reject with then.
   */
  shut(makeError: () => unknown): void {
    this.#shut ??= makeError;
    this.#barred = true;
  }

  /**
   * Refuse this write and all later ones until somebody has noticed: a caller who awaits nothing learns
   * of it at the next write, and the peer never gets a stream with a hole.
   */
  refuse(error: unknown): Promise<never> {
    return Refusal.from(Promise.reject(error), this.leaveUnnoticed(error));
  }

  /** Take nothing new until somebody has noticed this error; gives what to call then. */
  leaveUnnoticed(error: unknown): () => void {
    const unnoticed = this.#unnoticed = { error };
    this.#barred = true;
    return () => {
      // An older one that is noticed late says nothing of this.
      if (this.#unnoticed !== unnoticed) return;
      this.#unnoticed = undefined;
      this.#barred = this.#failed || this.#shut !== undefined;
    };
  }

  #turnAway(): Promise<never> {
    if (this.#failed) return safe(Promise.reject(this.#error));
    if (this.#unnoticed !== undefined) {
      return this.refuse(this.#unnoticed.error);
    }
    return safe(Promise.reject(this.#shut!()));
  }

  #overflow(data: Data): LimitExceededError | undefined {
    const least = this.#queue === undefined ? 0 : this.#queue.least;
    // A UTF-16 unit takes one to three bytes: far from the limit nobody needs to count exactly.
    const most = typeof data === "string" ? data.length * 3 : data.length;
    if (least * 3 + most <= this.#maxBuffer) return undefined;
    const actual = this.buffered +
      (typeof data === "string" ? encoder.encode(data).length : data.length);
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
    const { bytes, array } = pieces[0]!;
    const rest = pieces.length === 1 ? undefined : pieces.slice(1);
    return (this.#sending = send(this, bytes, array, rest)).done;
  }

  /** For the write in progress: call the system. */
  issue(bytes: Uint8Array): Promise<number> {
    this.writeSeen = 0;
    try {
      return this.sink.write(bytes);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** For the write in progress: the system has taken so much. */
  took(count: number): void {
    this.writeSeen = 0;
    this.bytesWritten += count;
  }

  /** For the write in progress: it has ended well. */
  sent(): void {
    this.#sending = undefined;
    if (this.#isEmpty) this.#owing = false;
    else this.#startNext();
  }

  /** For the write in progress: it has failed, and with it everything. */
  unsent(error: unknown): void {
    this.#sending = undefined;
    this.fail(error);
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

function newBatch(): PromiseWithResolvers<void> {
  const batch = Promise.withResolvers<void>();
  safe(batch.promise);
  return batch;
}
