/**
 * `connect`: options checked, a connected StreamSocket out.
 *
 * @module
 */
import { armWait, checkWait, quote, type WaitOptions } from "../stream/wait.ts";
import { DenoTransport } from "./deno_transport.ts";
import { checkKnownOptions } from "./known_options.ts";
import { zoneOf } from "./net_addr.ts";
import { checkPort } from "./port.ts";
import { StreamSocket, type StreamSocketLimits } from "./stream_socket.ts";

/** Where to connect on TCP. */
export interface TcpConnectOptions extends WaitOptions, StreamSocketLimits {
  /** TCP, unless told. */
  transport?: "tcp" | undefined;
  /** A name or address. Default `"127.0.0.1"`. */
  hostname?: string | undefined;
  /** The port. */
  port: number;
  /** Send small pieces at once. Default true. */
  noDelay?: boolean | undefined;
  /** Let the system probe an idle peer. Default false. */
  keepAlive?: boolean | undefined;
}

const TCP_KEYS = new Set([
  "transport",
  "hostname",
  "port",
  "noDelay",
  "keepAlive",
  "limit",
  "maxWriteBuffer",
  "signal",
  "timeout",
]);

/**
 * Connect to a server.
 */
export async function connect(
  options: TcpConnectOptions,
): Promise<StreamSocket<Deno.NetAddr>> {
  checkKnownOptions("Cannot connect", options, TCP_KEYS);
  const { hostname = "127.0.0.1", noDelay = true, keepAlive = false } = options;
  if (typeof hostname !== "string") {
    throw new TypeError(
      `Cannot connect to hostname ${quote(hostname)}: must be a string`,
    );
  }
  const port = checkPort("Cannot connect", options.port, 1);
  checkWait(options);
  const conn = await dial(hostname, port, options);
  const socket = new StreamSocket<Deno.NetAddr>(
    new DenoTransport(conn, zoneOf(hostname)),
    options,
  );
  if (noDelay) socket.setNoDelay(true);
  if (keepAlive) socket.setKeepAlive(true);
  return socket;
}

async function dial(
  hostname: string,
  port: number,
  options: WaitOptions,
): Promise<Deno.TcpConn> {
  const controller = new AbortController();
  const disarm = armWait(
    "connect",
    options,
    (reason) => controller.abort(reason),
  );
  try {
    return await Deno.connect({ hostname, port, signal: controller.signal });
  } finally {
    disarm();
  }
}
