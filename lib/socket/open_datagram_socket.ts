/**
 * What `listenDatagram` does: the options checked, the socket opened, over UDP or a Unix socket.
 * Loaded with the first such socket; the datagram servers share its check of options.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";
import { checkWait, waitFor, type WaitOptions } from "../stream/wait.ts";
import type {
  DatagramAddr,
  DatagramEndpoint,
  UdpAddr,
} from "./datagram_endpoint.ts";
import { type DatagramSocket, makeDatagramSocket } from "./datagram_socket.ts";
import { checkKnownOptions } from "./known_options.ts";
import type {
  UdpListenOptions,
  UnixDatagramListenOptions,
} from "./listen_datagram.ts";
import {
  openUdp,
  openUnixDatagram,
  UDP_BIND_OPTIONS,
  UNIX_DATAGRAM_BIND_OPTIONS,
} from "./open_datagram.ts";

const UDP_OPTIONS = new Set([...UDP_BIND_OPTIONS, "signal", "timeout"]);
const UNIX_OPTIONS = new Set([
  ...UNIX_DATAGRAM_BIND_OPTIONS,
  "signal",
  "timeout",
]);

/**
 * See `listenDatagram`.
 *
 * @param since When the time-out began to run, by `performance.now()`.
 */
export async function openDatagramSocket(
  options: UdpListenOptions | UnixDatagramListenOptions,
  since: number,
): Promise<DatagramSocket<UdpAddr> | DatagramSocket<Deno.UnixAddr>> {
  checkDatagramOptions("Cannot listen", options, UDP_OPTIONS, UNIX_OPTIONS);
  checkWait(options);
  if (options.transport === "unixpacket") {
    return makeDatagramSocket(
      await openInTime(openUnixDatagram(options, Infinity), options, since),
    );
  }
  return makeDatagramSocket(await openInTime(openUdp(options), options, since));
}

/**
 * Check the transport and the names of the options.
 *
 * @throws {TypeError} If an option is unknown for that transport, or the transport is.
 */
export function checkDatagramOptions(
  action: string,
  options: unknown,
  udp: ReadonlySet<string>,
  unix: ReadonlySet<string>,
): void {
  const transport = (options as { transport?: unknown } | null | undefined)
    ?.transport;
  if (
    transport !== undefined && transport !== "udp" && transport !== "unixpacket"
  ) {
    throw new TypeError(
      `${action} with transport ${
        quote(transport)
      }: must be "udp" or "unixpacket"`,
    );
  }
  checkKnownOptions(action, options, transport === "unixpacket" ? unix : udp);
}

/** Wait for the opening; a socket that comes too late is closed. */
async function openInTime<A extends DatagramAddr>(
  opening: Promise<DatagramEndpoint<A>>,
  options: WaitOptions,
  since: number,
): Promise<DatagramEndpoint<A>> {
  try {
    return await waitFor(opening, "listen", options, since);
  } catch (error) {
    opening.then(({ conn }) => conn.close(), () => {});
    throw error;
  }
}
