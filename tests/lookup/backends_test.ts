/** What resolveDns, auto and system do where no server answers as it should. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { DenoBackend } from "../../lib/lookup/deno_backend.ts";
import { Resolver } from "../../lib/lookup/resolver.ts";
import { test } from "../support/permissions.ts";
import { failsWith } from "./support/fails.ts";
import {
  FakeDns,
  type FakeQuery,
  NXDOMAIN,
  record,
  reply,
  replyA,
  SERVFAIL,
} from "./support/fake_dns.ts";

const NET = { net: true, read: true };

function make(
  backend: "auto" | "resolveDns" | "wire",
  fake: FakeDns,
  timeout = 5_000,
): Resolver {
  return new Resolver({
    backend,
    servers: [fake.server],
    hosts: false,
    timeout,
  });
}

test(
  "resolveDns: a silent server is ETIMEOUT at the deadline, and nothing stays open",
  NET,
  async () => {
    await using fake = await FakeDns.start({ udp: () => undefined });
    using resolver = make("resolveDns", fake, 300);
    await failsWith(resolver.resolve("a.test", "A"), "ETIMEOUT");
  },
);

test("resolveDns: a packet lost once costs about a second", NET, async () => {
  await using fake = await FakeDns.start({
    udp: (q) => q.index === 0 ? undefined : replyA(q),
  });
  using resolver = make("resolveDns", fake);
  const begun = performance.now();
  assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
  const took = performance.now() - begun;
  assert.ok(took < 1_500, `${took} ms`);
});

test("resolveDns: truncated and then no TCP is ECONNREFUSED", NET, async () => {
  await using fake = await FakeDns.start({
    udp: (q) => reply(q, { truncated: true }),
  });
  using resolver = make("resolveDns", fake);
  await failsWith(resolver.resolve("a.test", "A"), "ECONNREFUSED");
});

test(
  "resolveDns and auto: truncated, and TCP that hangs up, is ECONNREFUSED",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      udp: (q) => reply(q, { truncated: true }),
      tcp: () => undefined,
      perConnection: 1,
    });
    for (const backend of ["resolveDns", "auto"] as const) {
      using resolver = make(backend, fake);
      await failsWith(resolver.resolve("a.test", "A"), "ECONNREFUSED");
    }
  },
);

test(
  "resolveDns and auto: a server that Deno cannot ask is passed over",
  NET,
  async () => {
    await using good = await FakeDns.start({ udp: replyA });
    for (const backend of ["resolveDns", "auto"] as const) {
      using resolver = new Resolver({
        backend,
        servers: ["fe80::1%lo", good.server],
        hosts: false,
      });
      assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
    }
  },
);

for (
  const [what, text] of [
    [
      "a resolv.conf that it cannot read",
      "proto error: io error: Error parsing resolv.conf: directive at line 1 is not recognized",
    ],
    [
      "a search list that it cannot read",
      "proto error: io error: Error parsing resolv.conf: Malformed label: ",
    ],
    [
      "a resolv.conf that is no UTF-8",
      "proto error: io error: stream did not contain valid UTF-8",
    ],
    ["no server", "proto error: io error: no nameservers found in config"],
  ] as const
) {
  test(
    `auto asks over the wire where Deno.resolveDns has ${what}, resolveDns says so`,
    NET,
    async () => {
      await using fake = await FakeDns.start({ udp: replyA });
      using _failing = failingResolveDns(text);
      using auto = make("auto", fake);
      assert.deepEqual(await auto.resolve("a.test", "A"), ["192.0.2.1"]);
      using resolver = make("resolveDns", fake);
      const error = await failsWith(
        resolver.resolve("a.test", "A"),
        "EUNRESOLVED",
      );
      assert.ok(error.message.endsWith(`Deno.resolveDns says "${text}"`));
    },
  );
}

test(
  "auto: what the wire came to counts where Deno.resolveDns could not ask",
  NET,
  async () => {
    await using fake = await FakeDns.start({ udp: () => undefined });
    using _failing = failingResolveDns("proto error: no idea");
    using resolver = make("auto", fake, 300);
    await failsWith(resolver.resolve("a.test", "A"), "ECONNREFUSED");
  },
);

test(
  "resolveDns and auto: an answer without data is EBADRESP, no empty list",
  NET,
  async () => {
    const empty = (q: FakeQuery) =>
      reply(q, { answers: [record(q.name, q.type, [])] });
    await using fake = await FakeDns.start({ udp: empty, tcp: empty });
    for (const backend of ["resolveDns", "auto"] as const) {
      using resolver = make(backend, fake);
      for (const type of ["A", "MX", "TXT"] as const) {
        await failsWith(resolver.resolve("a.test", type), "EBADRESP");
      }
      await failsWith(resolver.lookup("a.test"), "EBADRESP");
      await failsWith(resolver.reverse("192.0.2.1"), "EBADRESP");
    }
  },
);

test(
  "resolveDns: the second server answers where the first gives no data",
  NET,
  async () => {
    await using empty = await FakeDns.start({
      udp: (q) => reply(q, { answers: [record(q.name, q.type, [])] }),
    });
    await using good = await FakeDns.start({ udp: replyA });
    using resolver = new Resolver({
      backend: "resolveDns",
      servers: [empty.server, good.server],
    });
    assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
  },
);

test(
  "resolveDns: the second server answers where the first is silent",
  NET,
  async () => {
    await using silent = await FakeDns.start({ udp: () => undefined });
    await using good = await FakeDns.start({ udp: replyA });
    using resolver = new Resolver({
      backend: "resolveDns",
      servers: [silent.server, good.server],
    });
    const found = await resolver.resolveDetail("a.test", "A");
    assert.equal(found.server, good.server);
  },
);

test(
  "resolveDns: the second server is asked at once where the first fails, and only then",
  NET,
  async () => {
    // Truncated, and nothing listens on TCP.
    await using bad = await FakeDns.start({
      udp: (q) => reply(q, { truncated: true }),
    });
    await using good = await FakeDns.start({ udp: replyA });
    const find = async (...servers: string[]) => {
      using resolver = new Resolver({
        backend: "resolveDns",
        servers,
        cache: false,
        // Less than the patience with a server that is silent.
        timeout: 900,
      });
      return (await resolver.resolveDetail("a.test", "A")).server;
    };
    assert.equal(await find(bad.server, good.server), good.server);
    assert.equal(await find(good.server, bad.server), good.server);
    assert.deepEqual(good.names(), ["a.test", "a.test"]);
    await failsWith(find(bad.server, bad.server), "ECONNREFUSED");
  },
);

test("resolveDns: a name without dots is asked for once", NET, async () => {
  await using fake = await FakeDns.start({
    udp: (q) => reply(q, { rcode: NXDOMAIN }),
  });
  using resolver = make("resolveDns", fake);
  await failsWith(resolver.resolve("single", "A"), "EUNRESOLVED");
  assert.deepEqual(fake.names(), ["single"]);
});

test(
  "resolveDns: a reason that looks like an answer ends it, too",
  NET,
  async () => {
    await using fake = await FakeDns.start({ udp: () => undefined });
    for (
      const reason of [
        new Deno.errors.TimedOut("enough"),
        new Deno.errors.NotFound("enough"),
      ]
    ) {
      const backend = new DenoBackend([
        { hostname: "127.0.0.1", port: fake.port },
      ]);
      const abort = new AbortController();
      const asked = backend.ask({ name: "a.test", type: "A" }, {
        signal: abort.signal,
        expires: performance.now() + 5_000,
      }).catch((error) => error);
      const before = fake.queries.length;
      while (fake.queries.length === before) await turn();
      abort.abort(reason);
      assert.equal(await asked, reason);
    }
  },
);

test("resolveDns and auto: abort ends it", NET, async () => {
  await using fake = await FakeDns.start({ udp: () => undefined });
  for (const backend of ["resolveDns", "auto"] as const) {
    using resolver = make(backend, fake);
    const abort = new AbortController();
    const asked = resolver.resolve("a.test", "A", { signal: abort.signal });
    const rejected = assert.rejects(asked, { message: "enough" });
    const before = fake.queries.length;
    while (fake.queries.length === before) await turn();
    abort.abort(new Error("enough"));
    await rejected;
  }
});

test("auto: a packet lost once costs about a second", NET, async () => {
  await using fake = await FakeDns.start({
    udp: (q) => q.index === 0 ? undefined : replyA(q),
  });
  using resolver = make("auto", fake);
  const begun = performance.now();
  assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
  const took = performance.now() - begun;
  assert.ok(took < 1_500, `${took} ms`);
});

test("auto: a silent server is ETIMEOUT at the deadline", NET, async () => {
  await using fake = await FakeDns.start({
    udp: () => undefined,
    tcp: () => undefined,
  });
  using resolver = make("auto", fake, 1_300);
  await failsWith(resolver.resolve("a.test", "A"), "ETIMEOUT");
});

test(
  "auto: an answer later than Deno.resolveDns waits is heard over the wire",
  NET,
  async () => {
    // The question over TCP is answered when it has come over UDP twice more, a second later.
    const { promise: late, resolve } = Promise.withResolvers<void>();
    let left = Infinity;
    await using fake = await FakeDns.start({
      udp: () => {
        if (--left === 0) resolve();
        return undefined;
      },
      tcp: async (q) => {
        left = 2;
        await late;
        return replyA(q);
      },
    });
    using resolver = make("auto", fake);
    assert.deepEqual(await resolver.resolve("a.test", "A"), ["192.0.2.1"]);
  },
);

test(
  "auto: what was found needs no second question, what was not gets its reason",
  NET,
  async () => {
    await using fake = await FakeDns.start({
      udp: (q) => {
        if (q.name === "a.test") return replyA(q);
        return reply(q, { rcode: q.name === "s.test" ? SERVFAIL : NXDOMAIN });
      },
    });
    using resolver = make("auto", fake);
    const found = await resolver.resolveDetail("a.test", "A").then((d) =>
      d.source
    );
    assert.equal(found, "wire");
    resolver.clearCache();
    const before = fake.queries.length;
    await resolver.resolve("a.test", "A");
    assert.equal(fake.queries.length, before + 1);
    // What was kept of that says less than the wire would.
    assert.equal((await resolver.resolveDetail("a.test", "A")).ttl, 300);
    await failsWith(resolver.resolve("n.test", "A"), "ENOTFOUND");
    await failsWith(resolver.resolve("s.test", "A"), "ESERVFAIL");
  },
);

test("system: addresses in the system's order, names, and what it cannot do", {
  ...NET,
  env: true,
  sys: true,
}, async () => {
  using resolver = new Resolver({ backend: "system", hosts: false });
  const found = await resolver.lookupDetail("ip6-nothing.invalid").catch((e) =>
    e
  );
  assert.equal(found.code, "ENOTFOUND");
  await assert.rejects(
    resolver.resolve("a.test", "MX"),
    Deno.errors.NotSupported,
  );
  await assert.rejects(
    resolver.resolve("1.2.0.192.in-addr.arpa", "MX"),
    Deno.errors.NotSupported,
  );
  await assert.rejects(
    resolver.lookup("a.test", { signal: AbortSignal.abort("no") }),
    (reason) => reason === "no",
  );
});

test("system: without permission for the name it says which flag", {
  ...NET,
  run: [Deno.execPath()],
}, async () => {
  const script = new URL("support/system_backend.ts", import.meta.url);
  const run = async (...flags: string[]) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", ...flags, script.href],
      stdin: "null",
      env: { NO_COLOR: "1" },
    }).output();
    return new TextDecoder().decode(stdout);
  };
  assert.match(await run("--no-prompt"), /--allow-net=vm.host.test/);
  const output = await run("--no-prompt", "--allow-net=vm.host.test");
  const [code] = output.split(" ");
  assert.match(code!, /^(?:ENOTFOUND|ENODATA|ESERVFAIL|ETIMEOUT|EUNRESOLVED)$/);
  // Where no server answers: the system does not tell silence from SERVFAIL, so neither do we.
  if (code === "ESERVFAIL") assert.match(output, /for now \(EAI_AGAIN\)$/m);
});

test("resolveDns and wire: a CAA tag is in lower case", NET, async () => {
  const tags = ["ISSUE", "TbS"];
  const answer = (q: FakeQuery) =>
    reply(q, {
      answers: tags.map((tag) =>
        record(q.name, 257, [0, tag.length, ...Buffer.from(`${tag}ca.test`)])
      ),
    });
  await using fake = await FakeDns.start({ udp: answer, tcp: answer });
  for (const backend of ["resolveDns", "wire"] as const) {
    using resolver = make(backend, fake);
    const found = await resolver.resolve("a.test", "CAA");
    assert.deepEqual(found.map(({ tag }) => tag).sort(), ["issue", "tbs"]);
  }
});

/** Deno's resolver fails like that until this is disposed. */
function failingResolveDns(text: string): Disposable {
  const { resolveDns } = Deno;
  Deno.resolveDns = (): Promise<never> => Promise.reject(new Error(text));
  return { [Symbol.dispose]: () => void (Deno.resolveDns = resolveDns) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
