/**
 * Where a server's connections come from: a listener of ours, one of Deno's, or somebody's own
 * acceptor, all made into one.
 *
 * @module
 */
import { DenoTlsTransport } from "../socket/deno_tls_transport.ts";
import { DenoTransport } from "../socket/deno_transport.ts";
import {
  type ListenerBase,
  type StreamAcceptor,
  StreamListener,
} from "../socket/stream_listener.ts";
import { StreamSocket, transportOf } from "../socket/stream_socket.ts";
import type { Transport } from "../socket/transport.ts";
import { inputOf } from "../stream/stream_reader.ts";
import { quote } from "../stream/wait.ts";
import { ProxiedTransport } from "./proxied_transport.ts";

/** The listener as one of ours. It is closed with the server. */
export function listenerOf(
  listener: StreamAcceptor | Deno.Listener,
): StreamListener {
  if (listener instanceof StreamListener) return listener;
  const { addr } = listener;
  const base = {
    // What is no connection is a failure of accepting like any other: told, and tried again.
    accept: async () => transportOfAny(await listener.accept()),
    close: () => listener.close(),
    ref: () => (listener as Deno.Listener).ref?.(),
    unref: () => (listener as Deno.Listener).unref?.(),
  };
  // It gives transports, not connections: made above, so that what is no connection fails as an accept does.
  return new StreamListener(base as unknown as ListenerBase, {
    addr,
    transport: (one) => one as unknown as Transport,
  });
}

async function transportOfAny(
  conn: Deno.Conn | StreamSocket,
): Promise<Transport> {
  if (conn instanceof StreamSocket) return await unread(conn);
  if (typeof conn?.read !== "function") {
    throw new TypeError(`Cannot accept ${quote(conn)}: is no connection`);
  }
  // A server must wait for the handshake, and can tell a Deno.TlsConn only by what it can do.
  return "handshake" in conn
    ? new DenoTlsTransport(conn as Deno.TlsConn)
    : new DenoTransport(conn);
}

/** A socket from somebody's own acceptor: what it has written leaves first, and what it has read already is read again. */
async function unread(socket: StreamSocket): Promise<Transport> {
  await socket.writer.flush();
  const { buffer, reading } = inputOf(socket.reader);
  if (reading) {
    socket.abort();
    throw new TypeError("Cannot accept: a read of the socket is outstanding");
  }
  const transport = transportOf(socket);
  if (buffer.length === 0) return transport;
  return new ProxiedTransport(transport, undefined, buffer.take(buffer.length));
}
