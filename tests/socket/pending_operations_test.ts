/** PendingOperations: each settles once, and the first failure counts. */
import assert from "node:assert/strict";
import {
  PendingOperations,
  type Settle,
} from "../../lib/socket/pending_operations.ts";
import { test } from "../support/permissions.ts";

/** Operations whose callbacks the test calls. */
function fixture(): { pending: PendingOperations; begin: () => Begun } {
  const pending = new PendingOperations((error) => `translated ${error}`);
  return {
    pending,
    begin: () => {
      let settle: Settle | undefined;
      const outcome = pending.run((callback) => settle = callback).then(
        () => "done",
        (reason) => reason,
      );
      return { outcome, settle: settle! };
    },
  };
}

interface Begun {
  outcome: Promise<unknown>;
  settle: Settle;
}

test("PendingOperations settle as their callbacks say", {}, async () => {
  const { pending, begin } = fixture();
  const [well, none, ill] = [begin(), begin(), begin()];
  well.settle();
  none.settle(null);
  ill.settle("error");
  ill.settle();
  assert.equal(await well.outcome, "done");
  assert.equal(await none.outcome, "done");
  assert.equal(await ill.outcome, "translated error");
  assert.equal(pending.failed, false);
});

test(
  "PendingOperations all fail with the first failure of the socket",
  {},
  async () => {
    const { pending, begin } = fixture();
    const settled = begin();
    const waiting = [begin(), begin()];
    settled.settle();
    pending.fail("reset");
    pending.fail("closed");
    waiting[0]!.settle("aborted");
    assert.equal(pending.failed, true);
    assert.equal(await settled.outcome, "done");
    for (const { outcome } of waiting) assert.equal(await outcome, "reset");
    const late = pending.run(() => assert.fail("nothing is begun"));
    await assert.rejects(late, (reason) => reason === "reset");
  },
);

test(
  "PendingOperations: a callback that comes with the failure tells it",
  {},
  async () => {
    const pending = new PendingOperations((error) => `translated ${error}`);
    const outcome = pending.run((settle) => {
      pending.fail("reset");
      settle("aborted");
    });
    await assert.rejects(outcome, (reason) => reason === "reset");
  },
);
