/**
 * The peer of a connected datagram socket: the address to filter by, in the one spelling in which
 * senders are reported.
 *
 * @module
 */
import { isIPv4, tryParseAddress } from "../address/ip_address.ts";
import { quote } from "../stream/quote.ts";
import type { DatagramAddr } from "./datagram_endpoint.ts";
import { checkTarget } from "./datagram_target.ts";
import { hostOf } from "./net_addr.ts";

/**
 * The peer that `connect` was called with, checked and in the spelling of {@linkcode isSamePeer}.
 *
 * @param local Where the socket is bound.
 * @throws {TypeError} If it is no address, or a name: senders have literal addresses only.
 * @throws {RangeError} If the port is out of range.
 */
export function connectTarget(local: DatagramAddr, to: unknown): DatagramAddr {
  const target = checkTarget(local.transport, to);
  if (!("hostname" in target)) return target;
  const { transport, hostname, port } = target;
  const host = hostname === "localhost"
    ? loopbackOf(local)
    : canonicalHost(hostname, local);
  if (host === undefined) {
    throw new TypeError(
      `Cannot connect datagram socket to ${
        quote(hostname)
      }: must be an IP address`,
    );
  }
  return { transport, hostname: host, port };
}

/** Whether a datagram from `from` is one of the peer's. */
export function isSamePeer(peer: DatagramAddr, from: DatagramAddr): boolean {
  if ("hostname" in peer && "hostname" in from) {
    return peer.port === from.port &&
      (peer.hostname === from.hostname ||
        withoutZone(peer.hostname) === from.hostname ||
        peer.hostname === withoutZone(from.hostname));
  }
  return "path" in peer && "path" in from && peer.path === from.path;
}

/** The loopback address that a socket bound there can reach. */
function loopbackOf(local: DatagramAddr): string {
  const isIPv6 = "hostname" in local && local.hostname.includes(":");
  return isIPv6 && local.hostname !== "::" ? "::1" : "127.0.0.1";
}

/** The address as senders are reported, or `undefined` if it is none. */
function canonicalHost(
  hostname: string,
  local: DatagramAddr,
): string | undefined {
  const address = tryParseAddress(hostname.replace(/^\[(.*)\]$/, "$1"));
  if (address?.isUnspecified) return thisHost(address.version, local);
  return address === undefined ? undefined : hostOf(address.toString());
}

/**
 * Whom connect(2) means by the unspecified address, which a server on every interface has: this host, on
 * Linux by the socket's own IPv4 address if it has one.
 */
function thisHost(version: 4 | 6, local: DatagramAddr): string {
  if (version === 6) return "::1";
  const own = "hostname" in local ? local.hostname : "";
  return isIPv4(own) && own !== "0.0.0.0" ? own : "127.0.0.1";
}

function withoutZone(hostname: string): string {
  const at = hostname.indexOf("%");
  return at < 0 ? hostname : hostname.slice(0, at);
}
