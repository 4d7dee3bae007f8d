/**
 * A `hostname` to connect to, to bind, to send to or to verify, read once: an address in any spelling that the
 * system would take for one, or a name in the form that can be asked for. Whoever judges addresses relies on it.
 *
 * @module
 */
import { type IPAddress, tryParseAddress } from "../address/ip_address.ts";
import { LookupError } from "../errors.ts";
import { quote } from "../stream/quote.ts";
import { looksNumeric, numericAddress, toAscii } from "./host_text.ts";

/** What a `hostname` means. */
export interface ParsedHost {
  /** The name, in A-labels, or the address as text, without brackets. */
  name: string;
  /** The address, where it is one. */
  address: IPAddress | undefined;
}

/** RFC 1123 section 2.1, and the underscore, which is not allowed but used. */
const NAME = /^(?!.{254})[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/;

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
  const name = addressOf(hostname) ? hostname : toAscii(hostname);
  if (name === undefined) return "is no host name";
  const address = addressOf(name);
  if (address !== undefined) return { name: address.toString(), address };
  if (!NAME.test(name)) return "is no host name";
  if (looksNumeric(name)) return "is neither a name nor an address";
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

/** An address as getaddrinfo would read it. */
function addressOf(text: string): IPAddress | undefined {
  return tryParseAddress(text) ?? numericAddress(text);
}
