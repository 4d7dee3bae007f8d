/**
 * `serveSessions`: datagrams of one peer as one session, served by a handler that lives as long as
 * it. All that the server stands on is loaded with the first call.
 *
 * @module
 */
import { onFirstUse } from "../socket/first_use.ts";
import type { UdpAddr } from "../socket/datagram_endpoint.ts";
import type { UdpBindOptions } from "../socket/open_datagram.ts";
import type {
  DatagramServerOptions,
  SessionOptions,
  UdpAccessOptions,
} from "./datagram_options.ts";
import type { DatagramServer } from "./datagram_server.ts";
import type { DatagramSession } from "./datagram_session.ts";
import type { SessionCloseHook } from "./datagram_sessions.ts";

const load = onFirstUse(() => import("./start_sessions.ts"));

/** What handles a session; its value is not looked at. */
export type SessionHandler = (session: DatagramSession<UdpAddr>) => unknown;

/** Options of {@linkcode serveSessions}. */
export interface SessionServeOptions
  extends
    UdpBindOptions,
    UdpAccessOptions,
    SessionOptions,
    DatagramServerOptions<UdpAddr> {
  /** Called when the handler of a session has ended. */
  onClose?: SessionCloseHook | undefined;
}

/**
 * Serve UDP with one handler call per peer: the first datagram of an address and port begins a session,
 * and what else comes from there goes to it, in order of arrival.
 *
 * A session has a queue of its own (`sessionQueue`), so a slow handler costs only its own peer
 * datagrams. It ends when its handler does, or when nothing has come for `sessionTimeout`: then its loop
 * ends and its `signal` aborts. On `shutdown()` each loop ends after what is queued.
 *
 * **A UDP sender's address can be forged.** So all that a session sends is no more than `maxAmplification`
 * times what came. That holds for every peer alike: a protocol that sends more to those who have proved, say
 * by returning a cookie, that they are there, sets it to Infinity and keeps its answers to strangers short itself.
 *
 * Not for Unix datagram sockets: Deno cannot send on one while a receive is pending.
 *
 * @param options Where to bind, what to let in, how many sessions; by default a free port of `127.0.0.1`.
 * @param handler Called with each new session.
 * @returns The server; it is bound and receives.
 * @throws {TypeError} If an option is unknown or of a wrong type, or the handler is none.
 * @throws {RangeError} If a number is out of range.
 * @throws {AddressSyntaxError} If an item of `allow` or `deny` is no address, network or range.
 * @throws {LookupError} If the hostname has no address.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 *
 * @example Number each peer's datagrams
 * ```ts
 * import { listenDatagram, serveSessions } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using server = await serveSessions({ port: 0 }, async (session) => {
 *   let count = 0;
 *   for await (const _data of session) await session.send(`${++count}`);
 * });
 * await using client = await listenDatagram();
 * for (const expected of ["1", "2", "3"]) {
 *   await client.send(new TextEncoder().encode("hello"), server.addr);
 *   const { data } = await client.receive({ timeout: 1000 });
 *   assert.equal(new TextDecoder().decode(data), expected);
 * }
 * ```
 */
export async function serveSessions(
  options: SessionServeOptions,
  handler: SessionHandler,
): Promise<DatagramServer<UdpAddr>> {
  const { startSessions } = await load();
  return await startSessions(options, handler);
}
