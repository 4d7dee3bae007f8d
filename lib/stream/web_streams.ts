/**
 * Web Streams over a StreamReader and a StreamWriter, for code that wants those. Unlike
 * `conn.readable` and `conn.writable` of Deno's they leave half-close working: the end of one
 * direction, a `cancel` or an `abort` closes nothing but that direction.
 *
 * @module
 */
import type { StreamReader } from "./stream_reader.ts";
import type { StreamWriter } from "./stream_writer.ts";

/** One piece, as large as the reader's own buffer gets. */
const PIECE = 65_536;

/** What the reader reads, as a byte stream. Nothing is read before somebody asks. */
export function readableOf(
  reader: StreamReader,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: PIECE,
    async pull(controller: ReadableByteStreamController) {
      const request = controller.byobRequest!;
      const view = request.view!;
      const target = new Uint8Array(
        view.buffer,
        view.byteOffset,
        view.byteLength,
      );
      const count = await reader.readInto(target);
      if (count === null) {
        controller.close();
        request.respond(0);
      } else request.respond(count);
    },
  }, { highWaterMark: 0 });
}

/** What is written goes to the writer; `close()` ends the stream's sending direction. */
export function writableOf(
  writer: StreamWriter,
  closeWrite: () => Promise<void>,
): WritableStream<Uint8Array | string> {
  return new WritableStream({
    write: (data) => writer.write(data),
    close: closeWrite,
  });
}
