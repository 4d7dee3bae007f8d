/**
 * The client's side of TLS on a connection that exists already: Deno's own where that will do,
 * node:tls where a client certificate is to be shown or the connection is not TCP.
 *
 * @module
 */
import type { PeerCertificate } from "node:tls";
import { DenoTlsTransport } from "./deno_tls_transport.ts";
import { DenoTransport } from "./deno_transport.ts";
import { readCaCerts, readKeyPair } from "./key_pair.ts";
import { NodeTlsTransport } from "./node_tls_transport.ts";
import { pemPieces } from "./pem.ts";
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
  const readable = caCerts?.flatMap((text) => pemPieces("caCerts", text));
  const { conn, zone } = transport.release();
  try {
    const tls = await Deno.startTls(conn as Deno.TcpConn, {
      hostname: serverName,
      ...(readable && { caCerts: readable }),
      ...(alpnProtocols && { alpnProtocols }),
    });
    return new DenoTlsTransport(tls, zone);
  } catch (error) {
    // It is nobody's any more.
    conn[Symbol.dispose]();
    // Deno does not say so when it cannot read one.
    if (caCerts !== undefined) await readCaCerts(caCerts);
    throw error;
  }
}

/** What `Deno.startTls` takes: no Unix socket, and no TLS inside TLS. */
function isPlainTcp(transport: Transport): transport is DenoTransport {
  return transport instanceof DenoTransport &&
    !(transport instanceof DenoTlsTransport) &&
    transport.localAddr.transport === "tcp";
}

/**
 * What is wrong with the server's certificate. node:tls falls back on the subject's common name, which counts
 * for nothing any more (RFC 9525 section 2), and looks for the names in a text in which Deno quotes none of
 * them, so that one can spell out two (CVE-2021-44532).
 */
function identityFault(
  { checkServerIdentity }: typeof import("node:tls"),
  serverName: string,
  certificate: PeerCertificate,
): Error | undefined {
  const { subjectaltname = "", raw } = certificate;
  if (!/(?:^|, )(?:DNS|IP Address):/.test(subjectaltname)) {
    return distrust(serverName, "it has no subject alternative name");
  }
  // Without the zeros, for there are strings of wide characters, too.
  const bytes = new TextDecoder("latin1").decode(raw).replaceAll("\0", "");
  if (subjectaltname.includes('"') || /, (?:DNS|IP Address):/.test(bytes)) {
    return distrust(serverName, "one of its names could pass for two");
  }
  return checkServerIdentity(serverName, certificate);
}

function distrust(serverName: string, reason: string): Error {
  return new Error(
    `Cannot trust the certificate for "${serverName}": ${reason}`,
  );
}

/** The system's authorities; none where `--allow-sys` is not granted for everything, for node:tls would ask for it. */
function rootsOf(tls: typeof import("node:tls")): readonly string[] {
  const { state } = Deno.permissions.querySync({ name: "sys" });
  return state === "granted" ? tls.rootCertificates : [];
}

async function nodeTls(
  transport: Transport,
  serverName: string,
  { caCerts = [], alpnProtocols, cert, key }: ClientTlsOptions,
): Promise<Transport> {
  // node:tls would go on without what it cannot read.
  const ca = await readCaCerts(caCerts);
  const pair = cert === undefined || key === undefined
    ? undefined
    : await readKeyPair(cert, key);
  const tls = await import("node:tls");
  return await NodeTlsTransport.over(transport, (duplex, secured) => {
    const settings = {
      socket: duplex,
      host: serverName,
      // An address is no server name (RFC 6066 section 3).
      ...(!/^[\d.]+$|:/.test(serverName) && { servername: serverName }),
      // node:tls takes `ca` instead of what the system trusts, Deno in addition to it.
      ...(ca.length > 0 && { ca: [...rootsOf(tls), ...ca] }),
      ...(alpnProtocols && { ALPNProtocols: alpnProtocols }),
      ...pair,
      checkServerIdentity: (name: string, certificate: PeerCertificate) =>
        identityFault(tls, name, certificate),
    };
    return tls.connect(settings, () => secured());
  });
}
