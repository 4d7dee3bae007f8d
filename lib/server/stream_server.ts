/**
 * StreamServer: many connections of one listener. It accepts, admits and hands over to the roster,
 * and it ends in good order. `serve` makes it.
 *
 * @module
 */
import { loadKeyPair, loadServerTls } from "../socket/first_use.ts";
import { printAs } from "../address/print_as.ts";
import { addrText } from "../socket/addr_text.ts";
import { checkKnownOptions } from "../socket/known_options.ts";
import type { ServerTlsOptions } from "../socket/tls_options.ts";
import type { Connection } from "./connection.ts";
import { Drain } from "./drain.ts";
import {
  checkShutdown,
  type DrainReport,
  type ShutdownOptions,
} from "./graceful_shutdown.ts";
import type { Intake } from "./intake.ts";
import type { Certificate, Listening } from "./listening.ts";
import type { Reception } from "./reception.ts";
import type { Roster } from "./roster.ts";
import type {
  AnyServerOptions,
  StreamServerLimits,
  StreamServerSettings,
} from "./serve_options.ts";
import type { ServerHooks } from "./server_hooks.ts";
import { stopOnSignals } from "./shutdown_signals.ts";
import type { StreamServerStats } from "./stream_stats.ts";

/** Where a server is in its life. */
export type StreamServerState =
  | "listening"
  | "suspended"
  | "draining"
  | "closed";

/** What `serve` makes a server of, all of it checked. The parts come from there, too: they are loaded with it. */
interface StreamServerInit {
  /** What was asked for. */
  options: AnyServerOptions;
  /** Its limits, complete. */
  settings: StreamServerSettings;
  /** Whether it has a certificate, through node:tls or Deno's own listener. */
  hasCertificate: boolean;
  /** What TLS through node:tls would need, where the listener itself speaks TLS. */
  spareTls?: ServerTlsOptions | undefined;
  /** Counts, and tells who wants to know. */
  hooks: ServerHooks;
  /** The connections. */
  roster: Roster;
  /** What is checked and changed of the limits. */
  checkLimits: (
    changes: StreamServerLimits,
    current: StreamServerSettings,
  ) => StreamServerSettings;
  /** The parts that know the server. */
  parts: (server: StreamServer<Deno.Addr>) => {
    intake: Intake;
    listening: Listening;
  };
}

/** Make one, for `serve`; not part of the public surface. */
export let makeStreamServer: (
  init: StreamServerInit,
) => StreamServer<Deno.Addr>;

const CERTIFICATE_KEYS = new Set(["cert", "key"]);

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
  readonly #reception: Reception;
  readonly #listening: Listening;
  readonly #checkLimits: StreamServerInit["checkLimits"];
  readonly #hasCertificate: boolean;
  #spareTls: ServerTlsOptions | undefined;
  readonly #finished = Promise.withResolvers<void>();
  readonly #drain = new Drain();
  readonly #disarm: () => void;
  #settings: StreamServerSettings;
  #ending: "draining" | "closed" | undefined;
  #report: Promise<DrainReport> | undefined;

  static {
    makeStreamServer = (init) => new StreamServer(init);
  }

  /** Servers are made by `serve`. */
  private constructor(init: StreamServerInit) {
    this.#hooks = init.hooks;
    this.#roster = init.roster;
    this.#settings = init.settings;
    this.#checkLimits = init.checkLimits;
    this.#hasCertificate = init.hasCertificate;
    this.#spareTls = init.spareTls;
    const { intake, listening } = init.parts(this);
    this.#intake = intake;
    this.#reception = intake.reception;
    this.#reception.stuck.onTooMany = () => this.#leaveDenoTls();
    this.#listening = listening;
    this.#disarm = stopOnSignals(this, init.options);
    this.#listening.start();
  }

  /** Where it listens, with the real port. */
  get addr(): A {
    return this.#listening.addr as A;
  }

  /** Where it is in its life. */
  get state(): StreamServerState {
    return this.#ending ??
      (this.#listening.suspended ? "suspended" : "listening");
  }

  /** The connections whose handler has not ended. */
  get connections(): ReadonlySet<Connection<A>> {
    return this.#roster.running;
  }

  /** Resolves when the server has ended, whatever ended it. Never rejects. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /**
   * What it has counted until now: a plain object of its own.
   *
   * @example For Prometheus
   * ```ts
   * import { connect, formatPrometheus, serve } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * await using server = await serve({ port: 0 }, (conn) => conn.send("hello\n"));
   * await using client = await connect({ port: server.addr.port });
   * await client.reader.readLine();
   * const page = formatPrometheus(server.stats, { prefix: "hello" });
   * assert.match(page, /^hello_accepted_total 1$/m);
   * assert.match(page, /^hello_bytes_written_total 6$/m);
   * ```
   */
  get stats(): StreamServerStats {
    const { stats } = this.#hooks;
    const snapshot = {
      ...stats,
      active: this.#intake.active,
      lingering: this.#roster.lingering,
      drops: { ...stats.drops },
      closes: { ...stats.closes },
    };
    this.#roster.addBytes(snapshot);
    return snapshot;
  }

  /**
   * End in good order: stop accepting, tell every connection to drain, and cut what is left at the deadline.
   *
   * May be called at any time and more than once; a later call can move the deadline forward. Awaited inside
   * a handler it waits for that handler, up to the deadline.
   *
   * @returns How many handlers ended by themselves and how many were cut.
   * @throws {TypeError} If an option is unknown or of a wrong type.
   * @throws {RangeError} If `timeout` is negative or NaN.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<DrainReport> {
    checkShutdown(options);
    const { timeout = this.#settings.shutdownTimeout, signal } = options;
    if (this.#ending !== "closed") this.#drain.limit(timeout, signal);
    return await (this.#report ??= this.#shutdown());
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
    await this.#listening.suspend();
  }

  /**
   * Accept again, at the same address.
   *
   * @throws {Deno.errors.AddrInUse} If the port was taken meanwhile; the server stays suspended.
   */
  async resume(): Promise<void> {
    await this.#listening.resume();
  }

  /**
   * Serve new connections with another certificate. Connections go on with the old one.
   *
   * With mutual TLS or behind a PROXY header the next handshake takes the new one, and nobody notices. Otherwise
   * Deno cannot exchange a certificate in place, so the socket is closed and opened again: under 9000 connects
   * a second 1 to 2 % of those that arrive in that millisecond are reset. A suspended server begins to
   * serve it when it resumes.
   *
   * @throws {TypeError} If the server does not speak TLS, the certificate is none, or the key is not its own; the
   *   old one stays.
   */
  async setCertificate(certificate: Certificate): Promise<void> {
    if (!this.#hasCertificate) {
      throw new TypeError("Cannot set certificate: the server has no TLS");
    }
    checkKnownOptions("Cannot set certificate", certificate, CERTIFICATE_KEYS);
    const { readKeyPair } = await loadKeyPair();
    const { cert, key } = await readKeyPair(certificate.cert, certificate.key);
    const { tls } = this.#reception;
    if (tls !== undefined) {
      const changed = { ...tls, cert, key };
      const { prepareServerTls } = await loadServerTls();
      await prepareServerTls(changed);
      this.#reception.tls = changed;
      return;
    }
    await this.#listening.setCertificate({ cert, key });
    if (this.#spareTls === undefined) return;
    this.#spareTls = { ...this.#spareTls, cert, key };
    if (this.#reception.tls !== undefined) this.#reception.tls = this.#spareTls;
  }

  /**
   * Change limits while the server runs; connections that are open live by the new time-outs too.
   *
   * @throws {TypeError} If an option is unknown, of a wrong type, or cannot be changed any more.
   * @throws {AddressSyntaxError} If an item of `allow` or `deny` is no address, network or range.
   * @throws {RangeError} If a number is out of range.
   */
  setOptions(limits: StreamServerLimits): void {
    const settings = this.#checkLimits(limits, this.#settings);
    this.#intake.update(limits, settings);
    this.#settings = settings;
    this.#roster.setSettings(settings);
  }

  /** Keep the process alive for this server, as it does unless told otherwise. */
  ref(): void {
    this.#listening.setReferenced(true);
  }

  /** Let the process end although this server listens. */
  unref(): void {
    this.#listening.setReferenced(false);
  }

  /** Shut down, and wait until it has ended: {@linkcode shutdown}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #shutdown(): Promise<DrainReport> {
    const roster = this.#roster;
    const began = performance.now();
    const endedBefore = roster.ended;
    this.#ending = "draining";
    const stopped = this.#listening.stop();
    // With no time left whoever waits shall meet the cut, not a drain that lasts a turn.
    if (!this.#drain.ended) {
      roster.drain(
        new DOMException("The server is shutting down", "AbortError"),
      );
      // An acceptor of somebody else's may take longer to let go than there is time.
      await Promise.race([stopped, this.#drain.done]);
      roster.onEmpty = () => this.#drain.end();
      if (!roster.isEmpty) await this.#drain.done;
    }
    const completed = roster.ended - endedBefore;
    const aborted = roster.running.size;
    await this.#cut();
    await stopped;
    // Who was accepted in the very last moment.
    await this.#cut();
    roster.sweep.stop();
    this.#reception.stuck.close();
    this.#drain.end();
    this.#disarm();
    this.#ending = "closed";
    this.#finished.resolve();
    return { completed, aborted, duration: performance.now() - began };
  }

  /** Silent clients hold on to too many descriptors: go on with TLS that lets go of them. */
  async #leaveDenoTls(): Promise<void> {
    try {
      if (this.#spareTls === undefined) return;
      const { prepareServerTls } = await loadServerTls();
      await prepareServerTls(this.#spareTls);
      await this.#listening.leaveTls(() =>
        this.#reception.tls = this.#spareTls
      );
    } catch (error) {
      this.#hooks.error(error, { phase: "listen" });
    }
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
  }
}

printAs<StreamServer<Deno.Addr>>(
  StreamServer,
  (server) => `${addrText(server.addr)} ${server.state}`,
);
