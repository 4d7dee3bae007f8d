/** What is taken for a certificate or a key, and how it is handed on. */
import assert from "node:assert/strict";
import { checkPem, pemPieces, plainPem } from "../../lib/socket/pem.ts";

const BODY = `${"QUJD".repeat(16)}\nREVG\n`;
const ONE = `-----BEGIN CERTIFICATE-----\n${BODY}-----END CERTIFICATE-----\n`;
const KEY =
  `-----BEGIN EC PRIVATE KEY-----\n${BODY}-----END EC PRIVATE KEY-----\n`;

const CERTIFICATES: [why: string, text: string, count: number][] = [
  ["as openssl writes it", ONE, 1],
  ["a chain", ONE + ONE, 2],
  ["joined without a line ending between", ONE.trim() + ONE, 2],
  ["of Windows", ONE.replaceAll("\n", "\r\n"), 1],
  ["of an old Mac", ONE.replaceAll("\n", "\r"), 1],
  ["with a byte order mark", `\ufeff${ONE}`, 1],
  ["two files with byte order marks, joined", `\ufeff${ONE}\ufeff${ONE}`, 2],
  ["pasted into something indented", ONE.replace(/^/gm, "  "), 1],
  ["with blanks behind the lines", ONE.replace(/$/gm, " "), 1],
  ["all in one line", ONE.replaceAll("\n", ""), 1],
  ["with what openssl x509 -text says", `Certificate:\n  Data:\n${ONE}`, 1],
  ["together with its key", KEY + ONE, 1],
  ["by the older name", ONE.replaceAll("CERT", "X509 CERT"), 1],
];

Deno.test("plainPem gives certificates as every library reads them", () => {
  for (const [why, text, count] of CERTIFICATES) {
    assert.equal(plainPem("cert", text), ONE.repeat(count), why);
    assert.equal(pemPieces("cert", text).length, count, why);
  }
});

Deno.test("plainPem gives the first private key of a file", () => {
  const other = KEY.replaceAll("EC ", "");
  for (const text of [KEY, ONE + KEY, KEY + other, `# ENCRYPTED: no\n${KEY}`]) {
    assert.equal(plainPem("key", text), KEY);
  }
});

Deno.test("what is cut short, encrypted or of another kind is refused", () => {
  const rows: [key: string, text: unknown, reason: RegExp][] = [
    ["cert", undefined, /^Cannot use cert: must be text in PEM format$/],
    ["cert", "AAAA", /must be text in PEM format/],
    ["cert", KEY, /has no certificate in it/],
    ["cert", ONE.slice(0, 60), /^Cannot use cert: a certificate is cut short$/],
    ["caCerts", ONE + ONE.slice(0, 60), /caCerts: a certificate is cut short/],
    ["caCerts", ONE.slice(0, 60) + ONE, /caCerts: a certificate is cut short/],
    ["key", ONE, /has no private key in it/],
    ["key", KEY.slice(0, 60), /a private key is cut short/],
    [
      "key",
      KEY.replaceAll("EC ", "ENCRYPTED "),
      /^Cannot use key: is encrypted/,
    ],
    [
      "key",
      KEY.replace("\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,00\n\n"),
      /^Cannot use key: is encrypted/,
    ],
  ];
  for (const [key, text, message] of rows) {
    assert.throws(() => plainPem(key, text), { name: "TypeError", message });
  }
});

Deno.test("checkPem looks for the kind only", () => {
  checkPem("cert", ONE.slice(0, 60));
  checkPem("key", KEY);
  assert.throws(() => checkPem("key", ONE), TypeError);
});
