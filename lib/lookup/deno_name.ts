/**
 * Names as `Deno.resolveDns` writes them: with a final dot, in Unicode, with escapes in octal. Only
 * deno_backend.ts meets them.
 *
 * @module
 */
import { normaliseEscapes } from "./wire_name.ts";

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
