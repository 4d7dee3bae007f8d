/**
 * `listen`: options checked, a bound StreamListener out.
 *
 * @module
 */
import { onFirstUse } from "./first_use.ts";
import { checkKnownOptions } from "./known_options.ts";
import type {
  BindOptions,
  TcpBindOptions,
  TlsBindOptions,
  UnixBindOptions,
} from "./open_listener.ts";
import type { StreamListener } from "./stream_listener.ts";

const load = onFirstUse(() => import("./open_listener.ts"));

/**
 * Listen for stream connections on TCP, TLS or a Unix socket.
 *
 * For a server that handles many clients take `serve`: it adds limits, time-outs and a graceful end.
 *
 * Needs `--allow-net` for the address it binds; a Unix socket needs `--allow-read` and `--allow-write`
 * of its path besides.
 *
 * @param options Where to listen; by default a free port of `127.0.0.1`.
 * @returns The listener, bound, its `addr` with the real port.
 * @throws {TypeError} If an option is unknown or of a wrong type, or the path is too long.
 * @throws {RangeError} If the port or the backlog is out of range.
 * @throws {LookupError} If the hostname has no address.
 * @throws {Deno.errors.AddrInUse} If the port or path is taken.
 * @throws {Deno.errors.NotSupported} If `reusePort` needs `--unstable-net`.
 *
 * @example Every interface, IPv4 and IPv6
 * ```ts
 * import { connect, listen } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using listener = await listen({ hostname: "", port: 0 });
 * await using client = await connect({ hostname: "127.0.0.1", port: listener.addr.port });
 * await using server = await listener.accept();
 * assert.equal(server.remoteAddr.hostname, "127.0.0.1"); // not ::ffff:127.0.0.1
 * ```
 */
export function listen(
  options?: TcpBindOptions | TlsBindOptions,
): Promise<StreamListener<Deno.NetAddr>>;
/** Listen on a Unix socket; see the first form. */
export function listen(
  options: UnixBindOptions,
): Promise<StreamListener<Deno.UnixAddr>>;
/** Listen where the transport is known at run time only. */
export function listen(options: BindOptions): Promise<StreamListener>;
export async function listen(
  options: BindOptions = {},
): Promise<StreamListener> {
  const { BIND_KEYS, openListener, transportName } = await load();
  const transport = transportName("Cannot listen", options);
  checkKnownOptions("Cannot listen", options, new Set(BIND_KEYS[transport]));
  return await openListener(options);
}
