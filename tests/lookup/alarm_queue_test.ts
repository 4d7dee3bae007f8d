/** Alarms of one length: each strikes in its own time, whatever those before it do. */
import assert from "node:assert/strict";
import { type Alarm, AlarmQueue } from "../../lib/lookup/alarm_queue.ts";
import { test } from "../support/permissions.ts";

function alarm(strike: () => void): Alarm {
  return { strike, due: 0, before: undefined, after: undefined };
}

test(
  "an alarm that is set again when it strikes does not hold up the next one",
  {},
  async () => {
    const queue = new AlarmQueue(1_000);
    let strikes = 0;
    const again = alarm(() => {
      strikes++;
      queue.set(again);
    });
    queue.set(again);
    const { promise: struck, resolve } = Promise.withResolvers<void>();
    const next = alarm(resolve);
    setTimeout(() => queue.set(next), 100);
    await struck;
    assert.equal(strikes, 1);
    queue.clear(again);
  },
);

test("an alarm that is called off does not strike", {}, async () => {
  const queue = new AlarmQueue(20);
  const off = alarm(() => assert.fail("it was called off"));
  const { promise: struck, resolve } = Promise.withResolvers<void>();
  queue.set(off);
  queue.set(alarm(resolve));
  queue.clear(off);
  await struck;
});

test(
  "whichever alarm is called off, the others strike in order",
  {},
  async () => {
    for (const off of [0, 1, 2]) {
      const queue = new AlarmQueue(20);
      const struck: number[] = [];
      const last = Promise.withResolvers<void>();
      const alarms = [0, 1, 2, 3].map((index) =>
        alarm(() => {
          struck.push(index);
          if (index === 3) last.resolve();
        })
      );
      for (const each of alarms) queue.set(each);
      queue.clear(alarms[off]!);
      queue.clear(alarms[off]!);
      await last.promise;
      assert.deepEqual(struck, [0, 1, 2, 3].filter((index) => index !== off));
    }
  },
);
