import assert from "node:assert/strict";
import { PerIpCounter } from "../../lib/server/per_ip.ts";
import { test } from "../support/permissions.ts";

test("PerIpCounter.add() answers false at the maximum, per key", {}, () => {
  const counter = new PerIpCounter(2);
  assert.deepEqual(
    ["a", "a", "a", "b"].map((key) => counter.add(key)),
    [true, true, false, true],
  );
  assert.equal(counter.count("a"), 2);
});

test("PerIpCounter.remove() makes room again", {}, () => {
  const counter = new PerIpCounter(1);
  assert.equal(counter.add("a"), true);
  assert.equal(counter.add("a"), false);
  counter.remove("a");
  assert.equal(counter.add("a"), true);
});

test("PerIpCounter keeps nothing of a peer that has left", {}, () => {
  const counter = new PerIpCounter(3);
  for (let i = 0; i < 10_000; i++) {
    assert.equal(counter.add(`10.0.${i >> 8}.${i & 255}`), true);
    counter.remove(`10.0.${i >> 8}.${i & 255}`);
  }
  assert.equal(counter.size, 0);
  counter.remove("never added");
  assert.equal(counter.size, 0);
});

test("PerIpCounter follows a maximum that is lowered while running", {}, () => {
  const counter = new PerIpCounter(3);
  counter.add("a");
  counter.add("a");
  counter.max = 1;
  assert.equal(counter.add("a"), false);
  counter.remove("a");
  assert.equal(counter.add("a"), false);
  counter.remove("a");
  assert.equal(counter.add("a"), true);
});
