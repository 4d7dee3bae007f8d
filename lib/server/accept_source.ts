/**
 * Where a server's connections come from: a listener of ours, one of Deno's, or somebody's own
 * acceptor, all made into one.
 *
 * @module
 */
import { DenoTlsTransport } from "../socket/deno_tls_transport.ts";
import { DenoTransport } from "../socket/deno_transport.ts";
import {
  type StreamAcceptor,
  StreamListener,
} from "../socket/stream_listener.ts";
import { StreamSocket, transportOf } from "../socket/stream_socket.ts";
import type { Transport } from "../socket/transport.ts";

/** The listener as one of ours. It is closed with the server. */
export function listenerOf(
  listener: StreamAcceptor | Deno.Listener,
): StreamListener {
  if (listener instanceof StreamListener) return listener;
  return new StreamListener(
    // A socket of an acceptor's own passes through as if Deno had given it, up to `transport`.
    listener as { accept(): Promise<Deno.Conn>; close(): void },
    { addr: listener.addr, transport: transportOfAny },
  );
}

function transportOfAny(conn: Deno.Conn | StreamSocket): Transport {
  if (conn instanceof StreamSocket) return transportOf(conn);
  // A server must wait for the handshake, and can tell a Deno.TlsConn only by what it can do.
  return "handshake" in conn
    ? new DenoTlsTransport(conn as Deno.TlsConn)
    : new DenoTransport(conn);
}
