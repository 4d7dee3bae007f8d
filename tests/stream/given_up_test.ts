/** Reading that is given up half-way: by return(), by an aborted pipe, in the middle of a refused message. */
import assert from "node:assert/strict";
import {
  jsonLinesCodec,
  socketpair,
  StreamReader,
  StreamWriter,
} from "../../mod.ts";
import { ByteSink } from "../support/byte_sink.ts";
import { ByteSource, turns } from "../support/byte_source.ts";
import { bytes } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

const ITERATIONS: Record<
  string,
  (reader: StreamReader) => AsyncIterableIterator<unknown>
> = {
  lines: (reader) => reader.lines(),
  messages: (reader) => reader.messages(jsonLinesCodec()),
  chunks: (reader) => reader.chunks(),
};

for (const [name, iterate] of Object.entries(ITERATIONS)) {
  test(
    `${name}(): return() ends a step that waits, which swallows nothing`,
    {},
    async () => {
      const source = new ByteSource();
      const reader = new StreamReader(source);
      const iteration = iterate(reader);
      const step = iteration.next();
      await turns();
      await iteration.return!();
      assert.deepEqual(await step, { value: undefined, done: true });
      assert.equal((await iteration.next()).done, true);
      source.give("12\n");
      assert.equal(await reader.readLine(), "12");
    },
  );

  test(
    `${name}(): a pipe that is aborted leaves the next piece to others`,
    {},
    async () => {
      const source = new ByteSource();
      const reader = new StreamReader(source);
      const writer = new StreamWriter(new ByteSink());
      const abort = new AbortController();
      const piping = writer.pipeFrom(
        iterate(reader) as AsyncIterable<string>,
        { signal: abort.signal },
      );
      await turns();
      abort.abort(new Error("enough"));
      await assert.rejects(piping, { message: "enough" });
      source.give("12\n");
      assert.equal(await reader.readLine(), "12");
    },
  );
}

test(
  "skipUntil() that is given up leaves the reader as refused as it was",
  {},
  async () => {
    const [a, b] = socketpair();
    await a.send("GARBAGE-TOO-LONG");
    await assert.rejects(b.reader.readLine({ limit: 3 }));
    const refused = { name: "LimitExceededError" };

    const abort = new AbortController();
    const skipping = b.reader.skipUntil("\n", { signal: abort.signal });
    let reading: Promise<unknown> | undefined;
    abort.signal.addEventListener("abort", () => reading = b.reader.readLine());
    await turns();
    abort.abort();
    await assert.rejects(skipping, { name: "AbortError" });
    await assert.rejects(reading!, refused);

    const before = b.reader.skipUntil("\n", { signal: AbortSignal.abort() });
    await assert.rejects(b.reader.read(), refused);
    await assert.rejects(before, { name: "AbortError" });

    await a.send("rest of garbage DELETE /all\nnext\n");
    await b.reader.skipUntil("\n");
    assert.equal(await b.reader.readLine(), "next");
    await a.close();
    await b.close();
  },
);

test(
  "a stream that could not be piped to its end is left unlocked",
  {},
  async () => {
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(bytes("x")),
    });
    const writer = new StreamWriter(new ByteSink().fail(new Error("full")));
    await assert.rejects(writer.pipeFrom(stream), { message: "full" });
    await turns();
    assert.equal(stream.locked, false);
  },
);

test("bad options of pipeFrom() and readInto() take nothing", {}, async () => {
  const reader = new StreamReader(new ByteSource(bytes("kept\n")));
  const writer = new StreamWriter(new ByteSink());
  for (const timeout of [0, -1, NaN, "5" as never]) {
    await assert.rejects(writer.pipeFrom(reader, { timeout }));
    await assert.rejects(reader.readInto(new Uint8Array(0), { timeout }));
  }
  assert.equal(await reader.readLine(), "kept");
});

test("a source that gives nothing is refused", {}, async () => {
  const reader = new StreamReader({ read: () => Promise.resolve(0) });
  await assert.rejects(reader.read(), {
    name: "RangeError",
    message: /gave 0 bytes/,
  });
});

test(
  "messages(): a step that is refused does not hide the one that waits",
  {},
  async () => {
    const source = new ByteSource();
    const reader = new StreamReader(source);
    const iteration = reader.messages(jsonLinesCodec());
    const step = iteration.next();
    await assert.rejects(iteration.next(), TypeError);
    await iteration.return!();
    assert.equal((await step).done, true);
    source.give("12\n");
    assert.equal(await reader.readLine(), "12");
  },
);
