/**
 * The addresses that Deno reports, as this module shows them: plain objects, an IPv4 peer of a
 * dual-stack socket as IPv4, and a link-local peer with its zone. Called once per connection and
 * once per datagram, so the ordinary case is two comparisons and one small object.
 *
 * @module
 */

/**
 * The address as this module shows it.
 *
 * @param addr What Deno reported.
 * @param zone The zone that the socket itself is bound to or was dialled with ({@linkcode zoneOf}).
 *   Deno drops it from every address, and a link-local peer cannot be answered without it.
 */
export function netAddr<T extends "tcp" | "udp">(
  addr: { transport: T; hostname: string; port: number },
  zone?: string,
): Deno.NetAddr & { transport: T } {
  return {
    transport: addr.transport,
    hostname: hostOf(addr.hostname, zone),
    port: addr.port,
  };
}

const COLON = 58;

/** The host part of {@linkcode netAddr}: `::ffff:192.0.2.1` is shown as `192.0.2.1`. */
export function hostOf(host: string, zone?: string): string {
  // Looking at one character first costs a third of asking startsWith.
  const mapped = host.charCodeAt(0) === COLON && host.startsWith("::ffff:");
  if (mapped && host.includes(".")) return host.slice(7);
  if (zone === undefined || host.includes("%") || !needsZone(host)) return host;
  return `${host}%${zone}`;
}

/** The zone in `"fe80::1%eth0"`, brackets or not; `undefined` where there is none. */
export function zoneOf(hostname: string): string | undefined {
  const at = hostname.indexOf("%");
  if (at < 0) return undefined;
  const end = hostname.endsWith("]") ? -1 : undefined;
  return hostname.slice(at + 1, end);
}

/** fe80::/10 (RFC 4291 section 2.5.6) and multicast of interface or link scope (section 2.7). */
function needsZone(host: string): boolean {
  return /^(?:fe[89ab][0-9a-f]|ff[0-9a-f][12]):/i.test(host);
}
