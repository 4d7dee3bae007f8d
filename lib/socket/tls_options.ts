/**
 * The options of TLS, the client's side and the server's, and their checks: made before anything is
 * dialled or read, and before what speaks TLS is loaded.
 *
 * @module
 */
import { checkBoolean } from "./known_options.ts";
import { type ParsedHost, parseHost } from "./parse_host.ts";
import { quote } from "../stream/quote.ts";
import { checkPem } from "./pem.ts";

/** What a client's side of TLS may need. */
export interface ClientTlsOptions {
  /**
   * Who is trusted besides the system's certificate authorities, PEM. With `cert`, and where the connection is
   * not TCP, instead of them, unless the program has `--allow-sys`. A server's own self-signed certificate may
   * stand here if it is no authority's (`openssl req -x509 -addext basicConstraints=critical,CA:FALSE …`).
   */
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

/** The names of the client's options. */
export const CLIENT_TLS_KEYS: readonly string[] = [
  "caCerts",
  "alpnProtocols",
  "cert",
  "key",
  "serverName",
];

/** What a server's side of TLS needs. */
export interface ServerTlsOptions {
  /** The certificate chain, its own certificate first, PEM. The same text may hold the key, too. */
  cert: string;
  /** The private key, PEM. */
  key: string;
  /** Whose client certificates are trusted, PEM. */
  caCerts?: string[] | undefined;
  /** Demand a certificate that `caCerts` vouch for of the client (mutual TLS). Default false. */
  requestCert?: boolean | undefined;
  /** Protocols that are offered, best first (ALPN, RFC 7301). */
  alpnProtocols?: string[] | undefined;
}

/** The names of the server's options. */
export const SERVER_TLS_KEYS: readonly string[] = [
  "cert",
  "key",
  "caCerts",
  "requestCert",
  "alpnProtocols",
];

/**
 * Check the options before anything is dialled.
 *
 * @returns The name that the certificate must have, if one was given.
 * @throws {TypeError} If one is of a wrong type, or `cert` and `key` do not come together.
 */
export function checkClientTls(options: ClientTlsOptions): string | undefined {
  const { caCerts = [], alpnProtocols = [], cert, key } = options;
  checkTexts("caCerts", caCerts);
  checkProtocols(alpnProtocols);
  for (const ca of caCerts) checkPem("caCerts", ca);
  if (cert !== undefined) checkPem("cert", cert);
  if (key !== undefined) checkPem("key", key);
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError("Cannot use cert and key: one is missing");
  }
  return givenServerName(options);
}

/**
 * The option `serverName` in the form that certificates have: names in A-labels, addresses bare.
 *
 * @throws {TypeError} If it is neither a name nor an address.
 */
function givenServerName(
  { serverName }: ClientTlsOptions,
): string | undefined {
  if (serverName === undefined) return undefined;
  try {
    return verifiedName(parseHost(serverName));
  } catch (cause) {
    const reason = "must be a host's name or address";
    throw new TypeError(
      `Cannot use serverName ${quote(serverName)}: ${reason}`,
      { cause },
    );
  }
}

/** The name that a certificate must have: of an address the bare text, of a name what DNS calls it. */
export function verifiedName({ name, address }: ParsedHost): string {
  if (address?.version === 6) return address.withoutZone().toString();
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/**
 * Check a list of protocols for ALPN.
 *
 * @throws {TypeError} If it is no list of texts of 1 to 255 bytes (RFC 7301 section 3.1).
 */
export function checkProtocols(list: unknown): void {
  checkTexts("alpnProtocols", list);
  for (const protocol of list as string[]) {
    const { length } = new TextEncoder().encode(protocol);
    if (length >= 1 && length <= 255) continue;
    throw new TypeError(
      `Cannot use alpnProtocols: ${quote(protocol)} must have 1 to 255 bytes`,
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

/** Check the options before anything is accepted with them. */
export function checkServerTls(options: ServerTlsOptions): void {
  checkPem("cert", options.cert);
  checkPem("key", options.key);
  const { caCerts = [], alpnProtocols = [], requestCert } = options;
  checkBoolean(requestCert, "requestCert");
  checkTexts("caCerts", caCerts);
  checkProtocols(alpnProtocols);
  for (const ca of caCerts) checkPem("caCerts", ca);
  if (requestCert && caCerts.length === 0) {
    throw new TypeError(
      "Cannot use requestCert: needs caCerts that vouch for the clients",
    );
  }
}
