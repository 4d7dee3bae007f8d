/** The wire backend against servers that answer, and against servers that misbehave. */
import assert from "node:assert/strict";
import type { Outcome } from "../../lib/lookup/answer.ts";
import { Resolver } from "../../lib/lookup/resolver.ts";
import type { ResolverOptions } from "../../lib/lookup/resolver_options.ts";
import { WireBackend } from "../../lib/lookup/wire_backend.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { test } from "../support/permissions.ts";
import { CountedSignal } from "../support/signal_listeners.ts";
import { failsWith } from "./support/fails.ts";
import {
  A,
  CNAME,
  FakeDns,
  type FakeOptions,
  type FakeQuery,
  ipv4,
  name,
  NXDOMAIN,
  record,
  REFUSED,
  reply,
  replyA,
  SERVFAIL,
  SOA,
  soaData,
  uint16,
} from "./support/fake_dns.ts";

const NET = { net: true, read: true };

/** Run a test against a fake server and a resolver that asks it. */
async function withFake(
  fakeOptions: FakeOptions,
  use: (resolver: Resolver, fake: FakeDns) => Promise<void>,
  options: ResolverOptions = {},
): Promise<void> {
  await using fake = await FakeDns.start(fakeOptions);
  using resolver = new Resolver({
    backend: "wire",
    servers: [fake.server],
    hosts: false,
    ...options,
  });
  await use(resolver, fake);
}

/** As UDP and as TCP alike. */
function both(
  behaviour: (query: FakeQuery) => Uint8Array | undefined,
): FakeOptions {
  return { udp: behaviour, tcp: behaviour };
}

test(
  "wire: an answer over UDP alone",
  NET,
  () =>
    withFake({ udp: replyA }, async (resolver, fake) => {
      const found = await resolver.resolveDetail("a.test", "A");
      assert.deepEqual(found, {
        hostname: "a.test",
        aliases: [],
        records: ["192.0.2.1"],
        ttl: 300,
        source: "wire",
        server: fake.server,
      });
    }),
);

test(
  "wire: an answer over TCP alone",
  NET,
  () =>
    withFake({ tcp: replyA }, async (resolver) => {
      assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
    }),
);

for (
  const [what, rcode, code] of [
    ["NXDOMAIN", NXDOMAIN, "ENOTFOUND"],
    ["SERVFAIL", SERVFAIL, "ESERVFAIL"],
    ["REFUSED", REFUSED, "EREFUSED"],
    ["NOTIMP", 4, "ENOTIMP"],
    ["FORMERR", 1, "EFORMERR"],
    ["an answer without records", 0, "ENODATA"],
    ["a code that nobody knows", 11, "ESERVFAIL"],
  ] as const
) {
  test(
    `wire: ${what} is ${code}`,
    NET,
    () =>
      withFake(both((q) => reply(q, { rcode })), async (resolver, fake) => {
        const error = await failsWith(resolver.resolve("a.test", "A"), code);
        assert.equal(error.rcode, rcode);
        assert.equal(error.server, fake.server);
        assert.equal(error.host, "a.test");
        assert.equal(error.type, "A");
      }),
  );
}

test(
  "wire: the message names a code that nobody knows, and blames no other",
  NET,
  () =>
    withFake(both((q) => reply(q, { rcode: 11 })), async (resolver, fake) => {
      const { message } = await failsWith(
        resolver.resolve("a.test", "A"),
        "ESERVFAIL",
      );
      assert.equal(
        message,
        `Cannot look up A of "a.test" at ${fake.server}: the server answered with response code 11`,
      );
    }),
);

test(
  "wire: a server that hangs up instead of answering is ECONNREFUSED",
  NET,
  () =>
    withFake(
      { tcp: () => undefined, perConnection: 1 },
      async (resolver, fake) => {
        const { message } = await failsWith(
          resolver.resolve("a.test", "A"),
          "ECONNREFUSED",
        );
        assert.equal(fake.connections > 0, true);
        assert.match(message, /: the server cannot be reached, or hangs up$/);
      },
      { timeout: 400 },
    ),
);

test(
  "wire: NXDOMAIN with the records in question is ENOTFOUND, as in the C library",
  NET,
  () =>
    withFake(
      both((q) =>
        reply(q, {
          rcode: NXDOMAIN,
          answers: [record(q.name, A, ipv4("192.0.2.1"))],
        })
      ),
      async (resolver) => {
        await failsWith(resolver.resolve("a.test", "A"), "ENOTFOUND");
      },
    ),
);

test(
  "wire: a server without EDNS is asked again without, once",
  NET,
  () =>
    withFake(
      both((q) => q.bytes[11] === 1 ? reply(q, { rcode: 1 }) : replyA(q)),
      async (resolver, fake) => {
        assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
        const before = fake.queries.length;
        assert.deepEqual(await resolver.resolve("b.test", "A"), ["192.0.2.1"]);
        const later = fake.queries.slice(before);
        assert.ok(later.every((query) => query.bytes[11] === 0));
      },
    ),
);

test(
  "wire: a silent server is ETIMEOUT at the deadline",
  NET,
  () =>
    withFake(
      { udp: () => undefined, tcp: () => undefined },
      async (resolver) => {
        const begun = performance.now();
        const error = await failsWith(
          resolver.resolve("a.test", "A"),
          "ETIMEOUT",
        );
        assert.ok(error.timedOut && error.temporary);
        const took = performance.now() - begun;
        assert.ok(took > 350 && took < 2_000, `${took} ms`);
      },
      { timeout: 400 },
    ),
);

test("wire: nothing listens is ECONNREFUSED", NET, async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  using resolver = new Resolver({
    backend: "wire",
    servers: [`127.0.0.1:${port}`],
    timeout: 400,
  });
  await failsWith(resolver.resolve("a.test", "A"), "ECONNREFUSED");
});

test("wire: a truncated answer comes whole over TCP", NET, () =>
  withFake({
    udp: (q) => reply(q, { truncated: true }),
    tcp: (q) =>
      reply(q, {
        answers: Array.from(
          { length: 400 },
          (_, i) => record(q.name, A, [10, 0, i >> 8, i & 255]),
        ),
      }),
  }, async (resolver) => {
    assert.equal((await resolver.resolve("a.test", "A")).length, 400);
  }));

test(
  "wire: truncated and then no TCP is ECONNREFUSED",
  NET,
  () =>
    withFake(
      { udp: (q) => reply(q, { truncated: true }) },
      async (resolver) => {
        await failsWith(resolver.resolve("a.test", "A"), "ECONNREFUSED");
      },
    ),
);

for (
  const [what, forge] of [
    ["another identifier", (q: FakeQuery) => reply(q, { id: q.id ^ 1 })],
    ["another name", (q: FakeQuery) => reply(q, { name: "b.test" })],
    ["another type", (q: FakeQuery) => reply(q, { type: 28 })],
    ["a question instead of an answer", (q: FakeQuery) => {
      const message = reply(q, { id: q.id ^ 1 });
      message[2]! &= 0x7f;
      return message;
    }],
    ["nothing but noise", () => new Uint8Array(50).fill(0x5a)],
    ["too little for a header", () => new Uint8Array(5)],
  ] as const
) {
  test(
    `wire: ${what} is passed over, and the true answer taken`,
    NET,
    () =>
      withFake({
        udp: (q) => forge(q),
        tcp: (q) => replyA(q, "192.0.2.7"),
      }, async (resolver) => {
        assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.7"]);
      }),
  );

  test(
    `wire: ${what} alone is ETIMEOUT`,
    NET,
    () =>
      withFake(both(forge), async (resolver) => {
        await failsWith(resolver.resolve("a.test", "A"), "ETIMEOUT");
      }, { timeout: 300 }),
  );
}

/** An answer whose one record is what the test wants it to be. */
function replyWith(query: FakeQuery, octets: number[]): Uint8Array {
  return reply(query, { answers: [Uint8Array.from(octets)], count: 1 });
}

const FIXED = [...uint16(A), ...uint16(1), 0, 0, 1, 44, 0, 4, 192, 0, 2, 1];
for (
  const [what, broken] of [
    ["a pointer to itself", (q: FakeQuery) => {
      const at = 12 + name(q.name).length + 4;
      return replyWith(q, [0xc0, at, ...FIXED]);
    }],
    ["two pointers to each other", (q: FakeQuery) => {
      const at = 12 + name(q.name).length + 4;
      return replyWith(q, [0xc0, at + 2, 0xc0, at, ...FIXED]);
    }],
    ["more records counted than there are", (q: FakeQuery) =>
      reply(q, {
        answers: [record(q.name, A, ipv4("192.0.2.1"))],
        count: 65_535,
      })],
    [
      "a record that is cut short",
      (q: FakeQuery) =>
        replyWith(q, [0xc0, 12, ...uint16(A), 0, 1, 0, 0, 0, 0, 0, 99, 1, 2]),
    ],
    [
      "an address of three octets",
      (q: FakeQuery) => reply(q, { answers: [record(q.name, A, [192, 0, 2])] }),
    ],
    ["an unknown label type", (q: FakeQuery) => replyWith(q, [0x80, ...FIXED])],
  ] as const
) {
  test(
    `wire: ${what} is EBADRESP`,
    NET,
    () =>
      withFake(both(broken), async (resolver) => {
        await failsWith(resolver.resolve("a.test", "A"), "EBADRESP");
      }),
  );
}

test("wire: an answer that comes two questions late is taken", NET, () => {
  let first: FakeQuery | undefined;
  return withFake({
    udp: (q) => {
      first ??= q;
      return q.index < 2 ? undefined : replyA(first);
    },
  }, async (resolver) => {
    assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
  });
});

test(
  "wire: the first packet is lost, which costs about a second",
  NET,
  () =>
    withFake(
      { udp: (q) => q.index === 0 ? undefined : replyA(q) },
      async (r) => {
        const begun = performance.now();
        assert.deepEqual(await r.resolve("a.test", "A"), ["192.0.2.1"]);
        const took = performance.now() - begun;
        assert.ok(took < 1_500, `${took} ms`);
      },
    ),
);

test(
  "wire: a second server answers for a silent, and for a failing one",
  NET,
  async () => {
    await using silent = await FakeDns.start({ udp: () => undefined });
    await using failing = await FakeDns.start(
      both((q) => reply(q, { rcode: SERVFAIL })),
    );
    await using good = await FakeDns.start(both(replyA));
    for (const bad of [silent, failing]) {
      using resolver = new Resolver({
        backend: "wire",
        servers: [bad.server, good.server],
      });
      const found = await resolver.resolveDetail("a.test", "A");
      assert.equal(found.server, good.server);
    }
  },
);

test("wire: aliases in one answer", NET, () =>
  withFake(
    both((q) =>
      reply(q, {
        answers: [
          record("C3.test", A, ipv4("192.0.2.3"), 50),
          record("c2.test", CNAME, name("c3.test"), 70),
          record("c1.test", CNAME, name("C2.test"), 60),
          record("other.test", A, ipv4("192.0.2.99")),
        ],
      })
    ),
    async (resolver) => {
      const found = await resolver.lookupDetail("c1.test", { family: 4 });
      assert.equal(found.hostname, "c3.test");
      assert.deepEqual(found.aliases, ["c1.test", "c2.test"]);
      assert.deepEqual(found.addresses, [{ address: "192.0.2.3", family: 4 }]);
      assert.equal(found.ttl, 50);
    },
  ));

test("wire: aliases one step at a time", NET, () =>
  withFake(
    both((q) =>
      q.name === "c9.test" ? replyA(q) : reply(q, {
        answers: [
          record(q.name, CNAME, name(`c${Number(q.name[1]) + 4}.test`)),
        ],
      })
    ),
    async (resolver) => {
      const found = await resolver.resolveDetail("c1.test", "A");
      assert.equal(found.hostname, "c9.test");
      assert.deepEqual(found.aliases, ["c1.test", "c5.test"]);
    },
  ));

test("wire: aliases in a circle end as ENODATA", NET, () =>
  withFake(
    both((q) => {
      const other = q.name === "x.test" ? "y.test" : "x.test";
      return reply(q, { answers: [record(q.name, CNAME, name(other))] });
    }),
    async (resolver, fake) => {
      await failsWith(resolver.resolve("x.test", "A"), "ENODATA");
      assert.ok(fake.queries.length <= 8, `${fake.queries.length} queries`);
    },
  ));

test("wire: endless aliases end", NET, () =>
  withFake(
    both((q) =>
      reply(q, { answers: [record(q.name, CNAME, name(`x${q.name}`))] })
    ),
    async (resolver, fake) => {
      await failsWith(resolver.resolve("x.test", "A"), "ENODATA");
      assert.ok(fake.queries.length <= 20, `${fake.queries.length} queries`);
    },
  ));

test("wire: an alias that is no host name is not followed", NET, () =>
  withFake(
    both((q) =>
      reply(q, { answers: [record(q.name, CNAME, name("a b;.test"))] })
    ),
    async (resolver) => {
      await failsWith(resolver.lookup("x.test"), "EBADRESP");
    },
  ));

test(
  "wire: a canonical name that is no host name is dropped",
  NET,
  () =>
    withFake(
      both((q) =>
        reply(q, {
          answers: [
            record("x.test", CNAME, name("y.test")),
            record("y.test", CNAME, name("a b;.test")),
            record("a b;.test", A, ipv4("192.0.2.5")),
          ],
        })
      ),
      async (resolver) => {
        const found = await resolver.lookupDetail("x.test", { family: 4 });
        assert.equal(found.hostname, "y.test");
        assert.deepEqual(found.aliases, ["x.test"]);
        assert.deepEqual(found.addresses, [{
          address: "192.0.2.5",
          family: 4,
        }]);
        const { dropped } = await resolver.resolveDetail("x.test", "A");
        assert.deepEqual(dropped, ["a\\032b\\;.test"]);
      },
    ),
);

test("wire: the name that was asked for is never dropped", NET, () =>
  withFake(
    both((q) => reply(q, { answers: [record(q.name, 16, [2, 0x68, 0x69])] })),
    async (resolver) => {
      const name = "_dmarc.x_y.test";
      const found = await resolver.resolveDetail(name, "TXT");
      assert.deepEqual(found.records, [["hi"]]);
      assert.equal(found.hostname, name);
      assert.equal(found.dropped, undefined);
    },
  ));

test(
  "wire: a connection that ends after each few questions loses none",
  NET,
  () =>
    withFake({ tcp: replyA, perConnection: 10 }, async (resolver, fake) => {
      const found = await Promise.all(
        Array.from(
          { length: 100 },
          (_, i) => resolver.resolve(`n${i}.test`, "A"),
        ),
      );
      assert.ok(found.every(([address]) => address === "192.0.2.1"));
      assert.ok(fake.connections >= 10);
    }),
);

test(
  "wire: closing the resolver ends what is asked",
  NET,
  () =>
    withFake(
      { udp: () => undefined, tcp: () => undefined },
      async (resolver, fake) => {
        const asked = resolver.resolve("a.test", "A");
        const failed = assert.rejects(asked, Deno.errors.Interrupted);
        while (fake.queries.length === 0) await turn();
        resolver[Symbol.dispose]();
        await failed;
        await assert.rejects(
          resolver.lookup("a.test"),
          Deno.errors.BadResource,
        );
      },
    ),
);

test("wire: nobody else's datagram is taken", NET, async () => {
  await using stranger = await listenDatagram({ port: 0 });
  await withFake({
    udp: async (query) => {
      // The stranger knows port, identifier and question, and still must not be believed.
      await stranger.send(replyA(query, "192.0.2.66"), query.from);
      await turn();
      return replyA(query, "192.0.2.1");
    },
  }, async (resolver) => {
    assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
  });
});

test(
  "wire: TTL 0 is not kept, and a SOA says how long nothing is",
  NET,
  () =>
    withFake(
      both((q) =>
        q.name === "zero.test"
          ? reply(q, { answers: [record(q.name, A, [192, 0, 2, 1], 0)] })
          : reply(q, {
            rcode: NXDOMAIN,
            authorities: [record("test", SOA, soaData(60), 30)],
          })
      ),
      async (resolver) => {
        await resolver.resolve("zero.test", "A");
        await resolver.resolve("zero.test", "A");
        assert.equal(resolver.stats().queries, 2);
        await failsWith(resolver.resolve("nx.test", "A"), "ENOTFOUND");
        await failsWith(resolver.resolve("nx.test", "A"), "ENOTFOUND");
        assert.equal(resolver.stats().queries, 3);
        assert.equal(resolver.stats().cacheHits, 1);
      },
    ),
);

test(
  "wire: a name that cannot be written is EBADNAME, and no timer is left",
  NET,
  async () => {
    const servers = [{ hostname: "127.0.0.1", port: 1 }];
    const backend = new WireBackend(servers, { tries: 3, keepOpen: false });
    const { signal } = new AbortController();
    const expires = performance.now() + 5_000;
    const question = { name: "a".repeat(64), type: "A" } as const;
    const outcome = await backend.ask(question, { signal, expires });
    assert.equal("error" in outcome && outcome.error.code, "EBADNAME");
  },
);

test("wire: a long name is asked for over TCP, too", NET, async () => {
  const long = Array.from({ length: 4 }, () => "x".repeat(61)).join(".");
  await using fake = await FakeDns.start({ tcp: replyA });
  using resolver = new Resolver({
    backend: "wire",
    servers: [fake.server],
    hosts: false,
  });
  assert.deepEqual(await resolver.resolve(long, "A"), ["192.0.2.1"]);
  assert.deepEqual(fake.names("tcp"), [long]);
});

test(
  "wire: an alias without the records, and a SOA, is ENODATA at once",
  NET,
  () =>
    withFake(
      both((q) =>
        reply(q, {
          answers: [record(q.name, CNAME, name("b.test"))],
          authorities: [record("test", SOA, soaData(60))],
        })
      ),
      async (resolver, fake) => {
        const error = await failsWith(
          resolver.resolve("a.test", "A"),
          "ENODATA",
        );
        assert.equal(error.rcode, 0);
        assert.deepEqual(new Set(fake.names()), new Set(["a.test"]));
      },
    ),
);

test(
  "wire: a right answer from another address, or another port, is forged",
  NET,
  async () => {
    const forgers = [
      await listenDatagram({ hostname: "127.0.0.1", port: 0 }),
    ];
    await using fake = await FakeDns.start({
      udp: async (q) => {
        const forged = replyA(q, "203.0.113.66");
        for (const forger of forgers) await forger.send(forged, q.from);
        return replyA(q);
      },
    });
    // Elsewhere loopback has but one address.
    if (Deno.build.os === "linux") {
      forgers.push(
        await listenDatagram({ hostname: "127.0.0.2", port: fake.port }),
      );
    }
    using resolver = new Resolver({
      backend: "wire",
      servers: [fake.server],
      hosts: false,
    });
    assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
    for (const forger of forgers) await forger.close();
  },
);

test(
  "wire: a busy port is replaced after 256 questions (RFC 5452)",
  NET,
  async () => {
    const answer = Promise.withResolvers<void>();
    const ports: number[] = [];
    await using fake = await FakeDns.start({
      udp: async (q) => {
        ports.push(q.from.port);
        await answer.promise;
        return replyA(q);
      },
    });
    const { ask, backend } = briefly(fake);
    const { signal } = new AbortController();
    const first = ask(signal);
    while (ports.length === 0) await turn();
    const asked = Array.from({ length: 256 }, () => ask(signal));
    while (ports.length < 257) await turn();
    assert.equal(new Set(ports).size, 2);
    answer.resolve();
    for (const outcome of await Promise.all([first, ...asked])) {
      assert.ok("records" in outcome);
    }
    backend.retire();
  },
);

test(
  "wire: a server that answers nonsense, and that over UDP alone, is not asked again",
  NET,
  () =>
    withFake(
      {
        udp: (q) =>
          Uint8Array.from([
            ...uint16(q.id),
            0x81,
            0x80,
            0,
            9,
            ...Array(6).fill(0),
          ]),
      },
      async (resolver, fake) => {
        await failsWith(resolver.resolve("a.test", "A"), "EBADRESP");
        assert.deepEqual(fake.names(), ["a.test"]);
      },
    ),
);

/** A backend that keeps no connection, and what it is asked with. */
function briefly(fake: FakeDns): {
  backend: WireBackend;
  ask: (signal: AbortSignal) => Promise<Outcome>;
} {
  const servers = [{ hostname: "127.0.0.1", port: fake.port }];
  const backend = new WireBackend(servers, { tries: 3, keepOpen: false });
  const expires = performance.now() + 10_000;
  const question = { name: "a.test", type: "A" } as const;
  return {
    backend,
    ask: (signal) => backend.ask(question, { signal, expires }),
  };
}

test(
  "wire: nobody listens to the signal any more when all is said",
  NET,
  async () => {
    await using fake = await FakeDns.start({ udp: replyA });
    const counted = new CountedSignal();
    const { ask } = briefly(fake);
    assert.ok("records" in await ask(counted.signal));
    assert.equal(counted.listeners, 0);
  },
);

test(
  "wire: a connection ends with its last question, also when that is taken back",
  NET,
  async () => {
    await using fake = await FakeDns.start({ tcp: () => undefined });
    const abort = new AbortController();
    const asked = briefly(fake).ask(abort.signal).catch((reason) => reason);
    while (fake.names("tcp").length === 0) await turn();
    abort.abort("enough");
    assert.equal(await asked, "enough");
    while (fake.ended === 0) await turn();
  },
);

test(
  "wire: a question that is taken back while it dials does not stand in the way",
  NET,
  async () => {
    await using fake = await FakeDns.start({ tcp: replyA });
    const { ask } = briefly(fake);
    const abort = new AbortController();
    const asked = ask(abort.signal).catch((reason) => reason);
    abort.abort("enough");
    const found = await ask(new AbortController().signal);
    assert.equal(await asked, "enough");
    assert.deepEqual("records" in found && found.records, ["192.0.2.1"]);
    assert.equal(fake.names("tcp").length, 1);
    // Over UDP it would be asked again if the connection did not come.
    assert.ok(fake.names("udp").length <= 1);
  },
);

test("wire: close() rejects what is asked with its reason", NET, async () => {
  await using fake = await FakeDns.start(both(() => undefined));
  const { backend, ask } = briefly(fake);
  const asked = ask(new AbortController().signal).catch((reason) => reason);
  while (fake.names("tcp").length === 0) await turn();
  const reason = new Deno.errors.Interrupted("closed");
  backend.close(reason);
  assert.equal(await asked, reason);
  while (fake.ended === 0) await turn();
});

test("wire: a name with escapes is the one in the answer", NET, () =>
  withFake(
    both((q) => reply(q, { answers: [record(q.name, 16, [2, 0x68, 0x69])] })),
    async (resolver) => {
      for (const name of ["Brian\\039s\\032x.test", "\\097bc.test"]) {
        assert.deepEqual(await resolver.resolve(name, "TXT"), [["hi"]]);
      }
    },
  ));

test(
  "wire: a question is not asked again over a connection on which it waits",
  NET,
  () =>
    withFake(
      { udp: () => undefined, tcp: () => undefined },
      async (resolver, fake) => {
        await failsWith(resolver.resolve("a.test", "A"), "ETIMEOUT");
        assert.equal(fake.names("udp").length, 3);
        assert.equal(fake.names("tcp").length, 1);
      },
      { timeout: 2_500 },
    ),
);

test(
  "wire: nobody waits for a connection that has never answered",
  NET,
  () =>
    withFake({ udp: replyA, tcp: () => undefined }, async (resolver, fake) => {
      await resolver.resolve("a.test", "A");
      while (fake.names("tcp").length === 0) await turn();
      await resolver.resolve("b.test", "A");
      assert.deepEqual(ways(fake, "b.test"), ["udp"]);
    }),
);

test(
  "wire: a connection that has fallen silent costs a second once",
  NET,
  () =>
    withFake({
      udp: (q) => q.name === "a.test" ? undefined : replyA(q),
      tcp: (q) => q.name === "a.test" ? replyA(q) : undefined,
    }, async (resolver, fake) => {
      await resolver.resolve("a.test", "A");
      await resolver.resolve("b.test", "A");
      assert.deepEqual(ways(fake, "b.test"), ["tcp", "udp"]);
      await resolver.resolve("c.test", "A");
      assert.deepEqual(ways(fake, "c.test"), ["udp"]);
    }),
);

test(
  "wire: a connection that has fallen silent is replaced where there is no other way",
  NET,
  async () => {
    const first = (q: FakeQuery) => q.from.port === fake.queries[0]!.from.port;
    await using fake: FakeDns = await FakeDns.start({
      tcp: (q) => first(q) && q.name !== "a.test" ? undefined : replyA(q),
    });
    const servers = [fake.server];
    using resolver = new Resolver({ backend: "wire", servers, hosts: false });
    await resolver.resolve("a.test", "A");
    const given = resolver.resolve("b.test", "A", { timeout: 4_200 });
    const patient = resolver.resolve("c.test", "A");
    await assert.rejects(given, { name: "TimeoutError" });
    // Who has waited beside it is asked for again, and so is who comes after.
    assert.deepEqual(await patient, ["192.0.2.1"]);
    assert.deepEqual(await resolver.resolve("d.test", "A"), ["192.0.2.1"]);
    assert.equal(fake.connections, 2);
  },
);

test(
  "wire: a server given by another spelling of its address is heard",
  NET,
  () =>
    withFake({ udp: replyA }, async (_, fake) => {
      for (const host of ["[::ffff:127.0.0.1]", "0.0.0.0"]) {
        const servers = [`${host}:${fake.port}`];
        using resolver = new Resolver({
          backend: "wire",
          servers,
          hosts: false,
        });
        const found = await resolver.resolveDetail("a.test", "A");
        assert.deepEqual(found.records, ["192.0.2.1"]);
        assert.equal(found.server, fake.server);
      }
    }),
);

test(
  "wire: a reverse zone below eight bits is an owner like any other",
  NET,
  () => {
    const zone = "4.0/25.2.0.192.in-addr.arpa";
    return withFake(
      both((q) =>
        reply(q, {
          answers: [
            record(q.name, CNAME, name(zone)),
            record(zone, 12, name("four.test")),
          ],
        })
      ),
      async (resolver) => {
        const found = await resolver.resolveDetail("192.0.2.4", "PTR");
        assert.equal(found.hostname, zone);
        assert.deepEqual(found.aliases, ["4.2.0.192.in-addr.arpa"]);
        assert.deepEqual(found.records, ["four.test"]);
        assert.equal(found.dropped, undefined);
      },
    );
  },
);

/** The ways over which a name was asked for, in order. */
function ways(fake: FakeDns, name: string): string[] {
  return fake.queries.filter((query) => query.name === name)
    .map((query) => query.over);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
