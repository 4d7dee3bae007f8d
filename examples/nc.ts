#!/usr/bin/env -S deno run --allow-net --unstable-net
// deno-lint-ignore-file no-console
/**
 * Netcat, with ncat's letters: what standard input gives goes to the peer, what the peer sends goes
 * to standard output, each to its own end (half-close). With `-k` the next client gets what had not
 * been read when the last one had said all.
 *
 *     deno run --allow-net examples/nc.ts -l 8000                      # one terminal
 *     deno run --allow-net examples/nc.ts 127.0.0.1 8000               # another
 *     printf 'GET / HTTP/1.0\r\n\r\n' | deno run --allow-net examples/nc.ts --ssl example.com 443
 *     deno run --allow-net examples/nc.ts -zv -w 2 127.0.0.1 22        # is it open?
 *     deno run --allow-net --unstable-net examples/nc.ts -u -l 5353
 *     deno run -A examples/nc.ts -U /run/docker.sock
 *
 * Other than ncat it listens on 127.0.0.1 unless told (`-l 0.0.0.0 8000`), and `--ssl` checks the
 * server's certificate.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type Address,
  connect,
  type ConnectOptions,
  IPSet,
  listen,
  listenDatagram,
  parseAddress,
  Resolver,
  StreamReader,
  type StreamSocket,
  StreamWriter,
  type UdpAddr,
} from "../mod.ts";

const USAGE = `Usage: nc.ts [options] HOST PORT        connect
       nc.ts [options] -l [HOST] PORT   listen
       nc.ts [options] -U [-l] PATH     on a Unix socket
  -l, --listen             wait for a client instead of connecting
  -k, --keep-open          with -l: serve one client after the other
  -u, --udp                UDP
  -U, --unixsock           a Unix socket
  -4, -6                   only IPv4, only IPv6
  -w, --wait SECONDS       give up connecting after so long
  -i, --idle-timeout SECS  give up when the peer has been silent for so long
  -z                       connect, and be content with that
  -v, --verbose            say what happens
  --ssl                    TLS; with -l it needs --ssl-cert and --ssl-key
  --ssl-cert FILE, --ssl-key FILE, --ssl-trustfile FILE
  --allow LIST, --deny LIST  addresses and networks, with commas: whom to connect to, or whom to let in
  -h, --help               this text
The exit code is 0 when it went well, 1 when not, 2 on bad usage.`;

/** Where input comes from and output goes: standard input and output, or a test's own. */
export interface Terminal {
  input: StreamReader;
  output: StreamWriter;
}

/** What the command line says. */
type Wish = NonNullable<ReturnType<typeof wishOf>>;

/** Do what the command line says. */
export function netcat(args: string[], terminal: Terminal): Promise<void> {
  return run(wishOf(args)!, terminal);
}

async function run(wish: Wish, terminal: Terminal): Promise<void> {
  if (wish.udp) return await talkUdp(wish, terminal);
  if (wish.listen) return await serveStreams(wish, terminal);
  await using peer = await connect(target(wish));
  if (wish.verbose) console.error("connected to", peer.remoteAddr);
  if (!wish.scan) await talk(peer, wish, terminal);
}

/** Everything in both directions; with `-k` only until the client has said all it had to say. */
async function talk(
  peer: StreamSocket,
  { idleTimeout = Infinity, keepOpen }: Wish,
  { input, output }: Terminal,
): Promise<void> {
  const heard = new AbortController();
  const sending = sendAll(peer, input, heard.signal);
  // Told below: a peer that takes no more may still have something to say.
  sending.catch(() => {});
  try {
    for await (const chunk of peer.reader.chunks({ timeout: idleTimeout })) {
      await output.write(chunk);
    }
  } finally {
    if (keepOpen) heard.abort();
  }
  await sending;
}

/** The whole input, and its end. A read that is given up loses no byte: the next client gets it. */
async function sendAll(
  peer: StreamSocket,
  input: StreamReader,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const chunk of input.chunks({ signal })) await peer.send(chunk);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  // A peer that is gone need not be told.
  await peer.closeWrite().catch(() => {});
}

async function serveStreams(wish: Wish, terminal: Terminal): Promise<void> {
  await using listener = await listenStreams(wish);
  if (wish.verbose) console.error("listening on", listener.addr);
  for await (const client of listener) {
    await using peer = client;
    if (!admits(wish, peer.remoteAddr)) continue;
    if (wish.verbose) console.error("connection from", peer.remoteAddr);
    try {
      if (!wish.scan) await talk(peer, wish, terminal);
    } catch (error) {
      if (!wish.keepOpen) throw error;
      console.error(`nc.ts: ${(error as Error).message}`);
    }
    if (!wish.keepOpen) return;
  }
}

function listenStreams({ path, hostname, port, ...wish }: Wish) {
  if (path !== undefined) {
    return listen({ transport: "unix", path, unlinkStale: true });
  }
  if (!wish.ssl) return listen({ hostname, port });
  const [cert = "", key = ""] = [read(wish.cert), read(wish.key)];
  return listen({ hostname, port, transport: "tls", cert, key });
}

function target(wish: Wish): ConnectOptions {
  const { path, hostname, port, connectTimeout: timeout } = wish;
  if (path !== undefined) return { transport: "unix", path, timeout };
  const where = { hostname, port, timeout, ...lists(wish) };
  if (!wish.ssl) return where;
  const [cert, key, trust] = [wish.cert, wish.key, wish.trust].map(read);
  const caCerts = trust === undefined ? undefined : [trust];
  return { ...where, transport: "tls", cert, key, caCerts };
}

function read(file: string | undefined): string | undefined {
  return file === undefined ? undefined : Deno.readTextFileSync(file);
}

/** One family only means that the other one is denied. */
function lists({ family, allow, deny }: Wish) {
  if (family === undefined) return { allow, deny };
  const other = IPSet.from([family === 4 ? "::/0" : "0.0.0.0/0"]);
  return { allow, deny: deny === undefined ? other : other.union(deny) };
}

function admits(wish: Wish, addr: Deno.Addr): boolean {
  if (!("hostname" in addr)) return true;
  const { allow, deny } = lists(wish);
  if (deny?.has(addr.hostname)) return false;
  return allow === undefined || allow.has(addr.hostname);
}

/** Each piece of input is a datagram. A listener answers whoever spoke first. */
async function talkUdp(wish: Wish, { input, output }: Terminal): Promise<void> {
  const receiver = wish.listen ? undefined : await receiverOf(wish);
  await using socket = await listenDatagram(
    receiver === undefined
      ? { hostname: wish.hostname, port: wish.port }
      : { hostname: receiver.hostname.includes(":") ? "::" : "0.0.0.0" },
  );
  const peer = Promise.withResolvers<UdpAddr>();
  if (receiver !== undefined) peer.resolve(receiver);
  if (wish.verbose) console.error("bound to", socket.addr);
  if (wish.scan) return;
  const sending = async () => {
    const to = await peer.promise;
    for (;;) {
      // No datagram is larger than 64 KiB; ncat makes them of 8.
      const piece = await input.read(8192);
      if (piece === null) return;
      await socket.send(piece, to);
    }
  };
  const receiving = async () => {
    for (;;) {
      const wait = { timeout: wish.idleTimeout };
      const { data, from } = await socket.receive(wait);
      // Nobody can be answered at port 0.
      if (from.port === 0 || !admits(wish, from)) continue;
      peer.resolve(from);
      await output.write(data);
    }
  };
  // The end of the input is not the end: what comes is written until the peer is silent or somebody interrupts.
  await Promise.all([sending(), receiving()]);
}

/** Whom to send to: the first address of the host that the lists let through. */
async function receiverOf(wish: Wish): Promise<UdpAddr> {
  const { hostname, port, family, connectTimeout } = wish;
  using resolver = new Resolver({ timeout: connectTimeout });
  for (const address of await resolver.lookup(hostname, { family })) {
    const to = { transport: "udp", hostname: meant(address), port } as const;
    if (admits(wish, to)) return to;
  }
  throw new Deno.errors.PermissionDenied(`Cannot send to ${hostname}: denied`);
}

/** Where a datagram to this address arrives: the unspecified one leads to this host, and is judged as that. */
function meant({ address, scope }: Address): string {
  const parsed = parseAddress(address);
  if (parsed.isUnspecified) return parsed.version === 4 ? "127.0.0.1" : "::1";
  return scope === undefined ? address : `${address}%${scope}`;
}

/** Read the command line; nothing when it is help that is wanted. */
function wishOf(args: string[]) {
  const flag = { type: "boolean", default: false } as const;
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      listen: { ...flag, short: "l" },
      "keep-open": { ...flag, short: "k" },
      udp: { ...flag, short: "u" },
      unixsock: { ...flag, short: "U" },
      ipv4: { ...flag, short: "4" },
      ipv6: { ...flag, short: "6" },
      wait: { ...text, short: "w" },
      "idle-timeout": { ...text, short: "i" },
      zero: { ...flag, short: "z" },
      verbose: { ...flag, short: "v" },
      ssl: flag,
      "ssl-cert": text,
      "ssl-key": text,
      "ssl-trustfile": text,
      allow: text,
      deny: text,
      help: { ...flag, short: "h" },
    },
  });
  if (values.help) return undefined;
  checkTogether(values);
  const { listen, udp, unixsock, ssl, verbose } = values;
  const needed = unixsock ? [1] : listen ? [1, 2] : [2];
  if (!needed.includes(positionals.length)) {
    const count = needed.join(" or ");
    throw new TypeError(`has ${positionals.length} places, needs ${count}`);
  }
  const last = positionals.at(-1)!;
  return {
    ...{ listen, udp, ssl, verbose },
    keepOpen: values["keep-open"],
    scan: values.zero,
    path: unixsock ? last : undefined,
    hostname: positionals.at(-2) ?? (values.ipv6 ? "::1" : "127.0.0.1"),
    port: unixsock ? 0 : portOf(last),
    family: values.ipv4 ? 4 as const : values.ipv6 ? 6 as const : undefined,
    connectTimeout: milliseconds(values.wait),
    idleTimeout: milliseconds(values["idle-timeout"]),
    cert: values["ssl-cert"],
    key: values["ssl-key"],
    trust: values["ssl-trustfile"],
    allow: addresses(values.allow),
    deny: addresses(values.deny),
  };
}

/** What would silently be something else than was asked for: plain text instead of TLS, above all. */
function checkTogether(
  { ssl, udp, unixsock, listen, ...values }: Record<string, unknown>,
): void {
  if (udp && unixsock) throw new TypeError("has both -u and -U");
  if (ssl && (udp || unixsock)) {
    throw new TypeError("has --ssl with -u or -U, which have no TLS here");
  }
  const parts = ["ssl-cert", "ssl-key", "ssl-trustfile"];
  const lone = parts.find((part) => !ssl && values[part] !== undefined);
  if (lone !== undefined) throw new TypeError(`has --${lone} without --ssl`);
  if (ssl && listen && !(values["ssl-cert"] && values["ssl-key"])) {
    throw new TypeError("needs --ssl-cert and --ssl-key to listen with --ssl");
  }
}

function portOf(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : NaN;
  if (port <= 65535) return port;
  throw new RangeError(`has a bad port "${text}"`);
}

function milliseconds(seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  const value = Number(seconds) * 1000;
  if (value > 0) return value;
  throw new RangeError(`has a bad time "${seconds}"`);
}

function addresses(list: string | undefined): IPSet | undefined {
  return list === undefined ? undefined : IPSet.from(list.split(","));
}

async function main(args: string[]): Promise<number> {
  let wish: Wish | undefined;
  try {
    wish = wishOf(args);
  } catch (error) {
    console.error(`nc.ts: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (wish === undefined) {
    console.log(USAGE);
    return 0;
  }
  try {
    await run(wish, {
      input: new StreamReader(Deno.stdin),
      output: new StreamWriter(Deno.stdout),
    });
    return 0;
  } catch (error) {
    console.error(`nc.ts: ${(error as Error).message}`);
    return 1;
  }
}

// Standard input may still wait for a key: leave without it.
if (import.meta.main) Deno.exit(await main(Deno.args));
