/**
 * What `serveSessions` does: a DatagramServer whose datagrams are sessions. Loaded with the first such
 * server.
 *
 * @module
 */
import type { UdpAddr } from "../socket/datagram_endpoint.ts";
import { checkKnownOptions } from "../socket/known_options.ts";
import { openUdp } from "../socket/open_datagram.ts";
import { quote } from "../stream/quote.ts";
import { SESSION_SERVE_OPTIONS } from "./check_datagram_options.ts";
import type { DatagramServer } from "./datagram_server.ts";
import { DatagramSessions } from "./datagram_sessions.ts";
import { openDatagramServer } from "./open_datagram_server.ts";
import type { SessionHandler, SessionServeOptions } from "./serve_sessions.ts";

/** See `serveSessions`. */
export async function startSessions(
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
  return await openDatagramServer(
    options,
    () => openUdp(options),
    (core) => new DatagramSessions(core, handler, options.onClose),
  );
}
