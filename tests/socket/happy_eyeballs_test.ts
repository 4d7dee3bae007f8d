import assert from "node:assert/strict";
import { type IPAddress, parseAddress } from "../../mod.ts";
import { dialAddresses, interleave } from "../../lib/socket/happy_eyeballs.ts";
import { test } from "../support/permissions.ts";
import { CountedSignal } from "../support/signal_listeners.ts";

function addresses(...texts: string[]): IPAddress[] {
  return texts.map(parseAddress);
}

/** A connection that knows whether it was closed. */
class FakeConn {
  closed = false;
  readonly address: string;
  constructor(address: string) {
    this.address = address;
  }
  close() {
    this.closed = true;
  }
}

/** What dialling a dead address does: nothing, until its signal aborts. */
function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

test(
  "interleave() lets the families take turns, the first one first",
  {},
  () => {
    const order = (...texts: string[]) =>
      interleave(addresses(...texts)).map(String);
    assert.deepEqual(order("::1", "::2", "::3", "1.1.1.1", "2.2.2.2"), [
      "::1",
      "1.1.1.1",
      "::2",
      "2.2.2.2",
      "::3",
    ]);
    assert.deepEqual(order("1.1.1.1", "::1"), ["1.1.1.1", "::1"]);
    assert.deepEqual(order(), []);
  },
);

test(
  "dialAddresses() goes on at once when an attempt fails, and ends once one has answered",
  {},
  async () => {
    const dialled: string[] = [];
    const outcome = await dialAddresses(
      addresses("::1", "::2", "::3", "::4"),
      undefined,
      (address) => {
        dialled.push(`${address}`);
        return dialled.length < 3
          ? Promise.reject(new Error(`${address}`))
          : Promise.resolve(new FakeConn(`${address}`));
      },
    );
    assert.ok("conn" in outcome);
    assert.equal(outcome.conn.address, "::3");
    assert.deepEqual(dialled, ["::1", "::2", "::3"]);
  },
);

test(
  "dialAddresses() begins the next while one hangs, and ends the loser",
  {},
  async () => {
    let loser: AbortSignal | undefined;
    const outcome = await dialAddresses(
      addresses("::1", "::2"),
      undefined,
      (address, signal) => {
        if (`${address}` === "::2") return Promise.resolve(new FakeConn("::2"));
        loser = signal;
        return hang(signal);
      },
    );
    assert.ok("conn" in outcome);
    assert.equal(outcome.conn.address, "::2");
    assert.equal(loser?.aborted, true);
  },
);

test("dialAddresses() closes a connection that comes second", {}, async () => {
  const slow = Promise.withResolvers<FakeConn>();
  const late = new FakeConn("::1");
  const outcome = await dialAddresses(
    addresses("::1", "::2"),
    undefined,
    (address) => {
      if (`${address}` === "::1") return slow.promise;
      queueMicrotask(() => slow.resolve(late));
      return Promise.resolve(new FakeConn("::2"));
    },
  );
  assert.ok("conn" in outcome);
  assert.equal(outcome.conn.address, "::2");
  assert.equal(late.closed, true);
});

test(
  "dialAddresses() has the errors in the order of the addresses",
  {},
  async () => {
    const outcome = await dialAddresses<FakeConn>(
      addresses("::1", "::2"),
      undefined,
      (address) => Promise.reject(`${address}`),
    );
    assert.deepEqual(outcome, { errors: ["::1", "::2"] });
  },
);

test("dialAddresses() ends with the signal's reason", {}, async () => {
  const controller = new AbortController();
  const dialling = dialAddresses<FakeConn>(
    addresses("::1", "::2"),
    controller.signal,
    (_, signal) => hang(signal),
  );
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(dialling, reason);
});

test(
  "dialAddresses() listens to the signal no longer than it dials",
  {},
  async () => {
    for (const answers of [true, false]) {
      const counted = new CountedSignal();
      await dialAddresses(addresses("::1"), counted.signal, () => {
        assert.equal(counted.listeners, 1);
        return answers
          ? Promise.resolve(new FakeConn("::1"))
          : Promise.reject(new Error("refused"));
      });
      assert.equal(counted.listeners, 0);
    }
  },
);
