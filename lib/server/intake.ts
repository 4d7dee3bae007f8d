/**
 * The way in: accepting while there is room, judging who comes, and what happens to those for whom
 * there is none. One accept is outstanding at a time, so there is never one connection too many.
 *
 * @module
 */
import {
  acceptTransport,
  onAcceptError,
  type StreamListener,
} from "../socket/stream_listener.ts";
import type { Transport } from "../socket/transport.ts";
import type { Peer } from "./admission.ts";
import { type AnyConnection, controlOf } from "./connection.ts";
import { Reception, type ReceptionHost } from "./reception.ts";
import type { Visit } from "./roster.ts";
import {
  type AnyServerOptions,
  BUSY_TIMEOUT,
  MAX_BUSY,
  MAX_HELD,
  type StreamServerLimits,
  type StreamServerSettings,
} from "./serve_options.ts";
import type { StreamServer } from "./stream_server.ts";

/** What an intake works for. */
interface IntakeHost extends ReceptionHost {
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
  /** Makes connections of what comes in. */
  readonly reception: Reception;
  readonly #host: IntakeHost;
  readonly #served: Visit;
  readonly #refused: Visit;
  #settings: StreamServerSettings;
  #active = 0;
  #busy = 0;
  #stopped = false;
  /** Accepted and not begun, first come first: only where accepting cannot wait. */
  #held: Held[] = [];
  /** Wakes the loop that waits for a connection to leave. */
  #room: PromiseWithResolvers<void> | undefined;

  constructor(host: IntakeHost) {
    const { settings, server, handle, admission, hooks } = host;
    this.#host = host;
    this.#served = {
      counted: true,
      begin: (conn) => hooks.connect(conn),
      handle: (conn) => handle(conn, server),
      left: (conn) => {
        admission.leave(conn);
        this.#left();
      },
      dropped: () => this.#left(),
    };
    this.#refused = {
      counted: false,
      begin: (conn) => hooks.drop(conn.remoteAddr, "overflow"),
      handle: (conn) => this.#sayBusy(conn),
      left: (conn) => {
        admission.leave(conn);
        this.#busy--;
      },
      dropped: () => void this.#busy--,
    };
    this.#settings = settings;
    this.reception = new Reception(host);
  }

  /** Connections from accept until their handler has ended. */
  get active(): number {
    return this.#active;
  }

  /** Take over new limits. */
  update(limits: StreamServerLimits, settings: StreamServerSettings): void {
    const { admission } = this.#host;
    admission.update(limits, settings.maxConnectionsPerIp, this.#present());
    this.#settings = this.reception.settings = settings;
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
    yield* this.reception.stuck.counted();
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
        this.reception.discard(transport);
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
    return this.#overflow === "wait" && !this.#host.cannotWait;
  }

  get #overflow(): NonNullable<AnyServerOptions["overflow"]> {
    return this.#host.options.overflow ?? "wait";
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
      this.reception.discard(transport);
      hooks.drop(transport.remoteAddr, refused);
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

  #start(transport: Transport, admitted: boolean): void {
    const { stats } = this.#host.hooks;
    if (++this.#active > stats.peak) stats.peak = this.#active;
    this.reception.receive(transport, admitted, this.#served);
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
    const mayHold = this.#overflow === "wait" && this.#held.length < MAX_HELD;
    if (!mayHold) return false;
    this.#held.push({ transport, admitted });
    return true;
  }

  /** Full, and not meant to wait: say so, or just close. */
  #refuse(transport: Transport, admitted: boolean): void {
    const { hooks, admission } = this.#host;
    if (typeof this.#overflow === "function" && this.#busy < MAX_BUSY) {
      this.#busy++;
      this.reception.receive(transport, admitted, this.#refused);
      return;
    }
    const leave = admitted ? () => admission.leave(transport) : undefined;
    this.reception.discard(transport, leave);
    hooks.drop(transport.remoteAddr, "overflow");
  }

  /** What the option `overflow` is for: a word, not a conversation. */
  #sayBusy(conn: AnyConnection): unknown {
    const overflow = this.#overflow;
    controlOf(conn).override({ lingerTimeout: 0 });
    conn.deadline(BUSY_TIMEOUT);
    return typeof overflow === "function" && overflow(conn);
  }
}
