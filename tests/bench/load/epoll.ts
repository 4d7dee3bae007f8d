/**
 * Sockets and epoll(7) straight from libc: a load generator must not share the runtime, and the
 * unfairness, of what it measures. The clients of this folder stand on it. Linux only.
 *
 * Sockets block, except where they are asked only after epoll has said that they are ready.
 *
 * @module
 */

const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
}).symbols;

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const IP_BIND_ADDRESS_NO_PORT = 24;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;

const ON = new Uint8Array(new Int32Array([1]).buffer);

/** struct sockaddr_in. */
function address(ip: number, port: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  view.setUint32(4, ip);
  return new Uint8Array(view.buffer);
}

const LOOPBACK = 0x7f000001;

function checked(result: number, what: string): number {
  if (result < 0) throw new Error(`Cannot ${what}: is "ulimit -n" too low?`);
  return result;
}

/**
 * A connected TCP or UDP socket to a port on this machine.
 *
 * @param source Takes turns among 250 addresses of 127/8: each closed connection keeps its port for
 * a minute, and one address has only 28,000 of them.
 */
export function open(
  transport: "tcp" | "udp",
  port: number,
  source?: number,
): number {
  const type = transport === "tcp" ? SOCK_STREAM : SOCK_DGRAM;
  const fd = checked(libc.socket(AF_INET, type, 0), "open a socket");
  if (transport === "tcp") {
    libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON, 4);
  }
  if (source !== undefined) {
    libc.setsockopt(fd, 0, IP_BIND_ADDRESS_NO_PORT, ON, 4);
    const from = address(LOOPBACK + ((source % 250) << 8), 0);
    checked(libc.bind(fd, from, 16), "bind");
  }
  checked(libc.connect(fd, address(LOOPBACK, port), 16), "connect");
  return fd;
}

/** Send all of `data`, waiting while it does not fit. False if the peer is gone. */
export function send(fd: number, data: Uint8Array<ArrayBuffer>): boolean {
  const sent = Number(libc.send(fd, data, BigInt(data.length), MSG_NOSIGNAL));
  return sent === data.length;
}

/** Receive what there is: how many bytes, 0 at the end, −1 if there is nothing or an error. */
export function receive(fd: number, into: Uint8Array<ArrayBuffer>): number {
  return Number(libc.recv(fd, into, BigInt(into.length), MSG_DONTWAIT));
}

/** Tell the peer that nothing more will come. */
export function finish(fd: number): void {
  libc.shutdown(fd, SHUT_WR);
}

/** Give the descriptor back. */
export function close(fd: number): void {
  libc.close(fd);
}

/** Waits for input on many sockets, each known by a number. */
export class Epoll {
  readonly #fd = checked(libc.epoll_create1(0), "make an epoll");
  /** struct epoll_event is packed on x86_64 only. */
  readonly #stride = Deno.build.arch === "x86_64" ? 3 : 4;
  readonly #events = new Uint32Array(256 * this.#stride);
  readonly #bytes = new Uint8Array(this.#events.buffer);

  /** Watch a socket. */
  add(fd: number, id: number): void {
    const event = new Uint32Array(this.#stride);
    event[0] = EPOLLIN;
    event[this.#stride - 2] = id;
    const bytes = new Uint8Array(event.buffer);
    checked(libc.epoll_ctl(this.#fd, EPOLL_CTL_ADD, fd, bytes), "watch");
  }

  /** Call `ready` with the number of each socket that has something; waits at most so many ms. */
  wait(timeout: number, ready: (id: number) => void): void {
    const count = libc.epoll_wait(this.#fd, this.#bytes, 256, timeout);
    const stride = this.#stride;
    for (let i = 0; i < count; i++) ready(this.#events[(i + 1) * stride - 2]!);
  }
}
