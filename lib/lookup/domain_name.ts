/**
 * Domain names of any kind, hosts or not (`_sip._tcp.example.test`, a printer with a space), made ready
 * to be asked for. Those of hosts only are in host_name.ts, octets in messages in wire_name.ts.
 *
 * @module
 */
import { badName, type HostName, prepareName } from "./host_name.ts";
import { canonicalName, isPlain } from "./wire_name.ts";

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
