/**
 * The way in: accepting while there is room, judging who comes, and handing each connection to the
 * roster. One accept is outstanding at a time, so there is never one connection too many.
 *
 * @module
 */
import {
  acceptTransport,
  onAcceptError,
  type StreamListener,
} from "../socket/stream_listener.ts";
import type { Transport } from "../socket/transport.ts";
import { DEFAULT_LIMIT } from "../stream/limit.ts";
import { DEFAULT_MAX_WRITE_BUFFER } from "../stream/stream_writer.ts";
import { Admission, type Admitted } from "./admission.ts";
import { type AnyConnection, Connection } from "./connection.ts";
import { establish } from "./establish.ts";
import type { Roster } from "./roster.ts";
import {
  type AnyServerOptions,
  BUSY_TIMEOUT,
  MAX_BUSY,
  type StreamServerLimits,
  type StreamServerSettings,
} from "./serve_options.ts";
import type { ServerHooks } from "./server_hooks.ts";
import type { StreamServer } from "./stream_server.ts";

/** What an intake works for. */
export interface IntakeHost {
  server: StreamServer<Deno.Addr>;
  options: AnyServerOptions;
  settings: StreamServerSettings;
  hooks: ServerHooks;
  roster: Roster;
  /** Runs one connection. */
  handle: (conn: AnyConnection, server: StreamServer<Deno.Addr>) => unknown;
}

/** Takes connections in for one server. */
export class Intake {
  readonly #host: IntakeHost;
  readonly #admission = new Admission();
  readonly #limits: { limit: number; maxWriteBuffer: number };
  #settings: StreamServerSettings;
  #active = 0;
  #busy = 0;
  #lastId = 0;
  #stopped = false;
  /** Wakes the loop that waits for a connection to leave. */
  #room: PromiseWithResolvers<void> | undefined;

  /**
   * Make one from the server's options.
   *
   * @throws What the lists and the rate limit throw for bad values.
   */
  constructor(host: IntakeHost) {
    const { options, settings } = host;
    this.#host = host;
    this.#settings = settings;
    this.#limits = {
      limit: options.limit ?? DEFAULT_LIMIT,
      maxWriteBuffer: options.maxWriteBuffer ?? DEFAULT_MAX_WRITE_BUFFER,
    };
    this.#admission.update(options, settings.maxConnectionsPerIp);
  }

  /** Connections from accept until their handler has ended. */
  get active(): number {
    return this.#active;
  }

  /** Take over new limits. */
  update(limits: StreamServerLimits, settings: StreamServerSettings): void {
    this.#admission.update(limits, settings.maxConnectionsPerIp);
    this.#settings = settings;
    this.#wake();
  }

  /** Accept from a listener until it is closed, or until {@linkcode stop}. */
  async run(listener: StreamListener): Promise<void> {
    const { hooks, options } = this.#host;
    this.#stopped = false;
    onAcceptError(
      listener,
      (error, transient) => hooks.acceptError(error, transient),
    );
    const waits = (options.overflow ?? "wait") === "wait";
    for (;;) {
      while (waits && this.#isFull && !this.#stopped) await this.#roomMade();
      if (this.#stopped) return;
      const transport = await acceptTransport(listener);
      if (transport === undefined) return;
      this.#take(transport);
    }
  }

  /** Take nothing more in; the listener is being closed. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  get #isFull(): boolean {
    return this.#active >= this.#settings.maxConnections;
  }

  #roomMade(): Promise<void> {
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  #wake(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #take(transport: Transport): void {
    const { hooks } = this.#host;
    hooks.stats.accepted++;
    this.#setSocketOptions(transport);
    const admitted = this.#admission.admit(transport.remoteAddr);
    if (typeof admitted === "string") {
      transport.close();
      hooks.drop(transport.remoteAddr, admitted);
    } else if (this.#isFull) this.#refuse(transport, admitted);
    else this.#start(transport, admitted);
  }

  /** The connection may be gone already; its first read will tell. */
  #setSocketOptions(transport: Transport): void {
    const { noDelay = true, keepAlive = true } = this.#host.options;
    try {
      if (noDelay) transport.setNoDelay?.(true);
      if (keepAlive) transport.setKeepAlive?.(true);
    } catch {
      // See above.
    }
  }

  #start(transport: Transport, admitted: Admitted): void {
    const { hooks, roster, options, server, handle } = this.#host;
    if (++this.#active > hooks.stats.peak) hooks.stats.peak = this.#active;
    const left = () => {
      this.#active--;
      admitted.leave();
      this.#wake();
    };
    const conn = this.#connection(transport, this.#settings);
    const run = () => roster.run(conn, (conn) => handle(conn, server), left);
    if (transport.handshake === undefined && options.verify === undefined) {
      run();
      return;
    }
    roster.admit(
      conn,
      establish(conn, transport, this.#settings.handshakeTimeout, this.#host),
      run,
      left,
    );
  }

  /** Full, and not meant to wait: say so, or just close. */
  #refuse(transport: Transport, admitted: Admitted): void {
    const { hooks, roster, options: { overflow } } = this.#host;
    hooks.drop(transport.remoteAddr, "overflow");
    if (typeof overflow !== "function" || this.#busy >= MAX_BUSY) {
      admitted.leave();
      transport.close();
      return;
    }
    this.#busy++;
    const conn = this.#connection(transport, {
      ...this.#settings,
      lingerTimeout: 0,
    });
    roster.run(conn, (conn) => {
      conn.deadline(BUSY_TIMEOUT);
      return overflow(conn);
    }, () => {
      this.#busy--;
      admitted.leave();
    });
  }

  #connection(
    transport: Transport,
    settings: StreamServerSettings,
  ): AnyConnection {
    return new Connection<Deno.Addr>(transport, {
      id: ++this.#lastId,
      server: this.#host.server,
      limits: this.#limits,
      settings,
      sweep: this.#host.roster.sweep,
    });
  }
}
