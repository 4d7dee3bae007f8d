/**
 * One UDP peer as its handler sees it: what it sends, in order of arrival, and a way to answer. The
 * service of datagram_sessions.ts makes one per peer.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import { addrText } from "../socket/addr_text.ts";
import type { DatagramAddr } from "../socket/datagram_endpoint.ts";
import {
  type DatagramCore,
  type PeerBalance,
  withHeaders,
} from "./datagram_core.ts";

/** Why a session ended. */
export type SessionCloseReason =
  /** Its handler ended. */
  | "done"
  /** Its handler threw. */
  | "error"
  /** Nothing came for `sessionTimeout`. */
  | "idle-timeout"
  /** There were `maxSessions`, another peer came, and of all that had been heard only once this was the oldest. */
  | "evicted"
  /** Its handler ended after the server had begun to shut down. */
  | "drained"
  /** The server closed, or the deadline of its shutdown passed. */
  | "cut";

/** The datagrams of one peer, until it falls silent. */
export interface DatagramSession<A extends DatagramAddr = Deno.NetAddr> {
  /** The peer. That is a claim, not a fact: it may be forged. */
  readonly remoteAddr: A;
  /** Aborts when the session ends for want of datagrams, makes room for another peer's, or the server is cut. */
  readonly signal: AbortSignal;
  /** How many datagrams of this peer were dropped because its queue was full. */
  readonly dropped: number;
  /**
   * Send a datagram to the peer.
   *
   * @throws {LimitExceededError} If all that was sent would be more than `maxAmplification` times what came.
   * @throws {TypeError} If the data is neither bytes nor text.
   * @throws The signal's reason, if it has aborted.
   */
  send(data: Uint8Array | string): Promise<void>;
  /** End the iteration, after what is queued; what the handler leaves unread, and what comes after, begins the peer's next session once it has ended. */
  close(): void;
  /** What comes, until the session ends; leaving the loop early closes and loses nothing. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
}

type Result = IteratorResult<Uint8Array<ArrayBuffer>, undefined>;

const DONE: Result = { done: true, value: undefined };

/** The implementation; only the service makes one. */
export class PeerSession<A extends DatagramAddr> implements DatagramSession<A> {
  readonly remoteAddr: A;
  /** When the last datagram came, as `performance.now()`. */
  lastSeen: number = performance.now();
  /** Why it ends, once that is known. */
  reason: SessionCloseReason | undefined;
  readonly #core: DatagramCore<A>;
  readonly #balance: PeerBalance<A>;
  readonly #queue: Uint8Array<ArrayBuffer>[];
  readonly #waiters: ((result: Result) => void)[] = [];
  /** Made when somebody asks for the signal: most handlers never do. */
  #controller: AbortController | undefined;
  /** Makes the reason that the signal has, or would have, aborted with. */
  #abortReason: (() => unknown) | undefined;
  #dropped = 0;
  #hasRead = false;
  /** How many more may be read: once it is closed, what was queued by then. */
  #readable = Infinity;

  /** @param balance What has gone to and fro with the peer, the queued datagrams included. */
  constructor(
    core: DatagramCore<A>,
    balance: PeerBalance<A>,
    queue: Uint8Array<ArrayBuffer>[] = [],
  ) {
    this.#core = core;
    this.remoteAddr = balance.remoteAddr;
    this.#balance = balance;
    this.#queue = queue;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.isAborted) this.#controller.abort(this.#abortReason!());
    }
    return this.#controller.signal;
  }

  /** Whether its signal has aborted. */
  get isAborted(): boolean {
    return this.#abortReason !== undefined;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Add a datagram. */
  push(data: Uint8Array<ArrayBuffer>): void {
    this.lastSeen = performance.now();
    // What is dropped has been received all the same.
    this.#balance.received += withHeaders(data.length);
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      this.#hasRead = true;
      return waiter({ done: false, value: data });
    }
    if (this.#queue.length >= this.#core.settings.sessionQueue) {
      this.#dropped++;
      this.#core.drop(this.remoteAddr, "session-queue");
      return;
    }
    this.#queue.push(data);
  }

  send(data: Uint8Array | string): Promise<void> {
    const sent = this.#send(data);
    sent.catch(() => {});
    return sent;
  }

  async #send(data: Uint8Array | string): Promise<void> {
    const bytes = this.#core.bytesOf(data);
    if (this.isAborted) throw this.signal.reason;
    this.#core.checkAmplification(bytes, this.#balance);
    await this.#core.send(bytes, this.remoteAddr);
  }

  close(): void {
    this.#readable = Math.min(this.#readable, this.#queue.length);
    for (const waiter of this.#waiters.splice(0)) waiter(DONE);
  }

  /**
   * The peer's next session, where the handler that has ended left something unread. The balance goes on:
   * what came is counted already, and must not be answered twice over. None, if the handler never read: the next
   * one would not either, and so on for ever.
   */
  successor(): PeerSession<A> | undefined {
    if (!this.#hasRead || this.#queue.length === 0) return undefined;
    return new PeerSession(this.#core, this.#balance, this.#queue.splice(0));
  }

  /** Its handler has ended and no session follows: what nobody has read counts as dropped. */
  discard(): void {
    for (const _data of this.#queue.splice(0)) {
      this.#core.drop(this.remoteAddr, "unread");
    }
  }

  /**
   * End it at once, or for want of datagrams.
   *
   * @param makeError Makes the signal's reason; called when somebody wants to know.
   */
  abort(closeReason: SessionCloseReason, makeError: () => unknown): void {
    this.reason ??= closeReason;
    this.close();
    if (this.isAborted) return;
    this.#abortReason = makeError;
    this.#controller?.abort(makeError());
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const mine: ((result: Result) => void)[] = [];
    let isLeft = false;
    return {
      next: () => isLeft ? Promise.resolve(DONE) : this.#next(mine),
      return: () => {
        isLeft = true;
        this.#leave(mine);
        return Promise.resolve(DONE);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Let those who wait have nothing, so that what comes later is for others. */
  #leave(waiters: ((result: Result) => void)[]): void {
    for (const waiter of [...waiters]) {
      const at = this.#waiters.indexOf(waiter);
      if (at >= 0) this.#waiters.splice(at, 1);
      waiter(DONE);
    }
  }

  /** @param mine The waiters of one iteration. */
  #next(mine: ((result: Result) => void)[]): Promise<Result> {
    if (this.#readable === 0) return Promise.resolve(DONE);
    const data = this.#queue.shift();
    if (data === undefined) {
      return new Promise((resolve) => {
        const waiter = (result: Result) => {
          mine.splice(mine.indexOf(waiter), 1);
          resolve(result);
        };
        mine.push(waiter);
        this.#waiters.push(waiter);
      });
    }
    this.#hasRead = true;
    this.#readable--;
    return Promise.resolve({ done: false, value: data });
  }
}

printAs<PeerSession<DatagramAddr>>(
  { name: "DatagramSession", prototype: PeerSession.prototype },
  ({ remoteAddr }) => addrText(remoteAddr),
);
