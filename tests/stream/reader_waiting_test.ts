/** How a read waits, gives up, and what the next read finds then. */
import assert from "node:assert/strict";
import { lineCodec, type ReadOptions, StreamReader } from "../../mod.ts";
import { ByteSource, settled, text, turns } from "../support/byte_source.ts";
import { bytes } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";
import { CountedSignal } from "../support/signal_listeners.ts";

const timedOut = { name: "TimeoutError" };

/** Every read that waits, by its name. */
const READS: Record<
  string,
  (
    reader: StreamReader,
    o: { timeout?: number; signal?: AbortSignal },
  ) => Promise<unknown>
> = {
  read: (reader, o) => reader.read(9, o),
  readInto: (reader, o) => reader.readInto(new Uint8Array(9), o),
  readExactly: (reader, o) => reader.readExactly(9, o),
  readUntil: (reader, o) => reader.readUntil("\n", o),
  readLine: (reader, o) => reader.readLine(o),
  readAll: (reader, o) => reader.readAll(o),
  peek: (reader, o) => reader.peek(9, o),
  skip: (reader, o) => reader.skip(9, o),
  skipUntil: (reader, o) => reader.skipUntil("\n", o),
  readUint8: (reader, o) => reader.readUint8(o),
  readUint16: (reader, o) => reader.readUint16(o),
  readUint32: (reader, o) => reader.readUint32(o),
  readMessage: (reader, o) => reader.readMessage(lineCodec(), o),
  lines: async (reader, o) => await reader.lines(o).next(),
  messages: async (reader, o) => await reader.messages(lineCodec(), o).next(),
  chunks: async (reader, o) => await reader.chunks(o).next(),
};

test("TO01 without a time-out a read waits", {}, async () => {
  const source = new ByteSource();
  const reader = new StreamReader(source);
  const reading = reader.read();
  assert.equal(await settled(reading), false);
  source.give("at last");
  assert.equal(await reading.then(text), "at last");
});

for (const [name, read] of Object.entries(READS)) {
  test(
    `TO02 ${name} times out and the next read loses no byte`,
    {},
    async () => {
      const source = new ByteSource();
      const reader = new StreamReader(source);
      await assert.rejects(read(reader, { timeout: 1 }), timedOut);
      await assert.rejects(read(reader, { timeout: 1 }), timedOut);
      assert.equal(source.calls, 1, "one read stays outstanding");
      source.give("later data\n");
      assert.equal(await reader.readLine(), "later data");
    },
  );

  test(
    `TO03 ${name} refuses a bad time-out, and does not begin`,
    {},
    async () => {
      const source = new ByteSource();
      const reader = new StreamReader(source);
      for (const timeout of [0, -1, NaN, -Infinity]) {
        await assert.rejects(async () => await read(reader, { timeout }), {
          name: "RangeError",
          message:
            `Cannot use timeout ${timeout}: must be positive or Infinity`,
        });
      }
      const timeout = "spam" as unknown as number;
      await assert.rejects(async () => await read(reader, { timeout }), {
        name: "TypeError",
        message: 'Cannot use timeout "spam": must be a number of milliseconds',
      });
      assert.equal(source.calls, 0);
      source.give("data for all of them\n").end();
      await read(reader, { timeout: Infinity });
    },
  );

  test(`TO08 ${name} tells an abort from a time-out`, {}, async () => {
    const source = new ByteSource();
    const reader = new StreamReader(source);
    const abort = new AbortController();
    const reason = new Error("the user left");
    const reading = read(reader, { signal: abort.signal, timeout: 60_000 });
    await turns(1);
    abort.abort(reason);
    await assert.rejects(reading, reason);
    await assert.rejects(
      async () => await read(reader, { signal: abort.signal }),
      reason,
      "already aborted",
    );
    await assert.rejects(read(reader, { timeout: 1 }), timedOut);
    source.give("x\n");
    assert.equal(await reader.readLine(), "x");
  });
}

test(
  "TO03 a time-out of Infinity, or beyond what a timer can, is none",
  {},
  async () => {
    for (const timeout of [Infinity, 2 ** 40]) {
      const source = new ByteSource();
      const reading = new StreamReader(source).read(9, { timeout });
      assert.equal(await settled(reading), false);
      source.give("x");
      assert.equal(await reading.then(text), "x");
    }
  },
);

test("a read that succeeds leaves no abort listener behind", {}, async () => {
  const counted = new CountedSignal();
  const { signal } = counted;
  const reader = new StreamReader(new ByteSource("a\n", "b\n", "c\n"));
  for (let i = 0; i < 3; i++) await reader.readLine({ signal, timeout: 1000 });
  assert.equal(counted.listeners, 0);
});

test("a time-out in the middle keeps what had come", {}, async () => {
  const source = new ByteSource("half a ");
  const reader = new StreamReader(source);
  await assert.rejects(reader.readLine({ timeout: 1 }), timedOut);
  await assert.rejects(reader.readExactly(10, { timeout: 1 }), timedOut);
  assert.equal(reader.buffered, 7);
  source.give("line\n");
  assert.equal(await reader.readLine(), "half a line");
});

test(
  "lines() goes on after a time-out, with a new loop or the same",
  {},
  async () => {
    const source = new ByteSource("one\ntw");
    const reader = new StreamReader(source);
    const lines = reader.lines({ timeout: 1 });
    assert.equal((await lines.next()).value, "one");
    await assert.rejects(lines.next(), timedOut);
    source.give("o\nthree\n");
    await turns();
    assert.equal((await lines.next()).value, "two");
    assert.equal(await reader.readLine(), "three");
  },
);

for (
  const [name, iterate] of [
    ["lines", (reader, o) => reader.lines(o)],
    ["messages", (reader, o) => reader.messages(lineCodec(), o)],
  ] as [
    string,
    (reader: StreamReader, o: ReadOptions) => AsyncIterator<string>,
  ][]
) {
  test(
    `${name}() with a signal notices it between buffered ones`,
    {},
    async () => {
      const abort = new AbortController();
      const reader = new StreamReader(new ByteSource("one\ntwo\n"));
      const steps = iterate(reader, { signal: abort.signal });
      assert.equal((await steps.next()).value, "one");
      abort.abort(new Error("enough"));
      await assert.rejects(steps.next(), /enough/);
      assert.equal(await reader.readLine(), "two");
    },
  );

  test(
    `${name}() refuses a bad time-out also where nobody has to wait`,
    {},
    async () => {
      const reader = new StreamReader(new ByteSource("one\ntwo\n"));
      assert.equal(await reader.readLine(), "one");
      assert.throws(() => iterate(reader, { timeout: 0 }), RangeError);
      assert.equal(await reader.readLine(), "two");
    },
  );
}

test(
  "ST14 a second read while one waits rejects and disturbs nothing",
  {},
  async () => {
    const source = new ByteSource();
    const reader = new StreamReader(source);
    const first = reader.readLine();
    for (const read of Object.values(READS)) {
      await assert.rejects(async () => await read(reader, {}), TypeError);
    }
    source.give("whole ", "line\n");
    assert.equal(await first, "whole line");
  },
);

test(
  "readInto leaves the caller's array alone after a time-out",
  {},
  async () => {
    const source = new ByteSource();
    const reader = new StreamReader(source);
    const target = new Uint8Array(8);
    await assert.rejects(reader.readInto(target, { timeout: 1 }), timedOut);
    source.give("late");
    await turns();
    assert.deepEqual(target, new Uint8Array(8));
    assert.equal(await reader.readInto(target), 4);
    assert.equal(text(target.subarray(0, 4)), "late");
  },
);

test(
  "ST13 readInto fills a view only, directly or from the buffer",
  {},
  async () => {
    const source = new ByteSource("abcdef", "xyz");
    const reader = new StreamReader(source);
    const array = new Uint8Array(10).fill(0x2e);
    assert.equal(await reader.readInto(array.subarray(3, 6)), 3);
    assert.equal(text(array), "...abc....");
    assert.deepEqual(source.rooms, [3], "straight into the view");
    assert.equal((await reader.peek(1))[0], 0x64);
    assert.equal(await reader.readInto(array.subarray(0, 2)), 2);
    assert.equal(text(array), "de.abc....");
    assert.equal(await reader.readInto(new Uint8Array(0)), 0);
    assert.equal(await reader.readInto(array.subarray(9)), 1);
    assert.equal(text(array), "de.abc...f");
    await assert.rejects(
      reader.readInto("text" as unknown as Uint8Array),
      TypeError,
    );
  },
);

test(
  "readInto of a large array reads into it, not through the buffer",
  {},
  async () => {
    const source = new ByteSource(bytes("x".repeat(300_000))).end();
    const reader = new StreamReader(source);
    const target = new Uint8Array(200_000);
    assert.equal(await reader.readInto(target), 200_000);
    assert.equal(await reader.readInto(target), 100_000);
    assert.equal(await reader.readInto(target), null);
    assert.equal(reader.bytesRead, 300_000);
  },
);

test("readInto of an empty array asks nobody", {}, async () => {
  const source = new ByteSource();
  const reader = new StreamReader(source);
  assert.equal(await reader.readInto(new Uint8Array(0)), 0);
  assert.equal(source.calls, 0);
});

test("readInto asks no more of a source that has ended", {}, async () => {
  const source = new ByteSource().end();
  const reader = new StreamReader(source);
  for (let i = 0; i < 3; i++) {
    assert.equal(await reader.readInto(new Uint8Array(4)), null);
  }
  assert.equal(source.calls, 1);
});
