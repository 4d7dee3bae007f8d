/**
 * Whom a datagram goes to, and what may be sent: the checks in front of every send, of sockets and of
 * servers. Deno's own sockets take some wrong values in silence.
 *
 * @module
 */
import { isIP } from "../address/ip_address.ts";
import { quote } from "../stream/quote.ts";
import type { DatagramAddr } from "./datagram_endpoint.ts";
import { parseHost } from "./parse_host.ts";
import { checkPort } from "./port.ts";
import { asLookupError } from "./resolve_host.ts";

/** Whom to send to: an address as `from` and `addr` give it, or just its host and port, or its path. */
export type DatagramTarget<A extends DatagramAddr> = A extends Deno.NetAddr ? {
    /** A literal or a name. */
    hostname: string;
    /** From 1 to 65535. */
    port: number;
    /** Not looked at. */
    transport?: string | undefined;
  }
  : {
    /** The path, or `"\0name"`; `null` is a sender without a name, who cannot be answered. */
    path: string | null;
    /** Not looked at. */
    transport?: string | undefined;
  };

/**
 * The target as Deno wants it.
 *
 * @param transport What the sending socket is.
 * @throws {TypeError} If it is no address of that kind, or a nameless Unix socket.
 * @throws {RangeError} If the port is out of range.
 * @throws {LookupError} If it is a name that no host can have.
 */
export function checkTarget(
  transport: "udp" | "unixpacket" | "tcp" | "unix",
  to: unknown,
): DatagramAddr {
  if (typeof to !== "object" || to === null) {
    throw new TypeError(`Cannot send to ${quote(to)}: must be an address`);
  }
  return transport === "udp" ? checkUdp(to) : checkUnix(to);
}

function checkUdp(
  to: { hostname?: unknown; port?: unknown; transport?: unknown },
): Deno.NetAddr {
  const { hostname, port } = to;
  if (typeof hostname !== "string" || hostname === "") {
    throw new TypeError(`Cannot send to hostname ${quote(hostname)}: none`);
  }
  checkPort("Cannot send to a peer", port, 1);
  if (!isLiteral(hostname)) {
    const { name } = parseHost(hostname, "send to");
    return { transport: "udp", hostname: name, port: port as number };
  }
  // The ordinary case, an answer to whom it came from, makes no new object.
  if (to.transport === "udp") return to as Deno.NetAddr;
  return { transport: "udp", hostname, port: port as number };
}

function checkUnix(to: { path?: unknown }): Deno.UnixAddr {
  const { path } = to;
  if (path === null) {
    throw new TypeError("Cannot send to a Unix socket: it has no name");
  }
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`Cannot send to path ${quote(path)}: none`);
  }
  return { transport: "unixpacket", path };
}

/**
 * What the send is to be waited for by: where the target is a name, or has a zone, that is looked up on the
 * way, and its failure to be found is a LookupError, as everywhere.
 */
export function named<T>(target: Deno.NetAddr, sent: Promise<T>): Promise<T> {
  const { hostname } = target;
  if (isLiteral(hostname) && !hostname.includes("%")) return sent;
  return sent.catch((error) => {
    throw asLookupError(hostname, error);
  });
}

/** The literal that was sent to last: one whose answers go to the same host need not be read anew, twice a send. */
let known = "";

function isLiteral(hostname: string): boolean {
  if (hostname === known) return true;
  if (isIP(hostname) === 0) return false;
  known = hostname;
  return true;
}

/**
 * Refuse everything but bytes: text has no one encoding, and Python refuses it too.
 *
 * @param wanted What the caller takes, for the message.
 * @throws {TypeError} If `data` is not a Uint8Array.
 */
export function checkBytes(
  data: unknown,
  wanted = "a Uint8Array",
): asserts data is Uint8Array {
  if (data instanceof Uint8Array) return;
  const hint = typeof data === "string" ? ": encode the text first" : "";
  throw new TypeError(
    `Cannot send a value of type ${typeof data}, only ${wanted}${hint}`,
  );
}
