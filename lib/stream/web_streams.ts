/**
 * Web Streams over a StreamReader and a StreamWriter, for code that wants those. Unlike
 * `conn.readable` and `conn.writable` of Deno's they leave half-close working: the end of one direction
 * leaves the other as it is, a `cancel` or an `abort` closes neither.
 *
 * @module
 */
import type { StreamReader } from "./stream_reader.ts";
import type { StreamWriter } from "./stream_writer.ts";
import type { WaitOptions } from "./wait.ts";

/** What the reader reads, as a byte stream. Nothing is read before somebody asks. */
export function readableOf(
  reader: StreamReader,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  // A read that waits when the stream is cancelled must not swallow what the reader gets next.
  const cancelled = new AbortController();
  const options = { signal: cancelled.signal };
  return new ReadableStream({
    type: "bytes",
    async pull(controller: ReadableByteStreamController) {
      const request = controller.byobRequest;
      try {
        if (request === null) await pullChunk(reader, controller, options);
        else await pullInto(reader, controller, request, options);
      } catch (error) {
        if (!cancelled.signal.aborted) throw error;
      }
    },
    cancel() {
      cancelled.abort();
    },
  }, { highWaterMark: 0 });
}

async function pullChunk(
  reader: StreamReader,
  controller: ReadableByteStreamController,
  options: WaitOptions,
): Promise<void> {
  const chunk = await reader.read(undefined, options);
  if (chunk === null) controller.close();
  // The stream transfers what it is given, so it may not be a part of a shared slab.
  else if (chunk.length === chunk.buffer.byteLength) controller.enqueue(chunk);
  else controller.enqueue(chunk.slice());
}

async function pullInto(
  reader: StreamReader,
  controller: ReadableByteStreamController,
  request: ReadableStreamBYOBRequest,
  options: WaitOptions,
): Promise<void> {
  const { buffer, byteOffset, byteLength } = request.view!;
  const count = await reader.readInto(
    new Uint8Array(buffer, byteOffset, byteLength),
    options,
  );
  if (count === null) controller.close();
  request.respond(count ?? 0);
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
