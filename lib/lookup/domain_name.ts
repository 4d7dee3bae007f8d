/**
 * Domain names of any kind, hosts or not (`_sip._tcp.example.test`, a printer with a space): made
 * ready to be asked for, and taken from what `Deno.resolveDns` has found.
 *
 * @module
 */
import { canonicalName, isPlain, normaliseEscapes } from "./dns_name.ts";
import { badName, type HostName, prepareName } from "./host_name.ts";

/**
 * Make a domain name of any kind ready to be asked for: `_sip._tcp.example.test`, `.`, `*.test`.
 * Escapes come out as they do in answers.
 *
 * @throws {LookupError} With code `EBADNAME` if there can be no such name.
 */
export function prepareDomainName(text: string): HostName {
  if (text === ".") return { name: ".", absolute: true };
  const { name, absolute } = prepareName(text);
  if (!isPlain(name)) return { name: canonical(text, name), absolute };
  for (const label of name.split(".")) {
    if (label === "") throw badName(text, "it has an empty label");
    if (label.length > 63) {
      throw badName(text, `it has a label of ${label.length} octets`);
    }
  }
  return { name, absolute };
}

/** Only the encoder knows how many octets escapes stand for. */
function canonical(text: string, name: string): string {
  try {
    return canonicalName(name);
  } catch {
    throw badName(text, "its escapes, labels or length break RFC 1035");
  }
}

/**
 * A name from `Deno.resolveDns`, made like those from the wire: no final dot, A-labels again, and
 * escapes in decimals, where Deno's are octal and more than are needed.
 */
export function fromDenoName(name: string): string {
  const bare = name.length > 1 && name.endsWith(".") ? name.slice(0, -1) : name;
  const ascii = bare.split(".").map(toALabel).join(".");
  return normaliseEscapes(ascii.replace(DENO_ESCAPE, decimalEscape));
}

function toALabel(label: string): string {
  if (/^\p{ASCII}*$/u.test(label)) return label;
  return URL.parse(`http://${label}`)?.hostname ?? label;
}

/** An octet in octal digits; or any other escape, so that no digits are taken for those of `\\`. */
const DENO_ESCAPE = /\\(?:([0-7]{3})|.)/g;

function decimalEscape(escape: string, octal: string | undefined): string {
  if (octal === undefined) return escape;
  return `\\${String(parseInt(octal, 8)).padStart(3, "0")}`;
}
