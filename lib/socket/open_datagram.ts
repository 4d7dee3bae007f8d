/**
 * Opening what carries datagrams: Deno's own socket where it exists, node:dgram where the flag
 * `--unstable-net` is missing. `listenDatagram` and the datagram servers call it after their options
 * have been checked.
 *
 * @module
 */
import { loadBindUnix, loadUnixName, onFirstUse } from "./first_use.ts";
import { checkInteger } from "../stream/limit.ts";
import { quote } from "../stream/quote.ts";
import { bindOnHost } from "./bind_host.ts";
import type { UnixPathOptions } from "./bind_unix.ts";
import type {
  DatagramConn,
  DatagramEndpoint,
  UdpAddr,
} from "./datagram_endpoint.ts";
import { checkBoolean } from "./known_options.ts";
import { netAddr, zoneOf } from "./net_addr.ts";
import { checkPort } from "./port.ts";

const loadNodeDatagram = onFirstUse(() => import("./node_datagram.ts"));
const loadUnixDatagram = onFirstUse(() => import("./unix_datagram.ts"));

/** What a datagram's longest length can be set to: a buffer of that size is held for it. */
const LIMIT_BOUNDS = { min: 1, max: 16_777_216 };

/** Where and how a UDP socket is bound. */
export interface UdpBindOptions {
  /** `"udp"`, the default. */
  transport?: "udp" | undefined;
  /**
   * The address to bind. Default `"127.0.0.1"`; `""` is every interface, IPv4 and IPv6; a name such
   * as `"localhost"` binds the one address that the system names first.
   */
  hostname?: string | undefined;
  /** The port to bind, or 0, the default, for a free one. */
  port?: number | undefined;
  /** Share the port with sockets that set this too (SO_REUSEADDR); the last one gets unicast. Default false. */
  reuseAddress?: boolean | undefined;
  /** Whether own multicast datagrams come back to this host. Default: what the system says. */
  loopback?: boolean | undefined;
  /** Longest datagram that is taken, in bytes. Default 65 535, more than UDP can carry. */
  limit?: number | undefined;
}

/** Where and how a Unix datagram socket is bound. Needs the flag `--unstable-net`. */
export interface UnixDatagramBindOptions extends UnixPathOptions {
  /** `"unixpacket"`. */
  transport: "unixpacket";
  /** The path, at most 107 bytes on Linux, or `"\0name"` for an abstract name (Linux). */
  path: string;
  /** Longest datagram that is taken, in bytes. Default 262 143. */
  limit?: number | undefined;
}

/** The names of the options above, for the check of unknown ones. */
export const UDP_BIND_OPTIONS: readonly string[] = [
  "transport",
  "hostname",
  "port",
  "reuseAddress",
  "loopback",
  "limit",
];

/** As {@linkcode UDP_BIND_OPTIONS}, for Unix sockets. */
export const UNIX_DATAGRAM_BIND_OPTIONS: readonly string[] = [
  "transport",
  "path",
  "unlinkStale",
  "mode",
  "limit",
];

/** Whether the program runs with the flag. Without it the function does not exist. */
export function hasUnstableNet(): boolean {
  return typeof Deno.listenDatagram === "function";
}

/**
 * Bind a UDP socket.
 *
 * @throws {TypeError} If an option has a wrong type.
 * @throws {RangeError} If a number is out of range.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export async function openUdp(
  options: UdpBindOptions,
): Promise<DatagramEndpoint<UdpAddr>> {
  const { limit: most = 65_535, port: asked = 0 } = options;
  const limit = checkInteger("limit", most, LIMIT_BOUNDS);
  const port = checkPort("Cannot listen", asked, 0);
  const reuseAddress = checkBoolean(options.reuseAddress, "reuseAddress") ??
    false;
  const loopback = checkBoolean(options.loopback, "loopback");
  const open = hasUnstableNet()
    ? openDenoUdp
    : (await loadNodeDatagram()).openNodeDatagram;
  const conn = await bindOnHost(
    options.hostname,
    (hostname) => open({ hostname, port, reuseAddress, loopback }),
  );
  const zone = zoneOf(options.hostname ?? "");
  const addr = netAddr(conn.addr as UdpAddr, zone);
  return { conn, addr, zone, limit };
}

/**
 * Bind a Unix datagram socket.
 *
 * @param sendTimeout How long a send may wait for its receiver, in milliseconds, or Infinity.
 * @throws {Deno.errors.NotSupported} If the flag `--unstable-net` is missing.
 * @throws {TypeError} If an option has a wrong type, or the path is too long.
 * @throws {Deno.errors.AddrInUse} If the path is taken.
 */
export async function openUnixDatagram(
  options: UnixDatagramBindOptions,
  sendTimeout: number,
): Promise<DatagramEndpoint<Deno.UnixAddr>> {
  const { path, mode, limit: most = 262_143 } = options;
  const limit = checkInteger("limit", most, LIMIT_BOUNDS);
  if (!hasUnstableNet()) {
    throw new Deno.errors.NotSupported(
      `Cannot listen on ${
        quote(path)
      }: Unix datagrams need the flag --unstable-net`,
    );
  }
  const { bindUnixPath, bindInPlace } = await loadBindUnix();
  const { UnixDatagram } = await loadUnixDatagram();
  const { lastingPath } = await loadUnixName();
  const open = (path: string) =>
    Deno.listenDatagram({ transport: "unixpacket", path });
  const bound = await bindUnixPath(path, { ...options, inPlace: true }, open);
  const lasting = lastingPath(path);
  const conn = new UnixDatagram(bound, {
    rebind: () => bindInPlace(lasting(), mode, open),
    sendTimeout,
  });
  return {
    conn,
    addr: { transport: "unixpacket", path: bound.name.path },
    zone: undefined,
    limit,
  };
}

function openDenoUdp(
  bind: {
    hostname: string;
    port: number;
    reuseAddress: boolean;
    loopback: boolean | undefined;
  },
): DatagramConn {
  const { loopback, ...rest } = bind;
  return Deno.listenDatagram({
    transport: "udp",
    ...rest,
    ...(loopback === undefined ? {} : { loopback }),
  }) as unknown as DatagramConn;
}
