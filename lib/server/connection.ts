/**
 * Connection: what a stream server's handler gets. A StreamSocket that knows its server: it drains,
 * it is cut, and it lingers when it closes. The server's side of it is connection_control.ts.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import {
  describe,
  observe,
  StreamSocket,
  type StreamSocketLimits,
} from "../socket/stream_socket.ts";
import { checkKnownOptions } from "../socket/known_options.ts";
import type { Transport } from "../socket/transport.ts";
import { checkTimeout, type WaitOptions } from "../stream/wait.ts";
import { inputOf } from "../stream/stream_reader.ts";
import {
  ConnectionControl,
  type ConnectionSettings,
  type ConnectionState,
  shortestTimeout,
} from "./connection_control.ts";
import type { ServerTlsOptions } from "../socket/tls_options.ts";
import type {
  ServerStartTlsOptions,
  StartTlsOptions,
} from "../socket/start_tls.ts";
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

/** Options of `conn.startTls()`: the server's side, unless told. */
export interface ConnectionStartTlsOptions
  extends ServerTlsOptions, WaitOptions {
  /** The server's side, unless told. */
  serverSide?: true | undefined;
}

/** What all connections of a server have in common. */
export interface ConnectionHost<A extends Deno.Addr> {
  /** Whose connections they are. */
  server: StreamServer<A>;
  /** Limits of reader and writer. */
  limits: StreamSocketLimits;
  /** What looks after their time-outs, at least as often as one of so many ms needs. */
  sweep: { require(timeout: number): void };
}

/** What a connection is made with. */
interface ConnectionInit<A extends Deno.Addr> {
  /** Counts up from 1 in each server. */
  id: number;
  /** What it has in common with the others. */
  host: ConnectionHost<A>;
  /** What it lives by. */
  settings: ConnectionSettings;
  /** What its PROXY header said. */
  proxy: ProxyHeader | undefined;
  /** When it was accepted, in whole ms of `performance.now()`; just now unless told. */
  since?: number | undefined;
}

/**
 * A connection whatever its addresses are. The server's rooms pass these: hooks and handlers take
 * exactly the address type of their own server, which `serve`'s overloads see to.
 */
// deno-lint-ignore no-explicit-any
export type AnyConnection = Connection<any>;

/** The server's side of a connection; not part of the public surface. */
export let controlOf: (connection: AnyConnection) => ConnectionControl;

/** Make one, for the server; not part of the public surface. */
export let makeConnection: <A extends Deno.Addr>(
  transport: Transport,
  init: ConnectionInit<A>,
) => Connection<A>;

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
  readonly #host: ConnectionHost<A>;
  readonly #id: number;
  readonly #proxy: ProxyHeader | undefined;
  readonly #control: ConnectionControl;
  readonly #openedAt: number = Date.now();

  static {
    controlOf = (connection) => connection.#control;
    makeConnection = (transport, init) => new Connection(transport, init);
  }

  /** Servers make connections. */
  private constructor(transport: Transport, init: ConnectionInit<A>) {
    super(transport, init.host.limits);
    this.#host = init.host;
    this.#id = init.id;
    this.#proxy = init.proxy;
    const { settings, since } = init;
    this.#control = new ConnectionControl(this, settings, since);
    if (since !== undefined) {
      this.#openedAt -= Math.trunc(performance.now()) - since;
    }
    observe(this, this.#control);
  }

  /** Its number: counts up from 1 in each server. */
  get id(): number {
    return this.#id;
  }

  /** The server that accepted it. */
  get server(): StreamServer<A> {
    return this.#host.server;
  }

  /** What the PROXY header said, behind a proxy; `remoteAddr` is then the client that it named. */
  get proxy(): ProxyHeader | undefined {
    return this.#proxy;
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
   * @throws As {@linkcode recv}: a time-out or an abort loses no byte.
   */
  waitForInput(options?: WaitOptions): Promise<boolean> {
    return inputOf(this.reader).waitForInput(options);
  }

  /**
   * Set time-outs for this connection only; what is not named stays as it is.
   *
   * @throws {TypeError} If one is unknown or no number.
   * @throws {RangeError} If one is not positive.
   */
  setTimeouts(timeouts: ConnectionTimeouts): void {
    checkKnownOptions("Cannot set time-outs", timeouts, TIMEOUTS);
    const changed: Record<string, number> = {};
    for (const [key, value] of Object.entries(timeouts)) {
      if (value !== undefined) changed[key] = checkTimeout(value, key);
    }
    this.#control.override(changed);
    this.#host.sweep.require(shortestTimeout(this.#control.settings));
  }

  /**
   * Cut this connection after so many milliseconds, unless the result is disposed before.
   *
   * @param ms Positive or `Infinity`.
   * @throws {TypeError} If it is no number.
   * @throws {RangeError} If it is not positive.
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
   * Go on with TLS on this connection, as the server: what a STARTTLS command asks for (RFC 3207, RFC 2595).
   *
   * Call it when the client has been told to begin. It is refused, and the connection stays as it was, while
   * a read or write is outstanding or input is buffered: plain text that somebody slipped in would then count as
   * encrypted. Pass the same options object for all connections, for what it holds is parsed once.
   *
   * @param options A `cert` and a `key` at least; with `requestCert` and `caCerts` the client must show a
   *   certificate too. `timeout` is the server's `handshakeTimeout` unless told. `serverSide: false` begins the
   *   client's side instead, for protocols in which the server asks.
   * @throws {TypeError} If an option is wrong.
   * @throws {Deno.errors.Busy} If a read is outstanding.
   * @throws {ProtocolError} If input is buffered.
   * @throws {Deno.errors.InvalidData} If the client does not speak TLS, or is not trusted.
   * @throws {DOMException} "TimeoutError" when the time passes; the connection is then closed.
   *
   * @example
   * ```ts
   * import type { Connection, ServerTlsOptions } from "@deno-socket/socket";
   *
   * function handler(tls: ServerTlsOptions) {
   *   return async (conn: Connection) => {
   *     for await (const line of conn.lines()) {
   *       if (line !== "STARTTLS") {
   *         await conn.send(`${line}\n`);
   *         continue;
   *       }
   *       await conn.send("go ahead\n");
   *       await conn.startTls(tls);
   *     }
   *   };
   * }
   * void handler;
   * ```
   */
  override async startTls(
    options: ConnectionStartTlsOptions | StartTlsOptions,
  ): Promise<void> {
    const control = this.#control;
    try {
      const { handshakeTimeout } = control.settings;
      await super.startTls(startTlsOptions(options, handshakeTimeout));
    } catch (error) {
      if (control.state === "closed" && control.reason === "aborted") {
        control.reason = "handshake";
      }
      throw error;
    }
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

/**
 * The options with the defaults of a server. Those of the server's side are kept, for TLS knows a
 * parsed certificate by the object that it came in.
 */
function startTlsOptions(
  options: ConnectionStartTlsOptions | StartTlsOptions,
  handshakeTimeout: number,
): ServerStartTlsOptions | StartTlsOptions {
  const { serverSide = true, timeout = handshakeTimeout } = options;
  if (!serverSide) return { ...options as StartTlsOptions, timeout };
  const known = completed.get(options);
  if (known?.timeout === timeout) return known;
  const asServer = options as ConnectionStartTlsOptions;
  const complete = { ...asServer, serverSide: true, timeout } as const;
  completed.set(options, complete);
  return complete;
}

const completed = new WeakMap<object, ServerStartTlsOptions>();

const TIMEOUTS = new Set(["idleTimeout", "messageTimeout", "writeTimeout"]);

printAs<AnyConnection>(Connection, describe);
