/**
 * The input side of a stream: the bytes that arrived, and the one operation that waits for more.
 * StreamReader's methods are loops over it; the server watches its marks for time-outs.
 *
 * A caller who stops waiting leaves the read outstanding (outstanding_read.ts), and what it brings
 * waits in the buffer for the next caller: that is why no byte is ever lost.
 *
 * @module
 */
import type { LimitExceededError } from "../errors.ts";
import { DrainWatch } from "./drain_watch.ts";
import type { FailureObserver } from "./failure_observer.ts";
import { OutstandingRead } from "./outstanding_read.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { armWait, hasWait, safe, type WaitOptions } from "./wait.ts";

const nothing = () => {};

/** One function for every promise, instead of one for each. */
let captured: ((result: unknown) => void) | undefined;
function capture(resolve: (result: never) => void): void {
  captured = resolve as (result: unknown) => void;
}

/** One stream's input. */
export class Input extends OutstandingRead {
  /** What arrived and is not taken yet. */
  readonly buffer: ReadBuffer = new ReadBuffer();
  /** Told once when the source fails: the peer is gone. */
  observer: FailureObserver | undefined;
  /** Set once a limit was exceeded: every read rejects with it until somebody resynchronises. */
  poison: LimitExceededError | undefined;
  /** As `waitSeen`: since when a message that has begun is not complete. */
  messageSeen = 0;
  /** Whether `lines()` or `messages()` waits for (the rest of) a message. */
  inMessages = false;
  /** Whether a request begun with `waitForInput` is being read: it does not notice a drain. */
  inRequest = false;
  /** Whether a drain has ended the iteration of messages. */
  drained = false;

  #busy = false;
  #disarm: () => void = nothing;
  /** What the operation that waits asks after each event; see {@linkcode Input.run}. */
  #attempt: ((input: Input) => unknown) | undefined;
  #endOfMessages: () => unknown = nothing;
  /** Settles what the operation that waits was given. */
  #resolve: ((result: unknown) => void) | undefined;
  /** Whether the outstanding read goes into a caller's array. */
  #direct = false;
  #failed = false;
  #error: unknown;
  #drain: DrainWatch | undefined;
  /** Makes what every operation rejects with once nobody may read any more. */
  #shut: (() => unknown) | undefined;

  /** What every read rejects with, if the source has failed. */
  get failure(): unknown {
    return this.#error;
  }

  /** Whether an operation could begin now. */
  get ready(): boolean {
    return !this.#busy && this.poison === undefined &&
      this.#shut === undefined;
  }

  /** Whether somebody waits for input. */
  get waiting(): boolean {
    return this.#resolve !== undefined;
  }

  /**
   * Run one operation: ask `attempt` until it has a result, waiting for more input in between. One
   * operation at a time: two at once would each get pieces of the other's bytes.
   *
   * This is the hot path of every read, so it is no async function: `attempt` is asked as soon as
   * bytes have arrived, and one promise takes its result to the caller (300 ns a read less).
   *
   * @throws {TypeError} If another operation waits.
   * @throws {LimitExceededError} If the stream is poisoned.
   */
  run<T>(
    action: string,
    options: WaitOptions | undefined,
    attempt: (input: Input) => T | undefined,
  ): Promise<T> {
    return this.#refused(action, options) ?? this.#ask(attempt);
  }

  /**
   * Run one operation that reads a whole message. Where no message has begun a drain ends it, as the
   * end of the stream does (`attempt` gives `null`): then it resolves to what `end` says.
   */
  runMessages<T>(
    action: string,
    options: WaitOptions | undefined,
    attempt: (input: Input) => T | null | undefined,
    end: () => T,
  ): Promise<T> {
    const refused = this.#refused(action, options);
    if (refused !== undefined) return refused;
    this.inMessages = true;
    this.#endOfMessages = end;
    return this.#ask(attempt as (input: Input) => T | undefined);
  }

  /**
   * Run the one operation that may go on where a message was refused: it lifts the poison when it has
   * found the next one, and not before.
   */
  resynchronise<T>(
    options: WaitOptions | undefined,
    attempt: (input: Input) => T | undefined,
  ): Promise<T> {
    return this.#unready("skip", options) ?? this.#ask(attempt);
  }

  /** Let whoever waits with this attempt have a result now; the outstanding read goes on. */
  leave(attempt: (input: Input) => unknown, result: unknown): void {
    if (this.#attempt === attempt) this.#resolveWait(result);
  }

  /**
   * Wait for the first byte of a request: true when it is there, false at end of stream or when a
   * drain began and nothing is there. What the request reads next does not notice the drain.
   */
  waitForInput(options: WaitOptions | undefined): Promise<boolean> {
    return this.runMessages("wait for input", options, beginRequest, refuse);
  }

  /**
   * Read what there is into the caller's array: straight, if he waits without time-out and signal
   * (late bytes would appear there) while nothing is buffered and nothing outstanding.
   */
  readInto(
    target: Uint8Array,
    options: WaitOptions | undefined,
  ): Promise<number | null> {
    const { buffer } = this;
    const straight = !hasWait(options) && this.ready && !this.#failed &&
      !this.eof && !this.reading && buffer.length === 0;
    if (straight) return this.#readStraight(target);
    return this.run("read", options, () => {
      if (buffer.length > 0) return buffer.takeInto(target);
      return this.eof ? null : undefined;
    });
  }

  /**
   * Give up whoever waits, with a rejection, and wait until the outstanding read has ended: for one
   * who reads on without this input. A drain watches over nobody any more.
   */
  async retire(reason: unknown): Promise<void> {
    this.#drain?.stop();
    this.#drain = undefined;
    this.interrupt(reason);
    await this.readOver();
  }

  /**
   * End the wait of whoever waits, with a rejection. The outstanding read goes on and what it brings
   * is kept; but if it goes into the caller's array, which is his again from now on, what it brings
   * is lost, so that no read may follow: then this is {@linkcode fail}.
   */
  interrupt(reason: unknown): void {
    if (this.#direct) this.fail(reason);
    else this.#rejectWait(reason);
  }

  /**
   * Let no operation begin any more; one that waits goes on.
   *
   * @param makeError Makes what they reject with.
   */
  shut(makeError: () => unknown): void {
    this.#shut = makeError;
  }

  /** Let every read from now on reject, once what is buffered is taken. */
  override fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.observer?.peerGone(error);
    this.#rejectWait(error);
  }

  /**
   * Begin to drain. A reader of messages ends at the next point where nothing is buffered and
   * nothing can be in the kernel any more; any other reader is rejected with `reason` when it has
   * waited `idleTimeout` without a byte since now.
   */
  drain(reason: unknown, idleTimeout: number): void {
    this.#drain?.stop();
    this.#drain = new DrainWatch(this, { reason, idleTimeout });
    this.#drain.watch();
  }

  /** End a reader of messages who waits with nothing buffered, as at the end of the stream. */
  endMessages(): void {
    this.drained = true;
    if (this.waiting) this.#proceed();
  }

  /** What an operation rejects with that may not begin. */
  #refused(
    action: string,
    options: WaitOptions | undefined,
  ): Promise<never> | undefined {
    return this.poison === undefined
      ? this.#unready(action, options)
      : Promise.reject(this.poison);
  }

  #unready(
    action: string,
    options: WaitOptions | undefined,
  ): Promise<never> | undefined {
    if (this.#shut !== undefined) return Promise.reject(this.#shut());
    if (this.#busy) {
      const reason = "another read of this stream is waiting";
      return Promise.reject(new TypeError(`Cannot ${action}: ${reason}`));
    }
    return hasWait(options) ? this.#arm(action, options) : undefined;
  }

  /** Apart, since a function that makes a closure costs a context with each call. */
  #arm(action: string, options: WaitOptions): Promise<never> | undefined {
    const expire = (reason: unknown) => this.interrupt(reason);
    try {
      this.#disarm = armWait(action, options, expire);
      return undefined;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #ask<T>(attempt: (input: Input) => T | undefined): Promise<T> {
    const promise = this.#wait<T>();
    this.#attempt = attempt;
    this.#proceed();
    return promise;
  }

  #readStraight(target: Uint8Array): Promise<number | null> {
    const promise = this.#wait<number | null>();
    this.#direct = true;
    this.read(target);
    this.#drain?.watch();
    return promise;
  }

  /** Begin to wait: what the caller gets, and what settles it. */
  #wait<T>(): Promise<T> {
    this.#busy = true;
    const promise = new Promise<T>(capture);
    this.#resolve = captured;
    captured = undefined;
    return promise;
  }

  /** Something has happened: whoever waits may be done now, or needs more input. */
  #proceed(): void {
    let result: unknown;
    try {
      result = this.#attempt!(this);
    } catch (error) {
      this.#rejectWait(error);
      return;
    }
    if (this.inMessages) result = this.#message(result);
    if (result !== undefined) this.#resolveWait(result);
    else if (this.#failed) this.#rejectWait(this.#error);
    else {
      if (this.reading) this.output?.beforeWait();
      else this.read(this.buffer.room());
      this.#drain?.watch();
    }
  }

  #message(result: unknown): unknown {
    const ended = result === null ||
      (result === undefined && this.drained && this.buffer.length === 0);
    if (ended) return this.#endOfMessages();
    if (result !== undefined) this.messageSeen = 0;
    return result;
  }

  protected override received(count: number | null): void {
    if (this.#direct) {
      this.#direct = false;
      this.#resolveWait(count);
    } else {
      this.buffer.commit(count ?? 0);
      if (this.#attempt !== undefined) this.#proceed();
    }
  }

  #resolveWait(result: unknown): void {
    const resolve = this.#resolve;
    this.#release();
    resolve?.(result);
  }

  /** By a promise that is rejected: a function for it would cost every idle connection 64 bytes. */
  #rejectWait(reason: unknown): void {
    if (this.waiting) this.#resolveWait(safe(Promise.reject(reason)));
  }

  /** The operation is over. */
  #release(): void {
    this.#busy = false;
    this.inMessages = false;
    this.#attempt = undefined;
    this.#resolve = undefined;
    this.#drain?.stop();
    if (this.#disarm !== nothing) {
      this.#disarm();
      this.#disarm = nothing;
    }
  }
}

/** Whether a request has begun; `null` at end of stream. */
function beginRequest(input: Input): true | null | undefined {
  input.inRequest = input.buffer.length > 0;
  if (input.inRequest) return true;
  return input.eof ? null : undefined;
}

function refuse(): boolean {
  return false;
}
