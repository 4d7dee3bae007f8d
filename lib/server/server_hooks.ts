/**
 * Telling a server's user what happens: each hook called safely, each event counted. The library
 * itself prints nothing but a handler's error that nobody asked for.
 *
 * @module
 */
import type { CloseReason } from "./connection_control.ts";
import type { AnyConnection } from "./connection.ts";
import { callHook, reportError } from "./report_error.ts";
import type {
  AnyServerOptions,
  DropReason,
  StreamErrorContext,
} from "./serve_options.ts";
import {
  countReason,
  newStreamServerStats,
  type StreamServerStats,
} from "./stream_stats.ts";

/** The hooks and the counters of one server. */
export class ServerHooks {
  /** What has been counted; levels and open connections are added in a snapshot. */
  readonly stats: StreamServerStats = newStreamServerStats();
  readonly #options: AnyServerOptions;

  constructor(options: AnyServerOptions) {
    this.#options = options;
  }

  listen(addr: Deno.Addr): void {
    this.#call(() => this.#options.onListen?.(addr));
  }

  connect(conn: AnyConnection): void {
    const { onConnect } = this.#options;
    if (onConnect !== undefined) this.#call(() => onConnect(conn));
  }

  close(conn: AnyConnection, reason: CloseReason): void {
    countReason(this.stats.closes, reason);
    const { onClose } = this.#options;
    if (onClose !== undefined) this.#call(() => onClose(conn, reason));
  }

  /** What went over a connection that is gone. */
  countBytes(conn: AnyConnection): void {
    this.stats.bytesRead += conn.bytesRead;
    this.stats.bytesWritten += conn.bytesWritten;
  }

  drop(addr: Deno.Addr, reason: DropReason): void {
    countReason(this.stats.drops, reason);
    const { onDrop } = this.#options;
    if (onDrop !== undefined) this.#call(() => onDrop(addr, reason));
  }

  /** A client's own failure is only counted; what stops accepting is told. */
  acceptError(error: unknown, transient: boolean): void {
    this.stats.acceptErrors++;
    if (!transient) this.error(error, { phase: "accept" });
  }

  error(error: unknown, context: StreamErrorContext<Deno.Addr>): void {
    reportError(error, context, this.#options.onError, this.#onHookError);
  }

  #call(hook: () => unknown): void {
    callHook(hook, this.#onHookError);
  }

  readonly #onHookError = (): void => {
    this.stats.hookErrors++;
  };
}
