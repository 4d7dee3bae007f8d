/**
 * Connection: what a stream server's handler gets. A StreamSocket that knows its server: it drains,
 * it is cut, and it lingers when it closes. The server's side of it is connection_control.ts.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import { describe, observe, StreamSocket } from "../socket/stream_socket.ts";
import type { Transport } from "../socket/transport.ts";
import { checkTimeout, type WaitOptions } from "../stream/wait.ts";
import { inputOf } from "../stream/stream_reader.ts";
import {
  ConnectionControl,
  type ConnectionSettings,
  type ConnectionState,
} from "./connection_control.ts";

import type { ProxyHeader } from "./proxy_header.ts";
import type { StreamServer } from "./stream_server.ts";

/** The time-outs that a handler may set for its own connection, in milliseconds. */
export interface ConnectionTimeouts {
  /** No byte came while a read waits. */
  idleTimeout?: number | undefined;
  /** A message in `lines()` or `messages()` was begun and not completed. */
  messageTimeout?: number | undefined;
  /** No write has completed. */
  writeTimeout?: number | undefined;
}

/** What a connection is made with. */
export interface ConnectionInit<A extends Deno.Addr> {
  /** Counts up from 1 in each server. */
  id: number;
  /** Whose connection it is. */
  server: StreamServer<A>;
  /** Limits of reader and writer. */
  limits: { limit: number; maxWriteBuffer: number };
  /** What it lives by. */
  settings: ConnectionSettings;
  /** What its PROXY header said. */
  proxy?: ProxyHeader | undefined;
  /** What looks after its time-outs, often enough for these settings. */
  sweep: { require(settings: ConnectionSettings): void };
}

/**
 * A connection whatever its addresses are. The server's rooms pass these: hooks and handlers take
 * exactly the address type of their own server, which `serve`'s overloads see to.
 */
// deno-lint-ignore no-explicit-any
export type AnyConnection = Connection<any>;

/** The server's side of a connection; not part of the public surface. */
export let controlOf: (connection: AnyConnection) => ConnectionControl;

/**
 * One client of a stream server, as its handler sees it.
 *
 * Two signals tell how much time is left. When {@linkcode drainSignal} aborts (the server shuts down, or the
 * connection has reached its age), finish what you are doing and leave. When {@linkcode signal} aborts the
 * connection is being cut: pass it to whatever you wait for. A handler that loops over `lines()` or
 * `messages()`, or over `waitForInput()`, needs neither: its loop ends between two requests.
 *
 * When the handler has ended, the server sends what is queued, tells the client that no more will come, and
 * closes without destroying the reply in flight.
 *
 * @typeParam A What its addresses are: `Deno.NetAddr` or `Deno.UnixAddr`.
 *
 * @example Requests of several lines
 * ```ts
 * import { connect, serve } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using server = await serve({ port: 0 }, async (conn) => {
 *   while (await conn.waitForInput()) { // false at end of stream, or when the server shuts down
 *     const verb = await conn.reader.readLine();
 *     const rest = await conn.reader.readLine();
 *     await conn.send(`${verb} ${rest}\n`);
 *   }
 * });
 * await using client = await connect({ port: server.addr.port });
 * await client.send("say\nhello\n");
 * assert.equal(await client.reader.readLine(), "say hello");
 * ```
 */
export class Connection<A extends Deno.Addr = Deno.NetAddr>
  extends StreamSocket<A> {
  readonly #init: ConnectionInit<A>;
  readonly #control: ConnectionControl;
  readonly #openedAt = Date.now();

  static {
    controlOf = (connection) => connection.#control;
  }

  /** Servers make connections. */
  constructor(transport: Transport, init: ConnectionInit<A>) {
    super(transport, init.limits);
    this.#init = init;
    this.#control = new ConnectionControl(this, init.settings);
    observe(this, this.#control);
  }

  /** Its number: counts up from 1 in each server. */
  get id(): number {
    return this.#init.id;
  }

  /** The server that accepted it. */
  get server(): StreamServer<A> {
    return this.#init.server;
  }

  /** What the PROXY header said, behind a proxy; `remoteAddr` is then the client that it named. */
  get proxy(): ProxyHeader | undefined {
    return this.#init.proxy;
  }

  /** Aborts when the connection is cut: a time-out, the server's deadline, a peer that is gone. */
  get signal(): AbortSignal {
    return this.#control.signal;
  }

  /** Aborts when the handler should finish what it is doing and leave. */
  get drainSignal(): AbortSignal {
    return this.#control.drainSignal;
  }

  /** Whether {@linkcode drainSignal} has aborted. */
  get draining(): boolean {
    return this.#control.draining;
  }

  /** Where it is in its life. */
  get state(): ConnectionState {
    return this.#control.state;
  }

  /** When it was accepted, in milliseconds since 1970. */
  get openedAt(): number {
    return this.#openedAt;
  }

  /** Bytes received. */
  get bytesRead(): number {
    return this.#control.input?.bytesRead ?? 0;
  }

  /** Bytes sent. */
  get bytesWritten(): number {
    return this.#control.output?.bytesWritten ?? 0;
  }

  /**
   * Wait for the first byte of a request.
   *
   * What the request reads next does not notice a drain, until this is called again.
   *
   * @returns True when a byte is there; false at end of stream, or when the connection drains and nothing is there.
   */
  waitForInput(options?: WaitOptions): Promise<boolean> {
    return inputOf(this.reader).waitForInput(options);
  }

  /**
   * Set time-outs for this connection only; what is not named stays as it is.
   *
   * @throws {RangeError} If one is not positive.
   */
  setTimeouts(timeouts: ConnectionTimeouts): void {
    const changed: Record<string, number> = {};
    for (const [key, value] of Object.entries(timeouts)) {
      if (!TIMEOUTS.has(key)) {
        throw new TypeError(`Cannot set time-outs: unknown "${key}"`);
      }
      if (value !== undefined) changed[key] = checkTimeout(value, key);
    }
    this.#control.override(changed);
    this.#init.sweep.require(this.#control.settings);
  }

  /**
   * Cut this connection after so many milliseconds, unless the result is disposed before.
   *
   * @example A request that must be done within ten seconds
   * ```ts
   * import type { Connection } from "@deno-socket/socket";
   *
   * async function handler(conn: Connection) {
   *   using _deadline = conn.deadline(10_000);
   *   await conn.send(`${await conn.reader.readLine()}\n`);
   * }
   * void handler;
   * ```
   */
  deadline(ms: number): Disposable {
    checkTimeout(ms, "deadline");
    return { [Symbol.dispose]: this.#control.setDeadline(ms) };
  }

  /**
   * Send what is queued and close. The client reads everything to the end: input that it still sends is
   * discarded for up to `lingerTimeout` in the background. Resolves when the queue has been sent; `closed`
   * when all is done.
   */
  override close(): Promise<void> {
    return this.#control.end();
  }

  /** Cut the connection: whatever waits on it rejects with `reason`. */
  override abort(reason?: unknown): void {
    this.#control.cut(
      "aborted",
      reason ?? new DOMException("The connection was aborted", "AbortError"),
    );
  }
}

const TIMEOUTS = new Set(["idleTimeout", "messageTimeout", "writeTimeout"]);

printAs<AnyConnection>(Connection, describe);
