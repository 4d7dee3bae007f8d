/**
 * Errors of UDP through node:dgram with the classes and codes of Deno's own sockets, and the permission that
 * node:dgram itself asks for where nobody can catch the answer. Only node_datagram.ts calls them.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";
import { addrText } from "./addr_text.ts";
import type { UdpAddr } from "./datagram_endpoint.ts";

/** From the address of one family nothing goes to the other. */
export function unreachable(to: UdpAddr): Error {
  const error = new Deno.errors.NetworkUnreachable(
    `Cannot send to ${
      quote(addrText(to))
    }: the socket is bound to an IPv6 address`,
  );
  return Object.assign(error, { code: "ENETUNREACH" });
}

/** What the system says where node:dgram only knows `UNKNOWN`. */
export function wrongFamily(to: UdpAddr): Error {
  const error = new Error(
    `Cannot send to ${quote(addrText(to))}: the socket is an IPv4 socket`,
  );
  return Object.assign(error, { code: "EAFNOSUPPORT" });
}

/** What every operation on a closed one rejects with. */
export function closedError(): Error {
  return new Deno.errors.BadResource(
    "Cannot use datagram socket: it is closed",
  );
}

/** A send that lacks a permission is reported as `UNKNOWN`; say what is missing. */
export function sendError(error: unknown, to: Deno.Addr): unknown {
  if ((error as { code?: unknown }).code !== "UNKNOWN") return error;
  try {
    requireNet((to as UdpAddr).hostname, (to as UdpAddr).port);
    return error;
  } catch (denied) {
    return denied;
  }
}

/**
 * Ask for a permission as Deno's own sockets do: that may prompt, where they would.
 *
 * @throws {Deno.errors.NotCapable} If it is not granted.
 */
export function requireNet(hostname: string, port: number): void {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  const host = addrText({ transport: "udp", hostname: bare, port });
  const { state } = Deno.permissions.requestSync({ name: "net", host });
  if (state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  );
}

/** A failed bind as Deno's own sockets tell of it, so that callers need one check, not two. */
export function bindError(error: unknown, where: string): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const make = (kind: new (message: string) => Error) =>
    Object.assign(new kind(`Cannot bind "${where}": ${message}`), { code });
  switch (code) {
    case "EADDRINUSE":
      return make(Deno.errors.AddrInUse);
    case "EADDRNOTAVAIL":
      return make(Deno.errors.AddrNotAvailable);
    case "EACCES":
      return make(Deno.errors.PermissionDenied);
    default:
      return error;
  }
}
