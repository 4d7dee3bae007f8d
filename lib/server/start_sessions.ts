/**
 * What `serveSessions` does: the options checked, the socket opened, a DatagramServer put together
 * whose datagrams are sessions. Loaded with the first such server.
 *
 * @module
 */
import type { UdpAddr } from "../socket/datagram_endpoint.ts";
import { checkKnownOptions } from "../socket/known_options.ts";
import { openUdp } from "../socket/open_datagram.ts";
import { checkWait, quote } from "../stream/wait.ts";
import {
  checkDatagramSettings,
  SESSION_SERVE_OPTIONS,
} from "./check_datagram_options.ts";
import { DatagramCore } from "./datagram_core.ts";
import { DatagramGate } from "./datagram_gate.ts";
import { DatagramLoops } from "./datagram_loops.ts";
import { DatagramServer, startReceiving } from "./datagram_server.ts";
import { DatagramSessions } from "./datagram_sessions.ts";
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
  const settings = checkDatagramSettings(options);
  const gate = new DatagramGate(options, settings.denySourcePorts);
  checkWait(options);
  const endpoint = await openUdp(options);
  if (options.signal?.aborted) {
    await endpoint.conn.close();
    throw options.signal.reason;
  }
  const core = new DatagramCore(endpoint, settings, options);
  const service = new DatagramSessions(core, handler, options.onClose);
  const loops = new DatagramLoops(core, gate, service);
  const server = new DatagramServer(core, service, loops);
  try {
    startReceiving(server, options);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
