/**
 * Class handlers for datagrams: Python's `DatagramRequestHandler`.
 *
 * @module
 */
import type { DatagramAddr } from "../socket/datagram_endpoint.ts";
import { BaseRequestHandler } from "./base_request_handler.ts";
import type { DatagramRequest } from "./datagram_request.ts";
import type { DatagramServer } from "./datagram_server.ts";

/** Where a class handler writes its reply. */
export interface DatagramReplyWriter {
  /** Add to the reply; text becomes UTF-8. */
  write(data: Uint8Array | string): void;
}

let takeReplyOf: (
  handler: DatagramRequestHandler<DatagramAddr>,
) => Uint8Array | undefined;

/**
 * One datagram, handled by an object of its own.
 *
 * `packet` is what came. What `handle()` writes to `wfile` is put together and leaves as one datagram
 * when `finish()` has ended; if one of the three steps throws, nothing is sent. Nothing written, nothing
 * sent: Python sends an empty datagram then.
 *
 * @typeParam A What an address is: `Deno.NetAddr` for UDP, `Deno.UnixAddr` for Unix sockets.
 *
 * @example Upper case
 * ```ts
 * import { DatagramRequestHandler, listenDatagram, serveDatagram } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * class Shout extends DatagramRequestHandler {
 *   handle() {
 *     this.wfile.write(new TextDecoder().decode(this.packet).toUpperCase());
 *   }
 * }
 * await using server = await serveDatagram({ port: 0 }, Shout);
 * await using client = await listenDatagram();
 * await client.send(new TextEncoder().encode("hello"), server.addr);
 * const { data } = await client.receive({ timeout: 1000 });
 * assert.equal(new TextDecoder().decode(data), "HELLO");
 * ```
 */
export abstract class DatagramRequestHandler<
  A extends DatagramAddr = Deno.NetAddr,
> extends BaseRequestHandler<DatagramRequest<A>, DatagramServer<A>, A> {
  /** The bytes that came. */
  readonly packet: Uint8Array<ArrayBuffer>;
  /** Where the reply is written. */
  readonly wfile: DatagramReplyWriter;
  readonly #parts: Uint8Array[] = [];

  static {
    takeReplyOf = (handler) => handler.#takeReply();
  }

  /** Called by the server, once per datagram. */
  constructor(request: DatagramRequest<A>, server: DatagramServer<A>) {
    super(request, request.remoteAddr, server);
    this.packet = request.data;
    this.wfile = { write: (data) => this.#write(data) };
  }

  #write(data: Uint8Array | string): void {
    if (typeof data === "string") {
      this.#parts.push(new TextEncoder().encode(data));
    } else if (data instanceof Uint8Array) {
      // Not slice(), which for a Buffer of node:buffer is a view.
      this.#parts.push(new Uint8Array(data));
    } else {
      throw new TypeError(
        `Cannot write a value of type ${typeof data}: must be a Uint8Array or text`,
      );
    }
  }

  #takeReply(): Uint8Array | undefined {
    const parts = this.#parts.splice(0);
    if (parts.length <= 1) return parts[0];
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const reply = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      reply.set(part, at);
      at += part.length;
    }
    return reply;
  }
}

/** What a handler has written, or `undefined` if nothing; called when it has finished. */
export function takeReply<A extends DatagramAddr>(
  handler: DatagramRequestHandler<A>,
): Uint8Array | undefined {
  return takeReplyOf(
    handler as unknown as DatagramRequestHandler<DatagramAddr>,
  );
}
