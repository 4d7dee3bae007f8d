/**
 * The client's side of TLS on a connection that exists already: Deno's own where that will do,
 * node:tls where a client certificate is to be shown or the connection is not TCP.
 *
 * @module
 */
import { quote } from "../stream/wait.ts";
import { DenoTlsTransport } from "./deno_tls_transport.ts";
import { DenoTransport } from "./deno_transport.ts";
import { NodeTlsTransport } from "./node_tls_transport.ts";
import { checkPem } from "./pem.ts";
import type { Transport } from "./transport.ts";

/** What a client's side of TLS may need. */
export interface ClientTlsOptions {
  /** Who is trusted besides the system's certificate authorities, PEM. */
  caCerts?: string[] | undefined;
  /** Protocols that are offered, best first (ALPN, RFC 7301). */
  alpnProtocols?: string[] | undefined;
  /** The client's own certificate chain, PEM; `key` belongs to it. */
  cert?: string | undefined;
  /** The private key of `cert`, PEM. */
  key?: string | undefined;
  /** The name that the server's certificate must have and that is sent to it (SNI, RFC 6066 section 3). */
  serverName?: string | undefined;
}

/** The names of these options. */
export const CLIENT_TLS_KEYS: readonly string[] = [
  "caCerts",
  "alpnProtocols",
  "cert",
  "key",
  "serverName",
];

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

/**
 * Check the options before anything is dialled.
 *
 * @throws {TypeError} If one is of a wrong type, or `cert` and `key` do not come together.
 */
export function checkClientTls(options: ClientTlsOptions): void {
  const { caCerts = [], alpnProtocols = [], cert, key, serverName } = options;
  checkTexts("caCerts", caCerts);
  checkTexts("alpnProtocols", alpnProtocols);
  for (const ca of caCerts) checkPem("caCerts", ca);
  if (cert !== undefined) checkPem("cert", cert);
  if (key !== undefined) checkPem("key", key);
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError("Cannot use cert and key: one is missing");
  }
  if (
    serverName !== undefined &&
    (typeof serverName !== "string" || serverName === "")
  ) {
    throw new TypeError(
      `Cannot use serverName ${quote(serverName)}: must be a name`,
    );
  }
}

function checkTexts(key: string, list: unknown): void {
  if (Array.isArray(list) && list.every((item) => typeof item === "string")) {
    return;
  }
  throw new TypeError(
    `Cannot use ${key} ${quote(list)}: must be a list of texts`,
  );
}
