/**
 * A Transport as a node:stream Duplex, for node:tls to stand on. The Duplex never closes the
 * transport: whoever wraps it decides when, and hears of the transport's end and failure.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { ReadBuffer } from "../stream/read_buffer.ts";
import { readInTurn } from "../stream/read_source.ts";
import type { Transport } from "./transport.ts";

/** What the one above wants to know. */
interface DuplexEvents {
  /** Asked before each read: nothing, or what to wait for because too much is unread. */
  roomToRead(): Promise<void> | undefined;
  /** The transport's input has ended. The Duplex does not pass it on by itself. */
  onEnd(): void;
  /** Bytes have been written to the transport. */
  onWritten(): void;
  /** The transport has failed. */
  onError(error: unknown): void;
}

/** Wrap a transport. Nothing else may read from it or write to it from then on. */
export async function transportDuplex(
  transport: Transport,
  events: DuplexEvents,
): Promise<Duplex> {
  const { Duplex } = await import("node:stream");
  const buffer = new ReadBuffer();
  let isOver = false;
  const duplex = new Duplex({
    async read(): Promise<void> {
      if (isOver) return;
      try {
        const room = events.roomToRead();
        if (room !== undefined) await room;
        const count = await readInTurn(transport, buffer.room());
        if (count === null) return events.onEnd();
        buffer.commit(count);
        this.push(buffer.take(count));
      } catch (error) {
        events.onError(error);
      }
    },
    async write(
      data: Uint8Array,
      _encoding: string,
      done: () => void,
    ): Promise<void> {
      try {
        await writeAll(transport, data);
        done();
        events.onWritten();
      } catch (error) {
        events.onError(error);
      }
    },
  });
  // A session that fails destroys its stream before it has written why (RFC 8446 section 6.2).
  duplex.destroy = () => {
    isOver = true;
    return duplex;
  };
  return duplex;
}

async function writeAll(transport: Transport, data: Uint8Array): Promise<void> {
  for (let sent = 0; sent < data.length;) {
    sent += await transport.write(sent === 0 ? data : data.subarray(sent));
  }
}
