/** What a server's hooks were told, kept in order; a test waits for it instead of sleeping. */
import type { AnyConnection } from "../../lib/server/connection.ts";
import type { CloseReason } from "../../lib/server/connection_control.ts";
import type { DropReason } from "../../lib/server/serve_options.ts";

/** Of what `onError` is told, the parts that do not depend on the kind of address. */
interface ErrorContext {
  phase: string;
  connection?: unknown;
  remoteAddr?: Deno.Addr | undefined;
}

/** For `onError` where nothing may fail. What a hook throws is swallowed; this ends the test all the same. */
export function unexpected(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Spread `hooks` into the options of `serve`. */
export class HookLog {
  readonly reasons: CloseReason[] = [];
  readonly drops: DropReason[] = [];
  readonly errors: { error: unknown; context: ErrorContext }[] = [];
  readonly connections: AnyConnection[] = [];
  #changed = Promise.withResolvers<void>();

  readonly hooks = {
    onConnect: (conn: AnyConnection): void => this.#add(this.connections, conn),
    onClose: (_: AnyConnection, reason: CloseReason): void =>
      this.#add(this.reasons, reason),
    onDrop: (_: Deno.Addr, reason: DropReason): void =>
      this.#add(this.drops, reason),
    onError: (error: unknown, context: ErrorContext): void =>
      this.#add(this.errors, { error, context }),
  };

  /** Wait until so many connections have been closed; gives their reasons. */
  async closed(count = 1): Promise<CloseReason[]> {
    await this.#until(() => this.reasons.length >= count);
    return this.reasons;
  }

  /** Wait until so many were dropped; gives the reasons. */
  async dropped(count = 1): Promise<DropReason[]> {
    await this.#until(() => this.drops.length >= count);
    return this.drops;
  }

  /** Wait until so many handlers have begun. */
  async connected(count = 1): Promise<AnyConnection[]> {
    await this.#until(() => this.connections.length >= count);
    return this.connections;
  }

  /** Wait until so many errors were reported. */
  async failed(count = 1): Promise<unknown[]> {
    await this.#until(() => this.errors.length >= count);
    return this.errors.map(({ error }) => error);
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }

  #add<T>(list: T[], item: T): void {
    list.push(item);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
