/**
 * `connect`: options checked, a connected StreamSocket out, within one deadline.
 *
 * @module
 */
import { checkWait } from "../stream/wait.ts";
import { checkLimit } from "../stream/limit.ts";
import { checkClientTls, clientTls } from "./client_tls.ts";
import { connectHost } from "./connect_host.ts";
import {
  CONNECT_KEYS,
  type ConnectOptions,
  type TcpConnectOptions,
  type TlsConnectOptions,
  type UnixConnectOptions,
} from "./connect_options.ts";
import { withDeadline } from "./deadline.ts";
import { DenoTransport } from "./deno_transport.ts";
import { DenoUnixTransport } from "./deno_unix_transport.ts";
import { dialTcp } from "./dial_tcp.ts";
import { checkKnownOptions } from "./known_options.ts";
import { zoneOf } from "./net_addr.ts";
import { transportName } from "./open_listener.ts";
import { checkPort } from "./port.ts";
import { StreamSocket } from "./stream_socket.ts";
import { finishHandshake, verifiedName } from "./start_tls.ts";
import type { Transport } from "./transport.ts";
import { checkUnixPath } from "./unix_path.ts";

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
  const transport = transportName("Cannot connect", options);
  checkKnownOptions(
    "Cannot connect",
    options,
    new Set(CONNECT_KEYS[transport]),
  );
  checkWait(options);
  for (const key of ["limit", "maxWriteBuffer"] as const) {
    if (options[key] !== undefined) checkLimit(options[key], key);
  }
  const connected = options.transport === "unix"
    ? await connectUnix(options)
    : await connectTcp(options);
  return new StreamSocket(connected, options);
}

async function connectTcp(
  options: TcpConnectOptions | TlsConnectOptions,
): Promise<Transport> {
  const { hostname = "127.0.0.1", noDelay = true, keepAlive = false } = options;
  const port = checkPort("Cannot connect", options.port, 1);
  const host = connectHost(hostname);
  const tls = options.transport === "tls" ? options : undefined;
  if (tls !== undefined) checkClientTls(tls);
  return await withDeadline("connect", options, async (signal) => {
    const conn = await dialTcp({ host, port }, options, signal);
    if (noDelay) conn.setNoDelay(true);
    if (keepAlive) conn.setKeepAlive(true);
    const serverName = verifiedName(host);
    const transport = new DenoTransport(conn, zoneOf(host.name), serverName);
    if (tls === undefined) return transport;
    const name = tls.serverName ?? serverName;
    const secured = await clientTls(transport, name, tls);
    await finishHandshake(secured, signal);
    return secured;
  });
}

async function connectUnix(options: UnixConnectOptions): Promise<Transport> {
  const { path } = options;
  checkUnixPath(path);
  return await withDeadline("connect", options, async (signal) => {
    const conn = await Deno.connect({ transport: "unix", path });
    // Dialling a Unix socket takes no signal: it does not wait for the other side.
    if (!signal?.aborted) return new DenoUnixTransport(conn, "client", path);
    conn.close();
    throw signal.reason;
  });
}
