/**
 * The check that a certificate or key is text in PEM format, before a connection is opened for it.
 *
 * @module
 */

/**
 * @param key The option's name.
 * @throws {TypeError} If the value is not text in PEM format (RFC 7468).
 */
export function checkPem(key: string, value: unknown): asserts value is string {
  if (typeof value === "string" && value.includes("-----BEGIN")) return;
  throw new TypeError(`Cannot use ${key}: must be text in PEM format`);
}
