/**
 * One end of a datagram exchange, over UDP or a Unix socket. `listenDatagram` makes them. Receiving is
 * datagram_inbox.ts.
 *
 * @module
 */
import { isIPv4, tryParseAddress } from "../address/ip_address.ts";
import { printAs } from "../address/print_as.ts";
import { quote } from "../stream/quote.ts";
import {
  checkWait,
  hasWait,
  waitFor,
  type WaitOptions,
} from "../stream/wait.ts";
import { addrText } from "./addr_text.ts";
import type { DatagramAddr, DatagramEndpoint } from "./datagram_endpoint.ts";
import { closedError, type Datagram, DatagramInbox } from "./datagram_inbox.ts";
import { connectTarget } from "./datagram_peer.ts";
import {
  checkBytes,
  checkTarget,
  type DatagramTarget,
  named,
} from "./datagram_target.ts";
import { withCode } from "./error_code.ts";
import { LeavableIterator } from "./leavable_iterator.ts";

/** Make one, for `listenDatagram`; not part of the public surface. */
export let makeDatagramSocket: <A extends DatagramAddr>(
  endpoint: DatagramEndpoint<A>,
) => DatagramSocket<A>;

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
  readonly #inbox: DatagramInbox<A>;
  #closing: Promise<void> | undefined;
  #dropped = 0;

  static {
    makeDatagramSocket = (endpoint) => new DatagramSocket(endpoint);
  }

  /** Made by `listenDatagram`. */
  private constructor(endpoint: DatagramEndpoint<A>) {
    this.#endpoint = endpoint;
    this.#inbox = new DatagramInbox(endpoint);
    this.addr = endpoint.addr;
    endpoint.conn.watchDrops?.(() => this.#dropped++);
  }

  /** The peer of {@linkcode connect}, if any. */
  get remoteAddr(): A | undefined {
    return this.#inbox.peer;
  }

  /**
   * How many datagrams were dropped because nobody received them in time. Always 0 with
   * `--unstable-net`: there the system's queue holds them, and does not tell.
   */
  get dropped(): number {
    return this.#dropped;
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
    return this.#inbox.receive(options);
  }

  /**
   * Send one datagram. Await it before the next where their order counts: Deno turns others around.
   *
   * @param data The bytes, at most 65 507 over IPv4. No text: encode it first.
   * @param to The receiver. May be left out only after {@linkcode connect}.
   * @param options `timeout` and `signal`; the datagram may still leave after either. Until then a Unix socket,
   *   whose receiver's queue is full, sends and receives nothing else.
   * @returns How many bytes were sent: all of them.
   * @throws {TypeError} If `data` is not bytes, `to` is no address, or there is no receiver.
   * @throws {Error} With code `EMSGSIZE` if the datagram is too long; the socket goes on.
   * @throws {LookupError} If the receiver is a name that has no address.
   * @throws {Deno.errors.NotCapable} If the receiver is not covered by `--allow-net`.
   * @throws {Deno.errors.Busy} On a Unix socket, while a receive is outstanding.
   * @throws {Deno.errors.BadResource} If the socket is closed.
   */
  send(
    data: Uint8Array,
    to?: DatagramTarget<A>,
    options?: WaitOptions,
  ): Promise<number> {
    try {
      checkWait(options);
      checkBytes(data);
      const target = this.#target(to);
      if (this.#inbox.isClosed) throw closedError("send datagram");
      const sending = this.#endpoint.conn.send(data, target);
      const sent = target.transport === "udp"
        ? named(target, sending)
        : sending;
      return hasWait(options) ? waitFor(sent, "send datagram", options) : sent;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #target(to: DatagramTarget<A> | undefined): DatagramAddr {
    if (to !== undefined) return checkTarget(this.addr.transport, to);
    if (this.#inbox.peer !== undefined) return this.#inbox.peer;
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
   * @param addr The peer: a literal address and port (the unspecified one means this host), `"localhost"`, or
   *   a path, spelt as the peer has bound it.
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
    if (this.#inbox.isClosed) throw closedError("connect datagram socket");
    this.#inbox.connect(connectTarget(this.addr, addr) as A);
  }

  /**
   * Join an IPv4 multicast group: datagrams sent to it arrive here too.
   *
   * @param address The group, in 224.0.0.0/4.
   * @param networkInterface The address of the interface to join on; `"0.0.0.0"`, the default, lets the system choose.
   * @returns What leaves the group again, and sets loopback and TTL.
   * @throws {TypeError} If the group is not a multicast address, or the interface no address.
   * @throws {Error} With the system's code, such as `ENODEV`, if it cannot be joined there.
   * @throws {Deno.errors.BadResource} If the socket is closed.
   */
  async joinMulticastV4(
    address: string,
    networkInterface = "0.0.0.0",
  ): Promise<Deno.MulticastV4Membership> {
    this.#checkJoin(address, 4);
    if (!isIPv4(networkInterface)) {
      throw new TypeError(
        `Cannot join ${address} on ${
          quote(networkInterface)
        }: must be an IPv4 address of this host`,
      );
    }
    const { conn } = this.#endpoint;
    return await joined(conn.joinMulticastV4(address, networkInterface));
  }

  /**
   * Join an IPv6 multicast group.
   *
   * @param address The group, in ff00::/8.
   * @param networkInterface The index of the interface; 0, the default, lets the system choose.
   * @returns What leaves the group again, and sets loopback.
   * @throws {TypeError} If the group is not a multicast address, or the index no number.
   * @throws {RangeError} If the index is negative or a fraction.
   * @throws {Error} With the system's code, such as `ENODEV`, if it cannot be joined there.
   * @throws {Deno.errors.NotSupported} If an index is given and the flag `--unstable-net` is missing.
   * @throws {Deno.errors.BadResource} If the socket is closed.
   */
  async joinMulticastV6(
    address: string,
    networkInterface = 0,
  ): Promise<Deno.MulticastV6Membership> {
    this.#checkJoin(address, 6);
    checkIndex(address, networkInterface);
    const { conn } = this.#endpoint;
    return await joined(conn.joinMulticastV6(address, networkInterface));
  }

  #checkJoin(group: unknown, version: 4 | 6): void {
    const address = typeof group === "string"
      ? tryParseAddress(group)
      : undefined;
    if (address?.version !== version || !address.isMulticast) {
      const kind = `an IPv${version} multicast address`;
      throw new TypeError(`Cannot join ${quote(group)}: must be ${kind}`);
    }
    if (this.#inbox.isClosed) throw closedError("join a multicast group");
  }

  /** Keep the process alive while a receive is outstanding, without `--unstable-net` while it is open; the default. */
  ref(): void {
    if (!this.#inbox.isClosed) this.#endpoint.conn.ref();
  }

  /**
   * Let the process end although a receive is outstanding.
   *
   * Without effect on a Unix socket: Deno keeps the process alive while a receive is outstanding there.
   */
  unref(): void {
    if (!this.#inbox.isClosed) this.#endpoint.conn.unref();
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
    const closing = this.#endpoint.conn.close();
    await Promise.all([closing, this.#inbox.close()]);
  }

  /** Close at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Every datagram until the socket closes. Leaving the loop early closes nothing and loses nothing. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Datagram<A>> {
    return new LeavableIterator(async (options) => {
      try {
        return await this.receive(options);
      } catch (error) {
        if (this.#inbox.isClosed) return undefined;
        throw error;
      }
    });
  }
}

function checkIndex(group: string, index: unknown): void {
  const fault = `Cannot join ${quote(group)} on interface ${quote(index)}`;
  if (typeof index !== "number") {
    throw new TypeError(`${fault}: must be the number of one`);
  }
  // What Deno's and the system's side can hold.
  if (Number.isInteger(index) && index >= 0 && index <= 0x7fffffff) return;
  throw new RangeError(`${fault}: must be a whole number from 0`);
}

async function joined<T>(joining: Promise<T>): Promise<T> {
  try {
    return await joining;
  } catch (error) {
    throw await withCode(error);
  }
}

printAs(DatagramSocket, ({ addr }) => addrText(addr));
