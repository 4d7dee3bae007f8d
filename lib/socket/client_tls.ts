/**
 * The client's side of TLS on a connection that exists already: Deno's own where that will do,
 * node:tls where a client certificate is to be shown or the connection is not TCP.
 *
 * @module
 */
import { DenoTlsTransport } from "./deno_tls_transport.ts";
import { DenoTransport } from "./deno_transport.ts";
import { NodeTlsTransport } from "./node_tls_transport.ts";
import type { ClientTlsOptions } from "./tls_options.ts";
import type { Transport } from "./transport.ts";

/**
 * Begin the client's side of TLS; the transport is only used through the result from then on. The
 * handshake goes on by itself: await `handshake()` of the result.
 *
 * @param serverName A name, or an address without brackets and zone.
 */
export async function clientTls(
  transport: Transport,
  serverName: string,
  options: ClientTlsOptions,
): Promise<Transport> {
  const { caCerts, alpnProtocols, cert } = options;
  if (cert !== undefined || !isPlainTcp(transport)) {
    return await nodeTls(transport, serverName, options);
  }
  const { conn, zone } = transport.release();
  const tls = await Deno.startTls(conn as Deno.TcpConn, {
    hostname: serverName,
    ...(caCerts && { caCerts }),
    ...(alpnProtocols && { alpnProtocols }),
  });
  return new DenoTlsTransport(tls, zone);
}

/** What `Deno.startTls` takes: no Unix socket, and no TLS inside TLS. */
function isPlainTcp(transport: Transport): transport is DenoTransport {
  return transport instanceof DenoTransport &&
    !(transport instanceof DenoTlsTransport) &&
    transport.localAddr.transport === "tcp";
}

async function nodeTls(
  transport: Transport,
  serverName: string,
  { caCerts, alpnProtocols, cert, key }: ClientTlsOptions,
): Promise<Transport> {
  const { connect, rootCertificates } = await import("node:tls");
  return await NodeTlsTransport.over(transport, (duplex, secured) => {
    const settings = {
      socket: duplex,
      host: serverName,
      // An address is no server name (RFC 6066 section 3).
      ...(!/^[\d.]+$|:/.test(serverName) && { servername: serverName }),
      // node:tls takes `ca` instead of what the system trusts, Deno in addition to it.
      ...(caCerts && { ca: [...rootCertificates, ...caCerts] }),
      ...(alpnProtocols && { ALPNProtocols: alpnProtocols }),
      ...(cert !== undefined && { cert, key }),
    };
    return connect(settings, () => secured());
  });
}
