/** Every backend against NSD, a real server with a real zone. */
import assert from "node:assert/strict";
import type { LookupErrorCode } from "../../lib/errors.ts";
import type { RecordType } from "../../lib/lookup/record_types.ts";
import { Resolver } from "../../lib/lookup/resolver.ts";
import { test } from "../support/permissions.ts";
import { failsWith } from "./support/fails.ts";
import { Nsd } from "./support/nsd.ts";

const NEEDS = {
  net: true,
  read: true,
  write: true,
  env: true,
  run: ["nsd"],
  timeout: 60_000,
};
const BACKENDS = ["auto", "resolveDns", "wire"] as const;
const SHA = Uint8Array.fromHex("0123456789abcdef".repeat(4));

/** What each name's records are, in every backend that knows the type. */
const RECORDS: [string, RecordType, unknown[]][] = [
  ["host.lab.test", "A", ["192.0.2.1"]],
  ["HOST.Lab.Test.", "A", ["192.0.2.1"]],
  ["dual.lab.test", "AAAA", ["2001:db8::20"]],
  ["c1.lab.test", "A", ["192.0.2.20"]],
  ["c1.lab.test", "CNAME", ["c2.lab.test"]],
  ["x.wild.lab.test", "A", ["192.0.2.99"]],
  ["испытание.lab.test", "A", ["192.0.2.33"]],
  ["lab.test", "NS", ["ns.lab.test"]],
  ["lab.test", "MX", [
    { preference: 10, exchange: "mx1.lab.test" },
    { preference: 20, exchange: "mx2.lab.test" },
  ]],
  ["nomail.lab.test", "MX", [{ preference: 0, exchange: "." }]],
  ["noservice.lab.test", "SRV", [
    { priority: 0, weight: 0, port: 0, target: "." },
  ]],
  ["_sip._tcp.lab.test", "SRV", [
    { priority: 1, weight: 0, port: 5060, target: "host.lab.test" },
    { priority: 2, weight: 7, port: 5061, target: "dual.lab.test" },
  ]],
  ["lab.test", "SOA", [{
    mname: "ns.lab.test",
    rname: "hostmaster.lab.test",
    serial: 1,
    refresh: 3600,
    retry: 600,
    expire: 86400,
    minimum: 60,
  }]],
  ["txt.lab.test", "TXT", [["a b", "", "c\u00ffd"]]],
  ["lab.test", "CAA", [{ critical: false, tag: "issue", value: "ca.example" }]],
  ["nap.lab.test", "NAPTR", [{
    order: 10,
    preference: 20,
    flags: "s",
    services: "SIP+D2U",
    regexp: "",
    replacement: "_sip._udp.lab.test",
  }]],
  ["192.0.2.1", "PTR", ["host.lab.test"]],
  ["1.2.0.192.in-addr.arpa", "PTR", ["host.lab.test"]],
];

/** What only the wire can say; "auto" goes there by itself. */
const WIRE_RECORDS: [string, RecordType, unknown[]][] = [
  ["under_score.lab.test", "A", ["192.0.2.9"]],
  ["web.lab.test", "HTTPS", [{
    priority: 1,
    target: ".",
    alpn: ["h2", "h3"],
    port: 8443,
    ipv4hint: ["192.0.2.1"],
  }]],
  ["svc.lab.test", "SVCB", [{ priority: 0, target: "web.lab.test" }]],
  ["_443._tcp.lab.test", "TLSA", [
    { usage: 3, selector: 1, matchingType: 1, data: SHA },
  ]],
  ["ssh.lab.test", "SSHFP", [
    { algorithm: 4, fingerprintType: 2, fingerprint: SHA },
  ]],
];

const FAILURES: [string, RecordType, LookupErrorCode][] = [
  ["nx.lab.test", "A", "ENOTFOUND"],
  ["nowhere.lab.test", "A", "ENOTFOUND"],
  ["empty.lab.test", "A", "ENODATA"],
  ["host.lab.test", "AAAA", "ENODATA"],
  ["loop1.lab.test", "A", "ENODATA"],
  ["somewhere.else", "A", "EREFUSED"],
];

test("NSD: records, the same from every backend", NEEDS, async () => {
  await using nsd = await Nsd.start();
  for (const backend of BACKENDS) {
    using resolver = make(backend, nsd);
    for (const [name, type, expected] of RECORDS) {
      const found = await resolver.resolve(name, type);
      assert.deepEqual(found, expected, `${backend} ${name} ${type}`);
    }
    for (const [name, type, expected] of WIRE_RECORDS) {
      const asked = resolver.resolve(name, type);
      if (backend !== "resolveDns") {
        assert.deepEqual(await asked, expected, `${backend} ${name} ${type}`);
      } else if (type === "A") await failsWith(asked, "EBADNAME");
      else await assert.rejects(asked, Deno.errors.NotSupported);
    }
  }
});

test("NSD: failures, as exactly as each backend can tell", NEEDS, async () => {
  await using nsd = await Nsd.start();
  for (const backend of BACKENDS) {
    using resolver = make(backend, nsd);
    for (const [name, type, code] of FAILURES) {
      const vague = backend === "resolveDns";
      const error = await failsWith(
        resolver.resolve(name, type),
        vague ? "EUNRESOLVED" : code,
      );
      const notFound = code === "ENOTFOUND" || code === "ENODATA";
      assert.equal(error.notFound, vague ? undefined : notFound);
      assert.equal(error.temporary, vague ? undefined : !notFound);
    }
  }
});

test("NSD: canonical name, aliases, TTL", NEEDS, async () => {
  await using nsd = await Nsd.start();
  for (const backend of ["auto", "wire"] as const) {
    using resolver = make(backend, nsd);
    const found = await resolver.lookupDetail("c1.lab.test", { family: 4 });
    assert.deepEqual(found, {
      hostname: "dual.lab.test",
      aliases: ["c1.lab.test", "c2.lab.test", "c3.lab.test"],
      addresses: [{ address: "192.0.2.20", family: 4 }],
      ttl: 60,
      source: "wire",
      server: nsd.server,
    });
  }
});

test("NSD: names that no host has", NEEDS, async () => {
  await using nsd = await Nsd.start();
  for (const backend of BACKENDS) {
    using resolver = make(backend, nsd);
    await failsWith(resolver.resolve("evil.lab.test", "CNAME"), "EBADRESP");
    await failsWith(resolver.reverse("192.0.2.66"), "EBADRESP");
  }
  using resolver = make("wire", nsd);
  // Outside the reverse zones a PTR may name anything (RFC 6763).
  assert.deepEqual(await resolver.resolve("toevil.lab.test", "PTR"), [
    "a\\032b.lab.test",
  ]);
});

test("NSD: names of addresses, and whether they lead back", NEEDS, async () => {
  await using nsd = await Nsd.start();
  for (const backend of BACKENDS) {
    using resolver = make(backend, nsd);
    assert.deepEqual((await resolver.reverse("192.0.2.20")).sort(), [
      "dual.lab.test",
      "other.lab.test",
    ]);
    assert.deepEqual(await resolver.reverse("192.0.2.20", { verify: true }), [
      "dual.lab.test",
    ]);
    // Deno.resolveDns does not say that there is no such name.
    const code = backend === "resolveDns" ? "EUNRESOLVED" : "ENODATA";
    await failsWith(resolver.reverse("192.0.2.9", { verify: true }), code);
  }
});

test(
  "NSD: literals and reserved names are never asked for",
  NEEDS,
  async () => {
    await using nsd = await Nsd.start();
    for (const backend of BACKENDS) {
      using resolver = make(backend, nsd);
      for (
        const name of [
          "192.0.2.1",
          "::1",
          "127.1",
          "0x7f.1",
          "localhost",
          "a.localhost",
        ]
      ) assert.ok((await resolver.lookup(name)).length > 0);
      for (const name of ["a.invalid", "a.onion"]) {
        for (
          const [family, type, of] of [
            [0, undefined, ""],
            [4, "A", "A of "],
            [6, "AAAA", "AAAA of "],
          ] as const
        ) {
          const lookup = resolver.lookup(name, { family });
          const error = await failsWith(lookup, "ENOTFOUND");
          assert.equal(error.type, type);
          assert.equal(
            error.message,
            `Cannot look up ${of}"${name}": no such name`,
          );
        }
      }
      for (const name of ["1.2.3.4.5", "a b", "", "1+.1.1.1"]) {
        await failsWith(resolver.lookup(name), "EBADNAME");
      }
      assert.equal(resolver.stats().queries, 0);
    }
  },
);

function make(backend: typeof BACKENDS[number], nsd: Nsd): Resolver {
  return new Resolver({ backend, servers: [nsd.server], hosts: false });
}
