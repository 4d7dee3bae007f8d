/**
 * One end of a datagram exchange, over UDP or a Unix socket. `listenDatagram` makes them. The socket
 * owns the one receive that Deno is asked for at a time, so that a caller who stops waiting loses
 * nothing.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import { LimitExceededError } from "../errors.ts";
import { armWait, hasWait, waitFor, type WaitOptions } from "../stream/wait.ts";
import { addrText } from "./addr_text.ts";
import {
  closeEndpoint,
  type DatagramAddr,
  type DatagramEndpoint,
  isTransientReceiveError,
  ownBytes,
  peerAddr,
  receiveBuffer,
} from "./datagram_endpoint.ts";
import { connectTarget, isSamePeer } from "./datagram_peer.ts";
import {
  checkBytes,
  checkTarget,
  type DatagramTarget,
} from "./datagram_target.ts";

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
};

/**
 * A socket for datagrams: each `send` is one message, each `receive` gives one whole message.
 *
 * UDP promises nothing: datagrams may be lost, doubled and overtake each other, and nobody hears
 * of a peer that is not there. What this class promises is that nothing is lost on this side of the
 * system's own queue: a `receive` that times out or is aborted leaves its datagram for the next one.
 *
 * @typeParam A What an address is: `Deno.NetAddr` for UDP, `Deno.UnixAddr` for Unix sockets.
 *
 * @example Question and answer
 * ```ts
 * import { listenDatagram } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using server = await listenDatagram({ port: 0 });
 * await using client = await listenDatagram({ port: 0 });
 *
 * await client.send(new TextEncoder().encode("ping"), server.addr);
 * const { data, from } = await server.receive({ timeout: 1000 });
 * await server.send(data, from);
 *
 * const reply = await client.receive({ timeout: 1000 });
 * assert.equal(new TextDecoder().decode(reply.data), "ping");
 * assert.deepEqual(reply.from, server.addr);
 * ```
 */
export class DatagramSocket<A extends DatagramAddr = Deno.NetAddr> {
  /** Where the socket is bound, with the real port. */
  readonly addr: A;
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
  #closing: Promise<void> | undefined;

  /** Made by `listenDatagram`. */
  constructor(endpoint: DatagramEndpoint<A>) {
    this.#endpoint = endpoint;
    this.addr = endpoint.addr;
  }

  /** The peer of {@linkcode connect}, if any. */
  get remoteAddr(): A | undefined {
    return this.#peer;
  }

  /**
   * How many datagrams were dropped because nobody received them in time. Always 0 with
   * `--unstable-net`: there the system's queue holds them, and does not tell.
   */
  get dropped(): number {
    return this.#endpoint.conn.dropped ?? 0;
  }

  /**
   * Receive the next datagram.
   *
   * Calls that wait at the same time are served in order.
   *
   * @param options `timeout` and `signal`. A datagram that comes after either goes to the next call.
   * @returns The datagram and its sender.
   * @throws {LimitExceededError} If the datagram was longer than the socket's `limit`, and so was cut; the socket goes on.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   * @throws {Deno.errors.Interrupted} If the socket is closed meanwhile.
   * @throws {Deno.errors.BadResource} If the socket was closed before.
   *
   * @example Nothing is lost by waiting too short
   * ```ts
   * import { listenDatagram } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * await using socket = await listenDatagram({ port: 0 });
   * await assert.rejects(socket.receive({ timeout: 1 }), { name: "TimeoutError" });
   * await socket.send(new Uint8Array([7]), socket.addr);
   * assert.deepEqual((await socket.receive()).data, new Uint8Array([7]));
   * ```
   */
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

  /** The fast path: no waiter, no timer; two promises less per datagram. */
  async #receiveNow(): Promise<Datagram<A>> {
    const { conn, zone, limit } = this.#endpoint;
    const buffer = this.#buffer ??= receiveBuffer(limit);
    this.#reading = NO_WAIT;
    try {
      const [bytes, sender] = await conn.receive(buffer);
      if (bytes.length > limit) throw truncatedError(limit);
      const from = peerAddr<A>(sender, zone);
      if (this.#peer === undefined || isSamePeer(this.#peer, from)) {
        return { data: ownBytes(bytes, buffer), from };
      }
    } catch (error) {
      if (this.#closed) throw interruptedError();
      if (!isTransientReceiveError(error)) throw error;
    } finally {
      this.#reading = this.#waiters.length > 0 ? this.#read() : undefined;
    }
    // Connected meanwhile, and it was somebody else's: wait on.
    return this.receive();
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
          ? { error: truncatedError(limit) }
          : { datagram: { data: ownBytes(bytes, buffer), from } };
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

  /**
   * Send one datagram.
   *
   * @param data The bytes, at most 65 507 over IPv4. No text: encode it first.
   * @param to The receiver. May be left out only after {@linkcode connect}.
   * @param options `timeout` and `signal`; the datagram may still leave after either.
   * @returns How many bytes were sent: all of them.
   * @throws {TypeError} If `data` is not bytes, `to` is no address, or there is no receiver.
   * @throws {Error} With code `EMSGSIZE` if the datagram is too long; the socket goes on.
   * @throws {Deno.errors.NotCapable} If the receiver is not covered by `--allow-net`.
   */
  send(
    data: Uint8Array,
    to?: DatagramTarget<A>,
    options?: WaitOptions,
  ): Promise<number> {
    try {
      checkBytes(data);
      const target = this.#target(to);
      if (this.#closed) throw closedError("send datagram");
      const sent = this.#endpoint.conn.send(data, target);
      if (hasWait(options)) return waitFor(sent, "send datagram", options);
      return target.transport === "udp" ? sent : sent.catch(explainBusy);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #target(to: DatagramTarget<A> | undefined): DatagramAddr {
    if (to !== undefined) return checkTarget(this.addr.transport, to);
    if (this.#peer !== undefined) return this.#peer;
    throw new TypeError(
      "Cannot send datagram: no receiver given and the socket is not connected",
    );
  }

  /**
   * Talk to one peer only: `send` needs no receiver any more, and what others send is discarded.
   *
   * No packet is sent. The filter stands here and not in the system, so errors that the network
   * reports about the peer (ICMP "port unreachable") are not seen.
   *
   * @param addr The peer: a literal address and port, `"localhost"`, or a path.
   * @throws {TypeError} If it is no such address.
   * @throws {RangeError} If the port is out of range.
   *
   * @example Without an address at each send
   * ```ts
   * import { listenDatagram } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * await using server = await listenDatagram({ port: 0 });
   * await using client = await listenDatagram({ port: 0 });
   * await assert.rejects(client.send(new Uint8Array(1)), TypeError);
   * client.connect(server.addr);
   * assert.equal(await client.send(new Uint8Array(3)), 3);
   * ```
   */
  connect(addr: DatagramTarget<A>): void {
    if (this.#closed) throw closedError("connect datagram socket");
    this.#peer = connectTarget(this.addr, addr) as A;
    // What came from somebody else before is not to be received any more.
    const late = this.#late;
    if (late === undefined || !("datagram" in late)) return;
    if (!isSamePeer(this.#peer, late.datagram.from)) this.#late = undefined;
  }

  /**
   * Join an IPv4 multicast group: datagrams sent to it arrive here too.
   *
   * @param address The group, in 224.0.0.0/4.
   * @param networkInterface The address of the interface to join on; `"0.0.0.0"`, the default, lets the system choose.
   * @returns What leaves the group again, and sets loopback and TTL.
   * @throws {TypeError} If the group is not a multicast address.
   */
  joinMulticastV4(
    address: string,
    networkInterface = "0.0.0.0",
  ): Promise<Deno.MulticastV4Membership> {
    return this.#endpoint.conn.joinMulticastV4(address, networkInterface);
  }

  /**
   * Join an IPv6 multicast group.
   *
   * @param address The group, in ff00::/8.
   * @param networkInterface The index of the interface; 0, the default, lets the system choose.
   * @returns What leaves the group again, and sets loopback.
   * @throws {Deno.errors.NotSupported} If an index is given and the flag `--unstable-net` is missing.
   */
  joinMulticastV6(
    address: string,
    networkInterface = 0,
  ): Promise<Deno.MulticastV6Membership> {
    return this.#endpoint.conn.joinMulticastV6(address, networkInterface);
  }

  /** Keep the process alive while a receive is outstanding; the default. */
  ref(): void {
    if (!this.#closed) this.#endpoint.conn.ref();
  }

  /** Let the process end although a receive is outstanding. */
  unref(): void {
    if (!this.#closed) this.#endpoint.conn.unref();
  }

  /**
   * Close the socket, and remove its file if it is a Unix socket and the file is still its own.
   *
   * Receives that wait reject with Interrupted. A second call does nothing.
   *
   * @returns A promise for the moment when the port is free again.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#late = undefined;
    const closing = closeEndpoint(this.#endpoint);
    const error = interruptedError();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    await Promise.all([closing, this.#reading, this.#quick?.catch(() => {})]);
  }

  /** Close at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Every datagram until the socket closes. Leaving the loop early closes nothing and loses nothing. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Datagram<A>, void, void> {
    while (!this.#closed) {
      let datagram: Datagram<A>;
      try {
        datagram = await this.receive();
      } catch (error) {
        if (this.#closed) return;
        throw error;
      }
      yield datagram;
    }
  }
}

printAs(DatagramSocket, ({ addr }) => addrText(addr));

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
  return new Deno.errors.Interrupted(
    "Cannot receive datagram: the socket was closed",
  );
}

/** Deno's "Busy" on a Unix socket says nothing that a caller could act on. */
function explainBusy(error: unknown): never {
  if (!(error instanceof Deno.errors.Busy)) throw error;
  throw new Deno.errors.Busy(
    "Cannot send datagram: a receive is outstanding on this Unix socket, perhaps one that timed out; receive first, or send from a socket of its own",
    { cause: error },
  );
}

function closedError(action: string): Error {
  return new Deno.errors.BadResource(
    `Cannot ${action}: the socket is closed`,
  );
}
