/**
 * The first look at a client that is to speak TLS through node:tls. A session of node:tls costs as much as
 * a handshake, and a client that says nothing, or says it in plain text, must not cause one.
 *
 * @module
 */
import type { Transport } from "../socket/transport.ts";
import { readInTurn } from "../stream/read_source.ts";
import { ReplayedTransport } from "./replayed_transport.ts";

/** Every connection begins with a record of this type (RFC 8446 section 5.1). */
const HANDSHAKE = 22;

/** More than most first messages; what does not fit is read by the session. */
const ROOM = 2048;

/** "alert, TLS 1.2, 2 bytes: fatal, unexpected_message" (RFC 8446 section 6). */
const ALERT = new Uint8Array([21, 3, 3, 0, 2, 2, 10]);

/**
 * Wait for what the client says first.
 *
 * @returns The connection, with nothing of it read.
 * @throws {Deno.errors.InvalidData} If it does not speak TLS; it has been told.
 */
export async function clientHello(transport: Transport): Promise<Transport> {
  const bytes = new Uint8Array(ROOM);
  const count = await readInTurn(transport, bytes);
  if (count === null) {
    throw new Deno.errors.UnexpectedEof("peer closed before its handshake");
  }
  if (bytes[0] !== HANDSHAKE) {
    await transport.write(ALERT);
    throw new Deno.errors.InvalidData("peer does not speak TLS");
  }
  return new ReplayedTransport(transport, undefined, bytes.subarray(0, count));
}
