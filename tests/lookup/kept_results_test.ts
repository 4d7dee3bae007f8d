/** What is handed out again at once, and when it no longer is. */
import assert from "node:assert/strict";
import { KeptResults } from "../../lib/lookup/kept_results.ts";
import type { LocalNames } from "../../lib/lookup/local_names.ts";
import { test } from "../support/permissions.ts";

/** A hosts file that changes when it is told to. */
function hosts(): { fresh: boolean; changes: number } {
  return { fresh: true, changes: 0 };
}

function make(local = hosts()): KeptResults<string[]> {
  return new KeptResults(local as LocalNames);
}

function inAnHour(): { expires: number } {
  return { expires: performance.now() + 3_600_000 };
}

test(
  "KeptResults holds a result as long as its answer, and no longer",
  {},
  () => {
    const kept = make();
    const now = performance.now();
    kept.set("gone", ["x"], { expires: now - 1 }, kept.mark);
    kept.set("unkept", ["x"], {}, kept.mark);
    kept.set("here", ["x"], inAnHour(), kept.mark);
    assert.equal(kept.get("gone"), undefined);
    assert.equal(kept.get("unkept"), undefined);
    assert.deepEqual(kept.get("here"), ["x"]);
    const expires = performance.now() + 5;
    kept.set("soon", ["x"], { expires }, kept.mark);
    while (performance.now() < expires);
    assert.equal(kept.get("soon"), undefined);
  },
);

test("KeptResults gives way when the hosts file has changed", {}, () => {
  const local = hosts();
  const kept = make(local);
  const { mark } = kept;
  kept.set("a", ["x"], inAnHour(), mark);
  local.changes++;
  assert.equal(kept.get("a"), undefined);
  kept.set("a", ["asked before the change"], inAnHour(), mark);
  assert.equal(kept.get("a"), undefined);
  kept.set("a", ["y"], inAnHour(), kept.mark);
  local.fresh = false;
  assert.equal(kept.get("a"), undefined);
});

test("KeptResults forgets what is on its way, too", {}, () => {
  const kept = make();
  const { mark } = kept;
  kept.clear();
  kept.set("a", ["x"], inAnHour(), mark);
  assert.equal(kept.get("a"), undefined);
});

test("KeptResults is bounded in records, too", {}, () => {
  const kept = make();
  const large = new Array<string>(4_000).fill("192.0.2.1");
  const names = Array.from({ length: 100 }, (_, i) => `n${i}`);
  for (const name of names) kept.set(name, large, inAnHour(), kept.mark);
  const held = names.filter((name) => kept.get(name) !== undefined);
  assert.ok(held.length > 0 && held.length <= 5, `${held.length} held`);
  const long = ["x".repeat(64_000)];
  for (const name of names) kept.set(name, long, inAnHour(), kept.mark);
  for (const name of names) kept.set(`${name}.x`, long, inAnHour(), kept.mark);
  assert.equal(kept.get("n0"), undefined);
  const huge = new Array<string>(30_000).fill("192.0.2.1");
  kept.set("huge", huge, inAnHour(), kept.mark);
  assert.equal(kept.get("huge"), undefined);
});

test("KeptResults keeps nothing that was asked before a change", {}, () => {
  const local = hosts();
  for (
    const change of [
      () => local.changes++,
      (kept: KeptResults<string[]>) => kept.clear(),
    ]
  ) {
    const kept = make(local);
    const mark = kept.mark;
    change(kept);
    kept.set("a", ["x"], inAnHour(), mark);
    assert.equal(kept.get("a"), undefined);
    kept.set("a", ["x"], inAnHour(), kept.mark);
    assert.deepEqual(kept.get("a"), ["x"]);
    kept.set("a", ["y"], inAnHour(), mark);
    assert.deepEqual(kept.get("a"), ["x"], "what is newer stays");
  }
});
