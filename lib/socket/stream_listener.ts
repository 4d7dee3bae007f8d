/**
 * StreamListener: a bound and listening stream socket, of any transport. `listen` makes them; the
 * server's accept loop stands on them as well.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import {
  armWait,
  checkWait,
  hasWait,
  type WaitOptions,
} from "../stream/wait.ts";
import { AcceptLoop } from "./accept_loop.ts";
import { addrText } from "./addr_text.ts";
import { LeavableIterator } from "./leavable_iterator.ts";
import { StreamSocket } from "./stream_socket.ts";
import { listenerClosed } from "./system_errors.ts";
import type { Transport } from "./transport.ts";

/** Anything that gives connected sockets: a listener, or one of your own for tests. */
export interface StreamAcceptor {
  /** The next connection. Rejects when the acceptor is closed. */
  accept(options?: WaitOptions): Promise<StreamSocket>;
  /** Where it listens. */
  readonly addr: Deno.Addr;
  /** Stop listening. */
  close(): void;
}

/** What a listener stands on: Deno's listener of any transport. */
export interface ListenerBase {
  /** The next connection. */
  accept(): Promise<Deno.Conn>;
  /** Stop listening. */
  close(): void;
  /** Keep the process alive. */
  ref?(): void;
  /** Let the process end. */
  unref?(): void;
}

/** How a listener makes its sockets and cleans up. */
export interface ListenerSetup<A extends Deno.Addr> {
  /** Where it listens, as its user shall see it. */
  addr: A;
  /** Make the transport of an accepted connection. */
  transport: (conn: Deno.Conn) => Transport;
  /** Called right before the descriptor is closed, to remove a socket file. */
  beforeClose?: (() => void) | undefined;
}

/** Accept as a transport, for the server; not part of the public surface. */
export let acceptTransport: (
  listener: StreamListener,
) => Promise<Transport | undefined>;

/** Tell somebody about errors of accepting; not part of the public surface. */
export let onAcceptError: (
  listener: StreamListener,
  hook: (error: unknown, transient: boolean) => void,
) => void;

/**
 * A bound, listening socket.
 *
 * Accepting survives what clients and the system do to it: a client that resets before it is
 * accepted is skipped, and when descriptors are used up accepting pauses and goes on. Only
 * {@linkcode StreamListener.close} ends it.
 *
 * @typeParam A What its address is: `Deno.NetAddr` or `Deno.UnixAddr`.
 *
 * @example
 * ```ts
 * import { connect, listen } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using listener = await listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect({ port: listener.addr.port });
 * for await (const socket of listener) {
 *   assert.equal(socket.remoteAddr.port, client.localAddr.port);
 *   await socket.close();
 *   break; // the listener stays open until its scope ends
 * }
 * ```
 */
export class StreamListener<A extends Deno.Addr = Deno.Addr>
  implements StreamAcceptor, AsyncDisposable {
  readonly #base: ListenerBase;
  readonly #setup: ListenerSetup<A>;
  readonly #loop: AcceptLoop<Deno.Conn>;
  /** Connections that came when nobody waited any more. */
  readonly #ready: Transport[] = [];
  readonly #waiters: PromiseWithResolvers<Transport | undefined>[] = [];
  /** The accept that is outstanding. */
  #pending: Promise<unknown> | undefined;
  #onError: ((error: unknown, transient: boolean) => void) | undefined;
  #closed = false;

  static {
    acceptTransport = (listener) => listener.#acceptAlone();
    onAcceptError = (listener, hook) => listener.#onError = hook;
  }

  /** Make one from what Deno opened; `listen` does it. */
  constructor(
    base: ListenerBase,
    setup: ListenerSetup<A>,
  ) {
    this.#base = base;
    this.#setup = setup;
    this.#loop = new AcceptLoop(
      base,
      (error, transient) => this.#onError?.(error, transient),
    );
  }

  /** Where it listens, with the real port. */
  get addr(): A {
    return this.#setup.addr;
  }

  /**
   * Wait for the next connection.
   *
   * A connection that comes after a time-out or an abort is kept for the next call.
   *
   * @throws {Deno.errors.BadResource} If the listener is closed.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   */
  async accept(options?: WaitOptions): Promise<StreamSocket<A>> {
    checkWait(options);
    const transport = await this.#accept(options);
    if (transport === undefined) throw listenerClosed();
    return socketOf(transport);
  }

  /** Stop listening. Connections that were accepted go on. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.close();
    this.#setup.beforeClose?.();
    this.#base.close();
    for (const transport of this.#ready.splice(0)) transport.close();
    // Whoever waits is told by #run when Deno's accept has ended: from then on the port is free.
  }

  /** Let the process stay alive for this listener, as it does unless told otherwise. */
  ref(): void {
    this.#base.ref?.();
  }

  /** Let the process end although this listener is open. */
  unref(): void {
    this.#base.unref?.();
  }

  /** Close, and wait until the port is free again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#pending;
  }

  /** Accept until the listener is closed. Leaving the loop by `break` closes nothing. */
  [Symbol.asyncIterator](): AsyncIterableIterator<StreamSocket<A>> {
    return new LeavableIterator(async (options) => {
      const transport = await this.#accept(options);
      return transport && socketOf<A>(transport);
    });
  }

  /** For a server, who is the only one to accept: no queue, and half the promises. */
  #acceptAlone(): Promise<Transport | undefined> {
    if (this.#pending !== undefined || this.#ready.length > 0 || this.#closed) {
      return this.#accept();
    }
    const accepting = this.#loop.accept();
    this.#pending = accepting;
    return accepting.then(this.#onAccepted);
  }

  readonly #onAccepted = (conn?: Deno.Conn): Transport | undefined => {
    this.#pending = undefined;
    // Somebody else has begun to wait meanwhile.
    if (this.#waiters.length > 0) this.#pending = this.#run();
    return conn && this.#setup.transport(conn);
  };

  #accept(options?: WaitOptions): Promise<Transport | undefined> {
    const ready = this.#ready.shift();
    if (ready !== undefined || this.#closed) return Promise.resolve(ready);
    const waiter = Promise.withResolvers<Transport | undefined>();
    this.#waiters.push(waiter);
    this.#pending ??= this.#run();
    if (!hasWait(options)) return waiter.promise;
    const disarm = armWait("accept", options, (reason) => {
      const index = this.#waiters.indexOf(waiter);
      if (index >= 0) this.#waiters.splice(index, 1);
      waiter.reject(reason);
    });
    return waiter.promise.finally(disarm);
  }

  /** Accept for whoever waits: Deno allows one accept at a time, and it cannot be taken back. */
  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      const conn = await this.#loop.accept();
      if (conn === undefined) this.#endWaits();
      else this.#arrived(this.#setup.transport(conn));
    }
    this.#pending = undefined;
  }

  #arrived(transport: Transport): void {
    if (this.#closed) {
      transport.close();
      return this.#endWaits();
    }
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve(transport);
    else this.#ready.push(transport);
  }

  #endWaits(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(undefined);
  }
}

/** A socket as `connect` makes them: small pieces leave at once. */
function socketOf<A extends Deno.Addr>(transport: Transport): StreamSocket<A> {
  try {
    transport.setNoDelay?.(true);
  } catch {
    // It is gone already; its first read will tell.
  }
  return new StreamSocket<A>(transport);
}

printAs(StreamListener, (listener) => addrText(listener.addr));
