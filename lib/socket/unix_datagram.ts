/**
 * A Unix datagram socket that behaves as the others do, though Deno's does only one thing at a time: sends
 * take turns, one that hangs is given up, and the file goes with the socket. open_datagram.ts opens one.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";
import { safe, waitFor } from "../stream/wait.ts";
import type { BoundUnix } from "./bind_unix.ts";
import type { DatagramConn } from "./datagram_endpoint.ts";
import { interrupted } from "./system_errors.ts";

/** How {@linkcode UnixDatagram} goes on when a send hangs. */
interface UnixDatagramOptions {
  /** Binds another socket to the same name. */
  rebind: () => BoundUnix<Deno.DatagramConn>;
  /** How long a send may wait for a receiver whose queue is full, in milliseconds, or Infinity. */
  sendTimeout: number;
}

/**
 * The socket.
 *
 * A send waits while its receiver's queue is full. Deno can neither take it back, not even by closing
 * the socket, nor receive meanwhile. So when its time is up, the socket is left to the send, and another
 * one takes over the name; what the old one had queued is lost. Until a receiver has taken what hangs, or has
 * gone, nothing more is sent to it: each receiver costs one socket, and the time once.
 *
 * An abstract name is free again only then; until that, receiving fails with AddrInUse.
 */
export class UnixDatagram implements DatagramConn {
  readonly addr: Deno.Addr;
  readonly #options: UnixDatagramOptions;
  readonly #closing = new AbortController();
  /** None while the name waits to be bound again. */
  #bound: BoundUnix<Deno.DatagramConn> | undefined;
  /** Ends with the send that Deno is busy with. */
  #turn: Promise<void> | undefined;
  /** The receivers for whom a send hangs that was given up. */
  readonly #stuck: Set<string> = new Set();

  constructor(
    bound: BoundUnix<Deno.DatagramConn>,
    options: UnixDatagramOptions,
  ) {
    this.addr = { transport: "unixpacket", path: bound.name.path };
    this.#bound = bound;
    this.#options = options;
  }

  async receive(
    buffer: Uint8Array<ArrayBuffer>,
  ): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    while (this.#turn !== undefined) await this.#turn;
    const [bytes, from] = await this.#socket.receive(buffer);
    return [bytes as Uint8Array<ArrayBuffer>, from];
  }

  async send(data: Uint8Array, to: Deno.Addr): Promise<number> {
    while (this.#turn !== undefined) await this.#turn;
    const path = (to as Deno.UnixAddr).path!;
    if (this.#stuck.has(path)) throw stuckError(path);
    const { promise, resolve: endTurn } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      return await this.#send(data, to, path);
    } finally {
      this.#turn = undefined;
      endTurn();
    }
  }

  async #send(
    data: Uint8Array,
    to: Deno.Addr,
    path: string,
  ): Promise<number> {
    let isPending = true;
    const sending = safe(
      this.#socket.send(data, to).finally(() => isPending = false),
    );
    try {
      return await waitFor(sending, "send datagram", {
        timeout: this.#options.sendTimeout,
        signal: this.#closing.signal,
      });
    } catch (error) {
      if (error instanceof Deno.errors.Busy) throw busyError(error);
      if (isPending) this.#abandon(sending, path);
      throw error;
    }
  }

  /** Leave the socket to the send that hangs. */
  #abandon(sending: Promise<unknown>, path: string): void {
    this.#stuck.add(path);
    const free = () => this.#stuck.delete(path);
    sending.then(free, free);
    if (this.#closing.signal.aborted) return;
    this.#release();
    try {
      this.#bound = this.#options.rebind();
    } catch {
      // The next operation tries again, and tells.
    }
  }

  /** The socket, of the same name as ever. */
  get #socket(): Deno.DatagramConn {
    this.#closing.signal.throwIfAborted();
    this.#bound ??= this.#options.rebind();
    return this.#bound.socket;
  }

  close(): void {
    this.#closing.abort(interrupted("Cannot use datagram socket: closed"));
    this.#release();
  }

  #release(): void {
    const bound = this.#bound;
    this.#bound = undefined;
    bound?.name.remove();
    bound?.socket.close();
  }

  /** Nothing to do: Deno keeps the process alive for a receive on a Unix socket in any case. */
  ref(): void {}

  /** As {@linkcode ref}. */
  unref(): void {}

  joinMulticastV4(): Promise<never> {
    return Promise.reject(noGroups());
  }

  joinMulticastV6(): Promise<never> {
    return Promise.reject(noGroups());
  }
}

/** Deno's "Busy" says nothing that a caller could act on. */
function busyError(cause: unknown): Error {
  return new Deno.errors.Busy(
    "Cannot send datagram: a receive is outstanding on this Unix socket, one that timed out or a server's for its next request; receive first, or send from another socket",
    { cause },
  );
}

function stuckError(path: string): Error {
  return new Deno.errors.WouldBlock(
    `Cannot send to path ${
      quote(path)
    }: it has not yet taken an earlier datagram`,
  );
}

function noGroups(): Error {
  return new TypeError("Cannot join a group: the socket is a Unix socket");
}
