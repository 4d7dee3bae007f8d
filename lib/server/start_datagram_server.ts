/**
 * What `serveDatagram` does: the options checked, the socket opened, a DatagramServer put together
 * whose datagrams are requests. Loaded with the first such server.
 *
 * @module
 */
import type {
  DatagramAddr,
  DatagramEndpoint,
  UdpAddr,
} from "../socket/datagram_endpoint.ts";
import { checkDatagramOptions } from "../socket/open_datagram_socket.ts";
import { openUdp, openUnixDatagram } from "../socket/open_datagram.ts";
import { checkWait, quote } from "../stream/wait.ts";
import { isHandlerClass, runRequestHandler } from "./base_request_handler.ts";
import {
  checkDatagramSettings,
  UDP_SERVE_OPTIONS,
  UNIX_SERVE_OPTIONS,
} from "./check_datagram_options.ts";
import { DatagramCore } from "./datagram_core.ts";
import { DatagramGate } from "./datagram_gate.ts";
import { DatagramLoops } from "./datagram_loops.ts";
import type {
  DatagramSettings,
  UdpServeOptions,
  UnixDatagramServeOptions,
} from "./datagram_options.ts";
import type { DatagramRequest } from "./datagram_request.ts";
import {
  type DatagramRequestHandler,
  takeReply,
} from "./datagram_request_handler.ts";
import { DatagramRequests, type HandleRequest } from "./datagram_requests.ts";
import { DatagramServer, startReceiving } from "./datagram_server.ts";
import type { DatagramHandler } from "./serve_datagram.ts";

/** See `serveDatagram`. */
export async function startDatagramServer(
  options: UdpServeOptions | UnixDatagramServeOptions,
  handler: DatagramHandler<UdpAddr> | DatagramHandler<Deno.UnixAddr>,
): Promise<DatagramServer<UdpAddr> | DatagramServer<Deno.UnixAddr>> {
  checkDatagramOptions(
    "Cannot serve datagrams",
    options,
    UDP_SERVE_OPTIONS,
    UNIX_SERVE_OPTIONS,
  );
  if (typeof handler !== "function") {
    throw new TypeError(
      `Cannot serve datagrams with handler ${
        quote(handler)
      }: must be a function or a class`,
    );
  }
  if (options.transport === "unixpacket") {
    return await start(
      options,
      handler as DatagramHandler<Deno.UnixAddr>,
      ({ requestTimeout }) => openUnixDatagram(options, requestTimeout),
    );
  }
  return await start(
    options,
    handler as DatagramHandler<UdpAddr>,
    () => openUdp(options),
  );
}

async function start<A extends UdpAddr | Deno.UnixAddr>(
  options: UdpServeOptions | UnixDatagramServeOptions,
  handler: DatagramHandler<A>,
  open: (settings: DatagramSettings) => Promise<DatagramEndpoint<A>>,
): Promise<DatagramServer<A>> {
  const settings = checkDatagramSettings(options);
  const access = options.transport === "unixpacket" ? {} : options;
  const gate = new DatagramGate(access, settings.denySourcePorts);
  checkWait(options);
  const endpoint = await open(settings);
  if (options.signal?.aborted) {
    await endpoint.conn.close();
    throw options.signal.reason;
  }
  const hooks = options as unknown as ConstructorParameters<
    typeof DatagramCore<A>
  >[2];
  const core = new DatagramCore(endpoint, settings, hooks);
  const service = new DatagramRequests(core, handleWith(handler));
  const loops = new DatagramLoops(core, gate, service);
  const server = new DatagramServer(core, service, loops);
  service.server = server;
  try {
    startReceiving(server, options);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** A function as it is; for a class, a function that makes an instance, runs it and gives its reply. */
function handleWith<A extends DatagramAddr>(
  handler: DatagramHandler<A>,
): HandleRequest<A> {
  if (!isHandlerClass(handler as () => unknown)) {
    return handler as HandleRequest<A>;
  }
  const Handler = handler as new (
    request: DatagramRequest<A>,
    server: DatagramServer<A>,
  ) => DatagramRequestHandler<DatagramAddr>;
  return async (request) => {
    const instance = new Handler(request, request.server);
    await runRequestHandler(instance);
    return takeReply(instance);
  };
}
