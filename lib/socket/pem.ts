/**
 * Certificates and keys as text in PEM format (RFC 7468): checked before a connection is opened for
 * them, and written anew. Files are joined, edited and saved by all kinds of programs, and Deno,
 * node:tls and node:crypto each overlook in silence what the others take.
 *
 * @module
 */

/**
 * The check, without a look at each piece.
 *
 * @param key The option's name: `"key"` means a private key, all others certificates.
 * @throws {TypeError} If the value is not text in PEM format, or holds nothing of that kind.
 */
export function checkPem(key: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || !value.includes("-----BEGIN")) {
    throw new TypeError(`Cannot use ${key}: must be text in PEM format`);
  }
  const { begin, kind } = kindOf(key);
  if (value.search(begin) < 0) {
    throw new TypeError(`Cannot use ${key}: has no ${kind} in it`);
  }
  if (key === "key" && ENCRYPTED.test(value)) {
    throw new TypeError("Cannot use key: is encrypted");
  }
}

/**
 * The certificates or the private key in a text, and nothing else of it.
 *
 * @throws {TypeError} As {@linkcode checkPem}, or if a piece is cut short.
 */
export function plainPem(key: string, value: unknown): string {
  return pemPieces(key, value).join("");
}

/**
 * What {@linkcode plainPem} gives, each certificate by itself. Of several keys the first counts.
 *
 * @throws {TypeError} As {@linkcode plainPem}.
 */
export function pemPieces(key: string, value: unknown): string[] {
  checkPem(key, value);
  const { begin, piece, kind } = kindOf(key);
  const pieces = [...value.matchAll(piece)];
  if (pieces.length < value.match(begin)!.length) {
    throw new TypeError(`Cannot use ${key}: a ${kind} is cut short`);
  }
  if (key === "key") pieces.length = 1;
  return pieces.map(([, label, body]) => written(label!, body!));
}

/** With line endings, and in lines, that all of them take. */
function written(label: string, body: string): string {
  const isUsual = body.startsWith("\n") && body.endsWith("\n") &&
    !/[ \t\v\f\r\ufeff]/.test(body);
  const lines = isUsual
    ? body
    : `\n${body.replace(/\s+/g, "").replace(/.{64}(?=.)/g, "$&\n")}\n`;
  return `-----BEGIN ${label}-----${lines}-----END ${label}-----\n`;
}

/** How the pieces of a kind begin, and what they are, label and body apart. */
interface Kind {
  begin: RegExp;
  piece: RegExp;
  kind: string;
}

function kindOf(key: string): Kind {
  return key === "key" ? PRIVATE_KEY : CERTIFICATE;
}

const PRIVATE_KEY: Kind = {
  begin: /-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
  piece: /-----BEGIN ([A-Z ]*PRIVATE KEY)-----([^-]*)-----END \1-----/g,
  kind: "private key",
};
const CERTIFICATE: Kind = {
  begin: /-----BEGIN (?:X509 )?CERTIFICATE-----/g,
  piece:
    /-----BEGIN (?:X509 )?(CERTIFICATE)-----([^-]*)-----END (?:X509 )?CERTIFICATE-----/g,
  kind: "certificate",
};

/** In the label of PKCS #8, or in a header line of the older forms (RFC 1421). */
const ENCRYPTED = /-----BEGIN ENCRYPTED |^Proc-Type:.*ENCRYPTED/m;
