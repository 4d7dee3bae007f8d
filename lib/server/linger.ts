/**
 * Lingering: after the last reply the peer is told that no more will come, and what it still sends
 * is discarded until it closes too. Closing at once, with input unread, would make the kernel
 * reset the connection, and a reset destroys the reply on its way (RFC 1122 section 4.2.2.13).
 *
 * @module
 */
import { interrupted } from "../socket/system_errors.ts";
import type { Transport } from "../socket/transport.ts";
import type { Input } from "../stream/input.ts";
import { readInTurn } from "../stream/read_source.ts";
import type { StreamSocket } from "../socket/stream_socket.ts";

/** What is discarded at most: a peer that goes on sending does not deserve better. */
const MOST = 1024 * 1024;

/** What is read here is never looked at, so all connections share it. */
const discarded = new Uint8Array(65_536);

/** Half-close, then discard input up to its end. Never rejects; closing the transport ends it. */
export async function linger(
  socket: StreamSocket,
  transport: Transport,
  input: Input | undefined,
): Promise<void> {
  try {
    await socket.closeWrite();
    let total = 0;
    if (input?.reading) {
      // The read that a drain or a time-out left behind is the first to discard.
      await input.retire(interrupted());
      if (input.eof || input.broken) return;
      total = input.buffer.length;
    }
    while (total < MOST) {
      const count = await readInTurn(transport, discarded);
      if (count === null) return;
      total += count;
    }
  } catch {
    // The peer is gone, or the time is up: either way there is nothing left to wait for.
  }
}
