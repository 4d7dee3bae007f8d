/**
 * Receiving for a datagram socket. It owns the one receive that Deno is asked for at a time, so that a
 * caller who stops waiting loses nothing, and filters by peer.
 *
 * @module
 */
import { LimitExceededError } from "../errors.ts";
import { armWait, hasWait, type WaitOptions } from "../stream/wait.ts";
import {
  type DatagramAddr,
  type DatagramEndpoint,
  isTransientReceiveError,
  ownBytes,
  peerAddr,
  receiveBuffer,
} from "./datagram_endpoint.ts";
import { isSamePeer } from "./datagram_peer.ts";
import { interrupted } from "./system_errors.ts";

/** One datagram and who sent it. */
export interface Datagram<A extends DatagramAddr = Deno.NetAddr> {
  /** The bytes; they belong to the caller and are not used again. */
  data: Uint8Array<ArrayBuffer>;
  /** The sender. `send(data, from)` answers it. */
  from: A;
}

/** Somebody who waits in `receive`. */
interface Waiter<A extends DatagramAddr> {
  resolve(datagram: Datagram<A>): void;
  reject(error: unknown): void;
}

/** What stands for the read of the fast path, which nobody needs to wait for. */
const NO_WAIT: Promise<void> = Promise.resolve();

/** What a receive gave after the caller who wanted it had stopped waiting. */
type Late<A extends DatagramAddr> = { datagram: Datagram<A> } | {
  error: unknown;
  /** Who sent what was too long. */
  from?: A;
};

/** The receiving side of one socket. */
export class DatagramInbox<A extends DatagramAddr> {
  readonly #endpoint: DatagramEndpoint<A>;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  readonly #waiters: Waiter<A>[] = [];
  /** At most one: no receive is begun while nobody waits. */
  #late: Late<A> | undefined;
  #reading: Promise<void> | undefined;
  /** The last receive of the fast path. */
  #quick: Promise<Datagram<A>> | undefined;
  #peer: A | undefined;
  #closed = false;

  constructor(endpoint: DatagramEndpoint<A>) {
    this.#endpoint = endpoint;
  }

  /** The only sender who is listened to, if any. */
  get peer(): A | undefined {
    return this.#peer;
  }

  /** Whether it was closed. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** See `DatagramSocket.receive`. */
  receive(options?: WaitOptions): Promise<Datagram<A>> {
    if (options === undefined && this.#isQuiet) {
      return this.#quick = this.#receiveNow();
    }
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closedError("receive datagram");
      const waiter: Waiter<A> = { resolve, reject };
      if (hasWait(options)) this.#arm(waiter, options);
      const late = this.#late;
      if (late !== undefined && this.#waiters.length === 0) {
        this.#late = undefined;
        settle(waiter, late);
        return;
      }
      this.#waiters.push(waiter);
      this.#reading ??= this.#read();
    });
  }

  /** Whether nothing is outstanding, kept or to be filtered: then a plain receive needs no queue. */
  get #isQuiet(): boolean {
    return this.#reading === undefined && this.#late === undefined &&
      this.#peer === undefined && !this.#closed;
  }

  /** The fast path: no waiter, no timer, no frame; two promises less per datagram. */
  #receiveNow(): Promise<Datagram<A>> {
    const { conn, limit } = this.#endpoint;
    this.#reading = NO_WAIT;
    return conn.receive(this.#buffer ??= receiveBuffer(limit))
      .then(this.#onReceived, this.#onFailed);
  }

  readonly #onReceived = (
    received: [Uint8Array<ArrayBuffer>, Deno.Addr],
  ): Datagram<A> | Promise<Datagram<A>> => {
    const bytes = received[0];
    const { conn, zone, limit } = this.#endpoint;
    // Whoever began to wait meanwhile reads into the same buffer: take what is in it first.
    const data = ownBytes(bytes, conn);
    const from = peerAddr<A>(received[1], zone);
    if (this.#peer !== undefined && !isSamePeer(this.#peer, from)) {
      // Connected meanwhile, and it was somebody else's.
      return this.#waitOn();
    }
    this.#endQuick();
    if (bytes.length > limit) throw truncatedError(limit);
    return { data, from };
  };

  readonly #onFailed = (error: unknown): Promise<Datagram<A>> => {
    if (!this.#closed && isTransientReceiveError(error)) return this.#waitOn();
    this.#endQuick();
    throw this.#closed ? interruptedError() : error;
  };

  #endQuick(): void {
    this.#reading = this.#waiters.length > 0 ? this.#read() : undefined;
  }

  /** Whoever has waited longest is still the first. */
  #waitOn(): Promise<Datagram<A>> {
    if (this.#closed) return Promise.reject(interruptedError());
    return new Promise((resolve, reject) => {
      this.#waiters.unshift({ resolve, reject });
      this.#reading = this.#read();
    });
  }

  /** Let the waiter leave the queue when its time is up. */
  #arm(waiter: Waiter<A>, options: WaitOptions): void {
    const { resolve, reject } = waiter;
    const disarm = armWait("receive datagram", options, (reason) => {
      const at = this.#waiters.indexOf(waiter);
      if (at >= 0) this.#waiters.splice(at, 1);
      reject(reason);
    });
    waiter.resolve = (datagram) => {
      disarm();
      resolve(datagram);
    };
    waiter.reject = (error) => {
      disarm();
      reject(error);
    };
  }

  /** Receive as long as somebody waits; keep what comes when nobody does any more. */
  async #read(): Promise<void> {
    const { conn, zone, limit } = this.#endpoint;
    const buffer = this.#buffer ??= receiveBuffer(limit);
    while (this.#waiters.length > 0) {
      let result: Late<A>;
      try {
        const [bytes, sender] = await conn.receive(buffer);
        const from = peerAddr<A>(sender, zone);
        if (this.#peer !== undefined && !isSamePeer(this.#peer, from)) continue;
        result = bytes.length > limit
          ? { error: truncatedError(limit), from }
          : { datagram: { data: ownBytes(bytes, conn), from } };
      } catch (error) {
        if (this.#closed) break;
        if (isTransientReceiveError(error)) continue;
        result = { error };
      }
      const waiter = this.#waiters.shift();
      if (waiter === undefined) this.#late = result;
      else settle(waiter, result);
    }
    this.#reading = undefined;
  }

  /** Listen to that sender only, also where somebody else's datagram has come already. */
  connect(peer: A): void {
    this.#peer = peer;
    const late = this.#late;
    if (late === undefined) return;
    const from = "datagram" in late ? late.datagram.from : late.from;
    if (from !== undefined && !isSamePeer(peer, from)) this.#late = undefined;
  }

  /** Reject those who wait; resolves when Deno has given the receive back, so close the socket first. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#late = undefined;
    const error = interruptedError();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    await Promise.all([this.#reading, this.#quick?.catch(() => {})]);
  }
}

function settle<A extends DatagramAddr>(
  waiter: Waiter<A>,
  late: Late<A>,
): void {
  if ("datagram" in late) waiter.resolve(late.datagram);
  else waiter.reject(late.error);
}

function truncatedError(limit: number): LimitExceededError {
  return new LimitExceededError(
    `Cannot receive datagram: longer than ${limit} bytes`,
    { limit, actual: limit + 1 },
  );
}

function interruptedError(): Error {
  return interrupted("Cannot receive datagram: the socket was closed");
}

/** What every operation on a closed socket rejects with. */
export function closedError(action: string): Error {
  return new Deno.errors.BadResource(
    `Cannot ${action}: the socket is closed`,
  );
}
