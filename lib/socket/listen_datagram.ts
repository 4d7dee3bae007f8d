/**
 * `listenDatagram`: options in, a bound DatagramSocket out. What opens it is loaded with the first call.
 *
 * @module
 */
import { onFirstUse } from "./first_use.ts";
import type { WaitOptions } from "../stream/wait.ts";
import type { UdpAddr } from "./datagram_endpoint.ts";
import type { DatagramSocket } from "./datagram_socket.ts";
import type {
  UdpBindOptions,
  UnixDatagramBindOptions,
} from "./open_datagram.ts";

/** Options of {@linkcode listenDatagram} for UDP. */
export interface UdpListenOptions extends UdpBindOptions, WaitOptions {}

/** Options of {@linkcode listenDatagram} for Unix datagram sockets. */
export interface UnixDatagramListenOptions
  extends UnixDatagramBindOptions, WaitOptions {}

const load = onFirstUse(() => import("./open_datagram_socket.ts"));

/**
 * Open a socket for datagrams: UDP, or Unix datagrams with `transport: "unixpacket"`.
 *
 * With the flag `--unstable-net` it stands on `Deno.listenDatagram`. Without, that function does not
 * exist: UDP then goes through `node:dgram`, at about three times the processor time, and what that
 * cannot do (Unix datagrams, the interface of an IPv6 group) throws an error that names the flag. The
 * flag counts only on the command line or in the main program's own deno.json.
 *
 * Needs `--allow-net` for the address it binds **and** for each receiver; a Unix socket needs
 * `--allow-read` and `--allow-write` of its path besides. Deno judges the receiver at each send,
 * which costs least with an unrestricted `--allow-net`.
 *
 * @param options Where to bind; by default a free port of `127.0.0.1`.
 * @returns The socket, bound, its `addr` with the real port.
 * @throws {TypeError} If an option is unknown or of a wrong type, or the path is too long.
 * @throws {RangeError} If the port or another number is out of range.
 * @throws {LookupError} If the hostname has no address.
 * @throws {Deno.errors.AddrInUse} If the port or path is taken.
 * @throws {Deno.errors.NotSupported} If it needs `--unstable-net`.
 * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
 *
 * @example A socket that prints what comes
 * ```ts
 * import { listenDatagram } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using socket = await listenDatagram({ hostname: "127.0.0.1", port: 0 });
 * await socket.send(new TextEncoder().encode("hello"), socket.addr);
 * for await (const { data, from } of socket) {
 *   assert.equal(new TextDecoder().decode(data), "hello");
 *   assert.equal(from.port, socket.addr.port);
 *   break; // the socket stays open
 * }
 * ```
 */
export function listenDatagram(
  options?: UdpListenOptions,
): Promise<DatagramSocket<UdpAddr>>;
/** Open a Unix datagram socket; see the first form. */
export function listenDatagram(
  options: UnixDatagramListenOptions,
): Promise<DatagramSocket<Deno.UnixAddr>>;
/** Open either, where the transport is known at run time only. */
export function listenDatagram(
  options: UdpListenOptions | UnixDatagramListenOptions,
): Promise<DatagramSocket<UdpAddr> | DatagramSocket<Deno.UnixAddr>>;
export async function listenDatagram(
  options: UdpListenOptions | UnixDatagramListenOptions = {},
): Promise<DatagramSocket<UdpAddr> | DatagramSocket<Deno.UnixAddr>> {
  // The time-out covers the loading, too.
  const since = performance.now();
  const { openDatagramSocket } = await load();
  return await openDatagramSocket(options, since);
}
