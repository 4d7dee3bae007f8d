/**
 * The options of TLS, the client's side and the server's, and their checks: made before anything is
 * dialled or read, and before what speaks TLS is loaded.
 *
 * @module
 */
import { checkBoolean } from "./known_options.ts";
import { quote } from "../stream/wait.ts";
import { checkPem } from "./pem.ts";

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
  /** The certificate chain, PEM. */
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

/** Check a list of texts. */
export function checkTexts(key: string, list: unknown): void {
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
  const { caCerts = [], requestCert } = options;
  checkBoolean(requestCert, "requestCert");
  for (const ca of caCerts) checkPem("caCerts", ca);
  if (requestCert && caCerts.length === 0) {
    throw new TypeError(
      "Cannot use requestCert: needs caCerts that vouch for the clients",
    );
  }
}
