/**
 * The options of `connect`, one interface for each transport, and their names.
 *
 * @module
 */
import type { StreamSocketLimits } from "./stream_socket.ts";
import type { WaitOptions } from "../stream/wait.ts";
import { CLIENT_TLS_KEYS, type ClientTlsOptions } from "./tls_options.ts";
import type { DialOptions } from "./dial_tcp.ts";

/** Where to connect on TCP. */
export interface TcpConnectOptions
  extends WaitOptions, StreamSocketLimits, DialOptions {
  /** TCP, unless told. */
  transport?: "tcp" | undefined;
  /**
   * A name or address. Default `"127.0.0.1"`. Names that are not ASCII become A-labels (RFC 5890),
   * IPv6 may stand in brackets and have a zone (`fe80::1%eth0`).
   */
  hostname?: string | undefined;
  /** The port. */
  port: number;
  /** Send small pieces at once (TCP_NODELAY). Default true. */
  noDelay?: boolean | undefined;
  /** Let the system probe an idle peer (SO_KEEPALIVE). Default false. */
  keepAlive?: boolean | undefined;
}

/** Where to connect with TLS over TCP. */
export interface TlsConnectOptions
  extends Omit<TcpConnectOptions, "transport">, ClientTlsOptions {
  /** TLS over TCP. */
  transport: "tls";
}

/** Where to connect on a Unix socket. */
export interface UnixConnectOptions extends WaitOptions, StreamSocketLimits {
  /** A Unix stream socket. */
  transport: "unix";
  /** Its path, or `"\0name"` for the abstract namespace (Linux only). */
  path: string;
}

/** Where to connect, over any transport. */
export type ConnectOptions =
  | TcpConnectOptions
  | TlsConnectOptions
  | UnixConnectOptions;

const SHARED_KEYS = [
  "transport",
  "signal",
  "timeout",
  "limit",
  "maxWriteBuffer",
];

const TCP_KEYS = [
  ...SHARED_KEYS,
  "hostname",
  "port",
  "noDelay",
  "keepAlive",
  "resolver",
  "allow",
  "deny",
];

/** The options that each transport knows. */
export const CONNECT_KEYS: Record<"tcp" | "tls" | "unix", readonly string[]> = {
  tcp: TCP_KEYS,
  tls: [...TCP_KEYS, ...CLIENT_TLS_KEYS],
  unix: [...SHARED_KEYS, "path"],
};
