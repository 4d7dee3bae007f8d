/**
 * UDP through node:dgram, for programs that run without `--unstable-net`, where
 * `Deno.listenDatagram` does not exist. Slower, and it cannot pause: what comes while nobody
 * receives is kept up to a bound, then dropped, and the owner is told. Only open_datagram.ts opens one.
 *
 * @module
 */
import type * as dgram from "node:dgram";
import type { DatagramConn, UdpAddr } from "./datagram_endpoint.ts";
import {
  bindError,
  closedError,
  requireNet,
  sendError,
  unreachable,
  wrongFamily,
} from "./node_datagram_errors.ts";
import { addrText } from "./addr_text.ts";
import { parseHost } from "./parse_host.ts";
import { ProcessHold } from "./process_hold.ts";
import { interrupted } from "./system_errors.ts";

/** Most datagrams that wait to be received, and most bytes of them. */
const MAX_QUEUED = 1024;
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** What {@linkcode openNodeDatagram} needs to know. */
interface NodeDatagramOptions {
  /** The address to bind, a literal or a name. */
  hostname: string;
  /** The port to bind, 0 for any. */
  port: number;
  /** SO_REUSEADDR. */
  reuseAddress: boolean;
  /** Whether own multicast datagrams come back. */
  loopback: boolean | undefined;
}

type Received = [Uint8Array<ArrayBuffer>, UdpAddr];

/**
 * Open and bind one.
 *
 * @throws {Deno.errors.AddrInUse} And the like, with the classes that Deno's own sockets use.
 */
export async function openNodeDatagram(
  options: NodeDatagramOptions,
): Promise<DatagramConn> {
  const { createSocket } = await import("node:dgram");
  const address = await literalOf(options.hostname);
  // In node:dgram a missing permission is thrown where nobody can catch it, and ends the process.
  requireNet(address, options.port);
  const socket = createSocket({
    type: address.includes(":") ? "udp6" : "udp4",
    reuseAddr: options.reuseAddress,
  });
  // Has no effect once it is bound; see ProcessHold.
  socket.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ address, port: options.port }, () => {
        socket.off("error", reject);
        resolve();
      });
    });
    // As Deno's own sockets do.
    socket.setBroadcast(true);
    if (options.loopback !== undefined) {
      socket.setMulticastLoopback(options.loopback);
    }
  } catch (error) {
    socket.close();
    const { hostname, port } = options;
    const where = addrText({ transport: "udp", hostname, port });
    throw bindError(error, where);
  }
  return new NodeDatagram(socket);
}

class NodeDatagram implements DatagramConn {
  readonly givesOwn = true;
  readonly addr: UdpAddr;
  readonly #socket: dgram.Socket;
  readonly #hold = new ProcessHold();
  readonly #queue: Received[] = [];
  #queuedBytes = 0;
  #onDrop: (from: Deno.Addr, size: number) => void = () => {};
  #closed = false;
  readonly #waiters: PromiseWithResolvers<Received>[] = [];
  /** What has been given to node:dgram, which forgets it when it is closed before a turn has passed. */
  readonly #sending = new Set<Promise<number>>();

  constructor(socket: dgram.Socket) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.addr = { transport: "udp", hostname: address, port };
    socket.on("message", (message, from) => this.#onMessage(message, from));
    socket.on("error", (error) => this.#waiters.shift()?.reject(error));
  }

  watchDrops(onDrop: (from: Deno.Addr, size: number) => void): void {
    this.#onDrop = onDrop;
  }

  #onMessage(message: Uint8Array, from: dgram.RemoteInfo): void {
    const waiter = this.#waiters.shift();
    const isFull = this.#queue.length >= MAX_QUEUED ||
      this.#queuedBytes + message.length > MAX_QUEUED_BYTES;
    const { address: hostname, port } = from;
    const sender: UdpAddr = { transport: "udp", hostname, port };
    if (waiter === undefined && isFull) {
      this.#onDrop(sender, message.length);
      return;
    }
    // A copy: each message stands in a buffer of 64 KiB.
    const received: Received = [new Uint8Array(message), sender];
    if (waiter !== undefined) {
      waiter.resolve(received);
      return;
    }
    this.#queue.push(received);
    this.#queuedBytes += message.length;
  }

  receive(): Promise<Received> {
    if (this.#closed) return Promise.reject(closedError());
    const received = this.#queue.shift();
    if (received !== undefined) {
      this.#queuedBytes -= received[0].length;
      return Promise.resolve(received);
    }
    const waiter = Promise.withResolvers<Received>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  async send(data: Uint8Array, to: Deno.Addr): Promise<number> {
    const { hostname } = to as UdpAddr;
    // What needs no lookup leaves at once, even if the socket is closed in the next line.
    const bare = literal(hostname);
    const address = bare ?? await literalOf(hostname);
    if (this.#closed) throw closedError();
    const sent = this.#sendTo(address, data, to as UdpAddr);
    this.#sending.add(sent);
    try {
      return await sent;
    } finally {
      this.#sending.delete(sent);
    }
  }

  #sendTo(address: string, data: Uint8Array, to: UdpAddr): Promise<number> {
    const isIPv6 = this.addr.hostname.includes(":");
    const isToIPv6 = address.includes(":");
    if (isToIPv6 && !isIPv6) return Promise.reject(wrongFamily(to));
    if (isIPv6 && !isToIPv6 && !/^::(?:ffff:.*)?$/i.test(this.addr.hostname)) {
      return Promise.reject(unreachable(to));
    }
    const known = isIPv6 && !isToIPv6 ? `::ffff:${address}` : address;
    return new Promise((resolve, reject) => {
      this.#socket.send(
        data,
        to.port,
        known,
        (error, sent) => error ? reject(sendError(error, to)) : resolve(sent),
      );
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const error = interrupted("Cannot receive datagram: socket closed");
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    await Promise.allSettled(this.#sending);
    // The port is free at the event only, and nothing else may keep the process alive until then.
    this.#hold.ref();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
    this.#hold.release();
  }

  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }

  // deno-lint-ignore require-await -- a refused membership must reject, not throw
  async joinMulticastV4(
    address: string,
    networkInterface: string,
  ): Promise<Deno.MulticastV4Membership> {
    const socket = this.#socket;
    socket.addMembership(address, networkInterface);
    return {
      leave: () =>
        settle(() => socket.dropMembership(address, networkInterface)),
      setLoopback: (on) => settle(() => socket.setMulticastLoopback(on)),
      setTTL: (ttl) => settle(() => socket.setMulticastTTL(ttl)),
    };
  }

  // deno-lint-ignore require-await -- a refused membership must reject, not throw
  async joinMulticastV6(
    address: string,
    networkInterface: number,
  ): Promise<Deno.MulticastV6Membership> {
    if (networkInterface !== 0) {
      throw new Deno.errors.NotSupported(
        `Cannot join "${address}" on interface ${networkInterface}: choosing an interface needs the flag --unstable-net`,
      );
    }
    const socket = this.#socket;
    socket.addMembership(address);
    return {
      leave: () => settle(() => socket.dropMembership(address)),
      setLoopback: (on) => settle(() => socket.setMulticastLoopback(on)),
    };
  }
}

async function settle(action: () => unknown): Promise<void> {
  await action();
}

/** The literal for a name: node:dgram wants to know the family before it looks one up. */
async function literalOf(hostname: string): Promise<string> {
  const known = literal(hostname);
  if (known !== undefined) return known;
  const { lookup } = await import("node:dns/promises");
  // Verbatim: Deno's default order turns lists of IPv4 addresses around.
  return (await lookup(hostname, { order: "verbatim" })).address;
}

/** The address, if it is one, in whatever spelling. */
function literal(hostname: string): string | undefined {
  const { address } = parseHost(hostname, "send to");
  return address?.version === 6
    ? address.unmap().toString()
    : address?.toString();
}
