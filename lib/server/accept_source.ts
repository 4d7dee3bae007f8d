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
import { outputOf } from "../stream/stream_writer.ts";
import { quote } from "../stream/quote.ts";
import { safe } from "../stream/wait.ts";
import { ReplayedTransport } from "./replayed_transport.ts";

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

function transportOfAny(conn: Deno.Conn | StreamSocket): Transport {
  if (conn instanceof StreamSocket) return unread(conn);
  if (typeof conn?.read !== "function") {
    throw new TypeError(`Cannot accept ${quote(conn)}: is no connection`);
  }
  // A server must wait for the handshake, and can tell a Deno.TlsConn only by what it can do.
  return "handshake" in conn
    ? new DenoTlsTransport(conn as Deno.TlsConn)
    : new DenoTransport(conn);
}

/** A socket from somebody's own acceptor: what it has written leaves first, and what it has read already is read again. */
function unread(socket: StreamSocket): Transport {
  const { buffer, reading } = inputOf(socket.reader);
  if (reading) {
    socket.abort();
    throw new TypeError("Cannot accept: a read of the socket is outstanding");
  }
  const transport = transportOf(socket);
  const { writing, buffered } = outputOf(socket.writer);
  const owes = writing || buffered > 0;
  if (buffer.length === 0 && !owes) return transport;
  const early = buffer.take(buffer.length);
  // Waited for like a handshake, in the connection's own time.
  const before = owes ? safe(socket.writer.flush()) : undefined;
  return new ReplayedTransport(transport, undefined, early, before);
}
