/**
 * An address as one word, for messages and the console. It is escaped: a client of a Unix socket may give
 * itself any name.
 *
 * @module
 */
import { escapeText } from "./escape.ts";

/** `host:port`, or the path of a Unix socket. */
export function addrText(addr: Deno.Addr): string {
  if ("hostname" in addr) {
    const host = addr.hostname.includes(":")
      ? `[${addr.hostname}]`
      : addr.hostname;
    return `${escapeText(host)}:${addr.port}`;
  }
  if ("path" in addr) {
    return addr.path === null ? "an unnamed socket" : escapeText(addr.path);
  }
  return addr.transport;
}
