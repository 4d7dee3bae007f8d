/**
 * `serveDatagram`: options and a handler in, a running DatagramServer out. All that the server
 * stands on is loaded with the first call.
 *
 * @module
 */
import { onFirstUse } from "../socket/first_use.ts";
import type { DatagramAddr, UdpAddr } from "../socket/datagram_endpoint.ts";
import type {
  UdpServeOptions,
  UnixDatagramServeOptions,
} from "./datagram_options.ts";
import type { DatagramRequest } from "./datagram_request.ts";
import type { DatagramRequestHandler } from "./datagram_request_handler.ts";
import type { DatagramServer } from "./datagram_server.ts";

const load = onFirstUse(() => import("./start_datagram_server.ts"));

/** What a function handler may give: its reply, or nothing. */
export type DatagramReply = Uint8Array | string | void;

/** What handles a datagram: a function whose value is the reply, or a class. */
export type DatagramHandler<A extends DatagramAddr = Deno.NetAddr> =
  | ((
    request: DatagramRequest<A>,
  ) => DatagramReply | Promise<DatagramReply>)
  | (new (
    request: DatagramRequest<A>,
    server: DatagramServer<A>,
  ) => DatagramRequestHandler<DatagramAddr>);

/**
 * Serve UDP, or Unix datagrams with `transport: "unixpacket"`: one handler call per datagram.
 *
 * What a function returns is the reply, text as UTF-8; a class writes it to `wfile`. Many handlers run
 * at once and datagrams may overtake each other: use `serveSessions` where the order within a peer counts.
 * A handler that throws is reported to `onError` and ends nothing but itself.
 *
 * **A UDP sender's address can be forged.** So replies are no larger than `maxAmplification` times what
 * came, and datagrams from ports of services that answer anything are dropped (`denySourcePorts`).
 *
 * Unix datagrams are handled strictly in turn, one at a time: Deno cannot send on such a socket while a
 * receive is pending. So a client that does not read its replies holds up all the others when its queue is
 * full, for `requestTimeout` and once: then its reply is given up with a TimeoutError, the path is bound anew (what
 * was queued there is lost), and until it reads or closes, replies to it fail at once with WouldBlock. The
 * process cannot end before that either. An abstract name cannot be bound anew until then.
 *
 * Needs the permissions of `listenDatagram`, `--allow-net` for every client that is answered among them.
 *
 * @param options Where to bind, what to let in, how much at once; by default a free port of `127.0.0.1`.
 * @param handler A function, or a class that extends `DatagramRequestHandler`.
 * @returns The server; it is bound and receives.
 * @throws {TypeError} If an option is unknown or of a wrong type, or the handler is none.
 * @throws {RangeError} If a number is out of range.
 * @throws {AddressSyntaxError} If an item of `allow` or `deny` is no address, network or range.
 * @throws {LookupError} If the hostname has no address.
 * @throws {Deno.errors.AddrInUse} If the port or path is taken.
 * @throws {Deno.errors.NotSupported} If it needs `--unstable-net`.
 *
 * @example Echo
 * ```ts
 * import { listenDatagram, serveDatagram } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using server = await serveDatagram({ port: 0 }, (request) => request.data);
 * await using client = await listenDatagram();
 * await client.send(new Uint8Array([1, 2, 3]), server.addr);
 * const { data } = await client.receive({ timeout: 1000 });
 * assert.deepEqual(data, new Uint8Array([1, 2, 3]));
 * ```
 */
export function serveDatagram(
  options: UdpServeOptions,
  handler: DatagramHandler<UdpAddr>,
): Promise<DatagramServer<UdpAddr>>;
/** Serve Unix datagrams; see the first form. */
export function serveDatagram(
  options: UnixDatagramServeOptions,
  handler: DatagramHandler<Deno.UnixAddr>,
): Promise<DatagramServer<Deno.UnixAddr>>;
/** Serve either, where the transport is known at run time only; see the first form. */
export function serveDatagram(
  options: UdpServeOptions | UnixDatagramServeOptions,
  handler: DatagramHandler<DatagramAddr>,
): Promise<DatagramServer<UdpAddr> | DatagramServer<Deno.UnixAddr>>;
export async function serveDatagram(
  options: UdpServeOptions | UnixDatagramServeOptions,
  handler: DatagramHandler<UdpAddr> | DatagramHandler<Deno.UnixAddr>,
): Promise<DatagramServer<UdpAddr> | DatagramServer<Deno.UnixAddr>> {
  const { startDatagramServer } = await load();
  return await startDatagramServer(options, handler);
}
