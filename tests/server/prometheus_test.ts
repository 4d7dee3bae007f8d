import assert from "node:assert/strict";
import { formatPrometheus, type PrometheusOptions } from "../../mod.ts";
import { newDatagramServerStats } from "../../lib/server/datagram_stats.ts";
import { newStreamServerStats } from "../../lib/server/stream_stats.ts";
import { test } from "../support/permissions.ts";

/** The samples of a page, after checking every line against the format's grammar. */
function samples(page: string): Map<string, number> {
  const found = new Map<string, number>();
  const typed = new Set<string>();
  assert.ok(page === "" || page.endsWith("\n"));
  for (const line of page.split("\n").slice(0, -1)) {
    if (line.startsWith("# HELP ")) {
      assert.match(line, /^# HELP [a-z_][a-z0-9_]* [^\n]+$/);
      continue;
    }
    const type = line.match(/^# TYPE ([a-z_][a-z0-9_]*) (counter|gauge)$/);
    if (type !== null) {
      assert.ok(!typed.has(type[1]!), `${type[1]} stands once`);
      assert.equal(type[2] === "counter", type[1]!.endsWith("_total"));
      typed.add(type[1]!);
      continue;
    }
    const sample = line.match(
      /^([a-z_][a-z0-9_]*)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (\S+)$/,
    );
    assert.ok(sample !== null, line);
    assert.ok(typed.has(sample[1]!), `${line} comes after its TYPE`);
    found.set(sample[1]! + sample[2]!, Number(sample[3]));
  }
  return found;
}

test(
  "formatPrometheus names every number of a stream server's statistics",
  {},
  () => {
    const stats = newStreamServerStats();
    stats.accepted = 5;
    stats.active = 2;
    stats.bytesRead = 2 ** 53 - 1;
    stats.drops = { deny: 3, "rate-limit": 1 };
    stats.closes = { done: 1 };
    const found = samples(formatPrometheus(stats));
    assert.equal(found.size, 13);
    assert.equal(found.get("deno_socket_accepted_total"), 5);
    assert.equal(found.get("deno_socket_active"), 2);
    assert.equal(found.get("deno_socket_bytes_read_total"), 2 ** 53 - 1);
    assert.equal(found.get('deno_socket_drops_total{reason="rate-limit"}'), 1);
    assert.equal(found.get('deno_socket_closes_total{reason="done"}'), 1);
  },
);

test(
  "formatPrometheus says what each number of a server's statistics means",
  {},
  () => {
    const record = { drops: { deny: 1 }, closes: { done: 1 } };
    for (const stats of [newStreamServerStats(), newDatagramServerStats()]) {
      const page = formatPrometheus({ ...stats, ...record });
      const helped = page.split("\n").filter((l) => l.startsWith("# HELP "));
      assert.equal(helped.length, Object.keys(stats).length);
      for (const line of helped) assert.doesNotMatch(line, / of the server\.$/);
    }
  },
);

test("formatPrometheus escapes label values", {}, () => {
  const page = formatPrometheus({ drops: { 'a"b\\c\nd': 1 } }, {
    labels: { server: "x\ny" },
  });
  assert.ok(
    page.includes(
      'deno_socket_drops_total{server="x\\ny",reason="a\\"b\\\\c\\nd"} 1\n',
    ),
  );
  assert.equal(samples(page).size, 1);
});

test(
  "formatPrometheus puts several servers under one head per metric",
  {},
  () => {
    const page = formatPrometheus([
      { stats: { active: 1, drops: { idle: 4 } }, labels: { server: "a" } },
      { stats: { active: 2, drops: {} }, labels: { server: "b" } },
    ], { prefix: "front" });
    assert.deepEqual([...samples(page)], [
      ['front_active{server="a"}', 1],
      ['front_active{server="b"}', 2],
      ['front_drops_total{server="a",reason="idle"}', 4],
    ]);
  },
);

test("formatPrometheus takes anybody's object of numbers", {}, () => {
  const page = formatPrometheus(
    { "rx-pps": 1, queueDepth: 7n, never: Infinity, gone: undefined },
    { prefix: "my", gauges: ["queueDepth"] },
  );
  assert.match(page, /^my_rx_pps_total 1$/m);
  assert.match(page, /^my_queue_depth 7$/m);
  assert.match(page, /^my_never_total \+Inf$/m);
  assert.ok(!page.includes("gone"));
  assert.equal(formatPrometheus({}), "");
});

test(
  "formatPrometheus refuses what is no number and names that are none",
  {},
  () => {
    assert.throws(() => formatPrometheus({ a: "1" }), {
      name: "TypeError",
      message:
        'Cannot format statistics: a "1" is neither a number nor a record of numbers',
    });
    assert.throws(() => formatPrometheus({ a: { b: {} } }), TypeError);
    const bad: PrometheusOptions[] = [
      { prefix: "1x" },
      { labels: { "a-b": "" } },
      { labels: { __name__: "" } },
    ];
    for (const options of bad) {
      assert.throws(() => formatPrometheus({ a: 1 }, options), RangeError);
    }
  },
);
