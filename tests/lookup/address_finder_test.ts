/** AddressFinder beside an asker that says what a test wants: who is asked for what, and what comes of it. */
import assert from "node:assert/strict";
import { AddressFinder } from "../../lib/lookup/address_finder.ts";
import {
  lookupError,
  type Outcome,
  type Question,
} from "../../lib/lookup/answer.ts";
import type { Asker } from "../../lib/lookup/asker.ts";
import { LocalNames } from "../../lib/lookup/local_names.ts";
import type { LookupDetail } from "../../lib/lookup/lookup_types.ts";
import {
  type ResolverOptions,
  resolverSettings,
} from "../../lib/lookup/resolver_options.ts";
import { SystemConf } from "../../lib/lookup/system_conf.ts";
import { test } from "../support/permissions.ts";
import { failsWith } from "./support/fails.ts";

const FILES = { read: true, write: true };

/** What was asked of the asker. */
interface Asked {
  questions: Question[];
  system: [name: string, family: number][];
}

type Parts = Partial<Extract<Outcome, { records: unknown }>>;

function answer({ name }: { name: string }, parts: Parts): Outcome {
  return {
    records: [],
    ttl: undefined,
    hostname: name,
    aliases: [],
    server: undefined,
    source: "wire",
    dropped: [],
    ...parts,
  };
}

function finder(
  options: ResolverOptions,
  outcome: (question: Question) => Outcome,
): Asked & {
  finder: AddressFinder;
  find: (name: string, family?: 0 | 4 | 6) => Promise<LookupDetail>;
} {
  const settings = resolverSettings({ hosts: false, ...options });
  const questions: Question[] = [];
  const system: Asked["system"] = [];
  const asker = {
    conf: new SystemConf(settings),
    throwIfClosed() {},
    ask(question: Question) {
      questions.push(question);
      return Promise.resolve(outcome(question));
    },
    askSystem(name: string, family: 0 | 4 | 6) {
      system.push([name, family]);
      const type = family === 6 ? "AAAA" : "A";
      return Promise.resolve(outcome({ name, type }));
    },
  } as unknown as Asker;
  const made = new AddressFinder(settings, new LocalNames(false), asker);
  return {
    finder: made,
    questions,
    system,
    find: (name, family = 0) =>
      made.find(name, { family }, false, performance.now()),
  };
}

const WIRE = { backend: "wire", servers: ["192.0.2.53"] } as const;

const both = (question: Question) =>
  answer(question, {
    records: question.type === "A" ? ["127.0.0.1"] : ["::1"],
  });

function texts({ addresses }: LookupDetail): string[] {
  return addresses.map(({ address }) => address);
}

test(
  "AddressFinder gives the addresses of both families, or of one",
  {},
  async () => {
    const { find, questions } = finder(WIRE, both);
    assert.deepEqual(
      new Set(texts(await find("a.test"))),
      new Set(["::1", "127.0.0.1"]),
    );
    assert.deepEqual(questions.splice(0).map(({ type }) => type), [
      "AAAA",
      "A",
    ]);
    assert.deepEqual(texts(await find("a.test", 4)), ["127.0.0.1"]);
    assert.deepEqual(texts(await find("a.test", 6)), ["::1"]);
    assert.deepEqual(questions.map(({ type }) => type), ["A", "AAAA"]);
  },
);

test(
  "AddressFinder orders what servers say, but not what the system does",
  {},
  async () => {
    const records = ["192.0.2.1", "169.254.0.1"];
    const wire = finder(WIRE, (q) => answer(q, { records }));
    // RFC 6724 rule 8: the smaller scope.
    assert.deepEqual(texts(await wire.find("a.test", 4)), records.toReversed());
    const system = finder(
      { backend: "system" },
      (q) => answer(q, { records, source: "system" }),
    );
    assert.deepEqual(texts(await system.find("a.test", 4)), records);
  },
);

test(
  "AddressFinder says of an answer what is known, and nothing else",
  {},
  async () => {
    const server = "192.0.2.53:53";
    const full = finder(WIRE, (q) =>
      answer(q, {
        records: q.type === "A" ? ["127.0.0.1"] : ["no address"],
        ttl: q.type === "A" ? 7 : 5,
        hostname: "b.test",
        aliases: ["a.test"],
        server,
      }));
    assert.deepEqual(await full.find("a.test"), {
      hostname: "b.test",
      aliases: ["a.test"],
      addresses: [{ address: "127.0.0.1", family: 4 }],
      ttl: 5,
      source: "wire",
      server,
    });
    const bare = finder(WIRE, (q) => answer(q, { records: ["127.0.0.1"] }));
    assert.deepEqual(await bare.find("a.test", 4), {
      hostname: "a.test",
      aliases: [],
      addresses: [{ address: "127.0.0.1", family: 4 }],
      source: "wire",
    });
    for (const known of ["A", "AAAA"]) {
      const one = finder(
        WIRE,
        (q) =>
          answer(q, {
            records: ["::1"],
            ttl: q.type === known ? 9 : undefined,
          }),
      );
      assert.equal((await one.find("a.test")).ttl, 9);
    }
  },
);

test(
  "AddressFinder keeps lookups of both families until the sooner expires",
  {},
  async () => {
    const later = performance.now() + 60_000;
    const at = finder(WIRE, (q) => ({ ...both(q), expires: later }));
    await at.find("a.test", 4);
    assert.equal(at.finder.kept("a.test"), undefined);
    const { addresses } = await at.find("A.Test");
    assert.deepEqual(at.finder.kept("A.Test"), addresses);
    assert.notEqual(at.finder.kept("A.Test")![0], addresses[0], "a copy");
    assert.equal(at.finder.hits, 2);
    at.finder.clear();
    assert.equal(at.finder.kept("A.Test"), undefined);
    for (const past of ["A", "AAAA"]) {
      for (const failing of ["A", "AAAA", ""]) {
        const mixed = finder(WIRE, (q) => ({
          ...(q.type === failing
            ? { error: lookupError("ENODATA", q) }
            : both(q)),
          expires: q.type === past ? 0 : later,
        }));
        await mixed.find("a.test");
        assert.equal(mixed.finder.kept("a.test"), undefined);
      }
    }
  },
);

test(
  "AddressFinder reads the search list before it first asks",
  FILES,
  async () => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, "search lab.test\n");
    const at = finder(
      { backend: "wire", resolvConf: path },
      (q) => ({ error: lookupError("ENOTFOUND", q) }),
    );
    await failsWith(at.find("a", 4), "ENOTFOUND");
    await failsWith(at.find("b.", 4), "ENOTFOUND");
    assert.deepEqual(at.questions.map(({ name }) => name), [
      "a.lab.test",
      "a",
      "b",
    ]);
    await Deno.remove(path);
  },
);

test(
  "AddressFinder leaves an unknown search list to Deno.resolveDns",
  {},
  async () => {
    const unknown = {
      backend: "resolveDns",
      resolvConf: "/nowhere/at/all",
    } as const;
    const rows: [options: ResolverOptions, name: string, relative: boolean][] =
      [
        [unknown, "a", true],
        [unknown, "a.", false],
        [{ ...unknown, search: [] }, "a", false],
        [{ ...unknown, resolvConf: false }, "a", false],
        [{ ...unknown, servers: ["192.0.2.53"] }, "a", false],
        [{ ...unknown, backend: "wire" }, "a", false],
      ];
    for (const [options, name, relative] of rows) {
      const at = finder(options, both);
      await at.find(name);
      assert.deepEqual(at.questions.map((q) => q.relative), [
        relative,
        relative,
      ]);
      assert.deepEqual(at.questions.map((q) => q.name), ["a", "a"]);
    }
  },
);

test(
  "AddressFinder leaves all to the system where only that may be asked",
  {},
  async () => {
    const at = finder(
      { backend: "system", search: ["lab.test"] },
      (q) => ({ error: lookupError("ENOTFOUND", q) }),
    );
    assert.equal((await failsWith(at.find("a"), "ENOTFOUND")).type, undefined);
    assert.equal((await failsWith(at.find("a.", 4), "ENOTFOUND")).type, "A");
    assert.equal((await failsWith(at.find("a", 6), "ENOTFOUND")).type, "AAAA");
    // It has a search list of its own, which a final dot keeps out.
    assert.deepEqual(at.system, [["a", 0], ["a.", 4], ["a", 6]]);
    assert.deepEqual(at.questions, []);
    const found = finder({ backend: "system" }, both);
    assert.deepEqual(texts(await found.find("a")), ["127.0.0.1"]);
  },
);
