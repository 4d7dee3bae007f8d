import assert from "node:assert/strict";
import { AcceptLoop } from "../../lib/socket/accept_loop.ts";
import { settled, turns } from "../support/byte_source.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { test } from "../support/permissions.ts";

/** An acceptor whose answers are scripted: a connection's number, or an error. */
class Acceptor {
  calls = 0;
  readonly #script: (number | Error)[];
  #waiting: PromiseWithResolvers<Deno.Conn> | undefined;

  constructor(...script: (number | Error)[]) {
    this.#script = script;
  }

  accept(): Promise<Deno.Conn> {
    this.calls++;
    const next = this.#script.shift();
    if (next === undefined) {
      this.#waiting = Promise.withResolvers();
      return this.#waiting.promise;
    }
    if (next instanceof Error) return Promise.reject(next);
    return Promise.resolve({ rid: next } as unknown as Deno.Conn);
  }

  /** As Deno's listener does with the accept that waits. */
  close(): void {
    this.#waiting?.reject(
      new Deno.errors.BadResource("Listener has been closed"),
    );
  }
}

function fault(code: string): Error {
  return Object.assign(new Error(`fails with ${code}`), { code });
}

function number(conn: Deno.Conn | undefined): number | undefined {
  return (conn as { rid?: number } | undefined)?.rid;
}

interface Reports {
  codes: [unknown, boolean][];
  report: (error: unknown, transient: boolean) => void;
}

function reports(): Reports {
  const codes: [unknown, boolean][] = [];
  return {
    codes,
    report: (error, transient) =>
      codes.push([(error as { code: unknown }).code, transient]),
  };
}

test(
  "a client that is gone before it is accepted is skipped at once",
  {},
  async () => {
    using timers = new FakeTimers();
    const { codes, report } = reports();
    const gone = ["ENOTCONN", "ECONNABORTED", "ECONNRESET", "EPROTO", "EINTR"];
    const loop = new AcceptLoop(new Acceptor(...gone.map(fault), 7), report);
    assert.equal(number(await loop.accept()), 7);
    assert.deepEqual(codes, gone.map((code) => [code, true]));
    assert.equal(timers.delays.length, 0);
  },
);

test("SV20 400 resets in a row are survived", {}, async () => {
  using timers = new FakeTimers();
  const acceptor = new Acceptor(
    ...Array.from({ length: 400 }, () => fault("ENOTCONN")),
    1,
  );
  assert.equal(number(await new AcceptLoop(acceptor).accept()), 1);
  assert.equal(acceptor.calls, 401);
  assert.equal(timers.delays.length, 0);
});

test(
  "SV21 when descriptors are used up the pauses double to a second, with one report",
  {},
  async () => {
    using timers = new FakeTimers();
    const { codes, report } = reports();
    const used = Array.from({ length: 11 }, () => fault("EMFILE"));
    const acceptor = new Acceptor(...used, 1);
    const accepting = new AcceptLoop(acceptor, report).accept();
    await timers.pass(5 + 10 + 20 + 40 + 80 + 160 + 320 + 640 + 1000 + 1000);
    assert.equal(acceptor.calls, 11);
    assert.equal(await settled(accepting), false);
    await timers.pass(1000);
    assert.equal(number(await accepting), 1);
    assert.deepEqual(
      timers.delays,
      [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000],
    );
    assert.deepEqual(codes, [["EMFILE", false]]);
    assert.equal(timers.active, 0);
  },
);

test(
  "after a success the pauses begin with 5 ms, and after two good seconds a failure is reported",
  {},
  async () => {
    using timers = new FakeTimers();
    const { codes, report } = reports();
    const acceptor = new Acceptor(
      fault("EMFILE"),
      fault("ECONNRESET"),
      fault("ENFILE"),
      1,
      fault("EMFILE"),
      2,
      fault("EMFILE"),
      3,
    );
    let now = 0;
    const loop = new AcceptLoop(acceptor, report, () => now);
    const first = loop.accept();
    await timers.pass(20);
    assert.equal(number(await first), 1);
    const second = loop.accept();
    await timers.pass(20);
    assert.equal(number(await second), 2);
    now += 2001;
    const third = loop.accept();
    await timers.pass(20);
    assert.equal(number(await third), 3);
    assert.deepEqual(timers.delays, [5, 10, 5, 5]);
    assert.deepEqual(codes, [
      ["EMFILE", false],
      ["ECONNRESET", true],
      ["EMFILE", false],
    ]);
  },
);

test(
  "an error that nobody knows pauses as used-up descriptors do",
  {},
  async () => {
    using timers = new FakeTimers();
    const loop = new AcceptLoop(new Acceptor(new Error("?"), 1));
    const accepting = loop.accept();
    await timers.pass(5);
    assert.equal(number(await accepting), 1);
  },
);

test(
  "a streak goes on until accepting has gone well, however long it waits",
  {},
  async () => {
    using timers = new FakeTimers();
    const { codes, report } = reports();
    let now = 0;
    const acceptor = new Acceptor(fault("EMFILE"), fault("ENFILE"), 1);
    const loop = new AcceptLoop(acceptor, report, () => now);
    const accepting = loop.accept();
    await turns();
    now += 60_000;
    await timers.pass(20);
    assert.equal(number(await accepting), 1);
    assert.deepEqual(codes, [["EMFILE", false]]);
  },
);

test("a client that Deno cannot name is skipped at once", {}, async () => {
  using timers = new FakeTimers();
  const { codes, report } = reports();
  const unnamed = new Deno.errors.InvalidData("invalid utf-8");
  const loop = new AcceptLoop(new Acceptor(unnamed, 1), report);
  assert.equal(number(await loop.accept()), 1);
  assert.equal(timers.delays.length, 0);
  assert.deepEqual(codes, [[undefined, true]]);
});

test(
  "whatever accepting fails with after closing, nothing is reported",
  {},
  async () => {
    using timers = new FakeTimers();
    const { codes, report } = reports();
    for (const error of [fault("EINVAL"), fault("ECONNRESET")]) {
      const loop = new AcceptLoop(new Acceptor(error), report);
      const accepting = loop.accept();
      loop.close();
      assert.equal(await accepting, undefined);
    }
    assert.deepEqual(codes, []);
    assert.equal(timers.delays.length, 0);
  },
);

test(
  "closing during a pause ends it at once, without a further accept",
  {},
  async () => {
    using timers = new FakeTimers();
    const acceptor = new Acceptor(fault("EMFILE"), 1);
    const loop = new AcceptLoop(acceptor);
    const accepting = loop.accept();
    await turns();
    assert.equal(timers.active, 1);
    loop.close();
    assert.equal(await accepting, undefined);
    assert.equal(timers.active, 0);
    assert.equal(acceptor.calls, 1);
    assert.equal(await loop.accept(), undefined);
    assert.equal(acceptor.calls, 1);
  },
);

test("closing while it accepts ends it without a report", {}, async () => {
  const { codes, report } = reports();
  const acceptor = new Acceptor();
  const loop = new AcceptLoop(acceptor, report);
  const accepting = loop.accept();
  loop.close();
  acceptor.close();
  assert.equal(await accepting, undefined);
  assert.deepEqual(codes, []);
});

test("a listener that somebody else closes ends the loop", {}, async () => {
  using timers = new FakeTimers();
  const acceptor = new Acceptor();
  const accepting = new AcceptLoop(acceptor).accept();
  acceptor.close();
  assert.equal(await accepting, undefined);
  assert.equal(timers.delays.length, 0);
});

test("an acceptor that throws at once is survived", {}, async () => {
  const { codes, report } = reports();
  const answers: (() => unknown)[] = [
    () => {
      throw fault("ECONNABORTED");
    },
    () => ({ rid: 7 }),
  ];
  const acceptor = { accept: () => answers.shift()!() as Promise<Deno.Conn> };
  const loop = new AcceptLoop(acceptor, report);
  assert.equal(number(await loop.accept()), 7);
  assert.deepEqual(codes, [["ECONNABORTED", true]]);
  answers.push(() => ({ rid: 8 }));
  assert.equal(number(await loop.accept()), 8, "no promise either");
});
