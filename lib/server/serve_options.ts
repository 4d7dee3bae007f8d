/**
 * The options of a stream server: what they are, and the numbers that it lives by unless told.
 * check_serve_options.ts checks what callers give.
 *
 * @module
 */
import type {
  TcpBindOptions,
  TlsBindOptions,
  UnixBindOptions,
} from "../socket/open_listener.ts";
import type { StreamAcceptor } from "../socket/stream_listener.ts";
import type { AddressList } from "../socket/address_list.ts";
import type { CloseReason } from "./connection_control.ts";
import type { Connection } from "./connection.ts";
import type { ProxyProtocolOptions } from "./proxy_protocol.ts";
import type { RateLimit } from "./rate_limit.ts";

/**
 * Why a connection was refused before its handler ran.
 *
 * | reason | option |
 * |---|---|
 * | `overflow` | `maxConnections`, with `overflow` other than `"wait"`; on an inherited `fd` also where too many were held, or still held at the end |
 * | `deny` | `allow`, `deny` |
 * | `rate-limit` | `rateLimit` |
 * | `per-ip` | `maxConnectionsPerIp` |
 * | `handshake` | the TLS handshake failed or took longer than `handshakeTimeout` |
 * | `proxy` | the PROXY header was bad, missing or late |
 * | `verify` | `verify` said no, failed, or took longer than `handshakeTimeout` |
 */
export type DropReason =
  | "overflow"
  | "deny"
  | "rate-limit"
  | "per-ip"
  | "handshake"
  | "proxy"
  | "verify";

/** Where an error came from that reached `onError`. */
export interface StreamErrorContext<A extends Deno.Addr = Deno.NetAddr> {
  /** What was being done: running a handler, accepting, asking `verify`, listening again. */
  phase: "handler" | "accept" | "verify" | "listen";
  /** The connection, where there was one. */
  connection?: Connection<A> | undefined;
  /** Its client. */
  remoteAddr?: Deno.Addr | undefined;
}

/** The options that `setOptions()` can change while the server runs. */
export interface StreamServerLimits {
  /** Most connections at once, counted from accept until the handler has ended; 1 is a serial server. Default 1024. */
  maxConnections?: number | undefined;
  /**
   * Most connections at once of one client, IPv6 counted per /64; who has no address, as the clients of a Unix
   * socket, is not counted. Default: no limit.
   */
  maxConnectionsPerIp?: number | undefined;
  /**
   * For the PROXY header, the TLS handshake and `verify` together, in ms; for the handshake of `conn.startTls()`
   * too. Default 5000.
   */
  handshakeTimeout?: number | undefined;
  /** No inbound byte while a read waits, in ms; it ends a silent listener of a chat too. Default 60 000. */
  idleTimeout?: number | undefined;
  /** From first byte to complete message in `lines()` and `messages()`, in ms. Default 30 000. */
  messageTimeout?: number | undefined;
  /** No write has completed in that time, in ms: the reader has stalled. Default 120 000. */
  writeTimeout?: number | undefined;
  /** At that age, in ms, a connection is told to drain. Default: never. */
  maxConnectionAge?: number | undefined;
  /** How long a shutdown may take until connections are cut, in ms; 0 cuts at once. Default 15 000. */
  shutdownTimeout?: number | undefined;
  /**
   * How long a bare read (`recv`, `readExactly` …) may wait during a drain, in ms, when nothing has come since it
   * began; where something has, only `shutdownTimeout` ends it. Default 1000.
   */
  drainIdleTimeout?: number | undefined;
  /** How long input is discarded after the last reply until the client closes, in ms; 0 closes at once. Default 2000. */
  lingerTimeout?: number | undefined;
  /**
   * Addresses and networks that may connect; others are dropped, and so is a client whose PROXY header names
   * no address. Default: all.
   */
  allow?: AddressList | undefined;
  /** Addresses and networks that may not, whatever `allow` says. */
  deny?: AddressList | undefined;
  /** How often one client, or all together, may connect. Default: no limit. */
  rateLimit?: RateLimit | undefined;
}

/** What else a stream server can be told. */
export interface StreamServerOptions<A extends Deno.Addr>
  extends StreamServerLimits {
  /**
   * What happens to connections above `maxConnections`: `"wait"` leaves them in the kernel's backlog (the
   * default), `"close"` closes them, and a handler gets a second to say that the server is busy, once the
   * PROXY header and the TLS handshake are done and the client would have been let in (`verify` is not asked).
   */
  overflow?: "wait" | "close" | ((conn: Connection<A>) => unknown) | undefined;
  /** Longest line or separator-ended message, in bytes. Default 65 536. */
  limit?: number | undefined;
  /** Most bytes queued behind a write in progress, for each connection. Default 1 MiB. */
  maxWriteBuffer?: number | undefined;
  /**
   * Send small pieces at once; right after accept, on TCP, and on TLS that goes through node:tls. Default true.
   *
   * Deno's own TLS connections cannot (nor do they let anybody at their socket): the session tickets that end a
   * TLS 1.3 handshake are then a small piece under way, and the first small reply waits until the client has
   * acknowledged them, 40 ms with clients that send their request right behind the handshake, as most do.
   * Later replies do not wait. `tlsBackend: "node"` avoids it.
   */
  noDelay?: boolean | undefined;
  /** Let the system probe idle peers; right after accept, where `noDelay` works too. Default true. */
  keepAlive?: boolean | undefined;
  /** Take a PROXY header before anything else, of TLS too. Default: none is expected. */
  proxyProtocol?: ProxyProtocolOptions | undefined;
  /**
   * Asked before the handler runs; false, or anything that is not true in an `if`, drops the connection
   * (Python's `verify_request`).
   *
   * It has what `handshakeTimeout` leaves of its time. When that is over, or the server cuts, `conn.signal` aborts
   * and the connection is dropped; an answer that comes later counts for nothing. Pass the signal to whatever
   * you ask. A shutdown waits for the answer within the same time.
   */
  verify?: ((conn: Connection<A>) => unknown) | undefined;
  /** Called when the server is bound, and again when it resumes. */
  onListen?: ((addr: A) => unknown) | undefined;
  /** Called before each handler runs. */
  onConnect?: ((conn: Connection<A>) => unknown) | undefined;
  /**
   * Called when a connection is closed and its handler has ended: not at all for one that never ends, though its
   * connection was cut.
   */
  onClose?: ((conn: Connection<A>, reason: CloseReason) => unknown) | undefined;
  /** Called for each connection that is refused. */
  onDrop?: ((addr: A, reason: DropReason) => unknown) | undefined;
  /**
   * Called once for each handler that fails, and for what fails in accepting, `verify` and listening again.
   * Default: one escaped line on standard error.
   */
  onError?:
    | ((error: unknown, context: StreamErrorContext<A>) => unknown)
    | undefined;
  /** Cuts the server when it aborts, as `close()` does. */
  signal?: AbortSignal | undefined;
  /**
   * Signals of the operating system that shut the server down gracefully, such as `["SIGTERM", "SIGINT"]`; a
   * second one cuts what is left.
   */
  shutdownSignals?: readonly Deno.Signal[] | undefined;
}

/** Options whatever the addresses are, as the server's rooms pass them; see `AnyConnection`. */
// deno-lint-ignore no-explicit-any
export type AnyServerOptions = StreamServerOptions<any>;

/** Options of `serve` for TCP. */
export interface TcpServeOptions
  extends TcpBindOptions, StreamServerOptions<Deno.NetAddr> {}

/**
 * Options of `serve` for TLS over TCP.
 *
 * It is `Deno.listenTls`, except where that cannot do what is asked: behind a PROXY header and with `caCerts` or
 * `requestCert` TLS goes through node:tls, which costs about twice the processor time per byte. So it does
 * from the moment on when 64 clients hang in their handshake, for Deno does not close such a connection before
 * its client leaves, and node:tls does; the change closes the socket and opens it again.
 */
export interface TlsServeOptions
  extends TlsBindOptions, StreamServerOptions<Deno.NetAddr> {
  /** Whose client certificates are trusted, PEM. */
  caCerts?: string[] | undefined;
  /** Demand a certificate that `caCerts` vouch for of each client (mutual TLS, through node:tls). Default false. */
  requestCert?: boolean | undefined;
  /**
   * Who speaks TLS. `"deno"` (the default) is fastest, but gives the descriptor of a client that never finishes
   * its handshake back only when that client closes, although the connection was dropped long before; `"node"`
   * (about twice the processor time for each message) gives it back at once, which is what a server that faces
   * strangers directly wants. Client certificates and PROXY headers always take `"node"`.
   */
  tlsBackend?: "deno" | "node" | undefined;
}

/** Options of `serve` for Unix sockets. */
export interface UnixServeOptions
  extends UnixBindOptions, StreamServerOptions<Deno.UnixAddr> {}

/** Options of `serve` on a listener that is open already. */
export interface ListenerServeOptions extends StreamServerOptions<Deno.Addr> {
  /** Where connections come from. The server closes it in the end. */
  listener: StreamAcceptor | Deno.Listener;
}

/**
 * Options of `serve` on a listening socket that this process was started with, such as systemd's.
 *
 * It goes through node:net, which accepts whatever comes: with `overflow: "wait"` up to 512 connections above
 * `maxConnections` are held, unread, and further ones are closed. Speed is node:net's.
 */
export interface FdServeOptions<A extends Deno.Addr = Deno.NetAddr>
  extends StreamServerOptions<A> {
  /** The number of the descriptor; `listenFds()` tells which there are. */
  fd: number;
}

/** Options of `serve`, whatever the transport. */
export type ServeOptions =
  // deno-lint-ignore no-explicit-any -- what its addresses are is known at run time only
  | FdServeOptions<any>
  | TcpServeOptions
  | TlsServeOptions
  | UnixServeOptions
  | ListenerServeOptions;

/** The limits, complete: what a server works with. One object, replaced as a whole by `setOptions()`. */
export type StreamServerSettings = Readonly<
  Required<
    {
      [K in Exclude<keyof StreamServerLimits, "allow" | "deny" | "rateLimit">]:
        number;
    }
  >
>;

/** What the limits are unless told. */
export const DEFAULTS: StreamServerSettings = {
  // A descriptor and some KiB each; the usual hard limit of descriptors is far above.
  maxConnections: 1024,
  // Many clients share an address behind NAT: nothing below infinity is right for everybody.
  maxConnectionsPerIp: Infinity,
  // A handshake takes a few round trips; whoever needs longer is not coming.
  handshakeTimeout: 5000,
  // As long as most load balancers keep an idle connection.
  idleTimeout: 60_000,
  // Slowloris dribbles a byte just often enough to stay below an idle time-out.
  messageTimeout: 30_000,
  // A steady reader of 60 KB/s leaves 19 s between two completed writes, so 30 s would cut honest ones.
  writeTimeout: 120_000,
  maxConnectionAge: Infinity,
  // Half of what orchestrators grant between SIGTERM and SIGKILL.
  shutdownTimeout: 15_000,
  // Long enough for the next request of an active client, short enough for a deployment.
  drainIdleTimeout: 1000,
  // A round trip around the world is 0.3 s.
  lingerTimeout: 2000,
};

/** For a busy handler: it has one sentence to say. */
export const BUSY_TIMEOUT = 1000;

/** More busy handlers than this at once are not run: refusing must stay cheaper than serving. */
export const MAX_BUSY = 64;

/** More accepted connections than this are not held where accepting cannot wait. */
export const MAX_HELD = 512;

/** More lingering connections than this at once are not kept: the oldest one is closed. */
export const MAX_LINGERING = 1024;
