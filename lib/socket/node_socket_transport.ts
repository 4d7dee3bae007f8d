/**
 * A connection of node:net as a Transport, for sockets that Deno itself cannot open: those of an
 * inherited listener. It does not go through the slot gate, for node:net reads as it likes.
 *
 * @module
 */
import type { Socket } from "node:net";
import { netAddr } from "./net_addr.ts";
import { PendingOperations, type Settle } from "./pending_operations.ts";
import { brokenPipe, interrupted } from "./system_errors.ts";
import type { Transport } from "./transport.ts";

/** A larger piece is written in parts, so that a time-out for writing sees progress. */
const LARGEST_WRITE = 65_536;

/** Stands on a socket that was accepted paused, and half-open allowed. */
export class NodeSocketTransport implements Transport {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly #socket: Socket;
  readonly #pending = new PendingOperations(denoError);
  #readable: Settle | undefined;
  #reading = false;
  #ended = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    this.localAddr = addrOf(localAddress, localPort);
    this.remoteAddr = addrOf(remoteAddress, remotePort);
    socket.on("error", (error) => this.#pending.fail(denoError(error)));
    socket.on("close", () => this.#pending.fail(interrupted()));
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (buffer.length === 0) return 0;
    this.#begin();
    for (;;) {
      const count = Math.min(this.#socket.readableLength, buffer.length);
      const chunk = count === 0 ? null : this.#socket.read(count);
      if (chunk !== null) {
        buffer.set(chunk);
        return chunk.length;
      }
      if (this.#ended) return null;
      // Of nothing: asks for more, and lets the end be told.
      if (this.#socket.readableLength === 0) this.#socket.read(0);
      await this.#pending.run((settle) => this.#readable = settle);
    }
  }

  async write(data: Uint8Array): Promise<number> {
    if (data.length === 0) return 0;
    const piece = data.length > LARGEST_WRITE
      ? data.subarray(0, LARGEST_WRITE)
      : data;
    if (this.#socket.writableEnded) throw brokenPipe();
    await this.#pending.run((settle) => this.#socket.write(piece, settle));
    return piece.length;
  }

  async closeWrite(): Promise<void> {
    if (this.#socket.writableEnded) return;
    await this.#pending.run((settle) => this.#socket.end(settle));
  }

  close(): void {
    this.#pending.fail(interrupted());
    this.#socket.destroy();
  }

  setNoDelay(on: boolean): void {
    this.#socket.setNoDelay(on);
  }

  setKeepAlive(on: boolean): void {
    this.#socket.setKeepAlive(on);
  }

  /** Until somebody reads, the socket stays paused and its input in the kernel. */
  #begin(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#socket.on("readable", () => this.#wake());
    this.#socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  #wake(): void {
    const settle = this.#readable;
    this.#readable = undefined;
    settle?.();
  }
}

function addrOf(
  hostname: string | undefined,
  port: number | undefined,
): Deno.Addr {
  if (hostname === undefined || port === undefined) {
    // Of a Unix socket, whose path node:net does not tell. Deno says null too where there is none.
    return { transport: "unix", path: null as unknown as string };
  }
  return netAddr({ transport: "tcp", hostname, port });
}

/** The class that Deno's own connections would have rejected with. */
function denoError(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  const Class = code === undefined ? undefined : CLASSES[code];
  if (Class === undefined) return error;
  return Object.assign(new Class(message, { cause: error }), { code });
}

const CLASSES: Record<
  string,
  new (message?: string, options?: ErrorOptions) => Error
> = {
  ECONNRESET: Deno.errors.ConnectionReset,
  ECONNABORTED: Deno.errors.ConnectionAborted,
  EPIPE: Deno.errors.BrokenPipe,
  ENOTCONN: Deno.errors.NotConnected,
  ETIMEDOUT: Deno.errors.TimedOut,
};
