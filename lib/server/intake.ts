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
import type { Admission, Peer } from "./admission.ts";
import {
  type AnyConnection,
  Connection,
  type ConnectionHost,
  controlOf,
} from "./connection.ts";
import { Arrival } from "./establish.ts";
import type { ProxyHeader } from "./proxy_header.ts";
import type { ProxyProtocol } from "./proxy_protocol.ts";
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
  /** Judges who comes. */
  admission: Admission;
  /** Reads PROXY headers, if they are wanted. */
  proxy: ProxyProtocol | undefined;
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
  admitted: boolean;
}

/** Takes connections in for one server. */
export class Intake {
  readonly #host: IntakeHost;
  readonly #served: Visit;
  readonly #refused: Visit;
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

  constructor(host: IntakeHost) {
    const { options, settings, server, handle, admission, hooks } = host;
    this.#host = host;
    this.#served = {
      counted: true,
      begin: (conn) => hooks.connect(conn),
      handle: (conn) => handle(conn, server),
      left: (conn) => {
        admission.leave(conn);
        this.#left();
      },
    };
    this.#refused = {
      counted: false,
      begin: (conn) => hooks.drop(conn.remoteAddr, "overflow"),
      handle: (conn) => this.#sayBusy(conn),
      left: (conn) => {
        admission.leave(conn);
        this.#busy--;
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
    this.tls = host.tls;
  }

  /** Connections from accept until their handler has ended. */
  get active(): number {
    return this.#active;
  }

  /** Take over new limits. */
  update(limits: StreamServerLimits, settings: StreamServerSettings): void {
    const { admission } = this.#host;
    admission.update(limits, settings.maxConnectionsPerIp, this.#present());
    this.#settings = settings;
    this.#roomLeft();
  }

  /** All who were admitted and have not left. */
  *#present(): Generator<Peer> {
    const { running, pending } = this.#host.roster;
    yield* running;
    for (const { admitted, transport } of pending) {
      if (admitted) yield transport;
    }
    for (const { admitted, transport } of this.#held) {
      if (admitted) yield transport;
    }
    yield* this.stuck.counted();
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
      try {
        this.#take(transport);
      } catch (error) {
        // An address that cannot be judged, from an acceptor of somebody's own: nobody is let in for that.
        this.#discard(transport);
        hooks.error(error, { phase: "accept" });
      }
    }
  }

  /** Take nothing more in; the listener is being closed. */
  stop(): void {
    this.#stopped = true;
    const { admission, hooks } = this.#host;
    // As the kernel does with those in its backlog.
    for (const { transport, admitted } of this.#held.splice(0)) {
      if (admitted) admission.leave(transport);
      transport.close();
      hooks.drop(transport.remoteAddr, "overflow");
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
    const { hooks, proxy, admission } = this.#host;
    hooks.stats.accepted++;
    this.#setSocketOptions(transport);
    // Behind a proxy only its header tells who comes.
    const admitted = proxy === undefined;
    const refused = admitted ? admission.admit(transport) : undefined;
    if (refused !== undefined) {
      this.#discard(transport);
      hooks.drop(transport.remoteAddr, refused);
    } else if (!this.#isFull || this.#waits) this.#start(transport, admitted);
    else if (!this.#hold(transport, admitted)) {
      this.#refuse(transport, admitted);
    }
  }

  /** Close what was not let in, as far as Deno does. */
  #discard(
    transport: Transport,
    left?: () => void,
    since: number = performance.now(),
  ): void {
    if (transport.handshaking) {
      const { handshakeTimeout } = this.#settings;
      return this.stuck.keep(transport, { since, left }, handshakeTimeout);
    }
    transport.close();
    left?.();
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

  #start(transport: Transport, admitted: boolean): void {
    const { stats } = this.#host.hooks;
    if (++this.#active > stats.peak) stats.peak = this.#active;
    this.#begin(transport, admitted, this.#served);
  }

  /** Run it, at once if nothing is to be proved before. */
  #begin(transport: Transport, admitted: boolean, visit: Visit): void {
    const { roster, options } = this.#host;
    if (
      !admitted || this.tls !== undefined ||
      transport.handshake !== undefined || options.verify !== undefined
    ) this.#establish(new Arrival(transport, admitted), visit);
    else roster.run(this.#connection(transport), visit);
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
  #hold(transport: Transport, admitted: boolean): boolean {
    const { overflow = "wait" } = this.#host.options;
    if (overflow !== "wait" || this.#held.length >= MAX_HELD) return false;
    this.#held.push({ transport, admitted });
    return true;
  }

  /** Let a connection prove itself; then run it, or drop it. */
  async #establish(arrival: Arrival, visit: Visit): Promise<void> {
    const { roster, hooks, admission, proxy } = this.#host;
    roster.arrive(arrival, this.#settings);
    const dropped = await arrival.establish({
      admission,
      proxy,
      tls: this.tls,
      connection: (transport, proxy) =>
        this.#connection(transport, proxy, arrival.since),
      // To hear that the server is busy it is enough to be let in.
      verified: async (conn) => !visit.counted || await this.#verified(conn),
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
      return roster.run(conn, visit);
    }
    const { transport, admitted } = arrival;
    const { remoteAddr } = transport;
    const leave = admitted ? () => admission.leave(transport) : undefined;
    if (stillWanted) this.#discard(transport, leave, arrival.since);
    else leave?.();
    if (visit.counted) this.#left();
    else this.#busy--;
    if (dropped !== undefined) hooks.drop(remoteAddr, dropped);
    roster.checkEmpty();
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
  #refuse(transport: Transport, admitted: boolean): void {
    const { hooks, admission, options: { overflow } } = this.#host;
    if (typeof overflow === "function" && this.#busy < MAX_BUSY) {
      this.#busy++;
      this.#begin(transport, admitted, this.#refused);
      return;
    }
    const leave = admitted ? () => admission.leave(transport) : undefined;
    this.#discard(transport, leave);
    hooks.drop(transport.remoteAddr, "overflow");
  }

  /** What the option `overflow` is for: a word, not a conversation. */
  #sayBusy(conn: AnyConnection): unknown {
    const { overflow } = this.#host.options;
    controlOf(conn).override({ lingerTimeout: 0 });
    conn.deadline(BUSY_TIMEOUT);
    return typeof overflow === "function" && overflow(conn);
  }

  /** @param since When it was accepted, if that is a while ago, in whole ms of `performance.now()`. */
  #connection(
    transport: Transport,
    proxy?: ProxyHeader,
    since?: number,
  ): AnyConnection {
    return new Connection<Deno.Addr>(transport, {
      id: ++this.#lastId,
      host: this.#connections,
      settings: this.#settings,
      proxy,
      since,
    });
  }
}
