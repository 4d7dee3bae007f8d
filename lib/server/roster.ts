/**
 * The connections of a server that live: it runs the handler of each, looks after their time-outs,
 * lets them linger, and tells all of them to drain or cuts them.
 *
 * @module
 */
import { type AnyConnection, controlOf } from "./connection.ts";
import type {
  ConnectionControl,
  ConnectionSettings,
} from "./connection_control.ts";
import { type DropReason, MAX_LINGERING } from "./serve_options.ts";
import type { ServerHooks } from "./server_hooks.ts";
import { Sweep } from "./sweep.ts";

/** All connections of one server. */
export class Roster {
  /** Those whose handler has not ended. */
  readonly running: Set<AnyConnection> = new Set();
  /** What watches their time-outs. */
  readonly sweep: Sweep = new Sweep((now) => this.#look(now));
  /** Called when nothing lives any more. */
  onEmpty: (() => void) | undefined;
  /** Those that are not established yet. */
  readonly #pending = new Set<AnyConnection>();
  readonly #lingering = new Set<AnyConnection>();
  readonly #hooks: ServerHooks;

  constructor(hooks: ServerHooks) {
    this.#hooks = hooks;
  }

  /** How many have ended and wait for their client to close. */
  get lingering(): number {
    return this.#lingering.size;
  }

  /** Whether nothing lives. */
  get isEmpty(): boolean {
    return this.running.size === 0 && this.#pending.size === 0 &&
      this.#lingering.size === 0;
  }

  /**
   * Run a connection to its end. The handler begins before this returns.
   *
   * @param left Called when the handler has ended and what it wrote has left.
   */
  async run(
    conn: AnyConnection,
    handle: (conn: AnyConnection) => unknown,
    left: () => void,
  ): Promise<void> {
    const control = controlOf(conn);
    this.running.add(conn);
    this.sweep.require(control.settings);
    this.#hooks.connect(conn);
    try {
      await handle(conn);
    } catch (error) {
      this.#failed(conn, control, error);
    }
    await control.end();
    if (control.flushError !== undefined) this.#hooks.stats.flushErrors++;
    this.running.delete(conn);
    left();
    if (control.state !== "closed") await this.#linger(conn);
    const reason = control.reason ?? (control.draining ? "drained" : "done");
    this.#hooks.close(conn, reason);
    this.#checkEmpty();
  }

  /**
   * Keep a connection that is not established yet; then run it, or drop it.
   *
   * @param established Resolves to why it must be dropped, if it must.
   */
  async admit(
    conn: AnyConnection,
    established: Promise<DropReason | undefined>,
    run: () => Promise<void>,
    left: () => void,
  ): Promise<void> {
    this.#pending.add(conn);
    const dropped = await established;
    this.#pending.delete(conn);
    const control = controlOf(conn);
    if (dropped === undefined && control.state !== "closed") return run();
    control.cut("cut", new Deno.errors.ConnectionAborted("Dropped"));
    left();
    if (dropped !== undefined) this.#hooks.drop(conn.remoteAddr, dropped);
    this.#checkEmpty();
  }

  /** Tell everybody to finish and leave. */
  drain(reason: unknown): void {
    for (const conn of this.running) controlOf(conn).drain(reason);
  }

  /** Cut everybody. */
  cut(error: unknown): void {
    for (const set of [this.running, this.#pending, this.#lingering]) {
      for (const conn of set) controlOf(conn).cut("cut", error);
    }
  }

  /** Let everybody live by new settings. */
  setSettings(settings: ConnectionSettings): void {
    for (const conn of this.running) controlOf(conn).setSettings(settings);
    if (this.running.size > 0) this.sweep.require(settings);
  }

  async #linger(conn: AnyConnection): Promise<void> {
    for (const oldest of this.#lingering) {
      if (this.#lingering.size < MAX_LINGERING) break;
      this.#lingering.delete(oldest);
      controlOf(oldest).stopLingering();
    }
    this.#lingering.add(conn);
    await conn.closed;
    this.#lingering.delete(conn);
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
    for (const conn of this.running) controlOf(conn).check(now);
    for (const conn of this.#lingering) controlOf(conn).check(now);
  }

  #checkEmpty(): void {
    if (!this.isEmpty) return;
    this.sweep.stop();
    this.onEmpty?.();
  }
}
