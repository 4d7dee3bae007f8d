/**
 * The options of the datagram servers: their meaning, their defaults and the one check of them.
 *
 * @module
 */
import type { DatagramAddr, UdpAddr } from "../socket/datagram_endpoint.ts";
import {
  UDP_BIND_OPTIONS,
  type UdpBindOptions,
  UNIX_DATAGRAM_BIND_OPTIONS,
  type UnixDatagramBindOptions,
} from "../socket/open_datagram.ts";
import { checkTimeout, quote } from "../stream/wait.ts";
import type { AddressList } from "../socket/address_list.ts";
import type { DatagramDropReason } from "./datagram_stats.ts";
import type { RateLimit } from "./rate_limit.ts";
import { checkSignalNames } from "./shutdown_signals.ts";

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
  /** Signals of the operating system that shut the server down gracefully, such as `["SIGTERM", "SIGINT"]`. */
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

const SERVER_OPTIONS = [
  "maxAmplification",
  "shutdownTimeout",
  "onListen",
  "onDrop",
  "onError",
  "signal",
  "shutdownSignals",
];
const ACCESS_OPTIONS = ["allow", "deny", "rateLimit", "denySourcePorts"];
const REQUEST_OPTIONS = ["maxConcurrent", "requestTimeout"];

/** Names of the options of `serveDatagram` for UDP. */
export const UDP_SERVE_OPTIONS: ReadonlySet<string> = new Set([
  ...UDP_BIND_OPTIONS,
  ...SERVER_OPTIONS,
  ...ACCESS_OPTIONS,
  ...REQUEST_OPTIONS,
]);

/** Names of the options of `serveDatagram` for Unix sockets. */
export const UNIX_SERVE_OPTIONS: ReadonlySet<string> = new Set([
  ...UNIX_DATAGRAM_BIND_OPTIONS,
  ...SERVER_OPTIONS,
  ...REQUEST_OPTIONS,
]);

/** Names of the options of `serveSessions`. */
export const SESSION_SERVE_OPTIONS: ReadonlySet<string> = new Set([
  ...UDP_BIND_OPTIONS,
  ...SERVER_OPTIONS,
  ...ACCESS_OPTIONS,
  "sessionTimeout",
  "maxSessions",
  "sessionQueue",
  "onClose",
]);

/** 0 cannot be answered; echo, daytime, qotd, chargen and time answer anything (CERT CA-1996-01). */
const ANSWERING_PORTS = [0, 7, 13, 17, 19, 37];

type AnyOptions =
  & Partial<Record<"transport", string | undefined>>
  & UdpAccessOptions
  & RequestOptions
  & SessionOptions
  & Pick<
    DatagramServerOptions<never>,
    "maxAmplification" | "shutdownTimeout"
  >
  & Partial<
    Record<
      "onListen" | "onDrop" | "onError" | "onClose" | "shutdownSignals",
      unknown
    >
  >;

/**
 * Check every option but those of the binding, and fill in the defaults.
 *
 * @throws {TypeError} If a value has a wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function checkDatagramSettings(options: AnyOptions): DatagramSettings {
  const isUnix = options.transport === "unixpacket";
  for (const hook of ["onListen", "onDrop", "onError", "onClose"] as const) {
    const value = options[hook];
    if (value !== undefined && typeof value !== "function") {
      throw new TypeError(
        `Cannot use ${hook} ${quote(value)}: must be a function`,
      );
    }
  }
  if (options.shutdownSignals !== undefined) {
    checkSignalNames(options.shutdownSignals, "shutdownSignals");
  }
  // Defaults stand for undefined only: null is a mistake, and told.
  const {
    maxAmplification = isUnix ? Infinity : 3,
    shutdownTimeout = 15_000,
    denySourcePorts = ANSWERING_PORTS,
    maxConcurrent = isUnix ? 1 : 1000,
    requestTimeout = 10_000,
    sessionTimeout = 60_000,
    maxSessions = 10_000,
    sessionQueue = 64,
  } = options;
  const settings = {
    maxAmplification: checkAmplification(maxAmplification),
    shutdownTimeout: shutdownTimeout === 0
      ? 0
      : checkTimeout(shutdownTimeout, "shutdownTimeout"),
    denySourcePorts: checkPorts(denySourcePorts),
    maxConcurrent: checkCount("maxConcurrent", maxConcurrent),
    requestTimeout: checkTimeout(requestTimeout, "requestTimeout"),
    sessionTimeout: checkTimeout(sessionTimeout, "sessionTimeout"),
    maxSessions: checkCount("maxSessions", maxSessions),
    sessionQueue: checkCount("sessionQueue", sessionQueue),
  };
  if (isUnix && maxConcurrent !== 1) {
    throw new RangeError(
      `Cannot use maxConcurrent ${maxConcurrent} on a Unix datagram socket: Deno cannot send on it while a receive is pending, so requests are handled strictly in turn`,
    );
  }
  return settings;
}

/** A whole number of at least 1, or Infinity. */
function checkCount(key: string, value: unknown): number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot use ${key} ${quote(value)}: must be a number`);
  }
  if (value !== Infinity && (!Number.isInteger(value) || value < 1)) {
    throw new RangeError(
      `Cannot use ${key} ${value}: must be a whole number of at least 1, or Infinity`,
    );
  }
  return value;
}

function checkAmplification(value: unknown): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot use maxAmplification ${quote(value)}: must be a number`,
    );
  }
  if (!(value > 0)) {
    throw new RangeError(
      `Cannot use maxAmplification ${value}: must be positive or Infinity`,
    );
  }
  return value;
}

function checkPorts(ports: unknown): ReadonlySet<number> {
  if (!Array.isArray(ports)) {
    throw new TypeError(
      `Cannot use denySourcePorts ${quote(ports)}: must be an array`,
    );
  }
  for (const port of ports) {
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new RangeError(
        `Cannot use denySourcePorts with ${
          quote(port)
        }: must be whole numbers from 0 to 65535`,
      );
    }
  }
  return new Set(ports);
}
