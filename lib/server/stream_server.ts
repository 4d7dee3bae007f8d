/**
 * StreamServer: many connections of one listener. It accepts, admits and hands over to the roster,
 * and it ends in good order. `serve` makes it.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import { addrText } from "../socket/addr_text.ts";
import type { StreamListener } from "../socket/stream_listener.ts";
import { checkTimeout } from "../stream/wait.ts";
import { checkLimits } from "./check_serve_options.ts";
import type { AnyConnection, Connection } from "./connection.ts";
import { Drain } from "./drain.ts";
import type { DrainReport } from "./drain_report.ts";
import { Intake } from "./intake.ts";
import { Roster } from "./roster.ts";
import type {
  AnyServerOptions,
  StreamServerLimits,
  StreamServerSettings,
} from "./serve_options.ts";
import { ServerHooks } from "./server_hooks.ts";
import { stopOnSignals } from "./shutdown_signals.ts";
import type { StreamServerStats } from "./stats.ts";

/** Where a server is in its life. */
export type StreamServerState =
  | "listening"
  | "suspended"
  | "draining"
  | "closed";

/** Options of `shutdown()`. */
export interface ShutdownOptions {
  /** How long handlers may take, in ms; 0 cuts at once. Default: the server's `shutdownTimeout`. */
  timeout?: number | undefined;
  /** Cuts what is left when it aborts. */
  signal?: AbortSignal | undefined;
}

/** What `serve` makes a server of, all of it checked. */
export interface StreamServerInit {
  /** What was asked for. */
  options: AnyServerOptions;
  /** Its limits, complete. */
  settings: StreamServerSettings;
  /** Runs one connection. */
  handle: (conn: AnyConnection, server: StreamServer<Deno.Addr>) => unknown;
  /** Bound and listening. */
  listener: StreamListener;
  /** Listen again at the same place; absent where that cannot be. */
  relisten?:
    | ((addr: Deno.Addr, changes: object) => Promise<StreamListener>)
    | undefined;
}

/**
 * A server of stream connections, made by `serve`.
 *
 * It lives until {@linkcode shutdown}, {@linkcode close}, its `signal` or one of its `shutdownSignals`
 * ends it; `await using` shuts it down when the scope ends.
 *
 * @typeParam A What its addresses are: `Deno.NetAddr` or `Deno.UnixAddr`.
 */
export class StreamServer<A extends Deno.Addr = Deno.NetAddr>
  implements AsyncDisposable {
  readonly #hooks: ServerHooks;
  readonly #roster: Roster;
  readonly #intake: Intake;
  readonly #relisten: StreamServerInit["relisten"];
  readonly #finished = Promise.withResolvers<void>();
  readonly #drain = new Drain();
  readonly #disarm: () => void;
  #settings: StreamServerSettings;
  #listener: StreamListener;
  #accepting: Promise<void>;
  #state: StreamServerState = "listening";
  #report: Promise<DrainReport> | undefined;

  /** Servers are made by `serve`. */
  constructor(init: StreamServerInit) {
    const { options, settings, listener, handle } = init;
    const hooks = this.#hooks = new ServerHooks(options);
    const roster = this.#roster = new Roster(hooks);
    const host = { server: this, options, settings, hooks, roster, handle };
    this.#settings = settings;
    this.#intake = new Intake(host);
    this.#relisten = init.relisten;
    this.#disarm = stopOnSignals(this, options);
    this.#listener = listener;
    this.#accepting = this.#intake.run(listener);
    hooks.listen(listener.addr);
  }

  /** Where it listens, with the real port. */
  get addr(): A {
    return this.#listener.addr as A;
  }

  /** Where it is in its life. */
  get state(): StreamServerState {
    return this.#state;
  }

  /** The connections whose handler has not ended. */
  get connections(): ReadonlySet<Connection<A>> {
    return this.#roster.running;
  }

  /** Resolves when the server has ended, whatever ended it. Never rejects. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** What it has counted until now: a plain object of its own. */
  get stats(): StreamServerStats {
    const { stats } = this.#hooks;
    const snapshot = {
      ...stats,
      active: this.#intake.active,
      lingering: this.#roster.lingering,
      drops: { ...stats.drops },
      closes: { ...stats.closes },
    };
    for (const conn of this.#roster.running) {
      snapshot.bytesRead += conn.bytesRead;
      snapshot.bytesWritten += conn.bytesWritten;
    }
    return snapshot;
  }

  /**
   * End in good order: stop accepting, tell every connection to drain, and cut what is left at the deadline.
   *
   * May be called at any time and more than once; a later call can move the deadline forward. Awaited inside
   * a handler it waits for that handler, up to the deadline.
   *
   * @returns How many handlers ended by themselves and how many were cut.
   * @throws {RangeError} If `timeout` is negative or NaN.
   */
  shutdown(options: ShutdownOptions = {}): Promise<DrainReport> {
    const { timeout = this.#settings.shutdownTimeout, signal } = options;
    if (timeout !== 0) checkTimeout(timeout);
    if (this.#state !== "closed") this.#drain.limit(timeout, signal);
    return this.#report ??= this.#shutdown();
  }

  /** End at once: stop accepting and cut every connection. */
  async close(): Promise<void> {
    await this.shutdown({ timeout: 0 });
  }

  /**
   * Stop accepting for a while. Connections go on.
   *
   * The listening socket is closed: clients that have connected and were not accepted are reset.
   *
   * @throws {TypeError} If the server listens on a listener of somebody else's.
   */
  async suspend(): Promise<void> {
    this.#mustRelisten("suspend");
    if (this.#state !== "listening") return;
    this.#state = "suspended";
    await this.#stopListening();
  }

  /**
   * Accept again, at the same address.
   *
   * @throws {Deno.errors.AddrInUse} If the port was taken meanwhile; the server stays suspended.
   */
  async resume(): Promise<void> {
    this.#mustRelisten("resume");
    if (this.#state !== "suspended") return;
    await this.#listenAgain({});
  }

  /**
   * Serve new connections with another certificate. Connections go on with the old one.
   *
   * Deno cannot exchange a certificate in place, so the socket is closed and opened again: under 9000 connects
   * a second 1 to 2 % of those that arrive in that millisecond are reset.
   *
   * @throws {TypeError} If the server does not speak TLS, or the certificate is none.
   */
  async setCertificate(
    certificate: { cert: string; key: string },
  ): Promise<void> {
    this.#mustRelisten("set certificate");
    if (this.#state !== "listening") return;
    this.#state = "suspended";
    await this.#stopListening();
    await this.#listenAgain(certificate);
  }

  /**
   * Change limits while the server runs; connections that are open live by the new time-outs too.
   *
   * @throws {TypeError} If an option is unknown, of a wrong type, or cannot be changed any more.
   * @throws {RangeError} If a number is out of range.
   */
  setOptions(limits: StreamServerLimits): void {
    const settings = checkLimits(limits, this.#settings);
    this.#intake.update(limits, settings);
    this.#settings = settings;
    this.#roster.setSettings(settings);
  }

  /** Keep the process alive for this server, as it does unless told otherwise. */
  ref(): void {
    this.#listener.ref();
  }

  /** Let the process end although this server listens. */
  unref(): void {
    this.#listener.unref();
  }

  /** Shut down, and wait until it has ended: {@linkcode shutdown}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #shutdown(): Promise<DrainReport> {
    const began = performance.now();
    this.#state = "draining";
    const running = [...this.#roster.running];
    this.#roster.drain(
      new DOMException("The server is shutting down", "AbortError"),
    );
    this.#roster.onEmpty = () => this.#drain.end();
    await this.#stopListening();
    if (!this.#roster.isEmpty) await this.#drain.done;
    const left = this.#roster.running;
    const aborted = running.filter((conn) => left.has(conn)).length;
    await this.#cut();
    this.#drain.end();
    this.#disarm();
    this.#state = "closed";
    this.#finished.resolve();
    return {
      completed: running.length - aborted,
      aborted,
      duration: performance.now() - began,
    };
  }

  /** Cut what is left, and give its handlers a few turns to notice. */
  async #cut(): Promise<void> {
    if (this.#roster.isEmpty) return;
    this.#roster.cut(
      new DOMException("The server has cut the connection", "AbortError"),
    );
    for (let turn = 0; turn < 3 && !this.#roster.isEmpty; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    this.#roster.sweep.stop();
  }

  async #stopListening(): Promise<void> {
    this.#intake.stop();
    await this.#listener[Symbol.asyncDispose]();
    await this.#accepting;
  }

  #mustRelisten(action: string): void {
    if (this.#relisten !== undefined) return;
    throw new TypeError(
      `Cannot ${action}: the server did not open its listener itself`,
    );
  }

  async #listenAgain(changes: object): Promise<void> {
    const listener = await this.#relisten!(this.addr, changes);
    if (this.#state !== "suspended") {
      // Shut down meanwhile.
      await listener[Symbol.asyncDispose]();
      return;
    }
    this.#state = "listening";
    this.#listener = listener;
    this.#accepting = this.#intake.run(listener);
    this.#hooks.listen(listener.addr);
  }
}

printAs<StreamServer<Deno.Addr>>(
  StreamServer,
  (server) => `${addrText(server.addr)} ${server.state}`,
);
