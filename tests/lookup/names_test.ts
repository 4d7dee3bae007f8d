/** The functions with Python's names: rows NR01 to NR14 of the behaviour checklist. */
import assert from "node:assert/strict";
import { getaddrinfo } from "../../lib/lookup/getaddrinfo.ts";
import { gethostbyaddr } from "../../lib/lookup/gethostbyaddr.ts";
import {
  gethostbyname,
  gethostbyname_ex,
} from "../../lib/lookup/gethostbyname.ts";
import { getfqdn, gethostname } from "../../lib/lookup/gethostname.ts";
import { getnameinfo } from "../../lib/lookup/getnameinfo.ts";
import { functionsResolver, Resolver } from "../../lib/lookup/resolver.ts";
import { test } from "../support/permissions.ts";
import { failsWith } from "./support/fails.ts";
import { FakeDns, replyA } from "./support/fake_dns.ts";

const NET = { net: true, read: true };
const BAD = [
  "0.1.1.~1",
  "1+.1.1.1",
  "::1q",
  "::1::2",
  "1:1:1:1:1:1:1:1:1",
];

/** Nothing was asked of anybody meanwhile. */
async function unasked(work: () => Promise<void>): Promise<void> {
  const before = functionsResolver().stats().queries;
  await work();
  assert.equal(functionsResolver().stats().queries, before);
}

test(
  "NR01: gethostbyname passes addresses through",
  {},
  () =>
    unasked(async () => {
      for (const text of ["127.0.0.1", "10.0.0.1", "255.255.255.255"]) {
        assert.equal(await gethostbyname(text), text);
      }
      assert.equal(await gethostbyname("127.1"), "127.0.0.1");
      assert.equal(await gethostbyname(""), "0.0.0.0");
      assert.equal(await gethostbyname("<broadcast>"), "255.255.255.255");
      await failsWith(gethostbyname("::1"), "ENODATA");
    }),
);

test(
  "NR02: gethostbyname rejects what is neither before any query",
  {},
  () =>
    unasked(async () => {
      for (const text of BAD) await failsWith(gethostbyname(text), "EBADNAME");
    }),
);

test(
  "NR03: gethostbyaddr rejects what is neither before any query",
  {},
  () =>
    unasked(async () => {
      for (const text of BAD) await failsWith(gethostbyaddr(text), "EBADNAME");
    }),
);

test("NR04: gethostbyaddr of this host", {}, async () => {
  const found = await gethostbyaddr("127.0.0.1");
  assert.ok(found.addresses.includes("127.0.0.1"));
  assert.ok(found.hostname.length > 0);
  assert.deepEqual((await gethostbyaddr("localhost")).addresses.length, 1);
  const long = await gethostbyaddr("0:0:0:0:0:0:0:1");
  assert.deepEqual(long.addresses, ["::1"]);
});

test("NR05: getfqdn of nothing, 0.0.0.0 and :: is this host's", {
  sys: true,
  ...NET,
}, async () => {
  const own = await getfqdn();
  assert.equal(await getfqdn("0.0.0.0"), own);
  assert.equal(await getfqdn("::"), own);
  assert.equal(gethostname(), Deno.hostname());
  assert.equal(await getfqdn("nowhere.invalid"), "nowhere.invalid");
});

test(
  "NR06: getaddrinfo of this host and of literals",
  {},
  () =>
    unasked(async () => {
      for (const host of ["localhost", "127.0.0.1", "::1", null]) {
        const found = await getaddrinfo(host, 80);
        assert.ok(found.length >= 1, String(host));
        assert.ok(found.every(({ port }) => port === 80));
      }
    }),
);

test(
  "NR07: getaddrinfo knows services, in the types that they have",
  {},
  async () => {
    const found = await getaddrinfo("127.0.0.1", "http");
    assert.deepEqual(found, [
      {
        address: "127.0.0.1",
        family: 4,
        port: 80,
        type: "stream",
        protocol: 6,
      },
    ]);
    const both = await getaddrinfo("127.0.0.1", "https");
    assert.deepEqual(both.map(({ type }) => type), ["stream", "datagram"]);
    assert.equal((await getaddrinfo("127.0.0.1", "8080"))[0]!.port, 8080);
    for (const none of [null, ""]) {
      assert.equal((await getaddrinfo("127.0.0.1", none))[0]!.port, 0);
    }
    await failsWith(getaddrinfo("127.0.0.1", "nosuch"), "ESERVICE");
    const { message } = await failsWith(
      getaddrinfo("127.0.0.1", "http", { type: "datagram" }),
      "ESERVICE",
    );
    assert.match(message, /service "http" over "udp": no such service$/);
    for (const port of [-1, 65_536, 1.5, "70000"]) {
      await assert.rejects(getaddrinfo("127.0.0.1", port), RangeError);
    }
  },
);

test(
  "NR08: getaddrinfo gives only that family, only that type",
  {},
  async () => {
    for (const family of [4, 6] as const) {
      const found = await getaddrinfo("localhost", 1, { family });
      assert.ok(found.length > 0);
      assert.ok(found.every((info) => info.family === family));
    }
    for (const type of ["stream", "datagram"] as const) {
      const found = await getaddrinfo("127.0.0.1", 1, { type });
      assert.deepEqual(found.map((info) => info.type), [type]);
    }
    await failsWith(getaddrinfo("127.0.0.1", 1, { family: 6 }), "ENODATA");
    await assert.rejects(
      getaddrinfo("127.0.0.1", 1, { type: "raw" as never }),
      TypeError,
    );
    await assert.rejects(
      getaddrinfo("127.0.0.1", 1, { nosuch: 1 } as never),
      TypeError,
    );
  },
);

test(
  "NR09: getaddrinfo of nothing: to bind, and to connect to",
  {},
  async () => {
    const texts = async (passive: boolean) => [
      ...new Set(
        (await getaddrinfo(null, 0, { passive })).map(({ address }) => address),
      ),
    ];
    assert.deepEqual(await texts(true), ["0.0.0.0", "::"]);
    assert.deepEqual(await texts(false), ["::1", "127.0.0.1"]);
  },
);

test(
  "NR10, NR11: getaddrinfo gives canonical text, and keeps the scope",
  {},
  async () => {
    const [multicast] = await getaddrinfo("ff02::1de:c0:face:8D", 1234);
    assert.equal(multicast!.address, "ff02::1de:c0:face:8d");
    for (const scope of ["eth0", "1"]) {
      const [info] = await getaddrinfo(`ff02::1%${scope}`, 1234);
      assert.equal(info!.address, "ff02::1");
      assert.equal(info!.scope, scope);
    }
  },
);

test(
  "getaddrinfo: numericHost asks nobody, canonName is given where wanted",
  {},
  () =>
    unasked(async () => {
      const numericHost = true;
      await failsWith(getaddrinfo("a.test", 1, { numericHost }), "EBADNAME");
      assert.equal((await getaddrinfo("::1", 1, { numericHost })).length, 2);
      const [info] = await getaddrinfo("127.1", 1, { canonName: true });
      assert.equal(info!.canonName, "127.0.0.1");
      assert.ok(!("canonName" in (await getaddrinfo("127.1", 1))[0]!));
    }),
);

test("NR12: getnameinfo takes addresses only", {}, () =>
  unasked(async () => {
    for (const nothing of [undefined, null, "127.0.0.1"]) {
      await assert.rejects(getnameinfo(nothing as never), {
        name: "TypeError",
        message:
          /^Cannot look up name information of (?:undefined|null|"127.0.0.1"): must be an object$/,
      });
    }
    for (const address of ["mail.python.org", "", "127.1"]) {
      await failsWith(getnameinfo({ address, port: 80 }), "EBADNAME");
    }
  }));

test(
  "getnameinfo: names, numbers, and which of them are required",
  {},
  async () => {
    const peer = { address: "127.0.0.1", port: 514 };
    const numericHost = true;
    assert.deepEqual(await getnameinfo(peer, { numericHost }), {
      host: "127.0.0.1",
      service: "shell",
    });
    const datagram = await getnameinfo(peer, { numericHost, datagram: true });
    assert.equal(datagram.service, "syslog");
    const numeric = await getnameinfo(peer, {
      numericHost,
      numericService: true,
    });
    assert.equal(numeric.service, "514");
    assert.equal((await getnameinfo(peer)).host.length > 0, true);
    const zoned = { address: "FE80::1%eth0", port: 1 };
    assert.equal(
      (await getnameinfo(zoned, { numericHost })).host,
      "fe80::1%eth0",
    );
    const apart = { address: "fe80::1", scope: "eth0", port: 1 };
    assert.deepEqual(
      await getnameinfo(apart, { numericHost }),
      await getnameinfo(zoned, { numericHost }),
    );
    await failsWith(
      getnameinfo(peer, { numericHost, nameRequired: true }),
      "ENOTFOUND",
    );
    await assert.rejects(
      getnameinfo({ address: "::1", port: 65_536 }),
      RangeError,
    );
  },
);

test(
  "NR13: a name in another script is asked for in A-labels",
  NET,
  async () => {
    await using fake = await FakeDns.start({ udp: replyA, tcp: replyA });
    using resolver = new Resolver({
      backend: "wire",
      servers: [fake.server],
      hosts: false,
    });
    const found = await resolver.lookup("испытание.test");
    assert.deepEqual(found, [{ address: "192.0.2.1", family: 4 }]);
    assert.ok(fake.names().every((name) => name === "xn--80akhbyknj4f.test"));
  },
);

test(
  "NR13: full-width digits are an address once they are ASCII",
  {},
  () =>
    unasked(async () => {
      assert.equal(await gethostbyname("１２７.0.0.1"), "127.0.0.1");
    }),
);

test("NR14: an aborted signal is its own reason", {}, async () => {
  const signal = AbortSignal.abort("never mind");
  const calls = [
    gethostbyname("a.test", { signal }),
    gethostbyname("", { signal }),
    gethostbyname_ex("a.test", { signal }),
    gethostbyaddr("192.0.2.1", { signal }),
    getaddrinfo("a.test", 80, { signal }),
    getaddrinfo(null, 80, { signal }),
    getnameinfo({ address: "192.0.2.1", port: 80 }, { signal }),
  ];
  for (const call of calls) {
    await assert.rejects(call, (reason) => reason === "never mind");
  }
});

test(
  "options are checked, even where nothing has to be asked",
  {},
  () =>
    unasked(async () => {
      const peer = { address: "127.0.0.1", port: 80 };
      const numericHost = true;
      const wrong = [
        getaddrinfo(null, 80, { family: 5 as never }),
        getaddrinfo(null, 80, { passive: "no" as never }),
        getaddrinfo("127.0.0.1", 80, { canonName: 1 as never }),
        getaddrinfo("127.0.0.1", 80, { numericHost: "no" as never }),
        getaddrinfo(null, 80, { timeout: "1" as never }),
        getnameinfo(peer, { numericHost: "false" as never }),
        getnameinfo(peer, { numericHost, datagram: 1 as never }),
        getnameinfo(peer, { numericHost, numeric: true } as never),
        gethostbyname("", { timeot: 1 } as never),
        gethostbyname("", { signal: {} as never }),
        gethostbyname("127.0.0.1", { family: 6 } as never),
        gethostbyname("127.0.0.1", null as never),
        gethostbyname_ex("127.0.0.1", 5 as never),
        gethostbyaddr("127.0.0.1", { verify: true } as never),
        gethostbyaddr(5 as never),
        getfqdn("127.0.0.1", { timeot: 1 } as never),
      ];
      for (const call of wrong) await assert.rejects(call, TypeError);
      const timeout = -1;
      const outOfRange = [
        getaddrinfo(null, 80, { timeout }),
        getnameinfo(peer, { numericHost, timeout }),
        gethostbyname("", { timeout }),
        gethostbyaddr("127.0.0.1", { timeout }),
      ];
      for (const call of outOfRange) await assert.rejects(call, RangeError);
    }),
);

test("gethostbyname_ex of an address", {}, async () => {
  assert.deepEqual(await gethostbyname_ex("192.0.2.1"), {
    hostname: "192.0.2.1",
    aliases: [],
    addresses: ["192.0.2.1"],
  });
});
