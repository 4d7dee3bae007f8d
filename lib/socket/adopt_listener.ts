/**
 * Taking over a listening socket that this process was started with, as systemd and inetd-like
 * supervisors hand them on. Deno cannot; node:net can, but it accepts whatever comes and cannot be
 * asked to wait. `serve({ fd })` stands on it.
 *
 * @module
 */
import type { Server, Socket } from "node:net";
import { quote } from "../stream/quote.ts";
import { netAddr } from "./net_addr.ts";
import { NodeSocketTransport } from "./node_socket_transport.ts";
import { StreamListener } from "./stream_listener.ts";
import { listenerClosed } from "./system_errors.ts";

/**
 * Listen on an inherited descriptor.
 *
 * @throws {RangeError} If the number is none that a supervisor could have given.
 * @throws {Deno.errors.BadResource} If the descriptor is no listening socket.
 */
export async function adoptListener(fd: number): Promise<StreamListener> {
  checkFd(fd);
  const { createServer } = await import("node:net");
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  const acceptor = new NodeAcceptor(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(notListening(fd, cause)));
    try {
      server.listen({ fd }, resolve);
    } catch (cause) {
      reject(notListening(fd, cause));
    }
  });
  const place = server.address();
  // Of a Unix socket node:net does not tell the path.
  const addr: Deno.Addr = place === null || typeof place === "string"
    ? { transport: "unix", path: place as string }
    : netAddr({ transport: "tcp", hostname: place.address, port: place.port });
  return new StreamListener(
    // What it gives passes through as if Deno had given it, up to `transport`.
    acceptor as unknown as { accept(): Promise<Deno.Conn>; close(): void },
    {
      addr,
      transport: (socket) =>
        new NodeSocketTransport(socket as unknown as Socket),
    },
  );
}

/** A node:net server whose connections are asked for. */
class NodeAcceptor {
  readonly #server: Server;
  readonly #arrived: Socket[] = [];
  #waiter: PromiseWithResolvers<Socket> | undefined;

  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      const waiter = this.#waiter;
      this.#waiter = undefined;
      if (waiter !== undefined) waiter.resolve(socket);
      else this.#arrived.push(socket);
    });
    server.on("error", (error) => {
      this.#waiter?.reject(error);
      this.#waiter = undefined;
    });
  }

  accept(): Promise<Socket> {
    const socket = this.#arrived.shift();
    if (socket !== undefined) return Promise.resolve(socket);
    this.#waiter ??= Promise.withResolvers();
    return this.#waiter.promise;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#arrived.splice(0)) socket.destroy();
    this.#waiter?.reject(listenerClosed());
    this.#waiter = undefined;
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }
}

/** 0 to 2 are taken too: started by inetd itself, a program has its socket there. */
function checkFd(fd: unknown): void {
  if (typeof fd !== "number") {
    throw new TypeError(`Cannot use fd ${quote(fd)}: must be a number`);
  }
  if (!Number.isSafeInteger(fd) || fd < 0 || fd > 2 ** 31 - 1) {
    throw new RangeError(`Cannot use fd ${fd}: must be a descriptor's number`);
  }
}

function notListening(fd: number, cause: unknown): Error {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return Object.assign(
    new Deno.errors.BadResource(
      `Cannot listen on fd ${fd}: ${message ?? cause}`,
      { cause },
    ),
    code === undefined ? {} : { code },
  );
}
