import assert from "node:assert/strict";
import { StreamReader } from "../../mod.ts";
import { GatePass, SlotGate } from "../../lib/socket/slot_gate.ts";
import { readInTurn } from "../../lib/stream/read_source.ts";
import { ByteSource, settled, text, turns } from "../support/byte_source.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { test } from "../support/permissions.ts";

/** A connection behind a gate, as a transport is. */
class Gated {
  readonly turn: GatePass;
  readonly source = new ByteSource();
  /** Bytes that have been read. */
  served = 0;
  readonly #gate: SlotGate;
  #closed = false;

  constructor(gate: SlotGate) {
    this.#gate = gate;
    this.turn = new GatePass(gate);
    gate.enter();
  }

  get readIssued(): boolean {
    return this.turn.taker === undefined;
  }

  /** The read as such, for whoever has asked for the turn. */
  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
    const count = await this.source.read(buffer);
    this.served += count ?? 0;
    return count;
  }

  /** Read once, in turn. */
  receive(): Promise<number | null> {
    return readInTurn(this, new Uint8Array(9));
  }

  close(): void {
    this.#closed = true;
    this.#gate.leave(this.turn);
    if (this.source.waiting) {
      this.source.fail(new Deno.errors.Interrupted("operation canceled"));
    }
  }
}

function openConnections(gate: SlotGate, count: number): Gated[] {
  return Array.from({ length: count }, () => new Gated(gate));
}

async function closeAll(gate: SlotGate, all: Gated[]): Promise<void> {
  for (const one of all) one.close();
  await turns();
  assert.deepEqual([gate.held, gate.queued], [0, 0]);
}

test("SlotGate: up to as many connections as slots need none", {}, async () => {
  using timers = new FakeTimers();
  const gate = new SlotGate(3);
  const all = openConnections(gate, 3);
  const reads = all.map((one) => one.receive());
  assert.ok(all.every((one) => one.source.waiting));
  assert.equal(gate.held, 0);
  for (const one of all) one.source.give("x");
  await Promise.all(reads);
  await closeAll(gate, all);
  assert.equal(timers.delays.length, 0);
});

test(
  "SlotGate: of more connections each read needs a slot, the first one too",
  {},
  async () => {
    using timers = new FakeTimers();
    const gate = new SlotGate(2);
    const all = openConnections(gate, 5);
    const reads = all.map((one) => one.receive());
    assert.deepEqual([gate.held, gate.queued], [2, 3]);
    const firstTwo = [true, true, false, false, false];
    assert.deepEqual(all.map((one) => one.source.waiting), firstTwo);
    assert.deepEqual(all.map((one) => one.readIssued), firstTwo);
    for (const one of all) one.source.give("2");
    await Promise.all(reads);
    assert.deepEqual([gate.held, gate.queued], [0, 0]);
    await closeAll(gate, all);
    assert.equal(timers.active, 0);
  },
);

test("slots are given first come, first served", {}, async () => {
  using _timers = new FakeTimers();
  const gate = new SlotGate(1);
  const all = openConnections(gate, 6);
  const order: number[] = [];
  const reads = [3, 1, 5, 0, 4, 2].map((i) => {
    all[i]!.source.give("x");
    return all[i]!.receive().then(() => order.push(i));
  });
  await Promise.all(reads);
  assert.deepEqual(order, [3, 1, 5, 0, 4, 2]);
  await closeAll(gate, all);
});

test(
  "a holder that stays idle for two sweeps loses its slot, not its read",
  {},
  async () => {
    using timers = new FakeTimers();
    const gate = new SlotGate(2);
    const all = openConnections(gate, 4);
    const reads = all.map((one) => one.receive());
    assert.equal(gate.queued, 2);
    await timers.pass(3);
    assert.equal(gate.queued, 2, "after one sweep they keep it");
    await timers.pass(2);
    assert.equal(gate.queued, 0);
    assert.ok(all.every((one) => one.source.waiting));
    assert.equal(gate.held, 2);
    all[0]!.source.give("x");
    assert.equal(await reads[0], 1, "an idle one is served when it wakes");
    assert.equal(gate.held, 2, "and has no slot to give back");
    for (const one of all.slice(1)) one.source.give("x");
    await Promise.all(reads);
    assert.equal(gate.held, 0);
    await timers.pass(10);
    assert.equal(timers.active, 0, "the sweep ends when nobody waits");
    await closeAll(gate, all);
  },
);

test(
  "while many idle ones wake at once nobody is let in beside them",
  {},
  async () => {
    using timers = new FakeTimers();
    const gate = new SlotGate(80);
    const idle = openConnections(gate, 150);
    const reads = idle.map((one) => one.receive());
    await timers.pass(5);
    assert.deepEqual([gate.held, gate.queued], [70, 0]);
    const late = openConnections(gate, 20);
    reads.push(...late.map((one) => one.receive()));
    assert.deepEqual([gate.held, gate.queued], [80, 10]);
    for (const one of idle.slice(0, 70)) one.source.give("x");
    await Promise.all(reads.slice(0, 70));
    reads.push(...idle.slice(0, 70).map((one) => one.receive()));
    const [holder] = late;
    holder!.source.give("x");
    await reads[150];
    assert.deepEqual([gate.held, gate.queued], [79, 80], "a slot stays free");
    const asking = new Gated(gate);
    reads.push(asking.receive());
    assert.equal(gate.queued, 81, "and nobody overtakes the queue");
    await timers.pass(2);
    assert.equal(gate.queued, 81, "that sweep was crowded");
    await timers.pass(2);
    assert.equal(gate.queued, 1);
    const all = [...idle, ...late, asking];
    for (const one of all) one.source.give("xx");
    await Promise.all(reads);
    await closeAll(gate, all);
    assert.equal(timers.active, 0);
  },
);

test(
  "a holder that is served in time keeps its place in the cycle",
  {},
  async () => {
    using timers = new FakeTimers();
    const gate = new SlotGate(1);
    const all = openConnections(gate, 3);
    const [a, b, c] = all as [Gated, Gated, Gated];
    const first = a.receive();
    const second = b.receive();
    await timers.pass(3);
    a.source.give("x");
    await first;
    const third = c.receive();
    await timers.pass(2);
    assert.equal(c.source.waiting, false, "b has held for one sweep only");
    b.source.give("x");
    c.source.give("x");
    await Promise.all([second, third]);
    await closeAll(gate, all);
  },
);

test("an error gives the slot back", {}, async () => {
  using _timers = new FakeTimers();
  const gate = new SlotGate(1);
  const all = openConnections(gate, 3);
  const reads = all.map((one) => one.receive());
  all[0]!.source.fail(new Error("reset"));
  all[1]!.source.fail(new Error("reset"));
  all[2]!.source.give("x");
  await assert.rejects(reads[0]!, /reset/);
  await assert.rejects(reads[1]!, /reset/);
  assert.equal(await reads[2], 1);
  assert.equal(gate.held, 0);
  await closeAll(gate, all);
});

test("a source that throws at once gives the slot back", {}, async () => {
  using _timers = new FakeTimers();
  const gate = new SlotGate(1);
  const all = openConnections(gate, 2);
  const broken = {
    turn: all[0]!.turn,
    read: () => {
      throw new Deno.errors.BadResource("Bad resource ID");
    },
  };
  await assert.rejects(
    readInTurn(broken, new Uint8Array(1)),
    Deno.errors.BadResource,
  );
  await assert.rejects(
    new StreamReader(broken).read(),
    Deno.errors.BadResource,
  );
  assert.equal(gate.held, 0);
  await closeAll(gate, all);
});

test(
  "closing while queued ends that read and passes the turn on",
  {},
  async () => {
    using _timers = new FakeTimers();
    const gate = new SlotGate(1);
    const all = openConnections(gate, 5);
    const reads = all.map((one) => one.receive());
    all[1]!.close();
    all[2]!.close();
    await assert.rejects(reads[1]!, Deno.errors.BadResource);
    await assert.rejects(reads[2]!, Deno.errors.BadResource);
    all[0]!.source.give("x");
    await reads[0];
    await turns();
    assert.ok(all[3]!.source.waiting, "the next one in the queue");
    assert.equal(gate.held, 1);
    all[3]!.source.give("x");
    all[4]!.source.give("x");
    await Promise.all([reads[3], reads[4]]);
    for (const i of [0, 3, 4]) all[i]!.close();
    assert.deepEqual([gate.held, gate.queued], [0, 0]);
  },
);

test("closing while holding gives the slot back", {}, async () => {
  using _timers = new FakeTimers();
  const gate = new SlotGate(1);
  const all = openConnections(gate, 4);
  const reads = all.map((one) => one.receive());
  all[0]!.close();
  await assert.rejects(reads[0]!, Deno.errors.Interrupted);
  await turns();
  assert.ok(all[1]!.source.waiting);
  assert.equal(gate.held, 1);
  for (const one of all.slice(1)) one.source.give("x");
  await Promise.all(reads.slice(1));
  for (const one of all.slice(1)) one.close();
  assert.deepEqual([gate.held, gate.queued], [0, 0]);
});

test("closing between the turn and the read loses no slot", {}, async () => {
  using _timers = new FakeTimers();
  const gate = new SlotGate(1);
  const all = openConnections(gate, 3);
  const [a, b, c] = all as [Gated, Gated, Gated];
  const reads = all.map((one) => one.receive());
  // Microtask by microtask, b is closed at every point between a's end and its own read.
  a.source.give("x");
  while (!b.readIssued) await null;
  b.close();
  await reads[0];
  await assert.rejects(reads[1]!);
  c.source.give("x");
  assert.equal(await reads[2], 1);
  a.close();
  c.close();
  assert.deepEqual([gate.held, gate.queued], [0, 0]);
});

test("a reader that times out while queued keeps its place", {}, async () => {
  using timers = new FakeTimers();
  const gate = new SlotGate(1);
  const all = openConnections(gate, 3);
  const [a, b, c] = all as [Gated, Gated, Gated];
  const reader = new StreamReader(b);
  const first = a.receive();
  const timedOut = assert.rejects(reader.read(9, { timeout: 1 }), {
    name: "TimeoutError",
  });
  const third = c.receive();
  await timers.pass(1);
  await timedOut;
  a.source.give("a");
  await first;
  await turns();
  assert.deepEqual([b.source.waiting, c.source.waiting], [true, false]);
  b.source.give("b");
  c.source.give("c");
  assert.equal(await reader.read().then(text), "b");
  await third;
  await closeAll(gate, all);
});

test(
  "when so many have left that nobody has to queue, all pass",
  {},
  async () => {
    using timers = new FakeTimers();
    const gate = new SlotGate(2);
    const all = openConnections(gate, 5);
    const reads = all.map((one) => one.receive());
    assert.equal(gate.queued, 3);
    all[0]!.close();
    all[1]!.close();
    await assert.rejects(reads[0]!, Deno.errors.Interrupted);
    await assert.rejects(reads[1]!, Deno.errors.Interrupted);
    assert.equal(all[4]!.source.waiting, false);
    all[2]!.close();
    await assert.rejects(reads[2]!);
    await turns();
    for (const one of all.slice(3)) {
      assert.ok(one.source.waiting);
      assert.ok(one.readIssued, "a drain relies on it");
      one.source.give("x");
    }
    assert.deepEqual(await Promise.all(reads.slice(3)), [1, 1]);
    assert.equal(timers.active, 0);
    for (const one of all.slice(3)) one.close();
    assert.deepEqual([gate.held, gate.queued], [0, 0]);
  },
);

test(
  "1000 idle connections that wake at once are served in turn, each as often",
  {},
  async () => {
    const gate = new SlotGate(48);
    const all = openConnections(gate, 1000);
    const rounds = 10;
    let running = 0;
    let most = 0;
    const done = all.map(async (one) => {
      await one.receive();
      for (let i = 1; i < rounds; i++) {
        one.source.give("x");
        running++;
        const reading = one.receive();
        most = Math.max(most, gate.held);
        await reading;
        running--;
        const spread = Math.max(...all.slice(0, 50).map((o) => o.served)) -
          Math.min(...all.slice(0, 50).map((o) => o.served));
        assert.ok(spread <= 1, `one is ${spread} reads ahead`);
      }
    });
    // Sweep by sweep those in front turn out to be idle, and let the others pass.
    while (gate.queued > 0) await turns();
    assert.ok(all.every((one) => one.source.waiting));
    for (const one of all) one.source.give("1");
    await Promise.all(done);
    assert.equal(running, 0);
    assert.ok(most <= 48, `${most} slots were held`);
    assert.ok(all.every((one) => one.served === rounds));
    await closeAll(gate, all);
  },
);

test(
  "a queue of many that gave up costs nothing and blocks nobody",
  {},
  async () => {
    using timers = new FakeTimers();
    const gate = new SlotGate(1);
    const all = openConnections(gate, 3000);
    const reads = all.map((one) => one.receive());
    for (const read of reads) read.catch(() => {});
    for (const one of all.slice(1, -2)) one.close();
    const last = all.at(-1)!;
    last.source.give("x");
    all.at(-2)!.source.give("x");
    assert.equal(await settled(reads.at(-1)!), false);
    all[0]!.source.give("x");
    assert.equal(await reads.at(-1), 1);
    assert.equal(gate.queued, 0);
    await timers.pass(10);
    assert.equal(timers.active, 0);
    await closeAll(gate, [all[0]!, all.at(-2)!, last]);
  },
);

test("a stream's input reads in turn, straight or not", {}, async () => {
  using _timers = new FakeTimers();
  const gate = new SlotGate(1);
  const all = openConnections(gate, 3);
  const [a, b, c] = all as [Gated, Gated, Gated];
  const buffered = new StreamReader(a).read();
  const target = new Uint8Array(9);
  const straight = new StreamReader(b).readInto(target);
  const ended = new StreamReader(c).read();
  assert.deepEqual([gate.held, gate.queued], [1, 2]);
  a.source.give("a");
  assert.equal(await buffered.then(text), "a");
  b.source.give("bb");
  assert.equal(await straight, 2);
  assert.equal(text(target.subarray(0, 2)), "bb");
  c.source.end();
  assert.equal(await ended, null);
  await closeAll(gate, all);
});
