/** The Asker: equal questions, and which failures are kept. */
import assert from "node:assert/strict";
import type { Question } from "../../lib/lookup/answer.ts";
import { Asker } from "../../lib/lookup/asker.ts";
import {
  type ResolverOptions,
  resolverSettings,
} from "../../lib/lookup/resolver_options.ts";
import { test } from "../support/permissions.ts";
import {
  FakeDns,
  type FakeQuery,
  NXDOMAIN,
  reply,
  replyA,
} from "./support/fake_dns.ts";

const NET = { net: true };
const QUESTION: Question = { name: "a.test", type: "A" };

function make(fake: FakeDns, options: ResolverOptions = {}): Asker {
  return new Asker(
    resolverSettings({
      backend: "wire",
      servers: [fake.server],
      hosts: false,
      ...options,
    }),
    false,
  );
}

/** Ask with so many milliseconds; gives the code of the failure, if it is one. */
async function ask(asker: Asker, time = 5_000): Promise<string | undefined> {
  const expires = performance.now() + time;
  const outcome = await asker.ask(QUESTION, undefined, expires);
  return "error" in outcome ? outcome.error.code : undefined;
}

test("Asker: equal questions that fail are one query, too", NET, async () => {
  await using fake = await FakeDns.start({
    udp: (q) => reply(q, { rcode: NXDOMAIN }),
  });
  const asker = make(fake, { cache: false });
  const both = [ask(asker), ask(asker)];
  assert.deepEqual(await Promise.all(both), ["ENOTFOUND", "ENOTFOUND"]);
  const { queries, shared, failures } = asker.stats();
  assert.deepEqual({ queries, shared, failures }, {
    queries: 1,
    shared: 1,
    failures: 1,
  });
});

test(
  "Asker: silence is kept only where the servers had their time",
  NET,
  async () => {
    let silent = true;
    const answer = (q: FakeQuery) => silent ? undefined : replyA(q);
    await using fake = await FakeDns.start({ udp: answer, tcp: answer });
    const asker = make(fake, { timeout: 100 });
    assert.equal(await ask(asker, 40), "ETIMEOUT");
    assert.equal(asker.stats().cached, 0);
    assert.equal(await ask(asker, 100), "ETIMEOUT");
    assert.equal(asker.stats().cached, 1);
    silent = false;
    assert.equal(await ask(asker, 100), "ETIMEOUT");
    assert.equal(asker.stats().queries, 2);
    asker.clear();
    assert.equal(await ask(asker), undefined);
  },
);

test(
  "Asker: any other failure is kept, however little time there was",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      udp: (q) => reply(q, { rcode: NXDOMAIN }),
    });
    const asker = make(fake);
    assert.equal(await ask(asker, 2_000), "ENOTFOUND");
    assert.equal(asker.stats().cached, 1);
  },
);

test(
  "Asker: what the system said is kept as all else, unless told otherwise",
  NET,
  async () => {
    await using fake = await FakeDns.start({});
    for (const [cache, asked] of [[true, 1], [false, 2]] as const) {
      const asker = make(fake, { cache });
      const expires = performance.now() + 5_000;
      const first = await asker.askSystem("localhost", 4, undefined, expires);
      assert.equal("records" in first && first.records[0], "127.0.0.1");
      await asker.askSystem("localhost", 4, undefined, expires);
      const { queries, cacheHits } = asker.stats();
      assert.deepEqual([queries, cacheHits], [asked, 2 - asked]);
      await asker.askSystem("localhost", 6, undefined, expires);
      assert.equal(asker.stats().queries, asked + 1);
    }
  },
);
