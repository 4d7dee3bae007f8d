/**
 * The check that a certificate or key is text in PEM format, before a connection is opened for it.
 *
 * @module
 */

/**
 * @param key The option's name: `"key"` means a private key, all others certificates.
 * @throws {TypeError} If the value is not text in PEM format (RFC 7468), or holds nothing of that kind.
 */
export function checkPem(key: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || !value.includes("-----BEGIN")) {
    throw new TypeError(`Cannot use ${key}: must be text in PEM format`);
  }
  const [label, kind] = key === "key" ? PRIVATE_KEY : CERTIFICATE;
  if (!label.test(value)) {
    throw new TypeError(`Cannot use ${key}: has no ${kind} in it`);
  }
  if (key === "key" && /ENCRYPTED/.test(value)) {
    throw new TypeError("Cannot use key: is encrypted");
  }
}

const PRIVATE_KEY = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  "private key",
] as const;
const CERTIFICATE = [
  /-----BEGIN (?:X509 )?CERTIFICATE-----/,
  "certificate",
] as const;
