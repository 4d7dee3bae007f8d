/**
 * getnameinfo: an address and a port in words.
 *
 * @module
 */
import { LookupError } from "../errors.ts";
import { checkKnownOptions } from "../socket/known_options.ts";
import { quote } from "../stream/quote.ts";
import { checkWait, type WaitOptions } from "../stream/wait.ts";
import { badName } from "./host_name.ts";
import { formatZoned, parseZoned } from "./literal.ts";
import { checkPortNumber, checkSwitches, checkText } from "./lookup_checks.ts";
import { functionsResolver } from "./resolver.ts";
import { findService } from "./services.ts";

/** Options of {@linkcode getnameinfo}. */
export interface NameInfoOptions extends WaitOptions {
  /** Give the address as it is; nothing is asked. Default false. */
  numericHost?: boolean | undefined;
  /** Give the port as a number. Default false. */
  numericService?: boolean | undefined;
  /** Fail where the address has no name, instead of giving the address. Default false. */
  nameRequired?: boolean | undefined;
  /** The service over UDP, where that differs (514 is `shell` over TCP, `syslog` over UDP). Default false. */
  datagram?: boolean | undefined;
}

/** What {@linkcode getnameinfo} gives. */
export interface NameInfo {
  /** The host's name, or the address. */
  host: string;
  /** The service's name, or the port. */
  service: string;
}

const SWITCHES = [
  "numericHost",
  "numericService",
  "nameRequired",
  "datagram",
] as const;
const KNOWN: ReadonlySet<string> = new Set([...SWITCHES, "signal", "timeout"]);

/**
 * The names of an address and of a port; where there is none, the number.
 *
 * @param socketAddress The address (numeric only), its scope if that stands apart, and the port: what `getaddrinfo`
 *   gives fits, and `remoteAddr`'s `hostname` goes into `address`.
 * @throws {LookupError} `EBADNAME` if the address is none; with `nameRequired`, if it has no name or `numericHost` asks for none.
 * @throws {RangeError} If the port is not a whole number from 0 to 65535, or `timeout` not positive.
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
 * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
 *
 * @example The service's name only
 * ```ts
 * import { getnameinfo } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const peer = { address: "192.0.2.1", port: 443 };
 * assert.deepEqual(await getnameinfo(peer, { numericHost: true }), {
 *   host: "192.0.2.1",
 *   service: "https",
 * });
 * ```
 */
export async function getnameinfo(
  socketAddress: { address: string; port: number; scope?: string | undefined },
  options: NameInfoOptions = {},
): Promise<NameInfo> {
  const given: unknown = options;
  checkKnownOptions("Cannot look up name information", given, KNOWN);
  checkSwitches(options, SWITCHES);
  if (typeof socketAddress !== "object" || socketAddress === null) {
    throw new TypeError(
      `Cannot look up name information of ${
        quote(socketAddress)
      }: must be an object`,
    );
  }
  const { port, scope } = socketAddress;
  checkText("address", socketAddress.address);
  const address = scope === undefined
    ? socketAddress.address
    : `${socketAddress.address}%${scope}`;
  checkPortNumber(port);
  checkWait(options);
  const parsed = parseZoned(address);
  if (parsed === undefined) throw badName(address, "it is no address");
  const numeric = formatZoned(parsed);
  if (options.numericHost && options.nameRequired) {
    throw new LookupError(
      `Cannot look up name of "${numeric}": numericHost asks for no name, nameRequired for nothing else`,
      { code: "ENOTFOUND", host: numeric },
    );
  }
  return {
    host: options.numericHost
      ? numeric
      : await nameOf(address, numeric, options),
    service: serviceOf(port, options),
  };
}

async function nameOf(
  address: string,
  numeric: string,
  { signal, timeout, nameRequired }: NameInfoOptions,
): Promise<string> {
  try {
    const wait = { signal, timeout };
    const [name] = await functionsResolver().reverse(address, wait);
    return name!;
  } catch (error) {
    if (nameRequired || !(error instanceof LookupError)) throw error;
    return numeric;
  }
}

function serviceOf(port: number, options: NameInfoOptions): string {
  const protocol = options.datagram ? "udp" : "tcp";
  const entry = options.numericService
    ? undefined
    : findService(port, protocol);
  return entry?.name ?? String(port);
}
