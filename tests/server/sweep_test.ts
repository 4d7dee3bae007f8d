import assert from "node:assert/strict";
import { shortestTimeout } from "../../lib/server/connection_control.ts";
import { DEFAULTS } from "../../lib/server/serve_options.ts";
import { Sweep } from "../../lib/server/sweep.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { test } from "../support/permissions.ts";

/** A sweep, and how often it has looked. */
function counted() {
  const seen = { looks: 0 };
  return { seen, sweep: new Sweep(() => seen.looks++) };
}

test("a sweep looks four times in the shortest time-out", {}, async () => {
  using timers = new FakeTimers();
  const { seen, sweep } = counted();
  for (
    const [settings, period] of [
      [DEFAULTS, 500],
      [{ ...DEFAULTS, lingerTimeout: 0 }, 1000],
      [{ ...DEFAULTS, handshakeTimeout: 400 }, 100],
      [{ ...DEFAULTS, idleTimeout: 400 }, 100],
      [{ ...DEFAULTS, messageTimeout: 400 }, 100],
      [{ ...DEFAULTS, writeTimeout: 400 }, 100],
      [{ ...DEFAULTS, maxConnectionAge: 400 }, 100],
      [{ ...DEFAULTS, idleTimeout: 1 }, 20],
    ] as const
  ) {
    sweep.require(shortestTimeout(settings));
    seen.looks = 0;
    await timers.pass(period * 3);
    assert.equal(seen.looks, 3, `every ${period} ms`);
    sweep.stop();
  }
  assert.equal(timers.active, 0);
});

test(
  "a sweep is not put off by those who come meanwhile, and hurries for one of them",
  {},
  async () => {
    using timers = new FakeTimers();
    const { seen, sweep } = counted();
    sweep.require(2000);
    for (let i = 0; i < 10; i++) {
      await timers.pass(60);
      sweep.require(2000);
    }
    assert.equal(seen.looks, 1);
    sweep.require(80);
    sweep.require(2000);
    await timers.pass(60);
    assert.equal(seen.looks, 4);
    assert.equal(timers.active, 1);
    sweep.stop();
  },
);
