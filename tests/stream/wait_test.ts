import assert from "node:assert/strict";
import { armWait, LONGEST_TIMER, waitFor } from "../../lib/stream/wait.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { test } from "../support/permissions.ts";

test(
  "waitFor() counts what has passed before, and names the whole time-out",
  {},
  async () => {
    const never = new Promise<void>(() => {});
    const since = performance.now() - 60_000;
    await assert.rejects(waitFor(never, "open", { timeout: 60_000 }, since), {
      name: "TimeoutError",
      message: "Cannot open: not done within 60000 ms",
    });
  },
);

test("armWait() sets a timer for exactly the time that is left", {}, () => {
  using timers = new FakeTimers();
  const arm = (timeout: number, since?: number) => {
    armWait("wait", { timeout }, () => {}, since)();
    return timers.delays.splice(0);
  };
  assert.deepEqual(arm(60_000), [60_000]);
  assert.deepEqual(arm(LONGEST_TIMER), [LONGEST_TIMER]);
  assert.deepEqual(arm(LONGEST_TIMER + 1), [], "the runtime would wrap it");
  assert.deepEqual(arm(Infinity), []);
  assert.deepEqual(arm(5, performance.now() - 60_000), [0]);
  armWait("wait", { signal: new AbortController().signal }, () => {})();
  assert.deepEqual(timers.delays, []);
  assert.equal(timers.active, 0);
});
