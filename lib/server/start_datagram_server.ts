/**
 * What `serveDatagram` does: a DatagramServer whose datagrams are requests, for a function or a class.
 * Loaded with the first such server.
 *
 * @module
 */
import type { DatagramAddr, UdpAddr } from "../socket/datagram_endpoint.ts";
import { checkDatagramOptions } from "../socket/open_datagram_socket.ts";
import { openUdp, openUnixDatagram } from "../socket/open_datagram.ts";
import { quote } from "../stream/quote.ts";
import {
  isHandlerClass,
  refuseOtherClass,
  runRequestHandler,
} from "./base_request_handler.ts";
import {
  UDP_SERVE_OPTIONS,
  UNIX_SERVE_OPTIONS,
} from "./check_datagram_options.ts";
import type {
  UdpServeOptions,
  UnixDatagramServeOptions,
} from "./datagram_options.ts";
import type { DatagramRequest } from "./datagram_request.ts";
import {
  type DatagramRequestHandler,
  takeReply,
} from "./datagram_request_handler.ts";
import { DatagramRequests, type HandleRequest } from "./datagram_requests.ts";
import type { DatagramServer } from "./datagram_server.ts";
import { openDatagramServer } from "./open_datagram_server.ts";
import type { DatagramHandler } from "./serve_datagram.ts";

const ACTION = "Cannot serve datagrams";

/** See `serveDatagram`. */
export async function startDatagramServer(
  options: UdpServeOptions | UnixDatagramServeOptions,
  handler: DatagramHandler<UdpAddr> | DatagramHandler<Deno.UnixAddr>,
): Promise<DatagramServer<UdpAddr> | DatagramServer<Deno.UnixAddr>> {
  checkDatagramOptions(
    ACTION,
    options,
    UDP_SERVE_OPTIONS,
    UNIX_SERVE_OPTIONS,
  );
  if (typeof handler !== "function") {
    throw new TypeError(
      `${ACTION} with handler ${quote(handler)}: must be a function or a class`,
    );
  }
  if (options.transport === "unixpacket") {
    const handle = handleWith(handler as DatagramHandler<Deno.UnixAddr>);
    return await openDatagramServer(
      options,
      ({ requestTimeout }) => openUnixDatagram(options, requestTimeout),
      (core) => new DatagramRequests(core, handle),
    );
  }
  const handle = handleWith(handler as DatagramHandler<UdpAddr>);
  return await openDatagramServer(
    options,
    () => openUdp(options),
    (core) => new DatagramRequests(core, handle),
  );
}

/** A function as it is; for a class, a function that makes an instance, runs it and gives its reply. */
function handleWith<A extends DatagramAddr>(
  handler: DatagramHandler<A>,
): HandleRequest<A> {
  if (!isHandlerClass(handler as () => unknown)) {
    refuseOtherClass(ACTION, handler as HandleRequest<A>);
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
