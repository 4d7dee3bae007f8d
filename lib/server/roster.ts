/**
 * The connections of a server that live: it runs the handler of each, looks after their time-outs,
 * lets them linger, and tells all of them to drain or cuts them.
 *
 * @module
 */
import { type AnyConnection, controlOf } from "./connection.ts";
import {
  type ConnectionControl,
  type ConnectionSettings,
  ENDED,
  shortestTimeout,
} from "./connection_control.ts";
import type { Arrival } from "./arrival.ts";
import { MAX_LINGERING } from "./serve_options.ts";
import type { ServerHooks } from "./server_hooks.ts";
import { Sweep } from "./sweep.ts";

/** What connections come for: to be served, or to be told that the server is busy. */
export interface Visit {
  /** Runs one connection. */
  handle(conn: AnyConnection): unknown;
  /** It begins: the hook that hears of it. */
  begin(conn: AnyConnection): void;
  /** Its handler has ended, and what it wrote has left. */
  left(conn: AnyConnection): void;
  /** It did not begin. */
  dropped(): void;
  /** Whether it counts as a connection; one that is only told that the server is busy counts as a drop. */
  counted: boolean;
}

/** All connections of one server. */
export class Roster {
  /** Those whose handler has not ended. */
  readonly running: Set<AnyConnection> = new Set();
  /** Those that are not established yet. */
  readonly pending: Set<Arrival> = new Set();
  /** What watches their time-outs. */
  readonly sweep: Sweep = new Sweep((now) => this.#look(now));
  /** Called when nothing lives any more. */
  onEmpty: (() => void) | undefined;
  /** How many handlers have ended. */
  ended = 0;
  readonly #lingering = new Set<AnyConnection>();
  readonly #hooks: ServerHooks;
  /** For those who are not established yet, in ms. */
  #handshakeTimeout = Infinity;
  /** Set when all have been told to drain: whoever comes later is told as well. */
  #draining: { reason: unknown } | undefined;

  constructor(hooks: ServerHooks) {
    this.#hooks = hooks;
  }

  /** How many have ended and wait for their client to close. */
  get lingering(): number {
    return this.#lingering.size;
  }

  /** Whether nothing lives. */
  get isEmpty(): boolean {
    return this.running.size === 0 && this.pending.size === 0 &&
      this.#lingering.size === 0;
  }

  /** Watch over somebody who is not established yet. */
  arrive(arrival: Arrival, settings: ConnectionSettings): void {
    this.pending.add(arrival);
    this.#handshakeTimeout = settings.handshakeTimeout;
    this.sweep.require(shortestTimeout(settings));
  }

  /**
   * Run a connection to its end. The handler begins before this returns.
   *
   * No async function: its frame would be a fourteenth of what an idle connection costs.
   */
  run(conn: AnyConnection, visit: Visit): void {
    const control = controlOf(conn);
    // Before the hook, which may change what all connections live by.
    this.running.add(conn);
    visit.begin(conn);
    this.sweep.require(shortestTimeout(control.settings));
    if (this.#draining !== undefined) control.drain(this.#draining.reason);
    begin(visit, conn).then(
      () => this.#end(conn, visit),
      (error) => {
        this.#failed(conn, control, error);
        this.#end(conn, visit);
      },
    );
  }

  /** Tell everybody to finish and leave. */
  drain(reason: unknown): void {
    this.#draining = { reason };
    for (const conn of this.running) controlOf(conn).drain(reason);
  }

  /** Cut everybody. */
  cut(error: unknown): void {
    for (const arrival of this.pending) arrival.drop();
    this.pending.clear();
    for (const conn of [...this.running, ...this.#lingering]) {
      controlOf(conn).cut("cut", error);
    }
  }

  /** Let everybody live by new settings. */
  setSettings(settings: ConnectionSettings): void {
    for (const conn of this.running) controlOf(conn).setSettings(settings);
    this.#handshakeTimeout = settings.handshakeTimeout;
    if (!this.isEmpty) this.sweep.require(shortestTimeout(settings));
  }

  /** Bytes received and sent by those that are not counted yet. */
  addBytes(stats: { bytesRead: number; bytesWritten: number }): void {
    for (const set of [this.running, this.#lingering]) {
      for (const conn of set) {
        stats.bytesRead += conn.bytesRead;
        stats.bytesWritten += conn.bytesWritten;
      }
    }
  }

  /** The handler has ended. */
  #end(conn: AnyConnection, visit: Visit): void {
    const ending = controlOf(conn).end();
    // Most have nothing left to send: they need not wait.
    if (ending === ENDED) this.#left(conn, visit);
    else ending.then(() => this.#left(conn, visit));
  }

  /** What it wrote has left. */
  #left(conn: AnyConnection, visit: Visit): void {
    const control = controlOf(conn);
    if (control.flushError !== undefined) this.#hooks.stats.flushErrors++;
    this.running.delete(conn);
    if (visit.counted) this.ended++;
    if (control.state === "closed") {
      this.#hooks.countBytes(conn);
      visit.left(conn);
      this.#closed(conn, visit);
    } else {
      const lingered = this.#linger(conn);
      visit.left(conn);
      lingered.then(() => this.#closed(conn, visit));
    }
  }

  #closed(conn: AnyConnection, visit: Visit): void {
    const control = controlOf(conn);
    const reason = control.reason ?? (control.draining ? "drained" : "done");
    if (visit.counted) this.#hooks.close(conn, reason);
    this.checkEmpty();
  }

  async #linger(conn: AnyConnection): Promise<void> {
    for (const oldest of this.#lingering) {
      if (this.#lingering.size < MAX_LINGERING) break;
      this.#lingered(oldest);
      controlOf(oldest).stopLingering();
    }
    this.#lingering.add(conn);
    await conn.closed;
    this.#lingered(conn);
  }

  /** Its bytes go from the one count to the other in one step: counters never fall. */
  #lingered(conn: AnyConnection): void {
    if (this.#lingering.delete(conn)) this.#hooks.countBytes(conn);
  }

  #failed(
    conn: AnyConnection,
    control: ConnectionControl,
    error: unknown,
  ): void {
    if (control.isOrdinary(error)) {
      if (error === control.input?.poison) control.reason ??= "limit";
      return;
    }
    control.reason ??= "error";
    this.#hooks.stats.handlerErrors++;
    const { remoteAddr } = conn;
    this.#hooks.error(error, {
      phase: "handler",
      connection: conn,
      remoteAddr,
    });
  }

  #look(now: number): void {
    if (this.isEmpty) return this.sweep.stop();
    this.pending.forEach((arrival) =>
      arrival.check(now, this.#handshakeTimeout)
    );
    // Not for-of, whose steps would be 40 bytes of garbage for each connection in every second.
    const check = (conn: AnyConnection) => controlOf(conn).check(now);
    this.running.forEach(check);
    this.#lingering.forEach(check);
  }

  /** Tell `onEmpty` if nothing lives any more. */
  checkEmpty(): void {
    if (this.isEmpty) this.onEmpty?.();
  }
}

/** Run the handler; what it throws at once is a rejection, too. */
function begin(visit: Visit, conn: AnyConnection): Promise<unknown> {
  try {
    return Promise.resolve(visit.handle(conn));
  } catch (error) {
    return Promise.reject(error);
  }
}
