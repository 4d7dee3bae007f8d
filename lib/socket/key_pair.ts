/**
 * Whether a certificate can be read and a private key belongs to it, found out before clients meet
 * them: node:tls says nothing until the first handshake fails, Deno only when it listens.
 *
 * @module
 */
import { pemPieces, plainPem } from "./pem.ts";

/**
 * Read a certificate chain and its key, both PEM.
 *
 * @returns Both, as everybody reads them.
 * @throws {TypeError} If one is none, or the two do not belong together.
 */
export async function readKeyPair(
  cert: string,
  key: string,
): Promise<{ cert: string; key: string }> {
  const pair = { cert: plainPem("cert", cert), key: plainPem("key", key) };
  const { X509Certificate, createPrivateKey } = await import("node:crypto");
  let certificate: InstanceType<typeof X509Certificate>;
  try {
    certificate = new X509Certificate(pair.cert);
  } catch (cause) {
    throw new TypeError("Cannot use cert: is no certificate", { cause });
  }
  let privateKey: ReturnType<typeof createPrivateKey>;
  try {
    privateKey = createPrivateKey(pair.key);
  } catch (cause) {
    throw new TypeError("Cannot use key: is no private key", { cause });
  }
  if (certificate.checkPrivateKey(privateKey)) return pair;
  throw keyMismatch();
}

/**
 * Read certificates of authorities, PEM; each text may hold several.
 *
 * @returns Each by itself.
 * @throws {TypeError} If one cannot be read.
 */
export async function readCaCerts(
  caCerts: readonly string[],
): Promise<string[]> {
  const pieces = caCerts.flatMap((text) => pemPieces("caCerts", text));
  if (pieces.length === 0) return pieces;
  const { X509Certificate } = await import("node:crypto");
  for (const piece of pieces) {
    try {
      new X509Certificate(piece);
    } catch (cause) {
      throw new TypeError("Cannot use caCerts: one is no certificate", {
        cause,
      });
    }
  }
  return pieces;
}

/** A key that is of another certificate. */
export function keyMismatch(cause?: unknown): TypeError {
  const message = "Cannot use key: does not belong to the certificate";
  return new TypeError(message, cause === undefined ? undefined : { cause });
}
