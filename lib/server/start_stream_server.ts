/**
 * What `serve` does: the options checked, the listener opened, a StreamServer put together from its
 * parts. Loaded with the first server; nothing else may import it.
 *
 * @module
 */
import {
  loadForServers,
  loadServerTls,
  loadUnixName,
} from "../socket/first_use.ts";
import { type BindOptions, openListener } from "../socket/open_listener.ts";
import type { StreamListener } from "../socket/stream_listener.ts";
import type { ServerTlsOptions } from "../socket/tls_options.ts";
import { listenerOf } from "./accept_source.ts";
import { Admission } from "./admission.ts";
import {
  checkHasAddresses,
  checkLimits,
  checkServeOptions,
} from "./check_serve_options.ts";
import { Intake } from "./intake.ts";
import { Listening, type Relisten } from "./listening.ts";
import { ProxyProtocol } from "./proxy_protocol.ts";
import { Roster } from "./roster.ts";
import type {
  ServeOptions,
  TcpServeOptions,
  TlsServeOptions,
  UnixServeOptions,
} from "./serve_options.ts";
import { ServerHooks } from "./server_hooks.ts";
import { handlerFunction, type StreamHandler } from "./stream_handler.ts";
import { makeStreamServer, type StreamServer } from "./stream_server.ts";

/** See `serve`. */
export async function startStreamServer(
  given: ServeOptions,
  // deno-lint-ignore no-explicit-any -- one implementation for three kinds of addresses
  handler: StreamHandler<any>,
  // deno-lint-ignore no-explicit-any
): Promise<StreamServer<any>> {
  const options = withoutAbsentPlaces(given);
  const settings = checkServeOptions(options);
  const handle = handlerFunction(handler);
  const { proxyProtocol } = options;
  const proxy = proxyProtocol === undefined
    ? undefined
    : new ProxyProtocol(proxyProtocol);
  const admission = new Admission();
  admission.update(options, settings.maxConnectionsPerIp, []);
  options.signal?.throwIfAborted();
  const tls = nodeTlsOptions(options);
  // Deno 2.9.6 panics when it loads a file and no descriptor is left: any stranger could end the process.
  await loadForServers();
  if (tls !== undefined) {
    const { prepareServerTls } = await loadServerTls();
    await prepareServerTls(tls);
  }
  const place = await openPlace(options, tls);
  const { listener, relisten, cannotWait } = place;
  const hooks = new ServerHooks(options);
  const roster = new Roster(hooks);
  try {
    checkHasAddresses(options, listener.addr, proxy !== undefined);
    options.signal?.throwIfAborted();
    return makeStreamServer({
      options,
      settings,
      hasCertificate: place.hasCertificate,
      spareTls: place.spareTls,
      hooks,
      roster,
      checkLimits: (limits, current) => {
        const checked = checkLimits(limits, current);
        checkHasAddresses(limits, listener.addr, proxy !== undefined);
        return checked;
      },
      parts: (server) => {
        const intake = new Intake({
          server,
          options,
          settings,
          hooks,
          roster,
          admission,
          proxy,
          handle,
          tls,
          cannotWait,
        });
        const onListen = (addr: Deno.Addr) => hooks.listen(addr);
        const onLost = () => endWithout(server, hooks);
        const listening = { listener, relisten, intake, onListen, onLost };
        return { intake, listening: new Listening(listening) };
      },
    });
  } catch (error) {
    // Aborted meanwhile, or lists for a Unix socket: nothing that was opened here must be left open.
    if (!("listener" in options)) await listener[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Who names a place means that one: `listener: undefined` and `fd: undefined` beside it say nothing.
 * (Alone they are mistakes.)
 */
function withoutAbsentPlaces(options: ServeOptions): ServeOptions {
  if (typeof options !== "object" || options === null) return options;
  const { listener, fd, ...others } = options as
    & TcpServeOptions
    & { listener?: unknown; fd?: unknown };
  const isNamed = ["transport", "hostname", "port", "path"]
    .some((key) => key in options);
  const isAbsent = listener === undefined && fd === undefined;
  return isNamed && isAbsent ? others : options;
}

/** Somebody else has closed the listener: nobody will ever be accepted again. */
function endWithout(server: StreamServer<Deno.Addr>, hooks: ServerHooks): void {
  const error = new Deno.errors.BadResource("The listener was closed");
  hooks.error(error, { phase: "accept" });
  server.shutdown();
}

/** A listener, and what else a server wants to know of it. */
interface Place {
  /** Bound and listening. */
  listener: StreamListener;
  /** Listen again at the same place; absent where that cannot be. */
  relisten?: Relisten | undefined;
  /** Whether it has a certificate, through node:tls or Deno's own listener. */
  hasCertificate: boolean;
  /** What TLS through node:tls would need, where the listener itself speaks TLS. */
  spareTls?: ServerTlsOptions | undefined;
  /** Whether the listener accepts whatever comes, so that `overflow: "wait"` must hold it. */
  cannotWait?: boolean | undefined;
}

/** Open what the options say. */
async function openPlace(
  options: ServeOptions,
  tls: ServerTlsOptions | undefined,
): Promise<Place> {
  if ("listener" in options) {
    return { listener: listenerOf(options.listener), hasCertificate: false };
  }
  if ("fd" in options) {
    const { adoptListener } = await import("../socket/adopt_listener.ts");
    const listener = await adoptListener(options.fd);
    return { listener, hasCertificate: false, cannotWait: true };
  }
  return {
    listener: await openListener(bindOptions(options, tls)),
    hasCertificate: options.transport === "tls",
    spareTls: tls === undefined ? tlsOptions(options) : undefined,
    relisten: await relistener(options, tls),
  };
}

type BoundServeOptions = TcpServeOptions | TlsServeOptions | UnixServeOptions;

/**
 * TLS through node:tls, where it is asked for, and for what `Deno.listenTls` cannot do: read a PROXY
 * header before the handshake, ask for the client's certificate.
 */
function nodeTlsOptions(options: ServeOptions): ServerTlsOptions | undefined {
  const tls = tlsOptions(options);
  const { tlsBackend } = options as TlsServeOptions;
  const needed = tlsBackend === "node" || options.proxyProtocol !== undefined ||
    tls?.requestCert || tls?.caCerts !== undefined;
  return needed ? tls : undefined;
}

function tlsOptions(options: ServeOptions): ServerTlsOptions | undefined {
  if (!("transport" in options) || options.transport !== "tls") {
    return undefined;
  }
  const { cert, key, caCerts, requestCert, alpnProtocols } = options;
  return { cert, key, caCerts, requestCert, alpnProtocols };
}

/** Where to listen: for TLS of our own, below it. */
function bindOptions(
  options: BoundServeOptions,
  tls: ServerTlsOptions | undefined,
): BindOptions {
  return tls === undefined
    ? options
    : { ...options, transport: "tcp" } as BindOptions;
}

/** Open the same place again, with its real port, or its path wherever the process has gone. */
async function relistener(
  options: BoundServeOptions,
  tls: ServerTlsOptions | undefined,
): Promise<Relisten> {
  let current = bindOptions(options, tls);
  const path = options.transport === "unix"
    ? (await loadUnixName()).lastingPath(options.path)
    : undefined;
  return async (addr, changes) => {
    const place = "port" in addr ? { port: addr.port } : { path: path!() };
    const next = { ...current, ...place, ...changes } as BindOptions;
    const listener = await openListener(next);
    // What could not be opened must not be what the next attempt tries.
    current = next;
    return listener;
  };
}
