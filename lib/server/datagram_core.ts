/**
 * What a datagram server and its two kinds of service (requests, sessions) share: the socket, the
 * settings, the counters and the hooks.
 *
 * @module
 */
import { LimitExceededError } from "../errors.ts";
import type {
  DatagramAddr,
  DatagramEndpoint,
} from "../socket/datagram_endpoint.ts";
import { checkBytes, checkTarget } from "../socket/datagram_target.ts";
import type {
  DatagramErrorContext,
  DatagramServerOptions,
  DatagramSettings,
} from "./datagram_options.ts";
import type { DatagramServer } from "./datagram_server.ts";
import {
  type DatagramDropReason,
  type DatagramServerStats,
  newDatagramServerStats,
} from "./datagram_stats.ts";
import { type RateLimit, RateLimiter } from "./rate_limit.ts";
import { callHook, reportError } from "./report_error.ts";
import { countReason } from "./stream_stats.ts";

/** The hooks that every datagram server has. */
type DatagramHooks<A extends DatagramAddr> = Pick<
  DatagramServerOptions<A>,
  "onListen" | "onDrop" | "onError"
>;

/** What handles the datagrams that a server lets in. */
export interface DatagramService<A extends DatagramAddr> {
  /** How many receives are worth having outstanding at once. */
  readonly loops: number;
  /** Whether the next datagram is received only when this one has been dealt with. */
  readonly isSerial: boolean;
  /** How many more datagrams may be received now. */
  readonly room: number;
  /** Called each time that `room` grows. */
  onRoom: () => void;
  /** Called each time that a handler has ended. */
  onEnd: () => void;
  /** Deal with one datagram, whose bytes are the service's own. Never rejects. */
  take(data: Uint8Array<ArrayBuffer>, from: A): Promise<void> | undefined;
  /** No more datagrams will come: let the handlers end. */
  drain(): void;
  /** Abort the signals of all handlers that run; resolves nothing and waits for nothing. */
  cut(reason: unknown): void;
}

/** IPv4 (20 bytes) and UDP (8); IPv6's 40 would only make the rule more generous. */
const HEADERS = 28;

/** Text of a reply becomes UTF-8. */
const ENCODER = new TextEncoder();

/** How many lines a log can bear from somebody who forges senders. */
const LINES: RateLimit = { perSecond: 1, burst: 10, per: "server" };

/** What server and service share. */
export class DatagramCore<A extends DatagramAddr> {
  /** The bound socket. */
  readonly endpoint: DatagramEndpoint<A>;
  /** The checked options. */
  readonly settings: DatagramSettings;
  /** The server; set by itself. */
  server!: DatagramServer<A>;
  /** The counters; the service keeps `active`, `handled` and what only it knows. */
  readonly stats: DatagramServerStats = newDatagramServerStats();
  /** `never`, not A: so a server for UDP addresses also is one for any network address. */
  readonly #hooks: DatagramHooks<never>;
  /** What replies beyond `maxAmplification` were refused with. */
  readonly #refusals: WeakSet<LimitExceededError> = new WeakSet();
  #refusalTold = false;
  /** Which errors are printed: each costs 0.1 ms and a line, and any datagram may bring one. */
  readonly #lines: RateLimiter = new RateLimiter(LINES);
  readonly #countHookError = () => {
    this.stats.hookErrors++;
  };

  /** Made by `serveDatagram` and `serveSessions`. */
  constructor(
    endpoint: DatagramEndpoint<A>,
    settings: DatagramSettings,
    hooks: DatagramHooks<A>,
  ) {
    this.endpoint = endpoint;
    this.settings = settings;
    this.#hooks = hooks as DatagramHooks<never>;
  }

  /** Tell that the server is bound. */
  announce(): void {
    const { onListen } = this.#hooks;
    if (onListen !== undefined) {
      this.callHook(() => onListen(this.endpoint.addr as never));
    }
  }

  /** Call a hook of the user; its failure is counted and swallowed. */
  callHook(hook: () => unknown): void {
    callHook(hook, this.#countHookError);
  }

  /** Count a drop and tell of it. */
  drop(from: A, reason: DatagramDropReason): void {
    countReason(this.stats.drops, reason);
    const { onDrop } = this.#hooks;
    if (onDrop !== undefined) {
      this.callHook(() => onDrop(from as never, reason));
    }
  }

  /** Report an error once, if anybody wants to hear it or there is room for its line. */
  report(error: unknown, context: DatagramErrorContext<A>): void {
    const { onError } = this.#hooks;
    if (onError === undefined && !this.#lines.admit(undefined)) return;
    reportError(
      error,
      context as DatagramErrorContext<never>,
      onError,
      this.#countHookError,
    );
  }

  /**
   * A handler has failed: count it, and report it. Of refused replies only the first is told: it is a
   * hint for who writes the handler, and whoever forges senders could fill the log with the rest.
   */
  handlerFailed(error: unknown, remoteAddr: A): void {
    this.stats.handlerErrors++;
    if (error instanceof LimitExceededError && this.#refusals.has(error)) {
      if (this.#refusalTold) return;
      this.#refusalTold = true;
    }
    this.report(error, { phase: "handler", remoteAddr });
  }

  /** Count a handler in. */
  begin(): void {
    const { stats } = this;
    stats.handled++;
    if (++stats.active > stats.peak) stats.peak = stats.active;
  }

  /** The bytes of what a handler wants to send. */
  bytesOf(data: unknown): Uint8Array {
    if (typeof data === "string") return ENCODER.encode(data);
    checkBytes(data, "a Uint8Array or text");
    return data;
  }

  /**
   * Send a datagram.
   *
   * @param target Whom to, checked if it comes from outside.
   */
  async send(data: Uint8Array, target: DatagramAddr): Promise<void> {
    try {
      this.countSent(await this.endpoint.conn.send(data, target));
    } catch (error) {
      this.stats.sendErrors++;
      throw error;
    }
  }

  /** Count a datagram of that size as sent. */
  countSent(size: number): void {
    this.stats.sent++;
    this.stats.bytesWritten += size;
  }

  /** Check an address that a caller gave. */
  checkTarget(to: unknown): DatagramAddr {
    return checkTarget(this.endpoint.addr.transport, to);
  }

  /**
   * Check a reply against what the peer has sent, and count it.
   *
   * @throws {LimitExceededError} If it would be more than `maxAmplification` times as much.
   */
  checkAmplification(data: Uint8Array, peer: PeerBalance<A>): void {
    const { maxAmplification } = this.settings;
    const cost = data.length + HEADERS;
    const limit = peer.received * maxAmplification;
    if (peer.sent + cost > limit) {
      this.drop(peer.remoteAddr, "amplification");
      const room = Math.max(0, Math.floor(limit - peer.sent - HEADERS));
      const error = new LimitExceededError(
        `Cannot send ${data.length} bytes: maxAmplification ${maxAmplification} leaves ${room} for what this peer has sent`,
        { limit: room, actual: data.length },
      );
      this.#refusals.add(error);
      throw error;
    }
    peer.sent += cost;
  }
}

/** How much has gone to and fro with one peer, headers included. */
export interface PeerBalance<A extends DatagramAddr> {
  /** The peer. */
  readonly remoteAddr: A;
  /** Bytes that came. */
  received: number;
  /** Bytes that went. */
  sent: number;
}

/** What a datagram of that size counts for. */
export function withHeaders(size: number): number {
  return size + HEADERS;
}
