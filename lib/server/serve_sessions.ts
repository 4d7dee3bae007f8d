/**
 * `serveSessions`: a UDP server that calls a handler for each peer.
 *
 * @module
 */
import { closeEndpoint, type UdpAddr } from "../socket/datagram_endpoint.ts";
import { checkKnownOptions } from "../socket/known_options.ts";
import { openUdp, type UdpBindOptions } from "../socket/open_datagram.ts";
import { quote } from "../stream/wait.ts";
import { DatagramCore } from "./datagram_core.ts";
import { DatagramGate } from "./datagram_gate.ts";
import {
  checkDatagramSettings,
  type DatagramServerOptions,
  SESSION_SERVE_OPTIONS,
  type SessionOptions,
  type UdpAccessOptions,
} from "./datagram_options.ts";
import { DatagramServer } from "./datagram_server.ts";
import type { DatagramSession } from "./datagram_session.ts";
import {
  DatagramSessions,
  type SessionCloseHook,
} from "./datagram_sessions.ts";

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
 * times what came; lift it once the peer has proved, say by returning a cookie, that it is there.
 *
 * Not for Unix datagram sockets: Deno cannot send on one while a receive is pending.
 *
 * @param options Where to bind, what to let in, how many sessions; by default a free port of `127.0.0.1`.
 * @param handler Called with each new session.
 * @returns The server; it is bound and receives.
 * @throws {TypeError} If an option is unknown or of a wrong type, or the handler is none.
 * @throws {RangeError} If a number is out of range.
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
  const action = "Cannot serve sessions";
  const transport = (options as { transport?: unknown } | null)?.transport;
  if (transport !== undefined && transport !== "udp") {
    throw new TypeError(
      `${action} with transport ${
        quote(transport)
      }: only "udp" can send while a receive is pending`,
    );
  }
  checkKnownOptions(action, options as unknown, SESSION_SERVE_OPTIONS);
  if (typeof handler !== "function") {
    throw new TypeError(
      `${action} with handler ${quote(handler)}: must be a function`,
    );
  }
  const settings = checkDatagramSettings(options);
  const gate = new DatagramGate(options, settings.denySourcePorts);
  options.signal?.throwIfAborted();
  const endpoint = await openUdp(options);
  if (options.signal?.aborted) {
    await closeEndpoint(endpoint);
    throw options.signal.reason;
  }
  const core = new DatagramCore(endpoint, settings, options);
  const service = new DatagramSessions(core, handler, options.onClose);
  const server = new DatagramServer(core, gate, service);
  try {
    DatagramServer.start(server, options);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
