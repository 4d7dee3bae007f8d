/** What a lookup's time covers, and what ends it: hosts file, queue, second steps, closing. */
import assert from "node:assert/strict";
import { AddressFinder } from "../../lib/lookup/address_finder.ts";
import type { Answer } from "../../lib/lookup/answer.ts";
import { Asker } from "../../lib/lookup/asker.ts";
import type { LocalNames } from "../../lib/lookup/local_names.ts";
import { RecordFinder } from "../../lib/lookup/record_finder.ts";
import { Lookups } from "../../lib/lookup/lookups.ts";
import { reverseSince } from "../../lib/lookup/resolver.ts";
import {
  type ResolverOptions,
  resolverSettings,
} from "../../lib/lookup/resolver_options.ts";
import { timeLeft, waitUntil } from "../../lib/lookup/time_left.ts";
import { WatchedFile } from "../../lib/lookup/watched_file.ts";
import { askServers } from "../../lib/lookup/wire_exchange.ts";
import type { WireServer } from "../../lib/lookup/wire_server.ts";
import { test } from "../support/permissions.ts";
import { failsWith } from "./support/fails.ts";
import { FakeDns, type FakeQuery, replyA } from "./support/fake_dns.ts";
import { wire } from "./support/wire_resolver.ts";

const NET = { net: true, read: true };
const FOREVER = new Promise<never>(() => {});

/** An answer that comes a good while later than a timer of Infinity would strike. */
async function late(query: FakeQuery): Promise<Uint8Array> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return replyA(query);
}

function settings(fake: FakeDns, options: ResolverOptions = {}) {
  return resolverSettings({
    backend: "wire",
    servers: [fake.server],
    hosts: false,
    ...options,
  });
}

test("timeLeft is what a timer can take", {}, () => {
  assert.equal(timeLeft(performance.now() - 1), 0);
  assert.equal(timeLeft(Infinity), 2 ** 31 - 1);
});

test("waitUntil: the work, the deadline, the signal", {}, async () => {
  const done = Promise.resolve("done");
  assert.equal(await waitUntil(done, Infinity, undefined), "done");
  const soon = performance.now() + 1;
  assert.equal(await waitUntil(FOREVER, soon, undefined), undefined);
  const signal = AbortSignal.abort("enough");
  const failing = Promise.reject(new Error("nobody hears it"));
  for (const work of [FOREVER, failing]) {
    await assert.rejects(
      waitUntil(work, Infinity, signal),
      (reason) => reason === "enough",
    );
  }
});

test(
  "a time-out of Infinity is none, for each backend and in the queue",
  NET,
  async () => {
    await using fake = await FakeDns.start({ udp: late, tcp: late });
    for (const backend of ["resolveDns", "auto", "wire"] as const) {
      const options = { backend, timeout: Infinity, maxInFlight: 1 };
      using resolver = wire(fake, options);
      const both = ["a.test", "b.test"].map((name) =>
        resolver.resolve(name, "A")
      );
      for (const records of await Promise.all(both)) {
        assert.deepEqual(records, ["192.0.2.1"]);
      }
    }
  },
);

test(
  "the second step of a lookup has what the first has left",
  NET,
  async () => {
    await using fake = await FakeDns.start({ tcp: () => undefined });
    using resolver = wire(fake, { timeout: 60_000 });
    const since = performance.now() - 60_000;
    const asked = reverseSince(resolver, "192.0.2.1", {}, since);
    await failsWith(asked, "ETIMEOUT");
  },
);

test("who joins a question late has time of his own", NET, async () => {
  let silent = true;
  await using fake = await FakeDns.start({
    tcp: (q) => silent ? undefined : replyA(q),
  });
  const asker = new Asker(settings(fake), false);
  const question = { name: "a.test", type: "A" } as const;
  const now = performance.now();
  const first = asker.ask(question, undefined, now + 100);
  const second = asker.ask(question, undefined, now + 15_000);
  const outcome = await first;
  assert.ok("error" in outcome && outcome.error.timedOut);
  silent = false;
  assert.ok("records" in await second);
  assert.equal(asker.stats().shared, 1);
});

test("the wait for the hosts file ends as any other", NET, async () => {
  await using fake = await FakeDns.start({ tcp: replyA });
  const local = { fresh: false, changes: 0, refresh: () => FOREVER };
  const finder = (timeout: number) => {
    const chosen = settings(fake, { timeout });
    const asker = new Asker(chosen, false);
    return new AddressFinder(chosen, local as unknown as LocalNames, asker);
  };
  const now = performance.now();
  const abort = new AbortController();
  const { signal } = abort;
  const aborted = finder(60_000).find("a.test", { signal }, false, now);
  abort.abort("enough");
  await assert.rejects(aborted, (reason) => reason === "enough");
  const timeout = 1;
  await assert.rejects(
    finder(60_000).find("a.test", { timeout }, false, now),
    { name: "TimeoutError" },
  );
  await failsWith(finder(1).find("a.test", {}, false, now), "ETIMEOUT");
  assert.deepEqual(fake.queries, []);
});

test("a hosts file that is a pipe is none", {
  read: true,
  write: true,
  run: ["mkfifo"],
}, async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/hosts`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const file = new WatchedFile(path, (text) => text);
  assert.equal(await file.load(), undefined);
  await Deno.remove(folder, { recursive: true });
});

test(
  "closing while the hosts file is looked at ends the lookup, and nobody is asked",
  {
    ...NET,
    write: true,
  },
  async () => {
    const hosts = await Deno.makeTempFile();
    await using fake = await FakeDns.start({ udp: replyA, tcp: replyA });
    const lookups = new Lookups(settings(fake, { hosts }), true);
    const now = performance.now();
    const asked = [
      lookups.addresses.find("a.test", {}, false, now),
      lookups.records.find("a.test", "A", {}, false, now),
      lookups.records.reverse("192.0.2.1", {}, now),
    ];
    lookups.close(new Deno.errors.Interrupted("closed"));
    for (const question of asked) {
      await assert.rejects(question, Deno.errors.Interrupted);
    }
    assert.deepEqual(fake.queries, []);
    await Deno.remove(hosts);
  },
);

test(
  "no descriptor left is told as that, though another way is still silent",
  {},
  async () => {
    const error = Object.assign(new Error("Too many open files"), {
      code: "EMFILE",
    });
    const attempt = { error, end() {}, repeat() {} };
    const server = { label: "a server", edns: true, ask: () => attempt };
    const { signal } = new AbortController();
    const asked = askServers(
      [server as unknown as WireServer],
      1,
      { name: "a.test", type: "A" },
      { signal, expires: performance.now() + 20 },
    );
    await assert.rejects(asked, { code: "EMFILE" });
  },
);

test(
  "system: equal questions are shared, and maxInFlight counts",
  { ...NET },
  async () => {
    const chosen = resolverSettings({ backend: "system", maxInFlight: 1 });
    const asker = new Asker(chosen, false);
    const expires = performance.now() + 15_000;
    const asked = ([4, 4, 0] as const).map((family) =>
      asker.askSystem("localhost", family, undefined, expires)
    );
    assert.equal(asker.stats().queries, 1);
    assert.equal(asker.stats().shared, 1);
    for (const outcome of await Promise.all(asked)) {
      assert.ok(
        "records" in outcome,
      );
    }
    assert.equal(asker.stats().queries, 2);
  },
);

test(
  "system: a name that leads back is asked for without its final dot",
  {},
  async () => {
    const names: string[] = [];
    const answer: Partial<Answer> = {
      records: ["mail.test"],
      aliases: [],
      dropped: [],
    };
    const addresses = {
      waiting: (_: unknown, __: unknown, work: (wait: object) => unknown) =>
        work({ signal: undefined, expires: Infinity }),
      search: (name: string) => {
        names.push(name);
        return Promise.resolve({ addresses: [{ address: "192.0.2.1" }] });
      },
    };
    for (const onlySystem of [true, false]) {
      const asker = {
        conf: { onlySystem: () => onlySystem },
        ask: () => Promise.resolve(answer),
      };
      const local = { fresh: true, changes: 0, findNames: () => undefined };
      const finder = new RecordFinder(
        addresses as unknown as AddressFinder,
        local as unknown as LocalNames,
        asker as unknown as Asker,
      );
      await finder.reverse("192.0.2.1", { verify: true }, 0);
    }
    assert.deepEqual(names, ["mail.test", "mail.test."]);
  },
);
