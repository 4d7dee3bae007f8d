#!/usr/bin/env -S deno run --allow-net --unstable-net
// deno-lint-ignore-file no-console
/**
 * Netcat, with ncat's letters: what standard input gives goes to the peer, what the peer sends goes
 * to standard output. The end of the input is told to the peer (half-close) and the rest of its
 * answer is still received.
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
  type StreamSocket,
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
  input: AsyncIterable<Uint8Array>;
  output: { write(data: Uint8Array): Promise<number> };
}

/** What the command line says. */
export interface Wish {
  hostname?: string;
  port: number;
  /** The path of a Unix socket. */
  path?: string;
  listen?: boolean;
  keepOpen?: boolean;
  udp?: boolean;
  family?: 4 | 6;
  /** Milliseconds. */
  connectTimeout?: number;
  /** Milliseconds. */
  idleTimeout?: number;
  scan?: boolean;
  verbose?: boolean;
  tls?: { cert?: string; key?: string; caCerts?: string[] };
  allow?: IPSet;
  deny?: IPSet;
}

/** Do what the command line says. */
export async function netcat(wish: Wish, terminal: Terminal): Promise<void> {
  if (wish.udp) return await talkUdp(wish, terminal);
  const feed = new Feed(terminal.input);
  if (wish.listen) return await serveStreams(wish, feed, terminal);
  await using peer = await connect(target(wish));
  if (wish.verbose) console.error("connected to", peer.remoteAddr);
  if (!wish.scan) await talk(peer, wish, feed, terminal);
}

/** Standard input for one peer after the other: what is read goes to the one who is there then. */
class Feed {
  #peer = Promise.withResolvers<StreamSocket>();
  #ended = false;
  /** Resolves when the input has ended, and the peer has been told. */
  readonly ended: Promise<void>;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.ended = this.#run(input).catch(() => {});
  }

  /** From now on it goes to this peer. */
  attach(peer: StreamSocket): void {
    this.#peer.resolve(peer);
    if (this.#ended) peer.closeWrite().catch(() => {});
  }

  /** The peer is gone: keep what comes for the next one. */
  detach(): void {
    this.#peer = Promise.withResolvers();
  }

  async #run(input: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of input) {
      const peer = await this.#peer.promise;
      // A peer that takes no more may still have something to say.
      await peer.send(chunk).catch(() => {});
    }
    const peer = await this.#peer.promise;
    this.#ended = true;
    await peer.closeWrite();
  }
}

/** Everything in both directions, until the peer has said all it had to say. */
async function talk(
  peer: StreamSocket,
  { idleTimeout = Infinity }: Wish,
  feed: Feed,
  { output }: Terminal,
): Promise<void> {
  feed.attach(peer);
  for await (const chunk of peer.reader.chunks({ timeout: idleTimeout })) {
    await writeAll(output, chunk);
  }
}

async function writeAll(
  output: Terminal["output"],
  data: Uint8Array,
): Promise<void> {
  for (let sent = 0; sent < data.length;) {
    sent += await output.write(data.subarray(sent));
  }
}

function target(wish: Wish): ConnectOptions {
  const timeout = wish.connectTimeout;
  if (wish.path !== undefined) {
    return { transport: "unix", path: wish.path, timeout };
  }
  const { hostname, port } = wish;
  const lists = { allow: wish.allow, deny: denied(wish) };
  const where = { hostname, port, timeout, ...lists };
  return wish.tls === undefined
    ? where
    : { ...where, ...wish.tls, transport: "tls" };
}

/** One family only means that the other one is denied. */
function denied({ family, deny }: Wish): IPSet | undefined {
  if (family === undefined) return deny;
  const other = IPSet.from([family === 4 ? "::/0" : "0.0.0.0/0"]);
  return deny === undefined ? other : other.union(deny);
}

async function serveStreams(
  wish: Wish,
  feed: Feed,
  terminal: Terminal,
): Promise<void> {
  await using listener = await listenStreams(wish);
  if (wish.verbose) console.error("listening on", listener.addr);
  for await (const client of listener) {
    await using peer = client;
    if (!admits(wish, peer.remoteAddr)) continue;
    if (wish.verbose) console.error("connection from", peer.remoteAddr);
    try {
      if (!wish.scan) await talk(peer, wish, feed, terminal);
      // The client has asked all it wanted; the answer may still be on its way.
      if (!wish.scan && !wish.keepOpen) await feed.ended;
    } catch (error) {
      if (!wish.keepOpen) throw error;
      console.error(`nc.ts: ${error}`);
    } finally {
      feed.detach();
    }
    if (!wish.keepOpen) return;
  }
}

function listenStreams({ path, tls, ...wish }: Wish) {
  if (path !== undefined) {
    return listen({ transport: "unix", path, unlinkStale: true });
  }
  const where = { hostname: listenHost(wish), port: wish.port };
  if (tls === undefined) return listen(where);
  const { cert = "", key = "" } = tls;
  return listen({ ...where, transport: "tls", cert, key });
}

/** Loopback unless told. */
function listenHost({ hostname, family }: Wish): string {
  return hostname ?? (family === 6 ? "::1" : "127.0.0.1");
}

function admits({ allow, deny }: Wish, addr: Deno.Addr): boolean {
  if (!("hostname" in addr)) return true;
  if (deny?.has(addr.hostname)) return false;
  return allow === undefined || allow.has(addr.hostname);
}

/** Each piece of input is a datagram. A listener answers whoever spoke first. */
async function talkUdp(wish: Wish, { input, output }: Terminal): Promise<void> {
  const receiver = wish.listen ? undefined : await receiverOf(wish);
  await using socket = await listenDatagram(
    receiver === undefined
      ? { hostname: listenHost(wish), port: wish.port }
      : { hostname: receiver.hostname.includes(":") ? "::" : "0.0.0.0" },
  );
  const peer = Promise.withResolvers<UdpAddr>();
  if (receiver !== undefined) peer.resolve(receiver);
  if (wish.verbose) console.error("bound to", socket.addr);
  if (wish.scan) return;
  const sending = async () => {
    const to = await peer.promise;
    for await (const piece of input) await socket.send(piece, to);
  };
  const receiving = async () => {
    for (;;) {
      const wait = { timeout: wish.idleTimeout };
      const { data, from } = await socket.receive(wait);
      // Nobody can be answered at port 0.
      if (from.port === 0 || !admits(wish, from)) continue;
      peer.resolve(from);
      await writeAll(output, data);
    }
  };
  // The end of the input is not the end: what comes is written until the peer is silent or somebody interrupts.
  await Promise.all([sending(), receiving()]);
}

/** Whom to send to: the first address of the host that the lists let through. */
async function receiverOf(wish: Wish): Promise<UdpAddr> {
  const { hostname = "127.0.0.1", port, family, connectTimeout } = wish;
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

/** Read the command line. */
export function wishOf(args: string[]): Wish | "help" {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      listen: { type: "boolean", short: "l" },
      "keep-open": { type: "boolean", short: "k" },
      udp: { type: "boolean", short: "u" },
      unixsock: { type: "boolean", short: "U" },
      ipv4: { type: "boolean", short: "4" },
      ipv6: { type: "boolean", short: "6" },
      wait: { type: "string", short: "w" },
      "idle-timeout": { type: "string", short: "i" },
      zero: { type: "boolean", short: "z" },
      verbose: { type: "boolean", short: "v" },
      ssl: { type: "boolean" },
      "ssl-cert": { type: "string" },
      "ssl-key": { type: "string" },
      "ssl-trustfile": { type: "string" },
      allow: { type: "string" },
      deny: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return "help";
  checkTogether(values);
  const wish: Wish = { port: 0 };
  for (
    const [key, value] of Object.entries({
      listen: values.listen,
      keepOpen: values["keep-open"],
      udp: values.udp,
      scan: values.zero,
      verbose: values.verbose,
      family: values.ipv4 ? 4 : values.ipv6 ? 6 : undefined,
      connectTimeout: milliseconds(values.wait),
      idleTimeout: milliseconds(values["idle-timeout"]),
      allow: addresses(values.allow),
      deny: addresses(values.deny),
    })
  ) if (value !== undefined) Object.assign(wish, { [key]: value });
  if (values.ssl) {
    wish.tls = {
      ...(values["ssl-cert"] &&
        { cert: Deno.readTextFileSync(values["ssl-cert"]) }),
      ...(values["ssl-key"] &&
        { key: Deno.readTextFileSync(values["ssl-key"]) }),
      ...(values["ssl-trustfile"] &&
        { caCerts: [Deno.readTextFileSync(values["ssl-trustfile"])] }),
    };
  }
  if (values.unixsock) return { ...wish, path: only(positionals, 1).at(0)! };
  const places = only(positionals, wish.listen ? [1, 2] : 2);
  const port = portOf(places.at(-1)!);
  return places.length === 2
    ? { ...wish, hostname: places[0]!, port }
    : { ...wish, port };
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

function only(positionals: string[], count: number | number[]): string[] {
  if ([count].flat().includes(positionals.length)) return positionals;
  throw new TypeError(`has ${positionals.length} places, needs ${count}`);
}

async function main(args: string[]): Promise<number> {
  let wish: Wish | "help";
  try {
    wish = wishOf(args);
  } catch (error) {
    console.error(`nc.ts: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (wish === "help") {
    console.log(USAGE);
    return 0;
  }
  try {
    const input = Deno.stdin.readable;
    await netcat(wish, { input, output: Deno.stdout });
    return 0;
  } catch (error) {
    console.error(`nc.ts: ${(error as Error).message}`);
    return 1;
  }
}

// Standard input may still wait for a key: leave without it.
if (import.meta.main) Deno.exit(await main(Deno.args));
