#!/usr/bin/env -S deno run --allow-net --allow-read=/etc/hosts,/etc/resolv.conf
// deno-lint-ignore-file no-console
/**
 * A SOCKS5 proxy (RFC 1928, CONNECT) that does not let strangers into your own network.
 *
 * ```sh
 * deno run --allow-net --allow-read=/etc/hosts,/etc/resolv.conf examples/socks5.ts
 * curl --socks5-hostname 127.0.0.1:1080 https://example.org/
 * ```
 *
 * Whatever a client names is resolved here, and every address, in whatever spelling, is judged
 * before it is dialled: loopback, private and other special addresses are refused unless
 * `--allow-private` is given. `--user name:password` asks for credentials (RFC 1929).
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { parseArgs } from "node:util";
import {
  connect,
  type Connection,
  IncompleteReadError,
  IPSet,
  IPv4Address,
  IPv6Address,
  parseAddress,
  ProtocolError,
  Resolver,
  serve,
  SPECIAL_PURPOSE_IPV4,
  SPECIAL_PURPOSE_IPV6,
  type StreamSocket,
} from "../mod.ts";

/** What the proxy lets through. */
export interface SocksOptions {
  /** Where nobody may go. Default {@linkcode NOT_PUBLIC}. */
  deny?: string[] | undefined;
  /** `"name:password"`; without, nobody is asked. */
  user?: string | undefined;
}

/**
 * Networks that are not the public internet: the IANA registries, multicast, and NAT64. The mapped
 * addresses have a row of their own there, but here they count as the IPv4 addresses they are.
 */
export const NOT_PUBLIC: string[] = [
  ...[...SPECIAL_PURPOSE_IPV4, ...SPECIAL_PURPOSE_IPV6]
    .filter((entry) => entry.globallyReachable !== true)
    .map((entry) => entry.network)
    .filter((network) => network !== "::ffff:0:0/96"),
  ...["224.0.0.0/4", "ff00::/8", "fec0::/10", "64:ff9b::/96"],
];

const VERSION = 5;
const CONNECT = 1;

const METHOD = { none: 0, password: 2, noneAcceptable: 0xff } as const;
const TYPE = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** Section 6. */
const REPLY = {
  succeeded: 0,
  failure: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  commandNotSupported: 7,
  typeNotSupported: 8,
} as const;

/** How long a client may take to say what it wants, and a target to answer, in milliseconds. */
const PATIENCE = 10_000;

const decoder = new TextDecoder();

/** A handler for one client: agree on a method, connect, then carry bytes both ways. */
export function socks5(
  options: SocksOptions = {},
): (conn: Connection) => Promise<void> {
  const { user } = options;
  const denied = IPSet.from(options.deny ?? NOT_PUBLIC);
  const resolver = new Resolver();
  return async (conn) => {
    let target: { hostname: string; port: number } | undefined;
    try {
      using _deadline = conn.deadline(PATIENCE);
      if (!await negotiate(conn, user)) return;
      target = await readRequest(conn);
    } catch (error) {
      // Not SOCKS5, or gone before it was said what was wanted: nobody to blame here.
      if (
        error instanceof ProtocolError || error instanceof IncompleteReadError
      ) return;
      throw error;
    }
    if (target === undefined) return;
    let upstream: StreamSocket<Deno.NetAddr>;
    try {
      const addresses = await resolver.lookup(target.hostname, {
        signal: conn.signal,
        timeout: PATIENCE,
      });
      upstream = await dial(
        addresses.filter(({ address }) => !denied.has(address)),
        { port: target.port, signal: conn.signal },
      );
    } catch (error) {
      return await reply(conn, replyFor(error));
    }
    try {
      await reply(conn, REPLY.succeeded, upstream.localAddr);
      await Promise.all([pump(conn, upstream), pump(upstream, conn)]);
    } catch (error) {
      // One end broke off: the other must not take what came so far for everything.
      conn.abort(error);
    } finally {
      await upstream.close();
    }
  };
}

/** Agree on how the client proves who it is (section 3), and let it. */
async function negotiate(
  conn: Connection,
  user: string | undefined,
): Promise<boolean> {
  await expectVersion(conn, VERSION);
  const methods = await conn.reader.readExactly(await conn.reader.readUint8());
  const wanted = user === undefined ? METHOD.none : METHOD.password;
  if (!methods.includes(wanted)) {
    await conn.send(new Uint8Array([VERSION, METHOD.noneAcceptable]));
    return false;
  }
  await conn.send(new Uint8Array([VERSION, wanted]));
  if (user === undefined) return true;
  // RFC 1929: its own version number, then name and password behind their lengths.
  await expectVersion(conn, 1);
  const name = await readText(conn);
  const good = await sameText(`${name}:${await readText(conn)}`, user);
  await conn.send(new Uint8Array([1, good ? 0 : 1]));
  return good;
}

async function expectVersion(conn: Connection, version: number): Promise<void> {
  const got = await conn.reader.readUint8();
  if (got !== version) {
    throw new ProtocolError(
      `Cannot serve client: version ${got} is not ${version}`,
    );
  }
}

async function readText(conn: Connection): Promise<string> {
  return decoder.decode(
    await conn.reader.readExactly(await conn.reader.readUint8()),
  );
}

/** Compare in a time that does not tell how much was right. */
async function sameText(one: string, other: string): Promise<boolean> {
  const digest = (text: string) =>
    crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const [a, b] = await Promise.all([digest(one), digest(other)]);
  return timingSafeEqual(new Uint8Array(a), new Uint8Array(b));
}

/** Where the client wants to go (section 4); undefined when it has been told that it cannot. */
async function readRequest(
  conn: Connection,
): Promise<{ hostname: string; port: number } | undefined> {
  await expectVersion(conn, VERSION);
  const [command, , type] = await conn.reader.readExactly(3);
  let hostname: string;
  switch (type) {
    case TYPE.ipv4:
      hostname = IPv4Address.fromBytes(await conn.reader.readExactly(4))
        .toString();
      break;
    case TYPE.ipv6:
      hostname = IPv6Address.fromBytes(await conn.reader.readExactly(16))
        .toString();
      break;
    case TYPE.name:
      hostname = await readText(conn);
      break;
    default:
      return void await reply(conn, REPLY.typeNotSupported);
  }
  const port = await conn.reader.readUint16();
  if (command !== CONNECT) {
    return void await reply(conn, REPLY.commandNotSupported);
  }
  return { hostname, port };
}

/** Answer the request (section 6), with the address from which the target sees us. */
async function reply(
  conn: Connection,
  code: number,
  from?: Deno.NetAddr,
): Promise<void> {
  const address = from === undefined
    ? IPv4Address.ANY
    : parseAddress(from.hostname);
  const port = from?.port ?? 0;
  await conn.send(
    new Uint8Array([
      ...[VERSION, code, 0, address.version === 4 ? TYPE.ipv4 : TYPE.ipv6],
      ...address.toBytes(),
      ...[port >> 8, port & 255],
    ]),
  );
}

/**
 * Connect to the first address that answers. What was judged is what is dialled: a name is never
 * looked up a second time, when it might point elsewhere.
 */
async function dial(
  addresses: { address: string }[],
  { port, signal }: { port: number; signal: AbortSignal },
): Promise<StreamSocket<Deno.NetAddr>> {
  let failure: unknown = new Deno.errors.PermissionDenied("all are denied");
  for (const { address } of addresses) {
    try {
      return await connect({
        hostname: address,
        port,
        signal,
        timeout: PATIENCE,
      });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** What the client is told of a connect that failed. */
function replyFor(error: unknown): number {
  if (error instanceof Deno.errors.ConnectionRefused) return REPLY.refused;
  if (error instanceof Deno.errors.NotCapable) return REPLY.notAllowed;
  if (error instanceof Deno.errors.PermissionDenied) return REPLY.notAllowed;
  if (error instanceof Deno.errors.NetworkUnreachable) {
    return REPLY.networkUnreachable;
  }
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return REPLY.hostUnreachable;
  }
  if (error instanceof Error && error.name === "LookupError") {
    return REPLY.hostUnreachable;
  }
  return REPLY.failure;
}

/** Carry everything one way, then tell that it was everything. */
async function pump(from: StreamSocket, to: StreamSocket): Promise<void> {
  await to.writer.pipeFrom(from.reader);
  await to.closeWrite();
}

const USAGE =
  `Usage: socks5.ts [--hostname 127.0.0.1] [--port 1080] [--user name:password] [--allow-private]`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      hostname: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "1080" },
      user: { type: "string" },
      "allow-private": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  if (!/^\d{1,5}$/.test(values.port)) {
    throw new RangeError(`Bad port "${values.port}"`);
  }
  if (values.user?.includes(":") === false) {
    throw new TypeError("Bad --user: needs a name, a colon and a password");
  }
  const server = await serve(
    {
      hostname: values.hostname,
      port: Number(values.port),
      // A download is silent on the client's side for as long as it takes.
      idleTimeout: 10 * 60_000,
      drainIdleTimeout: Infinity,
      maxConnectionsPerIp: 256,
      shutdownSignals: ["SIGINT", "SIGTERM"],
      onListen: ({ hostname, port }) =>
        console.log(`Listening on ${hostname}:${port}`),
    },
    socks5({
      user: values.user,
      ...(values["allow-private"] ? { deny: [] } : {}),
    }),
  );
  await server.finished;
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    // parseArgs and the checks of the options throw TypeError and RangeError: bad usage.
    const usage = error instanceof TypeError || error instanceof RangeError;
    console.error(`${(error as Error).message}${usage ? `\n${USAGE}` : ""}`);
    Deno.exit(usage ? 2 : 1);
  }
}
