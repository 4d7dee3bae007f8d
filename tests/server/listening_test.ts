/** The listening socket of a server is opened again whatever comes between. */
import assert from "node:assert/strict";
import { listen, type StreamListener } from "../../mod.ts";
import type { Intake } from "../../lib/server/intake.ts";
import { type ListenChanges, Listening } from "../../lib/server/listening.ts";
import { turns } from "../support/byte_source.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { test } from "../support/permissions.ts";

const CERTIFICATE = { cert: "a certificate", key: "its key" };

/** A listener that opens again only when `faults` are used up; each attempt waits for `before`. */
async function listening(faults: number, before?: Promise<void>) {
  const opened: ListenChanges[] = [];
  const listener = await listen({ port: 0 });
  const ended = Promise.withResolvers<void>();
  const intake = {
    run: () => ended.promise,
    stop: () => ended.resolve(),
  } as unknown as Intake;
  const relisten = async (
    addr: Deno.Addr,
    changes: ListenChanges,
  ): Promise<StreamListener> => {
    opened.push(changes);
    await before;
    if (opened.length <= faults) {
      throw Object.assign(new Error("full"), { code: "EMFILE" });
    }
    return await listen({ port: (addr as Deno.NetAddr).port });
  };
  const place = new Listening({
    listener,
    relisten,
    intake,
    onListen: () => {},
    onLost: () => {},
  });
  place.start();
  return { place, opened };
}

test("leaveTls() that cannot open the place tries again until it can", {
  net: true,
}, async () => {
  using timers = new FakeTimers();
  const { place, opened } = await listening(3);
  await assert.rejects(place.leaveTls(() => {}), { code: "EMFILE" });
  assert.equal(place.suspended, true);
  for (let i = 0; i < 3; i++) await timers.pass(100);
  assert.equal(place.suspended, false);
  assert.deepEqual(opened, Array(4).fill({ transport: "tcp" }));
  await timers.pass(1000);
  assert.equal(opened.length, 4);
  await place.stop();
});

test(
  "setCertificate() that can open the place with neither tries the old one again",
  {
    net: true,
  },
  async () => {
    using timers = new FakeTimers();
    const { place, opened } = await listening(2);
    await assert.rejects(place.setCertificate(CERTIFICATE), { code: "EMFILE" });
    assert.equal(place.suspended, true);
    await timers.pass(100);
    assert.equal(place.suspended, false);
    assert.deepEqual(opened, [CERTIFICATE, {}, {}]);
    await place.stop();
  },
);

for (const end of ["suspend", "stop"] as const) {
  test(`${end}() ends the attempts to open the place again`, {
    net: true,
  }, async () => {
    using timers = new FakeTimers();
    const { place, opened } = await listening(9);
    await assert.rejects(place.leaveTls(() => {}), { code: "EMFILE" });
    await place[end]();
    await timers.pass(1000);
    await turns(3);
    assert.equal(opened.length, 1);
    await place.stop();
  });
}

test("stop() during an attempt leaves no other one behind", {
  net: true,
}, async () => {
  using timers = new FakeTimers();
  const gate = Promise.withResolvers<void>();
  const { place, opened } = await listening(9, gate.promise);
  const left = assert.rejects(place.leaveTls(() => {}), { code: "EMFILE" });
  await turns(3);
  assert.equal(opened.length, 1);
  const stopped = place.stop();
  gate.resolve();
  await Promise.all([left, stopped]);
  await timers.pass(1000);
  assert.equal(opened.length, 1);
  assert.equal(timers.active, 0);
});

test("resume() opens the place before the next attempt, which then is none", {
  net: true,
}, async () => {
  using timers = new FakeTimers();
  const { place, opened } = await listening(1);
  await assert.rejects(place.leaveTls(() => {}), { code: "EMFILE" });
  await place.resume();
  assert.equal(place.suspended, false);
  await timers.pass(1000);
  assert.equal(opened.length, 2);
  await place.stop();
});
