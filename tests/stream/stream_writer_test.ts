import assert from "node:assert/strict";
import {
  lengthPrefixedCodec,
  LimitExceededError,
  StreamWriter,
} from "../../mod.ts";
import { outputOf } from "../../lib/stream/stream_writer.ts";
import { ByteSink } from "../support/byte_sink.ts";
import { settled, turns } from "../support/byte_source.ts";
import { bytes, randomBytes, randomFrom } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

const timedOut = { name: "TimeoutError" };

test("write sends all of it, however little the sink takes", {}, async () => {
  const sink = new ByteSink(3);
  const writer = new StreamWriter(sink);
  await writer.write("some text €");
  await writer.write(bytes("and bytes"));
  assert.equal(sink.text, "some text €and bytes");
  assert.equal(writer.bytesWritten, sink.length);
  assert.equal(writer.buffered, 0);
});

test("write resolves only when everything is sent", {}, async () => {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink);
  const writing = writer.write("abcd");
  sink.take(3);
  assert.equal(await settled(writing), false);
  assert.equal(writer.bytesWritten, 3);
  sink.take(1);
  await writing;
  assert.equal(sink.text, "abcd");
});

test("writes begun at the same time leave whole, in order", {}, async () => {
  const random = randomFrom(3);
  for (const most of [1, 7, 1000, Infinity]) {
    const sink = new ByteSink(most);
    const writer = new StreamWriter(sink);
    let expected = "";
    const writes = Array.from({ length: 200 }, (_, i) => {
      const length = [1, 50, 3000, 6000][random(most < 8 ? 2 : 4)]!;
      const part = `${i}:`.padEnd(1 + random(length), ".");
      expected += part;
      if (random(3) === 0) writer.writeLine("x").then(() => {});
      else return writer.write(random(2) ? part : bytes(part));
      expected = expected.slice(0, -part.length) + "x\n";
      return Promise.resolve();
    });
    await Promise.all(writes);
    await writer.flush();
    assert.equal(sink.text, expected);
    assert.equal(writer.bytesWritten, expected.length);
  }
});

test("what is queued behind a write leaves in few calls", {}, async () => {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink);
  const first = writer.write("first\n");
  const rest = Array.from({ length: 100 }, (_, i) => writer.write(`${i}\n`));
  assert.equal(writer.buffered, 290);
  sink.release();
  await Promise.all([first, ...rest]);
  assert.equal(sink.calls.length, 2);
});

test("an empty write resolves, also behind another one", {}, async () => {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink);
  await writer.write("");
  await writer.write(new Uint8Array(0));
  assert.equal(writer.tryWrite(""), true);
  assert.equal(sink.calls.length, 0);
  const first = writer.write("x");
  const behind = [writer.write(""), writer.write(new Uint8Array(0))];
  assert.equal(writer.tryWrite(""), true);
  assert.equal(await settled(behind[0]!), false, "its place is behind");
  sink.release();
  await Promise.all([first, ...behind]);
  assert.equal(outputOf(writer).owing, false);
});

test("writeLine and writeMessage frame what they send", {}, async () => {
  const sink = new ByteSink();
  const writer = new StreamWriter(sink);
  await writer.writeLine("one");
  await writer.writeLine("two", { ending: "\r\n" });
  await writer.writeMessage(lengthPrefixedCodec(), bytes("abc"));
  assert.equal(sink.text, "one\ntwo\r\n\0\0\0\x03abc");
});

test("writeLine refuses another ending, null too", {}, async () => {
  const writer = new StreamWriter(new ByteSink());
  for (const ending of ["\r", "", null]) {
    await assert.rejects(writer.writeLine("x", { ending: ending as "\n" }), {
      name: "TypeError",
      message: /^Cannot write line with ending ("\\r"|""|null):/,
    });
  }
});

test(
  "write and tryWrite refuse what is neither text nor bytes",
  {},
  async () => {
    const sink = new ByteSink();
    const writer = new StreamWriter(sink);
    for (const wrong of [5, null, undefined, [1], new ArrayBuffer(1)]) {
      const data = wrong as unknown as string;
      await assert.rejects(writer.write(data), TypeError);
      assert.throws(() => writer.tryWrite(data), TypeError);
    }
    await writer.write("fine");
    assert.equal(sink.text, "fine");
  },
);

test(
  "a write that nobody awaits is no unhandled rejection, and the next one rejects",
  {},
  async () => {
    const sink = new ByteSink().hold();
    const writer = new StreamWriter(sink);
    const failures: unknown[] = [];
    outputOf(writer).observer = { peerGone: (error) => failures.push(error) };
    const reset = new Error("reset");
    writer.write("one");
    writer.write("two");
    writer.writeLine("three");
    writer.tryWrite("four");
    writer.flush();
    sink.fail(reset);
    await turns();
    await assert.rejects(writer.write("five"), reset);
    await assert.rejects(writer.flush(), reset);
    await assert.rejects(writer.flush({ timeout: 1 }), reset);
    assert.equal(writer.tryWrite("six"), false);
    writer.write("seven");
    assert.deepEqual(failures, [reset]);
    assert.equal(writer.buffered, 0);
    const output = outputOf(writer);
    assert.deepEqual([output.writing, output.owing], [false, false]);
    await turns();
  },
);

test("all writes that wait reject with the error", {}, async () => {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink);
  const writes = [writer.write("a"), writer.write("b"), writer.flush()];
  sink.fail(new Error("reset"));
  for (const write of writes) await assert.rejects(write, /reset/);
});

test("a sink that throws at once fails the write", {}, async () => {
  const writer = new StreamWriter({
    write: () => {
      throw new Error("closed");
    },
  });
  await assert.rejects(writer.write("x"), /closed/);
  assert.equal(outputOf(writer).writing, false);
  await assert.rejects(writer.write(bytes("x")), /closed/);
});

test("text of any size that leaves at once comes out whole", {}, async () => {
  for (const letter of ["x", "é", "€"]) {
    for (const units of [2730, 2731, 8192, 8193, 30_000]) {
      const sink = new ByteSink();
      const text = letter.repeat(units);
      await new StreamWriter(sink).write(text);
      assert.equal(sink.text, text);
    }
  }
});

test(
  "a write that fails after a part of it rejects with the sink's error",
  {},
  async () => {
    const error = new Error("gone");
    let calls = 0;
    const writer = new StreamWriter({
      write: () => calls++ === 0 ? Promise.resolve(3) : Promise.reject(error),
    });
    await assert.rejects(writer.write("abcdef"), error);
    await assert.rejects(writer.write("later"), error);
    assert.equal(writer.bytesWritten, 3);
    assert.equal(calls, 2);
  },
);

test("flush() refuses bad options, and breaks nothing", {}, async () => {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink);
  const writing = writer.write("text");
  await assert.rejects(writer.flush({ timeout: 0 }), RangeError);
  const reason = new Error("no more");
  await assert.rejects(
    writer.flush({ signal: AbortSignal.abort(reason) }),
    reason,
  );
  sink.release();
  await writing;
  await writer.write("more");
  assert.equal(sink.text, "textmore");
});

test("a sink that lies about its count is refused", {}, async () => {
  for (const count of [0, -1, 99, NaN]) {
    const writer = new StreamWriter({ write: () => Promise.resolve(count) });
    await assert.rejects(writer.write("text"), RangeError);
  }
});

test("maxWriteBuffer bounds what waits behind a write", {}, async () => {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink, { maxWriteBuffer: 10 });
  const first = writer.write("x".repeat(100));
  const second = writer.write("123456");
  assert.equal(writer.tryWrite("7890"), true);
  assert.equal(writer.tryWrite("!"), false);
  await assert.rejects(writer.write("!"), (error) => {
    assert.ok(error instanceof LimitExceededError);
    assert.deepEqual([error.limit, error.actual], [10, 11]);
    return true;
  });
  assert.equal(writer.buffered, 10);
  sink.release();
  await Promise.all([first, second, writer.flush()]);
  assert.equal(sink.text, "x".repeat(100) + "1234567890", "the rest is intact");
  await writer.write("more than ten bytes");
});

test("maxWriteBuffer is 1 MiB unless told, and at least 1", {}, async () => {
  const sink = new ByteSink().hold();
  const writer = new StreamWriter(sink);
  writer.write("x");
  const chunk = new Uint8Array(65_536);
  let queued = 0;
  while (writer.tryWrite(chunk)) queued++;
  assert.equal(queued, 16);
  sink.release();
  await writer.flush();
  for (const maxWriteBuffer of [0, -1, 1.5, NaN]) {
    assert.throws(() => new StreamWriter(sink, { maxWriteBuffer }), RangeError);
  }
});

test(
  "TO06 a write that times out breaks the writer and tells how much was sent",
  {},
  async () => {
    const sink = new ByteSink().hold();
    const writer = new StreamWriter(sink);
    const writing = writer.write("abcdef", { timeout: 5 });
    const behind = writer.write("behind");
    sink.take(2);
    await assert.rejects(writing, timedOut);
    await assert.rejects(behind, timedOut);
    await assert.rejects(writer.write("more"), timedOut);
    await assert.rejects(writer.flush(), timedOut);
    assert.equal(writer.tryWrite("more"), false);
    assert.equal(writer.bytesWritten, 2);
    sink.take(1);
    await turns();
    assert.equal(sink.calls.length, 2, "the caller has its array back");
    assert.equal(writer.bytesWritten, 3);
  },
);

test(
  "TO08 an aborted write breaks the writer with the signal's reason",
  {},
  async () => {
    const sink = new ByteSink().hold();
    const writer = new StreamWriter(sink);
    const abort = new AbortController();
    const writing = writer.write("abc", {
      signal: abort.signal,
      timeout: 60_000,
    });
    abort.abort(new Error("left"));
    await assert.rejects(writing, /left/);
    await assert.rejects(writer.write("more"), /left/);
  },
);

test(
  "an already aborted signal or a bad time-out sends nothing and breaks nothing",
  {},
  async () => {
    const sink = new ByteSink();
    const writer = new StreamWriter(sink);
    const signal = AbortSignal.abort(new Error("before"));
    await assert.rejects(writer.write("x", { signal }), /before/);
    await assert.rejects(writer.writeLine("x", { timeout: 0 }), RangeError);
    await assert.rejects(writer.flush({ timeout: NaN }), RangeError);
    await writer.write("fine", { timeout: 1000 });
    assert.equal(sink.text, "fine");
  },
);

test(
  "a write with a time-out that is refused does not break the writer",
  {},
  async () => {
    const sink = new ByteSink().hold();
    const writer = new StreamWriter(sink, { maxWriteBuffer: 4 });
    writer.write("first");
    const tooMuch = writer.write("12345", { timeout: 60_000 });
    await assert.rejects(tooMuch, LimitExceededError);
    sink.release();
    await writer.write("last");
    assert.equal(sink.text, "firstlast");
  },
);

test("pooled pieces never alias arrays of the caller's", {}, async () => {
  const random = randomFrom(11);
  // A writer on top of another one: the lower gets pieces of the upper's pool as its data.
  const sink = new ByteSink(5000);
  const lower = new StreamWriter(sink);
  const upper = new StreamWriter({
    async write(data) {
      const part = data.subarray(0, 3000);
      await lower.write(part);
      return part.length;
    },
  });
  const own: [Uint8Array, Uint8Array][] = [];
  let expected = "";
  for (let i = 0; i < 300; i++) {
    const data = randomBytes(random, { length: [10, 4096, 8192][random(3)]! })
      .map((one) => one & 0x7f);
    own.push([data, data.slice()]);
    expected += new TextDecoder().decode(data);
    const done = upper.write(data);
    lower.write("").catch(() => {});
    if (random(4) === 0) await done;
    else if (random(2)) await turns(1);
    if (upper.buffered > 500_000) await upper.flush();
  }
  await upper.flush();
  await lower.flush();
  assert.equal(sink.text, expected);
  for (const [data, copy] of own) assert.deepEqual(data, copy);
});
