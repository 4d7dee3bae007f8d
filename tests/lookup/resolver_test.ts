/** The Resolver over servers of our own: sharing, limits, abort, time, search list, hosts, order. */
import assert from "node:assert/strict";
import { Resolver } from "../../lib/lookup/resolver.ts";
import { test } from "../support/permissions.ts";
import { failsWith } from "./support/fails.ts";
import {
  A,
  AAAA,
  FakeDns,
  ipv4,
  name,
  NXDOMAIN,
  record,
  reply,
  replyA,
  SERVFAIL,
  uint16,
} from "./support/fake_dns.ts";
import { held, wire } from "./support/wire_resolver.ts";

const NET = { net: true, read: true };
const FILES = { net: true, read: true, write: true };

test("a thousand equal questions at once are one query", NET, async () => {
  const { behaviour, release, asked } = held();
  await using fake = await FakeDns.start({ tcp: behaviour });
  using resolver = wire(fake);
  const all = Array.from(
    { length: 1_000 },
    () => resolver.resolve("a.test", "A"),
  );
  await asked;
  release();
  for (const records of await Promise.all(all)) {
    assert.deepEqual(records, ["192.0.2.1"]);
  }
  assert.deepEqual(fake.names("tcp"), ["a.test"]);
  assert.equal(resolver.stats().queries, 1);
  assert.equal(resolver.stats().shared, 999);
});

test("a thousand different questions are at most 64 at once", NET, async () => {
  let running = 0;
  let most = 0;
  await using fake = await FakeDns.start({
    tcp: async (query) => {
      most = Math.max(most, ++running);
      await turn();
      running--;
      return replyA(query);
    },
  });
  using resolver = wire(fake);
  const names = Array.from({ length: 1_000 }, (_, i) => `n${i}.test`);
  const found = await Promise.all(
    names.map((name) => resolver.lookup(name, { family: 4 })),
  );
  assert.equal(found.length, 1_000);
  assert.equal(new Set(fake.names("tcp")).size, 1_000);
  assert.ok(most > 1 && most <= 64, `${most} at once`);
  assert.equal(resolver.stats().inFlight, 0);
});

test(
  "maxInFlight counts what a backend is asked, not who waits",
  NET,
  async () => {
    const { behaviour, release, asked } = held();
    await using fake = await FakeDns.start({ tcp: behaviour });
    using resolver = wire(fake, { maxInFlight: 2 });
    const all = ["a", "b", "c", "d"].map((n) =>
      resolver.resolve(`${n}.test`, "A")
    );
    await asked;
    for (let i = 0; i < 20; i++) await turn();
    assert.equal(resolver.stats().queries, 2);
    release();
    await Promise.all(all);
    assert.equal(resolver.stats().queries, 4);
  },
);

test(
  "aborting one of two waiters leaves the other its answer",
  NET,
  async () => {
    const { behaviour, release, asked } = held();
    await using fake = await FakeDns.start({ tcp: behaviour });
    using resolver = wire(fake);
    const leaving = new AbortController();
    const first = resolver.resolve("a.test", "A", { signal: leaving.signal });
    const second = resolver.resolve("a.test", "A", {
      signal: new AbortController().signal,
    });
    const left = assert.rejects(first, { message: "left" });
    await asked;
    leaving.abort(new Error("left"));
    await left;
    release();
    assert.deepEqual(await second, ["192.0.2.1"]);
    assert.equal(fake.names("tcp").length, 1);
  },
);

test(
  "aborting the last waiter ends the query, and the next one asks anew",
  NET,
  async () => {
    let silent = true;
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    await using fake = await FakeDns.start({
      tcp: (query) => {
        resolve();
        return silent ? undefined : replyA(query);
      },
    });
    using resolver = wire(fake);
    const abort = new AbortController();
    const waiting = resolver.lookup("a.test", {
      signal: abort.signal,
      family: 4,
    });
    const rejected = assert.rejects(waiting, { name: "AbortError" });
    await asked;
    abort.abort();
    await rejected;
    assert.equal(resolver.stats().inFlight, 0);
    silent = false;
    assert.equal((await resolver.lookup("a.test", { family: 4 })).length, 1);
  },
);

test("a queued question leaves the queue when it is aborted", NET, async () => {
  const { behaviour, release, asked } = held();
  await using fake = await FakeDns.start({ tcp: behaviour });
  using resolver = wire(fake, { maxInFlight: 1 });
  const first = resolver.resolve("a.test", "A");
  await asked;
  const abort = new AbortController();
  const queued = resolver.resolve("b.test", "A", { signal: abort.signal });
  const rejected = assert.rejects(queued, { name: "AbortError" });
  await turn();
  abort.abort();
  await rejected;
  release();
  await first;
  assert.deepEqual(fake.names("tcp"), ["a.test"]);
});

test(
  "a time-out of one call is a TimeoutError, that of the resolver a LookupError",
  NET,
  async () => {
    await using fake = await FakeDns.start({ tcp: () => undefined });
    using resolver = wire(fake, { timeout: 300 });
    await assert.rejects(resolver.lookup("a.test", { timeout: 50 }), {
      name: "TimeoutError",
    });
    await failsWith(resolver.lookup("a.test"), "ETIMEOUT");
    await assert.rejects(resolver.lookup("a.test", { timeout: 0 }), RangeError);
    await assert.rejects(
      resolver.lookup("a.test", { timeout: "1" as never }),
      TypeError,
    );
  },
);

test(
  "an aborted signal is its own reason, and nothing is asked",
  NET,
  async () => {
    await using fake = await FakeDns.start({ tcp: replyA });
    using resolver = wire(fake);
    const signal = AbortSignal.abort("never mind");
    for (
      const call of [
        resolver.lookup("a.test", { signal }),
        resolver.lookupDetail("a.test", { signal }),
        resolver.resolve("a.test", "A", { signal }),
        resolver.reverse("192.0.2.1", { signal }),
      ]
    ) await assert.rejects(call, (reason) => reason === "never mind");
    assert.deepEqual(fake.queries, []);
  },
);

test(
  "both families, one failing: what was found is the answer",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      tcp: (q) => q.type === A ? replyA(q) : reply(q, { rcode: SERVFAIL }),
    });
    using resolver = wire(fake);
    assert.deepEqual(await resolver.lookup("a.test"), [
      { address: "192.0.2.1", family: 4 },
    ]);
  },
);

test(
  "both families fail: SERVFAIL beats no data, NXDOMAIN beats both",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      tcp: (q) =>
        reply(q, {
          rcode: q.type === A ? 0 : q.name === "s.test" ? SERVFAIL : NXDOMAIN,
        }),
    });
    using resolver = wire(fake);
    const error = await failsWith(resolver.lookup("s.test"), "ESERVFAIL");
    assert.equal(error.type, undefined);
    assert.match(error.message, /^Cannot look up "s.test" at 127/);
    await failsWith(resolver.lookup("n.test"), "ENOTFOUND");
  },
);

test("the search list and ndots, over NXDOMAIN and SERVFAIL", NET, async () => {
  await using fake = await FakeDns.start({
    tcp: (q) => {
      if (q.name === "a.two.test" || q.name === "b.c") return replyA(q);
      return reply(q, {
        rcode: q.name.endsWith("one.test") ? SERVFAIL : NXDOMAIN,
      });
    },
  });
  using resolver = wire(fake, { search: ["one.test", "Two.test."] });
  const find = (name: string) => resolver.lookup(name, { family: 4 });
  assert.equal((await find("a")).length, 1);
  assert.equal((await find("b.c")).length, 1);
  assert.deepEqual(fake.names("tcp"), ["a.one.test", "a.two.test", "b.c"]);
  const error = await failsWith(find("z"), "ESERVFAIL");
  assert.equal(error.host, "z");
  await failsWith(find("a."), "ENOTFOUND");
  assert.equal(fake.names("tcp").at(-1), "a");
});

test(
  "the system's search list, from resolv.conf; a name of the hosts file is found all the same",
  FILES,
  async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(
      `${folder}/resolv.conf`,
      "search lab.test\noptions ndots:2\n",
    );
    await Deno.writeTextFile(
      `${folder}/hosts`,
      "192.0.2.77 single single.example\n",
    );
    await using fake = await FakeDns.start({ tcp: replyA });
    for (const backend of ["auto", "resolveDns", "wire"] as const) {
      using resolver = new Resolver({
        backend,
        servers: [fake.server],
        search: ["lab.test"],
        hosts: `${folder}/hosts`,
        resolvConf: `${folder}/resolv.conf`,
      });
      const found = await resolver.lookupDetail("Single");
      assert.deepEqual(found.addresses, [{ address: "192.0.2.77", family: 4 }]);
      assert.deepEqual(found.aliases, ["single.example"]);
      assert.equal(found.source, "hosts");
      assert.deepEqual(await resolver.resolve("single", "A"), ["192.0.2.77"]);
      assert.deepEqual(await resolver.reverse("192.0.2.77"), [
        "single",
        "single.example",
      ]);
    }
    assert.deepEqual(fake.queries, []);
    await Deno.remove(folder, { recursive: true });
  },
);

test(
  "a name of the hosts file is found by every method, whatever is reserved",
  FILES,
  async () => {
    const hosts = await Deno.makeTempFile();
    await Deno.writeTextFile(hosts, "192.0.2.5 printer.invalid\n");
    using resolver = new Resolver({ hosts });
    const name = "printer.invalid";
    assert.equal((await resolver.lookup(name))[0]!.address, "192.0.2.5");
    assert.deepEqual(await resolver.resolve(name, "A"), ["192.0.2.5"]);
    await failsWith(resolver.resolve(name, "AAAA"), "ENOTFOUND");
    await Deno.remove(hosts);
  },
);

test(
  "what was kept gives way to a name that has come into the hosts file",
  FILES,
  async () => {
    const path = await Deno.makeTempFile();
    await using fake = await FakeDns.start({ tcp: replyA });
    using resolver = wire(fake, { hosts: path });
    assert.equal((await resolver.lookup("a.test"))[0]!.address, "192.0.2.1");
    await Deno.writeTextFile(path, "192.0.2.200 a.test\n");
    // The file is looked at once a second at most.
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 1_050);
    await promise;
    assert.equal((await resolver.lookup("a.test"))[0]!.address, "192.0.2.200");
    await Deno.remove(path);
  },
);

test("the servers of resolv.conf are those that are asked", FILES, async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "nameserver 127.0.0.1\n");
  using resolver = new Resolver({
    backend: "wire",
    resolvConf: path,
    hosts: false,
    timeout: 300,
  });
  // Nothing serves port 53 of loopback here, or whatever does knows no such name.
  await assert.rejects(resolver.lookup("nothing.at.all.test"), {
    server: "127.0.0.1:53",
  });
  await Deno.remove(path);
});

test("wire without servers says what it needs", NET, async () => {
  using resolver = new Resolver({ backend: "wire", resolvConf: false });
  await assert.rejects(resolver.lookup("a.test"), {
    name: "NotCapable",
    message: /needs the option servers$/,
  });
});

test(
  "wire: without a resolv.conf this host's server is asked",
  NET,
  async () => {
    using resolver = new Resolver({
      backend: "wire",
      resolvConf: "/nowhere/resolv.conf",
      hosts: false,
      timeout: 300,
    });
    await assert.rejects(resolver.lookup("nothing.at.all.test"), {
      server: "127.0.0.1:53",
    });
  },
);

test("a missing permission names the flag that helps", {
  run: [Deno.execPath()],
  read: true,
}, async () => {
  const script = new URL("support/missing_flags.ts", import.meta.url);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", script.href],
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  assert.match(lines[0]!, /--allow-read=\/other\/resolv\.conf$/);
  assert.match(lines[1]!, /--allow-net=192\.0\.2\.201$/);
  assert.match(lines[2]!, /--allow-net=\[2001:db8::1\]$/);
});

test("the servers of another resolv.conf are those that Deno asks, too", {
  run: [Deno.execPath()],
  ...FILES,
}, async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "nameserver 192.0.2.53\n");
  const script = new URL("support/other_servers.ts", import.meta.url);
  const read = `--allow-read=${path}`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", read, script.href, path],
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const asked = new TextDecoder().decode(stdout).trim().split("\n");
  assert.equal(asked.length, 2);
  for (const line of asked) assert.match(line, /"192\.0\.2\.53:53"/);
  await Deno.remove(path);
});

test(
  "cached answers are copies, and clearCache forgets them",
  NET,
  async () => {
    await using fake = await FakeDns.start({ tcp: replyA });
    using resolver = wire(fake);
    const first = await resolver.lookup("a.test");
    first[0]!.address = "changed";
    first.length = 0;
    assert.deepEqual(await resolver.lookup("a.test"), [
      { address: "192.0.2.1", family: 4 },
    ]);
    const asked = fake.queries.length;
    await resolver.lookupDetail("a.test");
    assert.equal(fake.queries.length, asked);
    resolver.clearCache();
    await resolver.lookup("a.test");
    assert.ok(fake.queries.length > asked);
  },
);

test("cache: false asks each time", NET, async () => {
  await using fake = await FakeDns.start({ tcp: replyA });
  using resolver = wire(fake, { cache: false });
  await resolver.resolve("a.test", "A");
  await resolver.resolve("a.test", "A");
  assert.equal(resolver.stats().queries, 2);
});

test(
  "a failure is kept for a moment, so that a crowd does not ask again",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      tcp: (q) => reply(q, { rcode: SERVFAIL }),
    });
    using resolver = wire(fake);
    const first = await failsWith(resolver.resolve("a.test", "A"), "ESERVFAIL");
    const second = await failsWith(
      resolver.resolve("a.test", "A"),
      "ESERVFAIL",
    );
    assert.notEqual(first, second, "each caller has an error of its own");
    assert.equal(resolver.stats().queries, 1);
  },
);

test("reverse with verify keeps what leads back", NET, async () => {
  await using fake = await FakeDns.start({
    tcp: (q) => {
      if (q.name === "9.2.0.192.in-addr.arpa") {
        const names = ["liar.test", "true.test"];
        return reply(q, {
          answers: names.map((target) => record(q.name, 12, name(target))),
        });
      }
      return replyA(q, q.name === "true.test" ? "192.0.2.9" : "192.0.2.8");
    },
  });
  using resolver = wire(fake);
  assert.deepEqual(await resolver.reverse("192.0.2.9"), [
    "liar.test",
    "true.test",
  ]);
  assert.deepEqual(
    await resolver.reverse("::ffff:192.0.2.9", { verify: true }),
    [
      "true.test",
    ],
  );
  await failsWith(resolver.reverse("nonsense"), "EBADNAME");
});

test(
  "reverse with verify: who cannot be asked may lead back all the same",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      tcp: (q) => {
        if (q.type !== 12) return reply(q, { rcode: SERVFAIL });
        return reply(q, { answers: [record(q.name, 12, name("mail.test"))] });
      },
    });
    using resolver = wire(fake);
    const asked = resolver.reverse("192.0.2.1", { verify: true });
    const error = await failsWith(asked, "ESERVFAIL");
    assert.equal(error.host, "192.0.2.1");
  },
);

test(
  "a question on its way when all is forgotten is asked again, and not kept",
  NET,
  async () => {
    const { behaviour, release, asked } = held();
    await using fake = await FakeDns.start({ tcp: behaviour });
    using resolver = wire(fake);
    const before = resolver.resolve("a.test", "A");
    await asked;
    resolver.clearCache();
    const after = resolver.resolve("a.test", "A");
    while (fake.names("tcp").length < 2) await turn();
    resolver.clearCache();
    release();
    await Promise.all([before, after]);
    await resolver.resolve("a.test", "A");
    assert.equal(resolver.stats().queries, 3);
  },
);

test(
  "a family that failed for a moment is asked again, however long the other holds",
  NET,
  async () => {
    let failing = true;
    await using fake = await FakeDns.start({
      tcp: (q) => {
        if (q.type === A) return replyA(q);
        if (failing) return reply(q, { rcode: SERVFAIL });
        const answer = record(q.name, AAAA, [...new Array(15).fill(0), 9]);
        return reply(q, { answers: [answer] });
      },
    });
    using resolver = wire(fake);
    assert.equal((await resolver.lookup("a.test")).length, 1);
    failing = false;
    while ((await resolver.lookup("a.test")).length < 2) await turn();
  },
);

test(
  "addresses of the hosts file come in the order of RFC 6724",
  FILES,
  async () => {
    const hosts = await Deno.makeTempFile();
    const lines = ["127.0.0.1 a", "::1 a", "::1 b", "127.0.0.1 b"];
    await Deno.writeTextFile(hosts, lines.join("\n"));
    using resolver = new Resolver({ hosts });
    const found = await resolver.lookup("a");
    assert.equal(found.length, 2);
    assert.deepEqual(await resolver.lookup("b"), found);
    await Deno.remove(hosts);
  },
);

test(
  "names in answers that no host has are dropped and reported",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      tcp: (q) =>
        reply(q, {
          answers: ["$(reboot)\n.test", "a b.test", "good.test"].map((target) =>
            record(q.name, 15, [...uint16(1), ...name(target)])
          ),
        }),
    });
    using resolver = wire(fake);
    const found = await resolver.resolveDetail("a.test", "MX");
    assert.deepEqual(found.records, [{ preference: 1, exchange: "good.test" }]);
    assert.deepEqual(found.dropped, [
      "\\$\\(reboot\\)\\010.test",
      "a\\032b.test",
    ]);
    assert.equal(resolver.stats().dropped, 2);
  },
);

test(
  "addresses of both families in the order of RFC 6724, a server's own order kept",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      tcp: (q) =>
        reply(q, {
          answers: q.type === AAAA
            ? []
            : ["192.0.2.3", "192.0.2.1", "192.0.2.2"].map((text) =>
              record(q.name, A, ipv4(text))
            ),
        }),
    });
    using resolver = wire(fake);
    const found = await resolver.lookup("a.test");
    assert.deepEqual(found.map(({ address }) => address), [
      "192.0.2.3",
      "192.0.2.1",
      "192.0.2.2",
    ]);
  },
);

test("options are checked", {}, () => {
  const types: unknown[] = [
    { nosuch: 1 },
    { backend: "dig" },
    { servers: "127.0.0.1" },
    { servers: ["localhost"] },
    { servers: [{ hostname: 1 }] },
    { servers: [{ hostname: "127.0.0.1", prot: 5353 }] },
    { search: "a" },
    { search: [1] },
    { ndots: "1" },
    { hosts: 1 },
    { cache: 1 },
    { timeout: "1" },
    null,
  ];
  for (const options of types) {
    assert.throws(() => new Resolver(options as never), TypeError);
  }
  const ranges: unknown[] = [
    { servers: [] },
    { servers: ["127.0.0.1:0"] },
    { servers: [{ hostname: "127.0.0.1", port: 65_536 }] },
    { ndots: -1 },
    { timeout: 0 },
    { tries: 0 },
    { maxInFlight: 0 },
    { maxInFlight: 1.5 },
  ];
  for (const options of ranges) {
    assert.throws(() => new Resolver(options as never), RangeError);
  }
  for (
    const server of [
      "::1",
      "[::1]:5353",
      "127.0.0.1",
      "127.0.0.1:53",
      { hostname: "::1" },
      { ipAddr: "127.0.0.1", port: 53 },
    ]
  ) new Resolver({ servers: [server] })[Symbol.dispose]();
});

test("a misspelt option of a question is told", {}, async () => {
  using resolver = new Resolver();
  const wrong = { name: "TypeError", message: /unknown option "timeuot"/ };
  const options = { timeuot: 5 } as object;
  for (
    const asked of [
      resolver.lookup("127.0.0.1", options),
      resolver.lookupDetail("127.0.0.1", options),
      resolver.reverse("127.0.0.1", options),
      resolver.resolve("127.0.0.1", "A", options),
      resolver.resolveDetail("127.0.0.1", "A", options),
    ]
  ) await assert.rejects(asked, wrong);
  await assert.rejects(
    resolver.reverse("127.0.0.1", { verify: "yes" as unknown as boolean }),
    { name: "TypeError", message: /verify "yes"/ },
  );
  await assert.rejects(
    resolver.resolve("127.0.0.1", "A", { family: 4 } as object),
    { name: "TypeError", message: /unknown option "family"/ },
  );
});

test("unknown types and families are TypeErrors", {}, async () => {
  using resolver = new Resolver({ resolvConf: false });
  await assert.rejects(resolver.resolve("a.test", "NOPE" as never), TypeError);
  await assert.rejects(
    resolver.lookup("a.test", { family: 5 as never }),
    TypeError,
  );
  await assert.rejects(resolver.lookup(1 as never), TypeError);
});

test("a thousand different questions survive ulimit -n 300", {
  ...NET,
  run: ["sh", Deno.execPath()],
  timeout: 60_000,
}, async () => {
  await using fake = await FakeDns.start({ udp: replyA, tcp: replyA });
  const script = new URL("support/thousand.ts", import.meta.url);
  for (const backend of ["wire", "resolveDns", "auto"]) {
    const command =
      `ulimit -n 300; exec "$0" run --quiet --unstable-net --allow-net --allow-env "$@"`;
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", command, Deno.execPath(), script.href, fake.server, backend],
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.equal(text, "1000\n", new TextDecoder().decode(stderr));
  }
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

test(
  "a resolver that is closed right after its first question interrupts it",
  {},
  async () => {
    const resolver = new Resolver();
    const asked = [
      resolver.lookup("localhost"),
      resolver.resolve("localhost", "A"),
      resolver.reverse("127.0.0.1"),
    ];
    resolver[Symbol.dispose]();
    for (const question of asked) {
      await assert.rejects(question, Deno.errors.Interrupted);
    }
    assert.equal(resolver.stats().queries, 0);
  },
);

test(
  "what this host knows of a name is for the types that it is of",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      tcp: (q) => reply(q, { answers: [record(q.name, 16, [2, 0x68, 0x69])] }),
    });
    using resolver = wire(fake);
    const reverse = "1.0.0.127.in-addr.arpa";
    assert.deepEqual(await resolver.resolve(reverse, "PTR"), ["localhost"]);
    assert.deepEqual(await resolver.resolve("127.0.0.1", "PTR"), ["localhost"]);
    assert.deepEqual(await resolver.resolve("127.0.0.1", "A"), ["127.0.0.1"]);
    assert.deepEqual(await resolver.resolve("localhost", "A"), ["127.0.0.1"]);
    await failsWith(resolver.resolve("127.0.0.1", "AAAA"), "EBADNAME");
    await failsWith(resolver.resolve("localhost", "MX"), "ENODATA");
    await failsWith(resolver.resolve("a.invalid", "MX"), "ENOTFOUND");
    assert.deepEqual(fake.queries, []);
    assert.deepEqual(await resolver.resolve(reverse, "TXT"), [["hi"]]);
  },
);

test(
  "records that were kept are copies, too, in their order",
  NET,
  async () => {
    const mx = (preference: number, host: string) => [
      ...uint16(preference),
      ...name(host),
    ];
    await using fake = await FakeDns.start({
      tcp: (q) =>
        reply(q, {
          answers: [mx(20, "b.test"), mx(10, "a.test")].map((data) =>
            record(q.name, 15, data)
          ),
        }),
    });
    using resolver = wire(fake);
    for (let i = 0; i < 3; i++) {
      const found = await resolver.resolve("test", "MX");
      assert.deepEqual(found, [
        { preference: 10, exchange: "a.test" },
        { preference: 20, exchange: "b.test" },
      ]);
      found[0]!.exchange = "changed";
      found.length = 1;
    }
    assert.equal(resolver.stats().queries, 1);
  },
);

test(
  "the servers of resolv.conf are asked for names of addresses, too",
  FILES,
  async () => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, "nameserver 127.0.0.2\n");
    using resolver = new Resolver({
      backend: "wire",
      resolvConf: path,
      hosts: false,
      timeout: 300,
    });
    await assert.rejects(resolver.reverse("192.0.2.1"), {
      server: "127.0.0.2:53",
    });
    await Deno.remove(path);
  },
);
