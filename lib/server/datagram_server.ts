/**
 * A running datagram server: what `serveDatagram` and `serveSessions` resolve to.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import { addrText } from "../socket/addr_text.ts";
import { ProcessHold } from "../socket/process_hold.ts";
import type { DatagramAddr } from "../socket/datagram_endpoint.ts";
import {
  checkBytes,
  type DatagramTarget,
  named,
} from "../socket/datagram_target.ts";
import { armWait, type WaitOptions } from "../stream/wait.ts";
import type { DatagramCore, DatagramService } from "./datagram_core.ts";
import type { DatagramLoops } from "./datagram_loops.ts";
import type { DatagramServerStats } from "./datagram_stats.ts";
import {
  checkShutdown,
  type DrainReport,
  type ShutdownOptions,
} from "./graceful_shutdown.ts";
import { stopOnSignals, type StopOptions } from "./shutdown_signals.ts";

/** Where a datagram server is in its life. */
export type DatagramServerState = "listening" | "draining" | "closed";

/** Make one, for `serveDatagram` and `serveSessions`; not part of the public surface. */
export let makeDatagramServer: <A extends DatagramAddr>(
  core: DatagramCore<A>,
  service: DatagramService<A>,
  loops: DatagramLoops<A>,
) => DatagramServer<A>;

/**
 * Begin to receive, once; not part of the public surface.
 *
 * @throws {TypeError} If one of the signals cannot be listened to; the socket is still open then.
 */
export let beginToReceive: <A extends DatagramAddr>(
  server: DatagramServer<A>,
  options: StopOptions,
) => void;

/**
 * A datagram server that runs.
 *
 * `shutdown()` ends it gracefully, `close()` at once, and `await using` shuts it down at the end of the
 * block.
 *
 * @typeParam A What an address is: `Deno.NetAddr` for UDP, `Deno.UnixAddr` for Unix sockets.
 */
export class DatagramServer<A extends DatagramAddr = Deno.NetAddr> {
  /** Where it is bound, with the real port. */
  readonly addr: A;
  /** Resolves when the server has ended, whoever ended it; never rejects. */
  readonly finished: Promise<void>;
  readonly #core: DatagramCore<A>;
  readonly #service: DatagramService<A>;
  readonly #loops: DatagramLoops<A>;
  readonly #finish: () => void;
  readonly #hold = new ProcessHold();
  #state: DatagramServerState = "listening";
  #closing: Promise<void> | undefined;
  /** Handlers that were running when it was closed. */
  #aborted = 0;
  /** Called when it closes: stops listening for signals. */
  #disarm: () => void = () => {};
  /** Those who wait in `shutdown` for the last handler. */
  readonly #idlers: Set<() => void> = new Set();

  static {
    makeDatagramServer = (core, service, loops) =>
      new DatagramServer(core, service, loops);
    beginToReceive = (server, options) => server.#start(options);
  }

  /** Made by `serveDatagram` and `serveSessions`. */
  private constructor(
    core: DatagramCore<A>,
    service: DatagramService<A>,
    loops: DatagramLoops<A>,
  ) {
    this.#core = core;
    core.server = this;
    this.#service = service;
    this.addr = core.endpoint.addr;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#finish = resolve;
    this.#loops = loops;
    service.onEnd = () => this.#handlerEnded();
  }

  #start(options: StopOptions): void {
    this.#disarm = stopOnSignals(this, options);
    this.#core.endpoint.conn.unref();
    this.#core.announce();
    if (this.#state === "listening") this.#loops.start();
  }

  /** `"listening"`, then `"draining"` once `shutdown()` was called, then `"closed"`. */
  get state(): DatagramServerState {
    return this.#state;
  }

  /** What it has counted so far: a copy. */
  get stats(): DatagramServerStats {
    const { stats } = this.#core;
    return {
      ...stats,
      drops: { ...stats.drops },
      closes: { ...stats.closes },
    };
  }

  /**
   * Send a datagram that answers nobody, from the server's own address; `maxAmplification` does not count it.
   *
   * On a Unix socket only while a handler runs: Deno cannot send while a receive is pending.
   *
   * @param data The bytes. No text: encode it first.
   * @param to Whom to.
   * @returns How many bytes were sent.
   * @throws {TypeError} If the data is not bytes, or `to` is no address.
   * @throws {LookupError} If `to` is a name that has no address.
   * @throws {Deno.errors.BadResource} If the server is closed.
   */
  async send(
    data: Uint8Array,
    to: DatagramTarget<A>,
  ): Promise<number> {
    checkBytes(data);
    const target = this.#core.checkTarget(to);
    if (this.#state === "closed") {
      throw new Deno.errors.BadResource(
        "Cannot send datagram: the server is closed",
      );
    }
    const sent = this.#core.send(data, target);
    await (target.transport === "udp" ? named(target, sent) : sent);
    return data.length;
  }

  /**
   * End gracefully: take no more datagrams, wait for the handlers, abort the signals of those that are
   * not done by the deadline, close.
   *
   * May be called again, at any time. Awaited inside a handler it waits for that handler too, until
   * the deadline.
   *
   * @param options `timeout` in milliseconds instead of `shutdownTimeout`; 0 cuts at once. When `signal` aborts, the waiting ends as at the deadline.
   * @returns How it went.
   * @throws {TypeError} If an option is unknown or of a wrong type.
   * @throws {RangeError} If the time-out is negative or NaN.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<DrainReport> {
    checkShutdown(options);
    const timeout = options.timeout ?? this.#core.settings.shutdownTimeout;
    const began = performance.now();
    const running = this.#core.stats.active;
    if (this.#state === "listening") {
      this.#state = "draining";
      this.#loops.drain();
      this.#service.drain();
    }
    if (timeout > 0) await this.#idle({ timeout, signal: options.signal });
    await this.#cut(
      new DOMException("The server has shut down", "AbortError"),
    );
    const aborted = Math.min(running, this.#aborted);
    return {
      completed: running - aborted,
      aborted,
      duration: performance.now() - began,
    };
  }

  /** Wait until no handler runs, the time is up, or somebody closes the server. */
  async #idle(options: WaitOptions): Promise<void> {
    if (this.#core.stats.active === 0 || this.#state === "closed") return;
    if (options.signal?.aborted) return;
    let disarm = () => {};
    await new Promise<void>((resolve) => {
      this.#idlers.add(resolve);
      disarm = armWait("shut down", options, () => {
        this.#idlers.delete(resolve);
        resolve();
      });
    });
    disarm();
  }

  #handlerEnded(): void {
    if (this.#idlers.size === 0 || this.#core.stats.active > 0) return;
    this.#releaseIdlers();
  }

  #releaseIdlers(): void {
    for (const resolve of this.#idlers) resolve();
    this.#idlers.clear();
  }

  /**
   * End at once: abort the signals of all handlers and close the socket. What handlers do after that
   * is not waited for. A second call does nothing.
   *
   * @returns A promise for the moment when the port is free again.
   */
  close(): Promise<void> {
    return this.#cut(new DOMException("The server was closed", "AbortError"));
  }

  #cut(reason: unknown): Promise<void> {
    return this.#closing ??= this.#close(reason);
  }

  async #close(reason: unknown): Promise<void> {
    this.#state = "closed";
    this.#disarm();
    this.#aborted = this.#core.stats.active;
    this.#service.cut(reason);
    const closed = this.#core.endpoint.conn.close();
    this.#releaseIdlers();
    await Promise.all([closed, this.#loops.stop()]);
    this.#hold.release();
    this.#finish();
  }

  /** Keep the process alive while the server runs; the default. */
  ref(): void {
    if (this.#state !== "closed") this.#hold.ref();
  }

  /**
   * Let the process end although the server runs.
   *
   * Without effect on a Unix socket: Deno keeps the process alive while a receive is outstanding there.
   */
  unref(): void {
    if (this.#state !== "closed") this.#hold.unref();
  }

  /** Shut down gracefully at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

printAs(
  DatagramServer,
  ({ addr, state }) => `${addr.transport} ${addrText(addr)} ${state}`,
);
