/**
 * What the server knows and does about one connection: how it is told to drain, how it is cut, how
 * it ends. The handler sees a Connection; the server holds this.
 *
 * @module
 */
import type { FailureObserver } from "../stream/failure_observer.ts";
import type { Input } from "../stream/input.ts";
import type { Output } from "../stream/output.ts";
import {
  type StreamObserver,
  StreamSocket,
  transportOf,
} from "../socket/stream_socket.ts";
import { badResource } from "../socket/system_errors.ts";
import { LONGEST_TIMER, timeoutError } from "../stream/wait.ts";
import { isEcho } from "./error_echo.ts";
import { linger } from "./linger.ts";
import { passedTimeout } from "./timeout_watch.ts";

/**
 * Why a connection ended.
 *
 * | reason | the connection ended because |
 * |---|---|
 * | `done` | its handler ended |
 * | `drained` | its handler ended after it had been told to drain |
 * | `error` | its handler threw |
 * | `limit` | the peer sent a longer line or message than allowed, and the handler did not care |
 * | `handshake` | `startTls()` failed, or took longer than allowed |
 * | `peer-gone` | the peer reset it, or could not be written to |
 * | `idle-timeout` `message-timeout` `write-timeout` `deadline` | that time-out passed |
 * | `aborted` | its handler called `abort()` |
 * | `cut` | the server closed, or the deadline of its shutdown passed |
 */
export type CloseReason =
  | "done"
  | "drained"
  | "error"
  | "limit"
  | "handshake"
  | "peer-gone"
  | "idle-timeout"
  | "message-timeout"
  | "write-timeout"
  | "deadline"
  | "aborted"
  | "cut";

/** Where a connection is in its life: each state only leads to a later one. */
export type ConnectionState = "open" | "draining" | "closing" | "closed";

/** The server's settings that a connection lives by; one object for all, replaced as a whole. */
export interface ConnectionSettings {
  /** For the handshake of `startTls()`, in ms. */
  readonly handshakeTimeout: number;
  /** No inbound byte while a read waits, in ms. */
  readonly idleTimeout: number;
  /** From first byte to complete message, in ms. */
  readonly messageTimeout: number;
  /** No write has completed in that time, in ms. */
  readonly writeTimeout: number;
  /** At that age, in ms, it is told to drain. */
  readonly maxConnectionAge: number;
  /** How long a bare read may wait during a drain, in ms. */
  readonly drainIdleTimeout: number;
  /** How long input is discarded after the last reply, in ms. */
  readonly lingerTimeout: number;
}

/** The time-out that must be looked at most often; Infinity if there is none. */
export function shortestTimeout(settings: ConnectionSettings): number {
  return Math.min(
    settings.handshakeTimeout,
    settings.idleTimeout,
    settings.messageTimeout,
    settings.writeTimeout,
    settings.maxConnectionAge,
    settings.lingerTimeout || Infinity,
  );
}

/** The server's side of one connection. */
export class ConnectionControl implements StreamObserver, FailureObserver {
  readonly socket: StreamSocket;
  /** When it was accepted, in whole ms of `performance.now()`: a small integer needs no box. */
  readonly openedAt: number;
  /** The server's settings, with what the handler has set for itself. */
  settings: ConnectionSettings;
  input: Input | undefined;
  output: Output | undefined;
  /** Why it ends: the first reason counts. */
  reason: CloseReason | undefined;
  /** What the last flush failed with. */
  flushError: unknown;
  #own: Partial<ConnectionSettings> | undefined;
  /** Deadlines that the handler has set and not disposed. */
  #deadlines: Set<ReturnType<typeof setTimeout>> | undefined;
  #state: ConnectionState = "open";
  #drainReason: unknown;
  #cutReason: { error: unknown } | undefined;
  #abort: AbortController | undefined;
  #drainAbort: AbortController | undefined;
  #ending: Promise<void> | undefined;
  #lingers = false;
  #lingerUntil = Infinity;

  constructor(
    socket: StreamSocket,
    settings: ConnectionSettings,
    since: number = Math.trunc(performance.now()),
  ) {
    this.socket = socket;
    this.settings = settings;
    this.openedAt = since;
  }

  /** Take over new settings of the server; what the handler has set stays. */
  setSettings(settings: ConnectionSettings): void {
    this.settings = { ...settings, ...this.#own };
  }

  /** Set time-outs for this connection only. */
  override(own: Partial<ConnectionSettings>): void {
    this.#own = { ...this.#own, ...own };
    this.settings = { ...this.settings, ...own };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether it has been closed, though it may linger. */
  get #isClosed(): boolean {
    return this.#state === "closed" || this.#state === "closing";
  }

  get draining(): boolean {
    return this.#drainReason !== undefined;
  }

  /** Aborts when the connection is cut. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#cutReason) this.#abort.abort(this.#cutReason.error);
    }
    return this.#abort.signal;
  }

  /** Aborts when the connection is told to drain. */
  get drainSignal(): AbortSignal {
    if (this.#drainAbort === undefined) {
      this.#drainAbort = new AbortController();
      if (this.draining) this.#drainAbort.abort(this.#drainReason);
    }
    return this.#drainAbort.signal;
  }

  inputMade(input: Input): void {
    this.input = input;
    input.observer = this;
    if (this.#isClosed) input.shut(badResource);
    if (this.draining) {
      input.drain(this.#drainReason, this.settings.drainIdleTimeout);
    }
  }

  outputMade(output: Output): void {
    this.output = output;
    output.observer = this;
    if (this.#isClosed) output.shut(badResource);
  }

  /**
   * Tell the handler to finish what it is doing and leave; one that has closed its connection may
   * still be at work.
   */
  drain(reason: unknown): void {
    if (this.draining) return;
    this.#drainReason = reason;
    this.#drainAbort?.abort(reason);
    if (this.#state !== "open") return;
    this.#state = "draining";
    this.input?.drain(reason, this.settings.drainIdleTimeout);
  }

  /**
   * Reading or writing has failed. A method, not a closure that inputMade() makes: with that V8 15
   * kept the young generation's dead connections up to the next full collection (5 MB for each 2000
   * of them, 20 ms a scavenge).
   */
  peerGone(error: unknown): void {
    if (this.#state === "closed" || this.#cutReason !== undefined) return;
    // All was said: how the peer leaves does not matter any more.
    if (this.#lingers) return;
    if (error === this.#drainReason) return;
    this.reason ??= "peer-gone";
    this.#cutReason = { error };
    this.#abort?.abort(error);
  }

  /**
   * Cut the connection: whatever waits on it rejects with `error`. The handler's `signal` aborts
   * even if the connection has been closed in good order: the handler may still be at work.
   */
  cut(reason: CloseReason, error: unknown): void {
    if (this.#cutReason === undefined) {
      this.#cutReason = { error };
      this.#abort?.abort(error);
    }
    if (this.#state === "closed") return;
    this.reason ??= reason;
    this.#closed();
    StreamSocket.prototype.abort.call(this.socket, error);
  }

  /** Cut after so many milliseconds; returns what calls that off. */
  setDeadline(ms: number): () => void {
    if (ms > LONGEST_TIMER || this.#state === "closed") return () => {};
    const timer = setTimeout(() => {
      this.#deadlines?.delete(timer);
      this.cut("deadline", timeoutError("handle the request", ms));
    }, ms);
    (this.#deadlines ??= new Set()).add(timer);
    return () => {
      clearTimeout(timer);
      this.#deadlines?.delete(timer);
    };
  }

  /** Whether the handler's error is only the echo of what ended the connection. */
  isOrdinary(error: unknown): boolean {
    const { input, output } = this;
    const causes: unknown[] = [
      this.#cutReason?.error,
      this.#drainReason,
      input?.failure,
      input?.poison,
      output?.failure,
    ].filter((cause) => cause !== undefined);
    return isEcho(error, causes, this.#isClosed);
  }

  /**
   * End the connection in good order: everything written leaves, the peer gets its end of stream,
   * and input that is still coming is discarded for a while, for closing with unread input would
   * reset the connection and destroy the reply in flight. Resolves when the writes have left;
   * `socket.closed` when all is done.
   */
  end(): Promise<void> {
    return this.#ending ??= this.#mayCloseNow()
      ? this.#closeNow()
      : this.#end();
  }

  /** Others need the place: close now. */
  stopLingering(): void {
    this.#close();
  }

  /**
   * Look whether a time-out has passed, and act on it. Called by the server's sweep.
   *
   * @param now `performance.now()` in whole ms
   */
  check(now: number): void {
    if (this.#lingers) {
      if (now >= this.#lingerUntil) this.#close();
      return;
    }
    const { settings, input, output } = this;
    const passed = passedTimeout(now, settings, input, output);
    if (passed !== undefined) this.cut(passed.reason, passed.error);
    else if (
      !this.draining && now - this.openedAt >= settings.maxConnectionAge
    ) {
      this.drain(new DOMException("The connection is too old", "AbortError"));
    }
  }

  /** The ordinary end: the client has closed its side, and everything written has left. */
  #mayCloseNow(): boolean {
    const { input, output } = this;
    return input?.eof === true && this.#state !== "closed" &&
      (output === undefined ||
        (!output.writing && !output.barred && output.buffered === 0));
  }

  #closeNow(): Promise<void> {
    this.input?.shut(badResource);
    this.#close();
    return ENDED;
  }

  async #end(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closing";
    this.input?.shut(badResource);
    this.output?.shut(badResource);
    try {
      await this.output?.flush();
    } catch (error) {
      this.flushError = error;
      // Where something was only refused, what was taken before has left.
      if (this.output?.failed) return this.#close();
    }
    const { input } = this;
    const { lingerTimeout } = this.settings;
    // After an end of stream nothing is unread; before a finished handshake nothing can be said.
    if (input?.eof || input?.broken || lingerTimeout === 0) {
      return this.#close();
    }
    this.#lingers = true;
    this.#lingerUntil = performance.now() + lingerTimeout;
    this.#disarm();
    linger(this.socket, transportOf(this.socket), input).finally(() =>
      this.#close()
    );
  }

  #close(): void {
    this.#closed();
    // Nothing is left to flush, so this gives the descriptor back at once.
    StreamSocket.prototype.close.call(this.socket);
  }

  #closed(): void {
    this.#state = "closed";
    this.#disarm();
  }

  #disarm(): void {
    this.#deadlines?.forEach((timer) => clearTimeout(timer));
    this.#deadlines = undefined;
  }
}

/** What `end()` gives where nothing had to leave any more. */
export const ENDED: Promise<void> = Promise.resolve();
