#!/usr/bin/env -S deno run --allow-net --allow-read
// deno-lint-ignore-file no-console
/**
 * TLS termination: speaks TLS with clients, plain text with a server behind, and tells that server
 * who the client is by a PROXY protocol header (version 2), as HAProxy, stunnel and the cloud's
 * load balancers do.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=cert.pem,key.pem examples/tls_front.ts \
 *       --cert cert.pem --key key.pem --port 8443 --backend 127.0.0.1:7007
 *     openssl s_client -quiet -connect 127.0.0.1:8443           # in a second terminal
 *
 * The server behind must expect the header (`serve({ proxyProtocol: { trusted: ["127.0.0.1"] } })`);
 * with `--no-proxy-header` none is sent. `--client-ca ca.pem` lets only those in who show a
 * certificate that it vouches for. SIGHUP reads the certificate again, for new connections;
 * Ctrl-C lets the connections end.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  connect,
  type Connection,
  encodeProxyHeader,
  serve,
  splitHostPort,
  type StreamServer,
  type StreamSocket,
} from "../mod.ts";

const USAGE =
  `Usage: tls_front.ts --cert FILE --key FILE --backend PLACE [options]
  --backend PLACE     HOST:PORT, PORT or unix:PATH
  --hostname ADDRESS  where to listen (default 127.0.0.1; "" is every interface)
  --port PORT         default 8443
  --alpn NAME         protocol that is offered; may be given more than once
  --client-ca FILE    demand a client certificate that this authority vouches for
  --no-proxy-header   do not tell the backend who the client is
  --idle SECONDS      end a connection in which neither side says anything (default 300)
  -h, --help          this text`;

/** Where the server behind is. */
export type Backend =
  | { transport: "tcp"; hostname: string; port: number }
  | { transport: "unix"; path: string };

/** How connections are carried. */
export interface FrontOptions {
  /** Whether the backend is told who the client is. Default true. */
  proxyHeader?: boolean;
  /** Milliseconds for connecting to the backend. Default 5000. */
  connectTimeout?: number;
  /** Milliseconds without a byte in either direction. Default 300 000. */
  idleTimeout?: number;
}

/** A handler that carries each connection to the backend, both ways, each to its own end. */
export function forwardTo(
  backend: Backend,
  options: FrontOptions = {},
): (conn: Connection) => Promise<void> {
  const {
    proxyHeader = true,
    connectTimeout = 5000,
    idleTimeout = 300_000,
  } = options;
  return async (conn) => {
    const wait = { signal: conn.signal, timeout: connectTimeout };
    await using upstream = backend.transport === "unix"
      ? await connect({ ...backend, ...wait })
      : await connect({ ...backend, ...wait });
    if (proxyHeader) await upstream.send(headerFor(conn), wait);
    // When this connection is cut (its time-outs, the end of the server), so is the other.
    const cut = () => upstream.abort(conn.signal.reason);
    conn.signal.addEventListener("abort", cut);
    using _watch = endWhenIdle(conn, idleTimeout);
    try {
      await Promise.all([pump(conn, upstream), pump(upstream, conn)]);
    } catch (error) {
      // One end broke off: the other must not take what came so far for everything.
      conn.abort(error);
    } finally {
      conn.signal.removeEventListener("abort", cut);
    }
  };
}

/** Who the client is, and what was agreed on with it. */
function headerFor(conn: Connection): Uint8Array {
  const { alpnProtocol, peerSubject } = conn.tls ?? {};
  return encodeProxyHeader({
    source: conn.remoteAddr,
    destination: conn.localAddr,
    ...(alpnProtocol && { alpn: alpnProtocol }),
    ssl: {
      overTls: conn.tls !== undefined,
      ...(peerSubject && {
        certInConnection: true,
        certInSession: true,
        verified: true,
        ...(peerSubject.CN && { commonName: peerSubject.CN }),
      }),
    },
    checksum: true,
  });
}

/** Carry everything one way, then tell that it was everything (half-close). */
async function pump(from: StreamSocket, to: StreamSocket): Promise<void> {
  await to.writer.pipeFrom(from.reader);
  await to.closeWrite();
}

/** A download is silent on one side for as long as it takes: only silence of both counts. */
function endWhenIdle(conn: Connection, timeout: number): Disposable {
  let seen = -1;
  const timer = setInterval(() => {
    const moved = conn.bytesRead + conn.bytesWritten;
    if (moved === seen) {
      conn.abort(new DOMException("Nobody says anything", "TimeoutError"));
    }
    seen = moved;
  }, timeout);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Read `HOST:PORT`, `PORT` or `unix:PATH`. */
export function backendOf(text: string): Backend {
  if (text.startsWith("unix:")) {
    if (text === "unix:") throw new TypeError(`"${text}" has no path`);
    return { transport: "unix", path: text.slice(5) };
  }
  const { host, port } = splitHostPort(
    /^\d+$/.test(text) ? `127.0.0.1:${text}` : text,
  );
  if (!host || !port) throw new TypeError(`cannot connect to "${text}"`);
  return { transport: "tcp", hostname: host, port };
}

/** What the command line said. */
function read(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      cert: { type: "string" },
      key: { type: "string" },
      backend: { type: "string" },
      hostname: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8443" },
      alpn: { type: "string", multiple: true },
      "client-ca": { type: "string" },
      "no-proxy-header": { type: "boolean", default: false },
      idle: { type: "string", default: "300" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const { cert, key, backend, port, idle } = values;
  if (cert === undefined || key === undefined || backend === undefined) {
    throw new TypeError("--cert, --key and --backend are needed");
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new TypeError(`bad port "${port}"`);
  }
  const seconds = Number(idle);
  // Timers of more than 2^31 milliseconds fire at once.
  if (!(seconds > 0 && seconds < 2 ** 31 / 1000)) {
    throw new TypeError(`bad --idle "${idle}"`);
  }
  return { ...values, cert, key, backend: backendOf(backend), seconds };
}

/** Start, as the command line says. */
async function start(
  options: NonNullable<ReturnType<typeof read>>,
): Promise<StreamServer> {
  const certificate = () => ({
    cert: Deno.readTextFileSync(options.cert),
    key: Deno.readTextFileSync(options.key),
  });
  const authority = options["client-ca"];
  const idleTimeout = options.seconds * 1000;
  const server = await serve(
    {
      transport: "tls",
      ...certificate(),
      ...(authority !== undefined && {
        caCerts: [Deno.readTextFileSync(authority)],
        requestCert: true,
      }),
      ...(options.alpn && { alpnProtocols: options.alpn }),
      hostname: options.hostname,
      port: Number(options.port),
      // Silence in one direction is no fault here: see endWhenIdle. Nor does it end a download on Ctrl-C.
      idleTimeout: Infinity,
      drainIdleTimeout: Infinity,
      maxConnectionsPerIp: 256,
      shutdownSignals: ["SIGTERM", "SIGINT"],
      onError: (error) => console.error(`tls_front: ${error}`),
    },
    forwardTo(options.backend, {
      proxyHeader: !options["no-proxy-header"],
      idleTimeout,
    }),
  );
  const reload = async () => {
    try {
      await server.setCertificate(certificate());
      console.log("Read the certificate again.");
    } catch (error) {
      console.error(`tls_front: kept the old certificate: ${error}`);
    }
  };
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGHUP", reload);
    server.finished.then(() => Deno.removeSignalListener("SIGHUP", reload));
  }
  return server;
}

/** A port that is taken is no bad usage, and no reason for a stack trace. */
function fail(error: unknown): never {
  console.error(`tls_front: ${(error as Error).message}`);
  Deno.exit(1);
}

if (import.meta.main) {
  let options: ReturnType<typeof read>;
  try {
    options = read(Deno.args);
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    Deno.exit(2);
  }
  if (options === undefined) {
    console.log(USAGE);
    Deno.exit(0);
  }
  const server = await start(options).catch(fail);
  console.log(
    `TLS on ${server.addr.hostname} port ${server.addr.port}. Ctrl-C ends it.`,
  );
  await server.finished;
}
