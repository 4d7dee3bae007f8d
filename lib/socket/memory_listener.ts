/**
 * A listener in memory: servers and clients can be tested against each other without network and
 * permission.
 *
 * @module
 */
import {
  armWait,
  checkWait,
  hasWait,
  type WaitOptions,
} from "../stream/wait.ts";
import { printAs } from "../address/print_as.ts";
import { addrText } from "./addr_text.ts";
import type { StreamAcceptor } from "./stream_listener.ts";
import { socketpair, type SocketPairOptions } from "./socketpair.ts";
import type { StreamSocket } from "./stream_socket.ts";
import { listenerClosed } from "./system_errors.ts";

/** What {@linkcode memoryListener} gives. */
export interface MemoryListener extends StreamAcceptor, AsyncDisposable {
  /** The next connection, in the order in which they were made. */
  accept(options?: WaitOptions): Promise<StreamSocket<Deno.UnixAddr>>;
  /** Where it listens: an unnamed socket. */
  readonly addr: Deno.UnixAddr;
  /**
   * Connect to it. It resolves at once, as connecting does while a backlog has room.
   *
   * @throws {Deno.errors.ConnectionRefused} If it is closed.
   */
  connect(): Promise<StreamSocket<Deno.UnixAddr>>;
}

/**
 * Make a listener in memory: what it accepts is what its own `connect` gave.
 *
 * @throws {RangeError} If `chunkSize` is not a positive integer.
 * @example
 * ```ts
 * import { memoryListener } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using listener = memoryListener();
 * await using client = await listener.connect();
 * await using server = await listener.accept();
 * await client.send("hello\n");
 * assert.equal(await server.reader.readLine(), "hello");
 * ```
 */
export function memoryListener(
  options: SocketPairOptions = {},
): MemoryListener {
  return new MemoryAcceptor(options);
}

class MemoryAcceptor implements MemoryListener {
  readonly addr: Deno.UnixAddr;
  readonly #options: SocketPairOptions;
  #backlog: StreamSocket<Deno.UnixAddr>[] = [];
  #waiters: PromiseWithResolvers<StreamSocket<Deno.UnixAddr>>[] = [];
  #closed = false;

  constructor(options: SocketPairOptions) {
    this.#options = options;
    // Checks the options, too.
    this.addr = socketpair(options)[0].localAddr;
  }

  connect(): Promise<StreamSocket<Deno.UnixAddr>> {
    if (this.#closed) return Promise.reject(refused());
    const [client, server] = socketpair(this.#options);
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve(server);
    else this.#backlog.push(server);
    return Promise.resolve(client);
  }

  async accept(options?: WaitOptions): Promise<StreamSocket<Deno.UnixAddr>> {
    checkWait(options);
    if (this.#closed) throw listenerClosed();
    const ready = this.#backlog.shift();
    if (ready !== undefined) return ready;
    const waiter = Promise.withResolvers<StreamSocket<Deno.UnixAddr>>();
    this.#waiters.push(waiter);
    if (!hasWait(options)) return await waiter.promise;
    const disarm = armWait("accept", options, (reason) => {
      const index = this.#waiters.indexOf(waiter);
      if (index >= 0) this.#waiters.splice(index, 1);
      waiter.reject(reason);
    });
    return await waiter.promise.finally(disarm);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#backlog) socket.close();
    for (const waiter of this.#waiters) waiter.reject(listenerClosed());
    this.#backlog = [];
    this.#waiters = [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

printAs(
  { name: "MemoryListener", prototype: MemoryAcceptor.prototype },
  (listener) => addrText(listener.addr),
);

function refused(): Error {
  const error = new Deno.errors.ConnectionRefused(
    "Connection refused (os error 111)",
  );
  return Object.assign(error, { code: "ECONNREFUSED" });
}
