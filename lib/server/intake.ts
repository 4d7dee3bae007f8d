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
import type { ServerTlsOptions } from "../socket/tls_options.ts";
import type { Transport } from "../socket/transport.ts";
import { DEFAULT_LIMIT } from "../stream/limit.ts";
import { DEFAULT_MAX_WRITE_BUFFER } from "../stream/stream_writer.ts";
import { Admission, type Admitted } from "./admission.ts";
import {
  type AnyConnection,
  Connection,
  type ConnectionHost,
  controlOf,
} from "./connection.ts";
import { Arrival } from "./establish.ts";
import type { ProxyHeader } from "./proxy_header.ts";
import { ProxyProtocol } from "./proxy_protocol.ts";
import type { Roster, Visit } from "./roster.ts";
import {
  type AnyServerOptions,
  BUSY_TIMEOUT,
  MAX_BUSY,
  MAX_HELD,
  type StreamServerLimits,
  type StreamServerSettings,
} from "./serve_options.ts";
import type { ServerHooks } from "./server_hooks.ts";
import type { StreamServer } from "./stream_server.ts";
import { StuckHandshakes } from "./stuck_handshakes.ts";

/** What an intake works for. */
export interface IntakeHost {
  server: StreamServer<Deno.Addr>;
  options: AnyServerOptions;
  settings: StreamServerSettings;
  hooks: ServerHooks;
  roster: Roster;
  /** TLS through node:tls, where the listener does not speak TLS itself. */
  tls: ServerTlsOptions | undefined;
  /** Whether the listener accepts whatever comes. */
  cannotWait?: boolean | undefined;
  /** Runs one connection. */
  handle: (conn: AnyConnection, server: StreamServer<Deno.Addr>) => unknown;
}

/** A connection that waits for its turn. */
interface Held {
  transport: Transport;
  admitted: Admitted | undefined;
}

/** Takes connections in for one server. */
export class Intake {
  readonly #host: IntakeHost;
  readonly #admission = new Admission();
  readonly #proxy: ProxyProtocol | undefined;
  readonly #served: Visit;
  readonly #connections: ConnectionHost<Deno.Addr>;
  /** Handshakes that were given up and cannot be closed. */
  readonly stuck: StuckHandshakes = new StuckHandshakes();
  /** The certificate for the next handshakes, where they go through node:tls. */
  tls: ServerTlsOptions | undefined;
  #settings: StreamServerSettings;
  #active = 0;
  #busy = 0;
  #lastId = 0;
  #stopped = false;
  /** Accepted and not begun, first come first: only where accepting cannot wait. */
  #held: Held[] = [];
  /** Wakes the loop that waits for a connection to leave. */
  #room: PromiseWithResolvers<void> | undefined;

  /**
   * Make one from the server's options.
   *
   * @throws What the lists and the rate limit throw for bad values.
   */
  constructor(host: IntakeHost) {
    const { options, settings, server, handle } = host;
    this.#host = host;
    this.#served = {
      counted: true,
      handle: (conn) => handle(conn, server),
      left: (admitted) => {
        admitted?.leave();
        this.#left();
      },
    };
    this.#settings = settings;
    this.#connections = {
      server,
      limits: {
        limit: options.limit ?? DEFAULT_LIMIT,
        maxWriteBuffer: options.maxWriteBuffer ?? DEFAULT_MAX_WRITE_BUFFER,
      },
      sweep: host.roster.sweep,
    };
    this.#admission.update(options, settings.maxConnectionsPerIp);
    this.#proxy = options.proxyProtocol &&
      new ProxyProtocol(options.proxyProtocol);
    this.tls = host.tls;
  }

  /** Connections from accept until their handler has ended. */
  get active(): number {
    return this.#active;
  }

  /** Take over new limits. */
  update(limits: StreamServerLimits, settings: StreamServerSettings): void {
    this.#admission.update(limits, settings.maxConnectionsPerIp);
    this.#settings = settings;
    this.#roomLeft();
  }

  /** Accept from a listener until it is closed, or until {@linkcode stop}. */
  async run(listener: StreamListener): Promise<void> {
    const { hooks } = this.#host;
    this.#stopped = false;
    onAcceptError(
      listener,
      (error, transient) => hooks.acceptError(error, transient),
    );
    for (;;) {
      while (this.#waits && this.#isFull && !this.#stopped) {
        await this.#roomMade();
      }
      if (this.#stopped) return;
      const transport = await acceptTransport(listener);
      if (transport === undefined) return;
      // From an acceptor that was too late to be waited for.
      if (this.#host.server.state === "closed") return transport.close();
      this.#take(transport);
    }
  }

  /** Take nothing more in; the listener is being closed. */
  stop(): void {
    this.#stopped = true;
    // As the kernel does with those in its backlog.
    for (const { transport, admitted } of this.#held.splice(0)) {
      admitted?.leave();
      transport.close();
    }
    this.#wake();
  }

  /** Whether connections too many wait in the kernel: then one that was accepted is never refused. */
  get #waits(): boolean {
    const { options, cannotWait } = this.#host;
    return (options.overflow ?? "wait") === "wait" && !cannotWait;
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
    // Behind a proxy only its header tells who comes.
    const admitted = this.#proxy === undefined
      ? this.#admission.admit(transport)
      : undefined;
    if (typeof admitted === "string") {
      transport.close();
      hooks.drop(transport.remoteAddr, admitted);
    } else if (!this.#isFull || this.#waits) this.#start(transport, admitted);
    else if (!this.#hold(transport, admitted)) {
      this.#refuse(transport, admitted);
    }
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

  #start(transport: Transport, admitted: Admitted | undefined): void {
    const { hooks, options } = this.#host;
    if (++this.#active > hooks.stats.peak) hooks.stats.peak = this.#active;
    if (
      admitted === undefined || this.tls !== undefined ||
      transport.handshake !== undefined || options.verify !== undefined
    ) this.#establish(new Arrival(transport, admitted));
    else {
      const conn = this.#connection(transport);
      this.#host.roster.run(conn, admitted, this.#served);
    }
  }

  #left(): void {
    this.#active--;
    this.#roomLeft();
  }

  #roomLeft(): void {
    while (!this.#isFull && this.#held.length > 0) {
      const { transport, admitted } = this.#held.shift()!;
      this.#start(transport, admitted);
    }
    this.#wake();
  }

  /** Where accepting cannot wait the connection must: unread, so that its client waits too. */
  #hold(transport: Transport, admitted: Admitted | undefined): boolean {
    const { overflow = "wait" } = this.#host.options;
    if (overflow !== "wait" || this.#held.length >= MAX_HELD) return false;
    this.#held.push({ transport, admitted });
    return true;
  }

  /** Let a connection prove itself; then run it, or drop it. */
  async #establish(arrival: Arrival): Promise<void> {
    const { roster, hooks } = this.#host;
    roster.arrive(arrival, this.#settings);
    const dropped = await arrival.establish({
      admission: this.#admission,
      proxy: this.#proxy,
      tls: this.tls,
      connection: (transport, proxy) => this.#connection(transport, proxy),
      verified: (conn) => this.#verified(conn),
    });
    // Gone if the server was cut meanwhile.
    const stillWanted = roster.pending.delete(arrival);
    if (dropped === undefined && stillWanted) {
      const conn = arrival.conn!;
      const control = controlOf(conn);
      // They may have changed while `verify` was thinking.
      if (control.settings !== this.#settings) {
        control.setSettings(this.#settings);
      }
      return roster.run(conn, arrival.admitted, this.#served);
    }
    const { remoteAddr } = arrival.transport;
    if (stillWanted) this.#drop(arrival);
    this.#left();
    if (dropped !== undefined) hooks.drop(remoteAddr, dropped);
    roster.checkEmpty();
  }

  #drop(arrival: Arrival): void {
    const { transport, admitted } = arrival;
    if (!transport.handshaking) arrival.drop();
    else this.stuck.keep(transport, () => admitted?.leave());
  }

  async #verified(conn: AnyConnection): Promise<boolean> {
    const { hooks, options: { verify } } = this.#host;
    if (verify === undefined) return true;
    try {
      return Boolean(await verify(conn));
    } catch (error) {
      // A peer that left, or the end of the deadline, is no failure of `verify`.
      if (controlOf(conn).isOrdinary(error)) return false;
      const { remoteAddr } = conn;
      hooks.error(error, { phase: "verify", connection: conn, remoteAddr });
      return false;
    }
  }

  /** Full, and not meant to wait: say so, or just close. */
  #refuse(transport: Transport, admitted: Admitted | undefined): void {
    const { hooks, roster, options: { overflow } } = this.#host;
    hooks.drop(transport.remoteAddr, "overflow");
    if (typeof overflow !== "function" || this.#busy >= MAX_BUSY) {
      admitted?.leave();
      transport.close();
      return;
    }
    this.#busy++;
    const conn = this.#connection(transport, undefined, {
      ...this.#settings,
      lingerTimeout: 0,
    });
    roster.run(conn, admitted, {
      counted: false,
      handle: (conn) => {
        conn.deadline(BUSY_TIMEOUT);
        return overflow(conn);
      },
      left: (admitted) => {
        this.#busy--;
        admitted?.leave();
      },
    });
  }

  #connection(
    transport: Transport,
    proxy?: ProxyHeader,
    settings: StreamServerSettings = this.#settings,
  ): AnyConnection {
    return new Connection<Deno.Addr>(transport, {
      id: ++this.#lastId,
      host: this.#connections,
      settings,
      proxy,
    });
  }
}
