/** What is kept, for how long, and how much of it at most; and what stays open without `keepOpen`. */
import assert from "node:assert/strict";
import { AnswerCache, timeToLive } from "../../lib/lookup/answer_cache.ts";
import { type Answer, lookupError } from "../../lib/lookup/answer.ts";
import { WireBackend } from "../../lib/lookup/wire_backend.ts";
import { test } from "../support/permissions.ts";
import { FakeDns, replyA } from "./support/fake_dns.ts";

function answer(ttl: number | undefined, count = 1): Answer {
  return {
    records: new Array<string>(count).fill("192.0.2.1"),
    ttl,
    hostname: "a.test",
    aliases: [],
    server: undefined,
    source: "wire",
    dropped: [],
  };
}

test(
  "timeToLive: what is known, what is not, and the longest of each",
  {},
  () => {
    const question = { name: "a.test", type: "A" } as const;
    const failure = (
      code: "ENOTFOUND" | "ESERVFAIL" | "EUNRESOLVED",
      ttl?: number,
    ) => timeToLive({ error: lookupError(code, question), ttl });
    assert.equal(timeToLive(answer(300)), 300);
    assert.equal(timeToLive(answer(undefined)), 5);
    assert.equal(timeToLive(answer(4_000_000)), 86_400);
    assert.equal(timeToLive(answer(0)), 0);
    assert.equal(failure("ENOTFOUND", 60), 60);
    assert.equal(failure("ENOTFOUND"), 1);
    assert.equal(failure("ENOTFOUND", 1_000_000), 3_600);
    assert.equal(failure("ESERVFAIL", 60), 1);
    assert.equal(failure("EUNRESOLVED"), 1);
  },
);

test("AnswerCache forgets the oldest above 2,000 answers", {}, () => {
  const cache = new AnswerCache();
  for (let i = 0; i < 2_500; i++) cache.set(`k${i}`, answer(300));
  assert.equal(cache.size, 2_000);
  assert.equal(cache.get("k499"), undefined);
  assert.notEqual(cache.get("k500"), undefined);
  cache.clear();
  assert.equal(cache.size, 0);
});

test(
  "AnswerCache holds 20,000 records at most, however they are spread",
  {},
  () => {
    const cache = new AnswerCache();
    for (let i = 0; i < 100; i++) cache.set(`k${i}`, answer(300, 4_000));
    assert.equal(cache.size, 4);
    cache.set("huge", answer(300, 30_000));
    assert.equal(cache.size, 0);
  },
);

test(
  "AnswerCache counts long records, and names that were dropped, for more",
  {},
  () => {
    const cache = new AnswerCache();
    const long = {
      ...answer(300),
      records: [new Array(250).fill("x".repeat(255))],
    };
    for (let i = 0; i < 1_000; i++) cache.set(`k${i}`, long);
    assert.ok(cache.size > 100 && cache.size < 200, `${cache.size} held`);
    const dropped = new Array<string>(30_000).fill("\\$\\(x\\).test");
    cache.set("many", { ...answer(300), dropped });
    assert.equal(cache.get("many"), undefined);
  },
);

test("AnswerCache gives what is left of a TTL, and keeps none of 0", {}, () => {
  const cache = new AnswerCache();
  cache.set("a", answer(300));
  assert.equal(cache.get("a")?.ttl, 300);
  cache.set("b", answer(0));
  assert.equal(cache.get("b"), undefined);
});

test("AnswerCache says until when an answer holds, then and later", {}, () => {
  const cache = new AnswerCache();
  const { expires } = cache.set("a", answer(undefined));
  assert.ok(expires! > performance.now() + 4_000);
  assert.equal(cache.get("a")?.expires, expires);
});

test("without keepOpen nothing stays open when the last question is answered", {
  net: true,
  read: true,
}, async () => {
  await using fake = await FakeDns.start({ udp: replyA, tcp: replyA });
  const servers = [{ hostname: "127.0.0.1", port: fake.port }];
  const backend = new WireBackend(servers, { tries: 3, keepOpen: false });
  const { signal } = new AbortController();
  for (let round = 0; round < 3; round++) {
    const names = Array.from({ length: 20 }, (_, i) => `n${round}-${i}.test`);
    const outcomes = await Promise.all(names.map((name) => {
      const expires = performance.now() + 5_000;
      return backend.ask({ name, type: "A" }, { signal, expires });
    }));
    assert.ok(outcomes.every((outcome) => "records" in outcome));
  }
  // It is not closed: the sanitizers see what it would have left.
});

test("a backend that is retired leaves nothing open either", {
  net: true,
  read: true,
}, async () => {
  await using fake = await FakeDns.start({ tcp: replyA });
  const servers = [{ hostname: "127.0.0.1", port: fake.port }];
  const { signal } = new AbortController();
  const expires = performance.now() + 5_000;
  for (const early of [true, false]) {
    const backend = new WireBackend(servers, { tries: 3, keepOpen: true });
    const asked = backend.ask({ name: "a.test", type: "A" }, {
      signal,
      expires,
    });
    if (early) backend.retire();
    assert.ok("records" in await asked);
    backend.retire();
  }
  while (fake.ended < 2) await new Promise((resolve) => setTimeout(resolve, 0));
});
