/**
 * `connect`: options in, a connected StreamSocket out. What dials is loaded with the first call, or
 * with the first server.
 *
 * @module
 */
import type {
  ConnectOptions,
  TcpConnectOptions,
  TlsConnectOptions,
  UnixConnectOptions,
} from "./connect_options.ts";
import { loadOpenConnection } from "./first_use.ts";
import type { StreamSocket } from "./stream_socket.ts";

/**
 * Connect to a server over TCP, TLS or a Unix socket.
 *
 * `timeout` and `signal` cover all of it: the lookup of the name, every attempt, the TLS handshake.
 *
 * Usually Deno looks the name up and tries its addresses in turn. Given a `resolver`, `allow` or `deny`
 * this function does so itself (without a `resolver` through getaddrinfo, `node:dns`), 250 ms
 * apart as RFC 8305 has it, and dials literals, for which `--allow-net` must allow the addresses.
 *
 * `allow` and `deny` guard against requests that somebody else chose the host of (SSRF): each address
 * that a name has, and each literal in whatever spelling (`127.1`, `0x7f.1`, `::ffff:127.0.0.1`), is judged,
 * and what was judged is what is dialled: a second lookup with another answer cannot slip in between.
 * With TLS the certificate is still checked against the name.
 *
 * A TLS handshake that is given up leaves its descriptor open until the server closes its end: Deno goes on
 * with it in the background.
 *
 * @param options Where to connect.
 * @returns The connected socket; with TLS its handshake is done.
 * @throws {TypeError} If an option is unknown or of a wrong type.
 * @throws {RangeError} If the port, a limit or the time-out is out of range.
 * @throws {AddressSyntaxError} If an item of `allow` or `deny` is no address, network or range.
 * @throws {LookupError} If the name has no address, or is no name (`EBADNAME`).
 * @throws {Deno.errors.ConnectionRefused} If nobody listens there; and what else the system tells.
 * @throws {Deno.errors.PermissionDenied} If the only address is not allowed or denied (code `EACCES`).
 * @throws {AggregateError} If this function looked up several addresses and each failed: its `errors`, one each.
 * @throws {Deno.errors.InvalidData} If the server's certificate is not trusted or it does not speak TLS.
 * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
 *
 * @example Ask, then read to the end
 * ```ts
 * import { connect, listen } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using listener = await listen({ port: 0 });
 * await using client = await connect({ port: listener.addr.port, timeout: 5000 });
 * await using server = await listener.accept();
 * await server.send("hello\n");
 * assert.equal(await client.reader.readLine(), "hello");
 * ```
 *
 * @example A host that somebody else chose
 * ```ts
 * import { connect } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const inner = ["0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10"];
 * await assert.rejects(
 *   connect({ hostname: "0x7f.1", port: 80, deny: inner }),
 *   Deno.errors.PermissionDenied,
 * );
 * ```
 */
export function connect(
  options: TcpConnectOptions | TlsConnectOptions,
): Promise<StreamSocket<Deno.NetAddr>>;
/** Connect to a Unix socket; see the first form. */
export function connect(
  options: UnixConnectOptions,
): Promise<StreamSocket<Deno.UnixAddr>>;
/** Connect where the transport is known at run time only. */
export function connect(options: ConnectOptions): Promise<StreamSocket>;
export async function connect(options: ConnectOptions): Promise<StreamSocket> {
  // The time-out covers the loading, too.
  const since = performance.now();
  const { openConnection } = await loadOpenConnection();
  return await openConnection(options, since);
}
