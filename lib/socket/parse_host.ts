/**
 * A `hostname` to connect to, to bind, to send to or to verify, read once: an address in any spelling that the
 * system would take for one, or a name in the form that can be asked for. Whoever judges addresses relies on it.
 *
 * @module
 */
import { inet_aton } from "../address/inet_aton.ts";
import { type IPAddress, tryParseAddress } from "../address/ip_address.ts";
import { IPv4Address } from "../address/ipv4_address.ts";
import { LookupError } from "../errors.ts";
import { quote } from "../stream/wait.ts";

/** What a `hostname` means. */
export interface ParsedHost {
  /** The name, in A-labels, or the address as text, without brackets. */
  name: string;
  /** The address, where it is one. */
  address: IPAddress | undefined;
}

/** RFC 1123 section 2.1, and the underscore, which is not allowed but used. */
const NAME = /^(?!.{254})[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

/** A name whose last part is a number can only be meant as an address (URL standard, "ends in a number"). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i;

/**
 * Read a `hostname`.
 *
 * @param action What was to be done, for messages.
 * @throws {TypeError} If it is no string.
 * @throws {LookupError} With code `EBADNAME` if there can be no such host; nothing was asked.
 */
export function parseHost(
  hostname: unknown,
  action = "connect to",
): ParsedHost {
  if (typeof hostname !== "string") {
    throw new TypeError(
      `Cannot ${action} hostname ${quote(hostname)}: must be a string`,
    );
  }
  const read = readHost(hostname);
  if (typeof read !== "string") return read;
  const message = `Cannot ${action} hostname ${quote(hostname)}: ${read}`;
  throw new LookupError(message, { code: "EBADNAME", host: hostname });
}

/** What it means, or why it can mean nothing. */
function readHost(hostname: string): ParsedHost | string {
  if (hostname === "") return "is empty";
  if (hostname.startsWith("[")) return bracketed(hostname);
  // The check for an address comes again after UTS #46: full-width digits become plain ones.
  const name = addressOf(hostname) ? hostname : toAscii(hostname);
  if (name === undefined) return "is no host name";
  const address = addressOf(name);
  if (address !== undefined) return { name: address.toString(), address };
  if (!NAME.test(name)) return "is no host name";
  if (ENDS_IN_NUMBER.test(name)) return "is neither a name nor an address";
  return { name, address };
}

function bracketed(hostname: string): ParsedHost | string {
  const address = hostname.endsWith("]")
    ? tryParseAddress(hostname.slice(1, -1))
    : undefined;
  return address?.version === 6
    ? { name: address.toString(), address }
    : "has no IPv6 address in the brackets";
}

/** An address as getaddrinfo would read it, which takes every form that inet_aton takes. */
function addressOf(text: string): IPAddress | undefined {
  const address = tryParseAddress(text);
  if (address !== undefined || !/^[\dA-Fa-fxX.]+$/.test(text)) return address;
  try {
    return IPv4Address.fromBytes(inet_aton(text));
  } catch {
    return undefined;
  }
}

function toAscii(hostname: string): string | undefined {
  if (/^[\x21-\x7e]*$/.test(hostname)) return hostname;
  // What has a meaning of its own in a URL must not be taken apart by the URL parser.
  // deno-lint-ignore no-control-regex
  if (/[\s\0-\x1f\x7f:/?#@%\\[\]]/.test(hostname)) {
    return undefined;
  }
  return URL.parse(`http://${hostname}`)?.hostname;
}
