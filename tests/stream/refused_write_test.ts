/** Writes that are refused: nobody gets a stream with a hole in it, and whoever notices may go on. */
import assert from "node:assert/strict";
import { lineCodec, StreamReader, StreamWriter } from "../../mod.ts";
import { ByteSink } from "../support/byte_sink.ts";
import { ByteSource, turns } from "../support/byte_source.ts";
import { test } from "../support/permissions.ts";

const limit = { name: "LimitExceededError" };

/** A writer with a write in progress and no room behind it. */
function fullWriter(): { sink: ByteSink; writer: StreamWriter } {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink, { maxWriteBuffer: 4 });
  writer.write("A");
  writer.write("1234");
  return { sink, writer };
}

test(
  "behind a refused write that nobody awaits nothing is sent",
  {},
  async () => {
    const { sink, writer } = fullWriter();
    writer.write("HOLE");
    await turns();
    sink.release();
    await turns();
    assert.equal(writer.tryWrite("5"), false);
    writer.write("5678");
    await turns();
    await assert.rejects(writer.flush(), limit);
    assert.equal(sink.text, "A1234");
    await writer.write("now it is known");
    assert.equal(sink.text, "A1234now it is known");
  },
);

test("a refused write that is awaited is no obstacle", {}, async () => {
  const { sink, writer } = fullWriter();
  await assert.rejects(writer.write("more"), limit);
  assert.equal(await writer.write("more").catch(() => "caught"), "caught");
  const all = Promise.allSettled([writer.write("more"), writer.write("x")]);
  assert.deepEqual((await all).map((one) => one.status), [
    "rejected",
    "rejected",
  ]);
  sink.release();
  await turns();
  await writer.write("next");
  assert.equal(sink.text, "A1234next");
});

test("every kind of refusal is told", {}, async () => {
  const reason = new Error("no more");
  const refusals: [(writer: StreamWriter) => Promise<unknown>, RegExp][] = [
    [(writer) => writer.write(undefined as never), /needs text or bytes/],
    [(writer) => writer.write("x", { timeout: 0 }), /timeout 0/],
    [
      (writer) => writer.write("x", { signal: AbortSignal.abort(reason) }),
      /no more/,
    ],
    [
      (writer) => writer.writeLine(undefined as never),
      /write line: needs text/,
    ],
    [
      (writer) => writer.writeLine("x", { ending: "\r" as never }),
      /ending "\\r"/,
    ],
    [(writer) => writer.writeMessage(lineCodec(), "a\nb"), /encode line/],
    [
      (writer) => writer.pipeFrom(new ByteSource(), { timeout: 0 }),
      /timeout 0/,
    ],
  ];
  for (const [refused, expected] of refusals) {
    const sink = new ByteSink();
    const writer = new StreamWriter(sink);
    const error = await refused(writer).then(() => undefined, (error) => error);
    assert.ok(error instanceof Error);
    assert.match(error.message, expected);
    await writer.write("fine");
    refused(writer);
    await turns();
    await assert.rejects(writer.write("not sent"), { name: error.name });
    assert.equal(sink.text, "fine");
  }
});

test("text counts in bytes for maxWriteBuffer", {}, async () => {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink, { maxWriteBuffer: 1000 });
  writer.write("first");
  await assert.rejects(writer.write("€".repeat(334)), {
    ...limit,
    actual: 1002,
  });
  const written = writer.write("€".repeat(333));
  assert.equal(writer.buffered, 999);
  sink.release();
  await written;
});

test("one refusal that is noticed does not stand for another", {}, async () => {
  const sink = new ByteSink();
  const writer = new StreamWriter(sink);
  const first = writer.writeLine(undefined as never);
  writer.write("B");
  await assert.rejects(first, TypeError);
  await assert.rejects(writer.write("C"), TypeError);
  await writer.write("D");
  assert.equal(sink.text, "D");
});

test(
  "a pipe that is refused and that nobody awaits is no hole either",
  {},
  async () => {
    const { sink, writer } = fullWriter();
    writer.pipeFrom(new StreamReader(new ByteSource("too much")));
    await turns();
    sink.release();
    await turns();
    await assert.rejects(writer.write("tail"), limit);
    await writer.write("next");
    assert.equal(sink.text, "A1234next");
  },
);

test(
  "what was taken before a refusal leaves with the flush that tells of it",
  {},
  async () => {
    const { sink, writer } = fullWriter();
    writer.write("HOLE");
    const flushing = writer.flush();
    sink.release();
    await assert.rejects(flushing, limit);
    assert.equal(sink.text, "A1234");
  },
);

test(
  "a flush that has to tell of a refusal keeps its time-out",
  {},
  async () => {
    const { writer } = fullWriter();
    writer.write("HOLE");
    await assert.rejects(writer.flush({ timeout: 20 }), {
      name: "TimeoutError",
    });
  },
);

test("a pipe that is awaited and refused is told once", {}, async () => {
  const sink = new ByteSink();
  const writer = new StreamWriter(sink);
  const pieces = async function* () {
    yield "ok ";
    await turns();
    yield 7 as never;
  };
  await assert.rejects(writer.pipeFrom(pieces()), TypeError);
  await writer.write("next");
  assert.equal(sink.text, "ok next");
});
