/** What a drain means for whoever reads. The server begins it; here the input is told directly. */
import assert from "node:assert/strict";
import { fixedLengthCodec, StreamReader } from "../../mod.ts";
import type { Input } from "../../lib/stream/input.ts";
import { inputOf } from "../../lib/stream/stream_reader.ts";
import { ByteSource, settled, text, turns } from "../support/byte_source.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { test } from "../support/permissions.ts";

const reason = new DOMException("The server shuts down", "AbortError");

/** Longer than any test: an idle time-out that must not be what ends it. */
const LONG = 60_000;

interface Stream {
  source: ByteSource;
  reader: StreamReader;
  input: Input;
}

function stream(...chunks: string[]): Stream {
  const source = new ByteSource(...chunks);
  const reader = new StreamReader(source);
  return { source, reader, input: inputOf(reader) };
}

/** A full turn of the timers. */
function timerTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

test(
  "a drain lets lines() give two complete lines and the third when its rest has arrived, then ends it",
  {},
  async () => {
    const { source, reader, input } = stream("one\ntwo\nthr");
    await reader.peek(1);
    input.drain(reason, LONG);
    const lines: string[] = [];
    const loop = (async () => {
      for await (const line of reader.lines()) lines.push(line);
    })();
    await timerTurn();
    assert.deepEqual(lines, ["one", "two"]);
    assert.equal(await settled(loop), false, "half a line is waited for");
    source.give("ee\n");
    await loop;
    assert.deepEqual(lines, ["one", "two", "three"]);
    assert.ok(source.waiting, "the last read stays outstanding");
  },
);

test(
  "a drain ends a lines() that waits with nothing buffered",
  {},
  async () => {
    const { reader, input } = stream();
    const next = reader.lines().next();
    await turns();
    input.drain(reason, LONG);
    assert.equal((await next).done, true);
  },
);

test(
  "a drain does not end lines() before what the kernel holds is here",
  {},
  async () => {
    const { source, reader, input } = stream();
    const lines = reader.lines();
    const next = lines.next();
    await turns();
    input.drain(reason, LONG);
    source.give("in flight\n");
    assert.deepEqual(await next, { value: "in flight", done: false });
    assert.equal((await lines.next()).done, true);
  },
);

test(
  "a drain waits for a read that has not reached the system",
  {},
  async () => {
    const { source, reader, input } = stream();
    source.readIssued = false;
    const next = reader.lines().next();
    await turns();
    input.drain(reason, LONG);
    await timerTurn();
    await timerTurn();
    assert.equal(await settled(next), false);
    source.readIssued = true;
    // Not ended at once: what the kernel had is only here after one more turn of the timers.
    source.give("queued\n");
    assert.deepEqual(await next, { value: "queued", done: false });
  },
);

test(
  "a drain ends lines() once a read below has reached the system in vain",
  {},
  async () => {
    const { source, reader, input } = stream();
    source.readIssued = false;
    const next = reader.lines().next();
    input.drain(reason, LONG);
    await timerTurn();
    source.readIssued = true;
    assert.equal((await next).done, true);
  },
);

test("a drain ends messages() between two messages", {}, async () => {
  const { source, reader, input } = stream("aaaabb");
  const messages = reader.messages(fixedLengthCodec(4));
  assert.equal(await messages.next().then((m) => text(m.value)), "aaaa");
  input.drain(reason, LONG);
  const next = messages.next();
  await timerTurn();
  assert.equal(await settled(next), false);
  source.give("bbcccc");
  assert.equal(await next.then((m) => text(m.value)), "bbbb");
  assert.equal(await messages.next().then((m) => text(m.value)), "cccc");
  assert.equal((await messages.next()).done, true);
});

test(
  "waitForInput is true when a byte is there, false at end of stream",
  {},
  async () => {
    const { source, reader, input } = stream();
    const waiting = input.waitForInput(undefined);
    assert.equal(await settled(waiting), false);
    source.give("x");
    assert.equal(await waiting, true);
    assert.equal(reader.buffered, 1, "nothing is taken");
    assert.equal(await input.waitForInput(undefined), true);
    await reader.read();
    source.end();
    assert.equal(await input.waitForInput(undefined), false);
  },
);

test(
  "a drain lets a request of several lines be finished, then waitForInput is false",
  {},
  async () => {
    const { source, reader, input } = stream("head\n");
    assert.equal(await input.waitForInput(undefined), true);
    assert.equal(await reader.readLine(), "head");
    input.drain(reason, 1);
    const body = reader.readLine();
    await timerTurn();
    await timerTurn();
    assert.equal(await settled(body), false, "reads do not notice the drain");
    source.give("body\n");
    assert.equal(await body, "body");
    const end = (async () => {
      for await (const line of reader.lines()) return line;
    })();
    await timerTurn();
    source.give("end\n");
    assert.equal(await end, "end", "nor does lines()");
    assert.equal(await input.waitForInput(undefined), false);
  },
);

test("a drain ends a waitForInput that waits", {}, async () => {
  const { input } = stream();
  const waiting = input.waitForInput(undefined);
  await turns();
  input.drain(reason, LONG);
  assert.equal(await waiting, false);
});

test("a drain serves a request that is buffered already", {}, async () => {
  const { reader, input } = stream("head\n");
  await reader.peek(1);
  input.drain(reason, LONG);
  assert.equal(await input.waitForInput(undefined), true);
  assert.equal(await reader.readLine(), "head");
  assert.equal(await input.waitForInput(undefined), false);
});

test(
  "a drain rejects an idle bare read, never with an end of stream",
  {},
  async () => {
    const { source, reader, input } = stream();
    const reading = reader.read();
    await turns();
    input.drain(reason, 1);
    await assert.rejects(reading, reason);
    await assert.rejects(reader.readExactly(1), reason, "and those after it");
    source.give("late");
    await turns();
    assert.equal(await reader.read().then(text), "late", "no byte is lost");
  },
);

test(
  "a drain lets a bare read go on that has got something since",
  {},
  async () => {
    const { source, reader, input } = stream();
    input.drain(reason, 1);
    const reading = reader.readExactly(4);
    source.give("12");
    await timerTurn();
    await timerTurn();
    assert.equal(await settled(reading), false);
    source.give("34");
    assert.equal(await reading.then(text), "1234");
  },
);

test("a drain ends an idle direct read, and reading with it", {}, async () => {
  const { source, reader, input } = stream();
  const target = new Uint8Array(4);
  const failures: unknown[] = [];
  input.observer = { peerGone: (error) => failures.push(error) };
  const reading = reader.readInto(target);
  await turns();
  input.drain(reason, 1);
  await assert.rejects(reading, reason);
  assert.deepEqual(failures, [reason]);
  // The array is still being read into, so nobody can be given what comes.
  source.give("late");
  await turns();
  await assert.rejects(reader.read(), reason);
});

test(
  "interrupting a direct read does not lose bytes silently",
  {},
  async () => {
    const { source, reader, input } = stream();
    const reading = reader.readInto(new Uint8Array(4));
    input.interrupt(new Error("interrupted"));
    await assert.rejects(reading, /interrupted/);
    source.give("data");
    await assert.rejects(reader.read(), /interrupted/);
  },
);

test("interrupting any other read loses nothing", {}, async () => {
  const { source, reader, input } = stream("1");
  const reading = reader.readExactly(2);
  await turns();
  input.interrupt(new Error("interrupted"));
  await assert.rejects(reading, /interrupted/);
  source.give("2");
  assert.equal(await reader.readExactly(2).then(text), "12");
});

test(
  "a second drain replaces the first and leaves no timer behind",
  {},
  async () => {
    const { source, reader, input } = stream();
    const reading = reader.read();
    await turns();
    input.drain(new Error("too old"), LONG);
    input.drain(reason, LONG);
    source.give("x");
    assert.equal(await reading.then(text), "x");
    const lines = reader.lines().next();
    await turns();
    input.drain(reason, LONG);
    input.drain(reason, LONG);
    assert.equal((await lines).done, true);
  },
);

test(
  "a drain leaves no timer behind when the reader gives up, fails or ends",
  {},
  async () => {
    const given = stream();
    given.input.drain(reason, LONG);
    await assert.rejects(given.reader.read(1, { timeout: 1 }));
    const failed = stream();
    failed.input.drain(reason, LONG);
    const failing = failed.reader.read();
    failed.source.fail(new Error("reset"));
    await assert.rejects(failing, /reset/);
    const ended = stream();
    ended.input.drain(reason, LONG);
    const ending = ended.reader.read();
    ended.source.end();
    assert.equal(await ending, null);
  },
);

test(
  "a refused second read leaves the marks of the first alone",
  {},
  async () => {
    const { source, reader, input } = stream();
    const next = reader.lines().next();
    await turns();
    await assert.rejects(reader.lines().next(), TypeError);
    await assert.rejects(input.waitForInput(undefined), TypeError);
    assert.equal(input.inMessages, true);
    input.drain(reason, LONG);
    source.give("line\n");
    assert.equal((await next).value, "line");
    assert.equal(input.inMessages, false);
  },
);

test(
  "the input forgets what the server's time-outs have seen when something comes",
  {},
  async () => {
    const { source, reader, input } = stream();
    assert.equal(input.reading, false);
    const lines = reader.lines();
    const next = lines.next();
    assert.deepEqual(
      [input.reading, input.waiting, input.inMessages],
      [true, true, true],
    );
    input.waitSeen = input.messageSeen = 1;
    source.give("on");
    await turns();
    assert.deepEqual([input.waitSeen, input.messageSeen], [0, 1]);
    source.give("e\ntwo\n");
    await next;
    assert.deepEqual(
      [input.reading, input.waiting, input.inMessages],
      [false, false, false],
    );
    assert.equal(input.messageSeen, 0);
    input.messageSeen = 1;
    await lines.next();
    assert.equal(input.messageSeen, 0);
    source.end();
    await lines.next();
    assert.equal(input.eof, true);
  },
);

test("lines() that a drain has ended stays ended", {}, async () => {
  const { source, reader, input } = stream();
  const lines = reader.lines();
  const next = lines.next();
  input.drain(reason, LONG);
  assert.equal((await next).done, true);
  source.give("late\n");
  await turns();
  assert.equal((await lines.next()).done, true);
  assert.equal(reader.buffered, 5);
});

/** How many turns a drain waits while 400 reads are outstanding. */
async function drainTurns(isBusy: boolean): Promise<number> {
  using timers = new FakeTimers();
  for (let i = 0; i < 400; i++) stream().reader.read();
  const other = stream();
  const { reader, input } = stream();
  let ended = false;
  reader.lines().next().then(() => ended = true);
  input.drain(reason, LONG);
  for (let turn = 1;; turn++) {
    assert.ok(turn < 200, "it never ends");
    if (isBusy) {
      other.source.give("x");
      await other.reader.read();
    }
    await timers.pass(2);
    if (ended) return turn;
  }
}

test(
  "a drain waits a few turns where all is quiet, enough for every read where it is not",
  {},
  async () => {
    const quiet = await drainTurns(false);
    assert.ok(quiet >= 12 && quiet <= 16, `${quiet} turns`);
    // Another 400 are left from before.
    const busy = await drainTurns(true);
    assert.ok(busy >= 12 + 100 && busy <= 12 + 120, `${busy} turns`);
  },
);
