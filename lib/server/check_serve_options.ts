/**
 * The check of a stream server's options: unknown names, wrong types and values out of range are
 * told before anything is opened.
 *
 * @module
 */
import { checkBoolean, checkKnownOptions } from "../socket/known_options.ts";
import { BIND_KEYS, transportName } from "../socket/open_listener.ts";
import { checkLimit } from "../stream/limit.ts";
import { quote } from "../stream/quote.ts";
import { checkSignal, checkTimeout } from "../stream/wait.ts";
import { checkSignalNames } from "./shutdown_signals.ts";
import {
  DEFAULTS,
  type ServeOptions,
  type StreamServerLimits,
  type StreamServerSettings,
} from "./serve_options.ts";

type Check = (value: unknown, key: string) => unknown;

/** Time-outs for which 0 means "at once". */
const checkDelay: Check = (value, key) =>
  value === 0 ? 0 : checkTimeout(value, key);

/** The limits that are numbers, each with its check. */
const NUMBERS: Record<keyof StreamServerSettings, Check> = {
  maxConnections: checkLimit,
  maxConnectionsPerIp: checkLimit,
  handshakeTimeout: checkTimeout,
  idleTimeout: checkTimeout,
  messageTimeout: checkTimeout,
  writeTimeout: checkTimeout,
  maxConnectionAge: checkTimeout,
  shutdownTimeout: checkDelay,
  drainIdleTimeout: checkDelay,
  lingerTimeout: checkDelay,
};

/** Lists and limits that are checked by what they are made into, which is done before anything is opened. */
const LISTS = ["allow", "deny", "rateLimit"];

/** Everything else, each with its check. */
const OTHERS: Record<string, Check> = {
  overflow: checkOverflow,
  limit: checkLimit,
  maxWriteBuffer: checkLimit,
  noDelay: checkBoolean,
  keepAlive: checkBoolean,
  verify: checkFunction,
  onListen: checkFunction,
  onConnect: checkFunction,
  onClose: checkFunction,
  onDrop: checkFunction,
  onError: checkFunction,
  signal: checkSignal,
  shutdownSignals: checkSignalNames,
};

const LIMIT_KEYS = [...Object.keys(NUMBERS), ...LISTS];
const SERVER_KEYS = [...LIMIT_KEYS, "proxyProtocol", ...Object.keys(OTHERS)];

/**
 * Check all options of `serve` but those of the binding, which is checked when it is opened.
 *
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function checkServeOptions(options: ServeOptions): StreamServerSettings {
  const action = "Cannot serve";
  const own = keysOf(action, options);
  checkKnownOptions(action, options, new Set([...own, ...SERVER_KEYS]));
  if ("listener" in options) checkListener(options.listener);
  if ("tlsBackend" in options && options.tlsBackend !== undefined) {
    checkBackend(options.tlsBackend, "tlsBackend");
  }
  for (const [key, check] of Object.entries(OTHERS)) {
    const value = options[key];
    if (value !== undefined) check(value, key);
  }
  return settingsFrom(options, DEFAULTS);
}

/**
 * A filter that lets everybody in would be worse than none: the peers of a Unix socket have no
 * address to judge, unless a proxy tells theirs.
 *
 * @throws {TypeError} If there are lists all the same.
 */
export function checkHasAddresses(
  limits: StreamServerLimits,
  addr: Deno.Addr | undefined,
  isProxied: boolean,
): void {
  if (addr?.transport !== "unix" || isProxied) return;
  for (const key of ["allow", "deny"] as const) {
    if (limits[key] === undefined) continue;
    fail(limits[key], key, "the peers of a Unix socket have no address");
  }
}

/**
 * Check what `setOptions()` was given.
 *
 * @throws As {@linkcode checkServeOptions}.
 */
export function checkLimits(
  limits: StreamServerLimits,
  current: StreamServerSettings,
): StreamServerSettings {
  checkKnownOptions("Cannot set options", limits, new Set(LIMIT_KEYS));
  return settingsFrom(limits, current);
}

function settingsFrom(
  options: StreamServerLimits,
  base: StreamServerSettings,
): StreamServerSettings {
  const settings: Record<string, number> = { ...base };
  for (const [key, check] of Object.entries(NUMBERS)) {
    const value = options[key as keyof StreamServerSettings];
    if (value !== undefined) settings[key] = check(value, key) as number;
  }
  return settings as StreamServerSettings;
}

/** What else is known, for the place where it shall listen. */
function keysOf(action: string, options: unknown): readonly string[] {
  if (typeof options === "object" && options !== null) {
    if ("listener" in options) return ["listener"];
    if ("fd" in options) return ["fd"];
  }
  const transport = transportName(action, options);
  const keys = BIND_KEYS[transport];
  return transport === "tls"
    ? [...keys, "caCerts", "requestCert", "tlsBackend"]
    : keys;
}

function checkOverflow(value: unknown, key: string): void {
  if (value === "wait" || value === "close" || typeof value === "function") {
    return;
  }
  fail(value, key, 'must be "wait", "close" or a handler');
}

function checkBackend(value: unknown, key: string): void {
  if (value !== "deno" && value !== "node") {
    fail(value, key, 'must be "deno" or "node"');
  }
}

function checkFunction(value: unknown, key: string): void {
  if (typeof value !== "function") fail(value, key, "must be a function");
}

function checkListener(value: unknown): void {
  const { accept, close } = (value ?? {}) as Record<string, unknown>;
  if (typeof accept !== "function" || typeof close !== "function") {
    fail(value, "listener", "must have accept() and close()");
  }
}

function fail(value: unknown, key: string, reason: string): never {
  throw new TypeError(`Cannot use ${key} ${quote(value)}: ${reason}`);
}
