/**
 * The check of a datagram server's options: unknown names, wrong types and values out of range are told
 * before anything is opened, and the defaults are filled in.
 *
 * @module
 */
import {
  UDP_BIND_OPTIONS,
  UNIX_DATAGRAM_BIND_OPTIONS,
} from "../socket/open_datagram.ts";
import { checkLimit } from "../stream/limit.ts";
import { quote } from "../stream/quote.ts";
import { checkTimeout } from "../stream/wait.ts";
import type {
  DatagramServerOptions,
  DatagramSettings,
  RequestOptions,
  SessionOptions,
  UdpAccessOptions,
} from "./datagram_options.ts";
import { checkSignalNames } from "./shutdown_signals.ts";

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
    maxConcurrent: checkLimit(maxConcurrent, "maxConcurrent"),
    requestTimeout: checkTimeout(requestTimeout, "requestTimeout"),
    sessionTimeout: checkTimeout(sessionTimeout, "sessionTimeout"),
    maxSessions: checkLimit(maxSessions, "maxSessions"),
    sessionQueue: checkLimit(sessionQueue, "sessionQueue"),
  };
  if (isUnix && maxConcurrent !== 1) {
    throw new RangeError(
      `Cannot use maxConcurrent ${maxConcurrent} on a Unix datagram socket: Deno cannot send on it while a receive is pending, so requests are handled strictly in turn`,
    );
  }
  return settings;
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
