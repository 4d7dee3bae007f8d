/**
 * Opening a listening socket: what each transport needs of Deno, and what an accepted connection
 * stands on. `listen` and `serve` both open through it, so that they mean the same options.
 *
 * @module
 */
import { loadBindUnix } from "./first_use.ts";
import { quote } from "../stream/quote.ts";
import { bindOnHost } from "./bind_host.ts";
import type { UnixPathOptions } from "./bind_unix.ts";
import { DenoTlsTransport } from "./deno_tls_transport.ts";
import { DenoTransport } from "./deno_transport.ts";
import { DenoUnixTransport } from "./deno_unix_transport.ts";
import { keyMismatch } from "./key_pair.ts";
import { checkBoolean } from "./known_options.ts";
import { netAddr, zoneOf } from "./net_addr.ts";
import { plainPem } from "./pem.ts";
import { checkPort } from "./port.ts";
import { StreamListener } from "./stream_listener.ts";
import { checkProtocols } from "./tls_options.ts";

/** Where to listen on TCP. */
export interface TcpBindOptions {
  /** TCP, unless told. */
  transport?: "tcp" | undefined;
  /**
   * Where to listen. Default `"127.0.0.1"`. `""` means every interface, IPv4 and IPv6. A name such as
   * `"localhost"` binds the one address that the system names first.
   */
  hostname?: string | undefined;
  /** The port, 0 (the default) for a free one. */
  port?: number | undefined;
  /** How many connections wait in the kernel. Default 4096: 511 overflows in bursts and costs clients a second. */
  tcpBacklog?: number | undefined;
  /** Let several processes or workers listen on one port (Linux). Needs the flag `--unstable-net`. */
  reusePort?: boolean | undefined;
}

/** Where to listen with TLS over TCP. */
export interface TlsBindOptions extends Omit<TcpBindOptions, "transport"> {
  /** TLS over TCP. */
  transport: "tls";
  /** The certificate chain, its own certificate first, PEM. The same text may hold the key, too. */
  cert: string;
  /** The private key, PEM. */
  key: string;
  /** Protocols that are offered, best first (ALPN, RFC 7301). */
  alpnProtocols?: string[] | undefined;
}

/** Where to listen on a Unix socket. */
export interface UnixBindOptions extends UnixPathOptions {
  /** A Unix stream socket. */
  transport: "unix";
  /**
   * Its path, at most 107 bytes on Linux, or `"\0name"` for the abstract namespace (Linux only).
   *
   * Where the permissions cover the path but not its folder, the socket is bound in place. Deno then removes
   * whatever stands there on close, a successor's file too.
   */
  path: string;
}

/** Where to listen, over any transport. */
export type BindOptions = TcpBindOptions | TlsBindOptions | UnixBindOptions;

const TCP_KEYS = ["transport", "hostname", "port", "tcpBacklog", "reusePort"];

/** The options that each transport knows. */
export const BIND_KEYS: Record<"tcp" | "tls" | "unix", readonly string[]> = {
  tcp: TCP_KEYS,
  tls: [...TCP_KEYS, "cert", "key", "alpnProtocols"],
  unix: ["transport", "path", "unlinkStale", "mode"],
};

const BACKLOG = 4096;

/**
 * The transport that the options name.
 *
 * @throws {TypeError} If there is no such transport.
 */
export function transportName(
  action: string,
  options: unknown,
): "tcp" | "tls" | "unix" {
  const { transport = "tcp" } = (options ?? {}) as { transport?: unknown };
  if (transport === "tcp" || transport === "tls" || transport === "unix") {
    return transport;
  }
  const reason = 'must be "tcp", "tls" or "unix"';
  throw new TypeError(
    `${action} with transport ${quote(transport)}: ${reason}`,
  );
}

/** Open a listening socket; the names of the options are checked already. */
export function openListener(options: BindOptions): Promise<StreamListener> {
  if (options.transport === "unix") return openUnix(options);
  return openTcp(options);
}

async function openTcp(
  options: TcpBindOptions | TlsBindOptions,
): Promise<StreamListener<Deno.NetAddr>> {
  const port = checkPort(
    "Cannot listen",
    options.port === undefined ? 0 : options.port,
    0,
  );
  const tcpBacklog = checkBacklog(
    options.tcpBacklog === undefined ? BACKLOG : options.tcpBacklog,
  );
  checkReusePort(options.reusePort);
  const shared = options.reusePort ? { reusePort: true } : {};
  const listener = await bindOnHost(options.hostname, (hostname) => {
    const where = { hostname, port, tcpBacklog, ...shared };
    if (options.transport !== "tls") return Deno.listen(where);
    const { alpnProtocols = [] } = options;
    const cert = plainPem("cert", options.cert);
    const key = plainPem("key", options.key);
    checkProtocols(alpnProtocols);
    try {
      return Deno.listenTls({
        ...where,
        cert,
        key,
        ...(alpnProtocols.length > 0 && { alpnProtocols }),
      });
    } catch (error) {
      // A bare Error, of which only the text tells.
      throw /KeyMismatch/.test(String(error)) ? keyMismatch(error) : error;
    }
  });
  const zone = zoneOf(options.hostname ?? "");
  const addr = { ...listener.addr, transport: "tcp" as const };
  return new StreamListener(listener, {
    addr: netAddr(addr, zone),
    transport: (conn) =>
      options.transport === "tls"
        ? new DenoTlsTransport(conn as Deno.TlsConn, zone)
        : new DenoTransport(conn, zone),
  });
}

async function openUnix(
  options: UnixBindOptions,
): Promise<StreamListener<Deno.UnixAddr>> {
  const { path } = options;
  const { bindUnixPath } = await loadBindUnix();
  const { socket, name } = await bindUnixPath(
    path,
    options,
    (path) => Deno.listen({ transport: "unix", path }),
  );
  return new StreamListener(socket, {
    addr: { transport: "unix", path },
    transport: (conn) => new DenoUnixTransport(conn, "server", path),
    beforeClose: () => name.remove(),
  });
}

function checkBacklog(value: unknown): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot listen with tcpBacklog ${quote(value)}: must be a number`,
    );
  }
  if (!Number.isSafeInteger(value) || value < 0 || value > 2 ** 31 - 1) {
    throw new RangeError(
      `Cannot listen with tcpBacklog ${value}: must be a whole number from 0 to 2147483647`,
    );
  }
  return value;
}

/** Where the flag is missing Deno ends the whole process over this option, uncatchably. */
function checkReusePort(value: unknown): void {
  if (
    checkBoolean(value, "reusePort") &&
    typeof Deno.listenDatagram !== "function"
  ) {
    throw new Deno.errors.NotSupported(
      "Cannot listen with reusePort: run again with the --unstable-net flag",
    );
  }
}
