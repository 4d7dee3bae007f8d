/** Lookups where names, search lists and deadlines are not the ordinary ones. */
import assert from "node:assert/strict";
import { Resolver } from "../../mod.ts";
import { parseResolvConf } from "../../lib/lookup/resolv_conf.ts";
import { test } from "../support/permissions.ts";
import { FakeDns, type FakeQuery, replyA } from "./support/fake_dns.ts";
import { held, wire } from "./support/wire_resolver.ts";

const NET = { net: true };

const answerA = (query: FakeQuery) => replyA(query);

test("names with characters that answers escape are heard", NET, async () => {
  await using fake = await FakeDns.start({ udp: answerA });
  using resolver = wire(fake);
  for (const name of ["a$b.test", "a\\$b.test", "x@y.test", 'q"(.test']) {
    assert.deepEqual(await resolver.resolve(name, "A"), ["192.0.2.1"], name);
  }
});

test(
  "search domains are read as names are, and nonsense is told",
  NET,
  async () => {
    const asked: string[] = [];
    await using fake = await FakeDns.start({
      udp: (query) => {
        asked.push(query.name);
        return replyA(query);
      },
    });
    using resolver = wire(fake, { search: ["Bücher.Example."] });
    await resolver.lookup("www", { family: 4 });
    assert.equal(asked[0], "www.xn--bcher-kva.example");
    assert.throws(
      () => new Resolver({ search: ["bad name"] }),
      { name: "TypeError", message: /search domain "bad name"/ },
    );
    const conf = parseResolvConf("search bad*name second.example .\n");
    assert.deepEqual(conf.search, ["second.example"]);
  },
);

test(
  "a question that had no time says nothing about the servers",
  NET,
  async () => {
    const answer = held();
    await using fake = await FakeDns.start({ udp: answer.behaviour });
    using slow = wire(fake, { maxInFlight: 1 });
    const first = slow.resolve("first.test", "A");
    await answer.asked;
    await assert.rejects(slow.resolve("quick.test", "A", { timeout: 20 }));
    answer.release();
    await first;
    assert.deepEqual(await slow.resolve("quick.test", "A"), ["192.0.2.1"]);
  },
);

test(
  "wrong types of questions reject, whatever was asked before",
  NET,
  async () => {
    await using fake = await FakeDns.start({ udp: answerA });
    using resolver = wire(fake);
    await resolver.resolve("a.test", "A");
    await assert.rejects(
      resolver.resolve("a.test", Symbol() as never),
      TypeError,
    );
    for (const options of [{ tries: null }, { timeout: null }]) {
      assert.throws(() => new Resolver(options as never), TypeError);
    }
  },
);
