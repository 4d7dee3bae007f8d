/**
 * Between accept and handler: makes a connection of a transport, lets it prove itself where
 * something is to be proved, and hands it to the roster, or closes it. How many there may be is the
 * intake's business.
 *
 * @module
 */
import type { ServerTlsOptions } from "../socket/tls_options.ts";
import type { Transport } from "../socket/transport.ts";
import type { Admission } from "./admission.ts";
import {
  type AnyConnection,
  type ConnectionHost,
  controlOf,
  makeConnection,
} from "./connection.ts";
import { Arrival } from "./arrival.ts";
import type { ProxyHeader } from "./proxy_header.ts";
import type { ProxyProtocol } from "./proxy_protocol.ts";
import type { Roster, Visit } from "./roster.ts";
import type {
  AnyServerOptions,
  StreamServerSettings,
} from "./serve_options.ts";
import type { ServerHooks } from "./server_hooks.ts";
import type { StreamServer } from "./stream_server.ts";
import { StuckHandshakes } from "./stuck_handshakes.ts";

/** What a reception works for. */
export interface ReceptionHost {
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
}

/** Receives connections for one server. */
export class Reception {
  /** Handshakes that were given up and cannot be closed. */
  readonly stuck: StuckHandshakes = new StuckHandshakes();
  /** The certificate for the next handshakes, where they go through node:tls. */
  tls: ServerTlsOptions | undefined;
  /** What the next connections live by. */
  settings: StreamServerSettings;
  readonly #host: ReceptionHost;
  readonly #connections: ConnectionHost<Deno.Addr>;
  #lastId = 0;

  constructor(host: ReceptionHost) {
    const { options, settings, server, tls, roster } = host;
    const { limit, maxWriteBuffer } = options;
    this.tls = tls;
    this.settings = settings;
    this.#host = host;
    this.#connections = {
      server,
      limits: { limit, maxWriteBuffer },
      sweep: roster.sweep,
    };
  }

  /** Run a connection, at once if nothing is to be proved before. */
  receive(transport: Transport, admitted: boolean, visit: Visit): void {
    const { roster, options } = this.#host;
    if (
      !admitted || this.tls !== undefined ||
      transport.handshake !== undefined || options.verify !== undefined
    ) this.#establish(new Arrival(transport, admitted), visit);
    else roster.run(this.#connection(transport), visit);
  }

  /**
   * Close what is not let in, as far as Deno does.
   *
   * @param left Called when it is closed, if it was admitted.
   */
  discard(
    transport: Transport,
    left?: () => void,
    since: number = performance.now(),
  ): void {
    if (transport.handshaking) {
      const { handshakeTimeout } = this.settings;
      return this.stuck.keep(transport, { since, left }, handshakeTimeout);
    }
    transport.close();
    left?.();
  }

  /** Let a connection prove itself; then run it, or drop it. */
  async #establish(arrival: Arrival, visit: Visit): Promise<void> {
    const { roster, hooks, admission, proxy } = this.#host;
    roster.arrive(arrival, this.settings);
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
      if (control.settings !== this.settings) {
        control.setSettings(this.settings);
      }
      return roster.run(conn, visit);
    }
    const { transport, admitted } = arrival;
    const { remoteAddr } = transport;
    const leave = admitted ? () => admission.leave(transport) : undefined;
    if (stillWanted) this.discard(transport, leave, arrival.since);
    else leave?.();
    visit.dropped();
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

  /** @param since When it was accepted, if that is a while ago, in whole ms of `performance.now()`. */
  #connection(
    transport: Transport,
    proxy?: ProxyHeader,
    since?: number,
  ): AnyConnection {
    return makeConnection<Deno.Addr>(transport, {
      id: ++this.#lastId,
      host: this.#connections,
      settings: this.settings,
      proxy,
      since,
    });
  }
}
