/**
 * What `connect` does: the options checked, dialled over TCP, TLS or a Unix socket. Loaded with the
 * first connection.
 *
 * @module
 */
import { loadClientTls, loadUnixName } from "./first_use.ts";
import { checkWait } from "../stream/wait.ts";
import { checkLimit } from "../stream/limit.ts";
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
import { checkBoolean, checkKnownOptions } from "./known_options.ts";
import { zoneOf } from "./net_addr.ts";
import { transportName } from "./open_listener.ts";
import { parseHost } from "./parse_host.ts";
import { checkPort } from "./port.ts";
import { StreamSocket } from "./stream_socket.ts";
import { finishHandshake } from "./start_tls.ts";
import { checkClientTls, verifiedName } from "./tls_options.ts";
import type { Transport } from "./transport.ts";

/**
 * See `connect`.
 *
 * @param since When the time-out began to run, by `performance.now()`.
 */
export async function openConnection(
  options: ConnectOptions,
  since: number,
): Promise<StreamSocket> {
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
    ? await connectUnix(options, since)
    : await connectTcp(options, since);
  return new StreamSocket(connected, options);
}

async function connectTcp(
  options: TcpConnectOptions | TlsConnectOptions,
  since: number,
): Promise<Transport> {
  const { hostname = "127.0.0.1" } = options;
  const noDelay = checkBoolean(options.noDelay, "noDelay") ?? true;
  const keepAlive = checkBoolean(options.keepAlive, "keepAlive") ?? false;
  const port = checkPort("Cannot connect", options.port, 1);
  const host = parseHost(hostname);
  const tls = options.transport === "tls" ? options : undefined;
  const name = tls && checkClientTls(tls);
  return await withDeadline("connect", options, async (signal) => {
    const conn = await dialTcp({ host, port }, options, signal);
    if (noDelay) conn.setNoDelay(true);
    if (keepAlive) conn.setKeepAlive(true);
    const serverName = verifiedName(host);
    const transport = new DenoTransport(conn, zoneOf(host.name), serverName);
    if (tls === undefined) return transport;
    const { clientTls } = await loadClientTls();
    const secured = await clientTls(transport, name ?? serverName, tls)
      .catch((error) => {
        transport.close();
        throw error;
      });
    await finishHandshake(secured, signal);
    return secured;
  }, since);
}

async function connectUnix(
  options: UnixConnectOptions,
  since: number,
): Promise<Transport> {
  const { path } = options;
  const unix: typeof import("./unix_name.ts") = await loadUnixName();
  unix.checkUnixPath(path);
  return await withDeadline("connect", options, async (signal) => {
    const conn = await Deno.connect({ transport: "unix", path });
    // Dialling a Unix socket takes no signal: it does not wait for the other side.
    if (!signal?.aborted) return new DenoUnixTransport(conn, "client", path);
    conn.close();
    throw signal.reason;
  }, since);
}
