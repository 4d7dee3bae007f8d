/**
 * Whether a certificate can be read and a private key belongs to it, found out before clients meet
 * them: node:tls says nothing until the first handshake fails, Deno only when it listens.
 *
 * @module
 */
import { checkPem } from "./pem.ts";

/**
 * Check a server's certificate chain and key, both PEM.
 *
 * @throws {TypeError} If one is none, or the two do not belong together.
 */
export async function checkKeyPair(cert: string, key: string): Promise<void> {
  checkPem("cert", cert);
  checkPem("key", key);
  const { X509Certificate, createPrivateKey } = await import("node:crypto");
  let certificate: InstanceType<typeof X509Certificate>;
  try {
    certificate = new X509Certificate(cert);
  } catch (cause) {
    throw new TypeError("Cannot use cert: is no certificate", { cause });
  }
  let privateKey: ReturnType<typeof createPrivateKey>;
  try {
    privateKey = createPrivateKey(key);
  } catch (cause) {
    throw new TypeError("Cannot use key: is no private key", { cause });
  }
  if (certificate.checkPrivateKey(privateKey)) return;
  throw keyMismatch();
}

/**
 * Check certificates of authorities, PEM; each text may hold several.
 *
 * @throws {TypeError} If one cannot be read.
 */
export async function checkCaCerts(caCerts: readonly string[]): Promise<void> {
  if (caCerts.length === 0) return;
  const { X509Certificate } = await import("node:crypto");
  const pieces = caCerts.flatMap((text) => text.match(CERTIFICATES) ?? [text]);
  for (const piece of pieces) {
    try {
      new X509Certificate(piece);
    } catch (cause) {
      throw new TypeError("Cannot use caCerts: one is no certificate", {
        cause,
      });
    }
  }
}

const CERTIFICATES =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** A key that is of another certificate. */
export function keyMismatch(cause?: unknown): TypeError {
  const message = "Cannot use key: does not belong to the certificate";
  return new TypeError(message, cause === undefined ? undefined : { cause });
}
