/**
 * A datagram server put together, whatever its service: the settings checked, the socket opened, the
 * parts joined, receiving begun. `serveDatagram` and `serveSessions` end here.
 *
 * @module
 */
import type {
  DatagramAddr,
  DatagramEndpoint,
} from "../socket/datagram_endpoint.ts";
import { checkWait } from "../stream/wait.ts";
import { checkDatagramSettings } from "./check_datagram_options.ts";
import { DatagramCore, type DatagramService } from "./datagram_core.ts";
import { DatagramGate } from "./datagram_gate.ts";
import { DatagramLoops } from "./datagram_loops.ts";
import type {
  DatagramServerOptions,
  DatagramSettings,
  UdpAccessOptions,
} from "./datagram_options.ts";
import {
  beginToReceive,
  type DatagramServer,
  makeDatagramServer,
} from "./datagram_server.ts";

/**
 * Make the server.
 *
 * @param options The names of the options are checked already.
 * @param open Opens its socket.
 * @param serviceOf Makes what handles its datagrams.
 */
export async function openDatagramServer<A extends DatagramAddr>(
  options: DatagramServerOptions<A> & UdpAccessOptions,
  open: (settings: DatagramSettings) => Promise<DatagramEndpoint<A>>,
  serviceOf: (core: DatagramCore<A>) => DatagramService<A>,
): Promise<DatagramServer<A>> {
  const settings = checkDatagramSettings(options);
  const gate = new DatagramGate(options, settings.denySourcePorts);
  checkWait(options);
  const endpoint = await open(settings);
  if (options.signal?.aborted) {
    await endpoint.conn.close();
    throw options.signal.reason;
  }
  const core = new DatagramCore(endpoint, settings, options);
  const service = serviceOf(core);
  const loops = new DatagramLoops(core, gate, service);
  const server = makeDatagramServer(core, service, loops);
  try {
    beginToReceive(server, options);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
