/**
 * The options of the datagram servers: their names and meaning. check_datagram_options.ts checks them and
 * fills in the defaults.
 *
 * @module
 */
import type { AddressList } from "../socket/address_list.ts";
import type { DatagramAddr, UdpAddr } from "../socket/datagram_endpoint.ts";
import type {
  UdpBindOptions,
  UnixDatagramBindOptions,
} from "../socket/open_datagram.ts";
import type { DatagramDropReason } from "./datagram_stats.ts";
import type { RateLimit } from "./rate_limit.ts";

/** Where an error came from that reached `onError`. */
export interface DatagramErrorContext<A extends DatagramAddr = Deno.NetAddr> {
  /** `"handler"`: a handler threw or rejected. `"receive"`: the socket failed to receive. */
  phase: "handler" | "receive";
  /** Whose datagram or session it was. */
  remoteAddr?: A | undefined;
}

/** Options of every datagram server. */
export interface DatagramServerOptions<A extends DatagramAddr> {
  /**
   * Most bytes that are sent per byte that came, each datagram counted with 28 bytes of headers.
   * Default 3 for UDP, where a sender's address may be forged and the reply hit somebody else;
   * Infinity lifts it, as is the default for Unix sockets. Replies beyond it are counted, and `onError` hears of
   * the first one only.
   */
  maxAmplification?: number | undefined;
  /** How long `shutdown()` waits for handlers, in milliseconds. Default 15 000; 0 cuts at once. */
  shutdownTimeout?: number | undefined;
  /** Called once, when the server is bound. */
  onListen?: ((addr: A) => unknown) | undefined;
  /** Called for each datagram or reply that is dropped. */
  onDrop?: ((addr: A, reason: DatagramDropReason) => unknown) | undefined;
  /**
   * Called for each handler that fails. Default: one escaped line on standard error; at most ten at once and then
   * one a second, since anybody's datagrams could fill the log. `stats.handlerErrors` counts all.
   */
  onError?:
    | ((error: unknown, context: DatagramErrorContext<A>) => unknown)
    | undefined;
  /** Cuts the server when it aborts, as `close()` does. */
  signal?: AbortSignal | undefined;
  /**
   * Signals of the operating system that shut the server down gracefully, such as `["SIGTERM", "SIGINT"]`; a
   * second one cuts what is left.
   */
  shutdownSignals?: readonly Deno.Signal[] | undefined;
}

/** Who may send to a UDP server. */
export interface UdpAccessOptions {
  /** Addresses and networks that may come; others are dropped. Default: all. */
  allow?: AddressList | undefined;
  /** Addresses and networks that are dropped, whatever `allow` says. */
  deny?: AddressList | undefined;
  /** How often one sender, or all together, may come. Default: no limit. */
  rateLimit?: RateLimit | undefined;
  /**
   * Source ports whose datagrams are dropped. Default: 0 and the small services that answer
   * anything (echo, daytime, qotd, chargen, time), because with a forged source two such servers
   * answer each other for ever.
   */
  denySourcePorts?: readonly number[] | undefined;
}

/** What only servers with a handler call per datagram have. */
export interface RequestOptions {
  /** Most handlers at once; then receiving pauses. Default 1 000; for Unix sockets 1, and no other. */
  maxConcurrent?: number | undefined;
  /**
   * How long a handler may take, in milliseconds, until its `signal` aborts. Default 10 000. On a Unix socket
   * also how long a reply may wait until its receiver has room for it.
   */
  requestTimeout?: number | undefined;
}

/** What only servers with a handler call per peer have. */
export interface SessionOptions {
  /** A session ends when nothing has come for so long, in milliseconds. Default 60 000. */
  sessionTimeout?: number | undefined;
  /**
   * Most sessions at once. Default 10 000. When there are so many, a new peer takes the place of the oldest one
   * that has been heard only once, more than a second ago, as forged senders are; if there is none, the new one is
   * dropped.
   */
  maxSessions?: number | undefined;
  /** Most datagrams that wait in one session; more are dropped. Default 64. */
  sessionQueue?: number | undefined;
}

/** Options of `serveDatagram` for UDP. */
export interface UdpServeOptions
  extends
    UdpBindOptions,
    UdpAccessOptions,
    RequestOptions,
    DatagramServerOptions<UdpAddr> {}

/** Options of `serveDatagram` for Unix datagram sockets. Needs `--unstable-net`. */
export interface UnixDatagramServeOptions
  extends
    UnixDatagramBindOptions,
    RequestOptions,
    DatagramServerOptions<Deno.UnixAddr> {}

/** The options that a server of either kind works with, checked and complete. */
export interface DatagramSettings {
  maxAmplification: number;
  shutdownTimeout: number;
  denySourcePorts: ReadonlySet<number>;
  maxConcurrent: number;
  requestTimeout: number;
  sessionTimeout: number;
  maxSessions: number;
  sessionQueue: number;
}
