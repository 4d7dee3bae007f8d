/**
 * An address as one word, for messages and the console.
 *
 * @module
 */

/** `host:port`, or the path of a Unix socket. */
export function addrText(addr: Deno.Addr): string {
  if ("hostname" in addr) {
    const host = addr.hostname.includes(":")
      ? `[${addr.hostname}]`
      : addr.hostname;
    return `${host}:${addr.port}`;
  }
  if ("path" in addr) return addr.path ?? "an unnamed socket";
  return addr.transport;
}
