import assert from "node:assert/strict";
import { type RateLimit, RateLimiter } from "../../lib/server/rate_limit.ts";
import { test } from "../support/permissions.ts";

/** A limiter on a clock that the test moves. */
function limiter(options: RateLimit, maxPeers?: number) {
  const clock = { time: 1000, now: () => clock.time };
  const extra = maxPeers === undefined ? {} : { maxPeers };
  return { clock, limit: new RateLimiter(options, { ...clock, ...extra }) };
}

function admitted(limit: RateLimiter, address: string, tries: number): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (limit.admit(address)) count++;
  return count;
}

test(
  "RateLimiter.admit() lets the burst through at once, then the rate",
  {},
  () => {
    const { clock, limit } = limiter({ perSecond: 10, burst: 5 });
    assert.equal(admitted(limit, "192.0.2.1", 20), 5);
    clock.time += 99;
    assert.equal(admitted(limit, "192.0.2.1", 20), 0);
    clock.time += 1;
    assert.equal(admitted(limit, "192.0.2.1", 20), 1);
    clock.time += 300;
    assert.equal(admitted(limit, "192.0.2.1", 20), 3);
    clock.time += 60_000;
    assert.equal(admitted(limit, "192.0.2.1", 20), 5);
  },
);

test(
  "RateLimiter.admit() keeps the average however often it is asked",
  {},
  () => {
    const { clock, limit } = limiter({ perSecond: 3, burst: 1 });
    let count = 0;
    for (let i = 0; i < 10_000; i++, clock.time += 1) {
      if (limit.admit("192.0.2.1")) count++;
    }
    assert.equal(count, 30);
  },
);

test(
  "RateLimiter counts each IPv4 address and each IPv6 /64 by itself",
  {},
  () => {
    const { limit } = limiter({ perSecond: 1, burst: 1 });
    assert.equal(admitted(limit, "192.0.2.1", 2), 1);
    assert.equal(admitted(limit, "192.0.2.2", 2), 1);
    assert.equal(admitted(limit, "::ffff:192.0.2.1", 2), 0);
    assert.equal(admitted(limit, "2001:db8::1", 2), 1);
    assert.equal(admitted(limit, "2001:db8::ffff:2", 2), 0);
    assert.equal(admitted(limit, "2001:db8:0:1::1", 2), 1);
  },
);

test('RateLimiter with per: "server" has one allowance for all', {}, () => {
  const { limit } = limiter({ perSecond: 1, burst: 2, per: "server" });
  assert.equal(limit.admit("192.0.2.1"), true);
  assert.equal(limit.admit("192.0.2.2"), true);
  assert.equal(limit.admit("192.0.2.3"), false);
  assert.equal(limit.size, 1);
});

test("RateLimiter remembers a bounded number of peers", {}, () => {
  const { clock, limit } = limiter({ perSecond: 1 }, 100);
  for (let i = 0; i < 5000; i++, clock.time += 1) {
    assert.equal(limit.admit(`10.0.${i >> 8}.${i & 255}`), true);
    assert.ok(limit.size <= 100);
  }
});

test(
  "RateLimiter without burst takes what comes in a second, at least 1",
  {},
  () => {
    assert.equal(
      admitted(limiter({ perSecond: 7.5 }).limit, "192.0.2.1", 20),
      8,
    );
    assert.equal(
      admitted(limiter({ perSecond: 0.1 }).limit, "192.0.2.1", 20),
      1,
    );
  },
);

test("RateLimiter refuses options that it cannot keep", {}, () => {
  const bad: [unknown, typeof RangeError | typeof TypeError, RegExp][] = [
    [5, TypeError, /rateLimit 5: must be an object/],
    [null, TypeError, /must be an object/],
    [{}, TypeError, /perSecond undefined/],
    [{ perSecond: "9" }, TypeError, /perSecond "9": must be a number/],
    [{ perSecond: 0 }, RangeError, /perSecond 0/],
    [{ perSecond: -1 }, RangeError, /perSecond -1/],
    [{ perSecond: NaN }, RangeError, /perSecond NaN/],
    [{ perSecond: Infinity }, RangeError, /perSecond Infinity/],
    [{ perSecond: 1, burst: 0 }, RangeError, /burst 0/],
    [{ perSecond: 1, burst: 1.5 }, RangeError, /burst 1.5/],
    [{ perSecond: 1, per: "net" }, TypeError, /per "net"/],
    [{ perSecond: 1, brust: 1 }, TypeError, /unknown option "brust"/],
  ];
  for (const [options, kind, message] of bad) {
    assert.throws(() => new RateLimiter(options as RateLimit), (error) => {
      assert.ok(error instanceof kind);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("a full RateLimiter forgets nobody for one whom it knows", {}, () => {
  const { limit } = limiter({ perSecond: 1, burst: 2 }, 2);
  for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.2"]) {
    assert.ok(limit.admit(address));
  }
  assert.equal(admitted(limit, "192.0.2.1", 3), 1);
});
