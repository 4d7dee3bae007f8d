/** InFlight and Turnstile: who shares work, who waits for a place, and who leaves. */
import assert from "node:assert/strict";
import { InFlight, Turnstile } from "../../lib/lookup/in_flight.ts";
import { turns } from "../support/byte_source.ts";
import { test } from "../support/permissions.ts";

/** Work that ends when the test says so, or when it is aborted. */
function begun(): {
  start: (signal: AbortSignal) => Promise<string>;
  signals: AbortSignal[];
  finish: (text: string) => void;
} {
  const signals: AbortSignal[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  return {
    signals,
    finish: resolve,
    start: (signal) => {
      signals.push(signal);
      return promise;
    },
  };
}

test("InFlight: one waiter who leaves fails no other", {}, async () => {
  const work = begun();
  const inFlight = new InFlight<string>();
  const abort = new AbortController();
  const leaving = inFlight.join("a", abort.signal, work.start);
  const staying = [
    inFlight.join("a", undefined, work.start),
    inFlight.join("a", new AbortController().signal, work.start),
  ];
  const other = inFlight.join("b", undefined, () => Promise.resolve("b"));
  assert.equal(inFlight.size, 2);
  abort.abort("enough");
  await assert.rejects(leaving, (reason) => reason === "enough");
  work.finish("done");
  assert.deepEqual(await Promise.all(staying), ["done", "done"]);
  assert.equal(await other, "b");
  await turns();
  assert.equal(work.signals.length, 1);
  assert.equal(work.signals[0]!.aborted, false);
  assert.equal(inFlight.size, 0);
});

test(
  "InFlight: work that all have left is aborted, and not joined any more",
  {},
  async () => {
    const left = begun();
    const fresh = begun();
    const inFlight = new InFlight<string>();
    const aborts = [new AbortController(), new AbortController()];
    const leaving = aborts.map(({ signal }) =>
      inFlight.join("a", signal, left.start).catch((reason) => reason)
    );
    for (const abort of aborts) {
      assert.equal(left.signals[0]!.aborted, false);
      abort.abort("enough");
    }
    assert.equal(left.signals[0]!.reason, "enough");
    const joined = inFlight.join("a", undefined, fresh.start);
    assert.deepEqual(await Promise.all(leaving), ["enough", "enough"]);
    left.finish("old");
    await turns();
    assert.equal(inFlight.size, 1, "that of the second");
    fresh.finish("new");
    assert.equal(await joined, "new");
  },
);

test("InFlight.abortAll() aborts all with its reason", {}, () => {
  const inFlight = new InFlight<string>();
  const works = [begun(), begun()];
  works.forEach(({ start }, index) =>
    void inFlight.join(`${index}`, undefined, start)
  );
  inFlight.abortAll("closed");
  assert.deepEqual(works.map(({ signals }) => signals[0]!.reason), [
    "closed",
    "closed",
  ]);
});

function options(time = 10_000, signal = new AbortController().signal) {
  return { signal, expires: performance.now() + time };
}

test("Turnstile lets so many in, the others in their order", {}, async () => {
  const turnstile = new Turnstile(2);
  const works = [0, 1, 2, 3].map(() => Promise.withResolvers<number>());
  const entered: number[] = [];
  const running = works.map(({ promise }, index) =>
    turnstile.run(options(), () => {
      entered.push(index);
      return promise;
    })
  );
  await turns();
  assert.deepEqual(entered, [0, 1]);
  works[1]!.resolve(1);
  await turns();
  assert.deepEqual(entered, [0, 1, 2]);
  assert.equal(turnstile.running, 2);
  works[0]!.reject(new Error("failed"));
  await assert.rejects(running[0]!, { message: "failed" });
  await turns();
  assert.deepEqual(entered, [0, 1, 2, 3]);
  works[2]!.resolve(2);
  works[3]!.resolve(3);
  assert.deepEqual(await Promise.all(running.slice(1)), [1, 2, 3]);
  assert.equal(turnstile.running, 0);
});

test(
  "Turnstile: who has no time or leaves gives his place in the queue up",
  {},
  async () => {
    const turnstile = new Turnstile(1);
    const { promise, resolve } = Promise.withResolvers<number>();
    const first = turnstile.run(options(), () => promise);
    const never = () => assert.fail("it had left");
    const abort = new AbortController();
    const late = turnstile.run(options(10), never);
    const last = turnstile.run(options(), () => Promise.resolve(2));
    const leaving = turnstile.run(options(10_000, abort.signal), never);
    assert.equal(await late, undefined);
    abort.abort("enough");
    await assert.rejects(leaving, (reason) => reason === "enough");
    resolve(1);
    assert.deepEqual(await Promise.all([first, last]), [1, 2]);
    assert.equal(turnstile.running, 0);
  },
);
