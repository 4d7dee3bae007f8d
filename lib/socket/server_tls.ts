/**
 * The server's side of TLS on a connection that exists already: for a handshake after a PROXY
 * header, for client certificates, for STARTTLS. `Deno.listenTls` does none of these.
 *
 * @module
 */
import type { SecureContext, TLSSocket } from "node:tls";
import { readCaCerts, readKeyPair } from "./key_pair.ts";
import { NodeTlsTransport } from "./node_tls_transport.ts";
import { checkServerTls, type ServerTlsOptions } from "./tls_options.ts";
import type { Transport } from "./transport.ts";

/**
 * Begin the server's side of TLS over a connected transport, with nothing of the handshake read yet.
 *
 * The handshake goes on by itself; await `handshake()` of the result, and close it when that takes
 * too long. Closing the result closes the transport below.
 *
 * @throws {TypeError} If the certificate or key is not in PEM format, or client certificates are
 *   asked for without anybody to vouch for them.
 */
export async function serverTls(
  transport: Transport,
  options: ServerTlsOptions,
): Promise<Transport> {
  const { TLSSocket } = await import("node:tls");
  const secureContext = await prepareServerTls(options);
  const { requestCert = false, alpnProtocols } = options;
  return await NodeTlsTransport.over(transport, (duplex, secured) => {
    const settings = {
      isServer: true,
      // Passed on to the stream, which the types do not know.
      allowHalfOpen: true,
      secureContext,
      requestCert,
      rejectUnauthorized: requestCert,
      ...(alpnProtocols && { ALPNProtocols: alpnProtocols }),
    };
    const socket = new TLSSocket(duplex as never, settings as never);
    socket.on("secure", () => secured(requestCert && refusalOf(socket)));
    return socket;
  });
}

/**
 * Read certificate and key, so that what is wrong with them shows before any client comes.
 *
 * @throws {TypeError} As {@linkcode serverTls}, or if the key is not that of the certificate.
 */
export async function prepareServerTls(
  options: ServerTlsOptions,
): Promise<SecureContext> {
  const known = contexts.get(options);
  if (known !== undefined) return known;
  checkServerTls(options);
  const { caCerts } = options;
  const pair = await readKeyPair(options.cert, options.key);
  const ca = caCerts && await readCaCerts(caCerts);
  const { createSecureContext } = await import("node:tls");
  const context = createSecureContext({ ...pair, ...(ca && { ca }) });
  contexts.set(options, context);
  return context;
}

/** Making one costs as much as a handshake; a server passes the same options for each connection. */
const contexts = new WeakMap<ServerTlsOptions, SecureContext>();

/**
 * Why the client's certificate is not trusted, if so. With a session that no `tls.Server` made it is
 * on us to ask (Node's own server asks in the same way); where it cannot be asked nobody gets in.
 */
function refusalOf(socket: TLSSocket): unknown {
  const { ssl } = socket as unknown as { ssl?: { verifyError(): unknown } };
  const fault = ssl === undefined ? "cannot be verified" : ssl.verifyError();
  if (fault) {
    const { code = fault } = fault as { code?: unknown };
    return new Deno.errors.InvalidData(`invalid peer certificate: ${code}`);
  }
  if (socket.getPeerCertificate()?.subject !== undefined) return undefined;
  return new Deno.errors.InvalidData("peer sent no certificates");
}
