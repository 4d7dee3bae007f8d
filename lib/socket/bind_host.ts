/**
 * Which address a listening socket binds for the `hostname` that its caller gave. Streams and
 * datagrams share the rule; nothing here opens a socket by itself.
 *
 * @module
 */
import { parseHost } from "./parse_host.ts";
import { asLookupError } from "./resolve_host.ts";

/**
 * Bind for the `hostname` option of everything that listens.
 *
 * `undefined` means loopback, `"127.0.0.1"`. The empty string means every interface, as in Python:
 * `"::"`, which takes IPv4 and IPv6, or `"0.0.0.0"` on a system without IPv6. Any other text is read
 * as `connect` reads it; a name such as `"localhost"` binds the one address that the system names first.
 *
 * @param open Opens the socket on the address that it is given; called a second time only when
 *   the first answer was that there is no IPv6.
 * @throws {TypeError} If `hostname` is not a string.
 * @throws {LookupError} If it is a name that has no address, or can have none.
 */
export async function bindOnHost<T>(
  hostname: unknown,
  open: (hostname: string) => T | Promise<T>,
): Promise<T> {
  if (hostname === undefined) return await open("127.0.0.1");
  if (hostname !== "") {
    const { name } = parseHost(hostname, "listen on");
    try {
      return await open(name);
    } catch (error) {
      throw asLookupError(name, error);
    }
  }
  try {
    return await open("::");
  } catch (error) {
    if (!lacksIPv6(error)) throw error;
    return await open("0.0.0.0");
  }
}

/** EAFNOSUPPORT when the kernel has no IPv6 at all, EADDRNOTAVAIL when it is switched off. */
function lacksIPv6(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL" ||
    /address family not supported/i.test(String(message));
}
