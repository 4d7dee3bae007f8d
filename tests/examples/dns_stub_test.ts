/** examples/dns_stub.ts: its two kinds of zone file, and what it answers. */
import assert from "node:assert/strict";
import { answer, parseZone, serveZone } from "../../examples/dns_stub.ts";
import { lines, look, lookService, toJson } from "../../examples/host.ts";
import { Resolver } from "../../mod.ts";
import { test } from "../support/permissions.ts";

const JSON_ZONE = JSON.stringify({
  "Lab.test.": { MX: [{ preference: 10, exchange: "www.lab.test" }] },
  "www.lab.test": {
    A: ["192.0.2.1"],
    AAAA: ["2001:db8::1"],
    TXT: [["hi", ""]],
  },
  "web.lab.test": { CNAME: ["www.lab.test"] },
  "_x._tcp.lab.test": {
    SRV: [{ priority: 1, weight: 2, port: 3, target: "www.lab.test" }],
  },
  "many.lab.test": {
    A: Array.from({ length: 200 }, (_, i) => `10.0.0.${i}`),
  },
});

test("parseZone: lines of hosts(5) give addresses and their names", {}, () => {
  const zone = parseZone("192.0.2.1 A.test b.test # c\n2001:db8::1 a.test\n");
  assert.deepEqual(zone["a.test"], { A: ["192.0.2.1"], AAAA: ["2001:db8::1"] });
  assert.deepEqual(zone["1.2.0.192.in-addr.arpa"], { PTR: ["A.test"] });
});

test("answer: what is no question gets none", {}, () => {
  const zone = {};
  assert.equal(answer(new Uint8Array(5), zone, "udp"), undefined);
  const response = new Uint8Array(12);
  response[2] = 0x80;
  assert.equal(answer(response, zone, "udp"), undefined);
});

test("the stub answers over UDP and TCP, and both backends agree", {
  net: true,
  read: true,
}, async () => {
  const seen: string[] = [];
  await using stub = await serveZone(parseZone(JSON_ZONE), {
    onQuery: (name, type, over) => seen.push(`${name} ${type} ${over}`),
  });
  for (const backend of ["wire", "resolveDns"] as const) {
    using resolver = new Resolver({
      backend,
      servers: [`127.0.0.1:${stub.port}`],
      hosts: false,
    });
    assert.deepEqual(await resolver.resolve("web.lab.test", "A"), [
      "192.0.2.1",
    ]);
    assert.deepEqual(await resolver.resolve("www.lab.test", "AAAA"), [
      "2001:db8::1",
    ]);
    assert.deepEqual(await resolver.resolve("lab.test", "MX"), [
      { preference: 10, exchange: "www.lab.test" },
    ]);
    assert.deepEqual(await resolver.resolve("www.lab.test", "TXT"), [[
      "hi",
      "",
    ]]);
    assert.equal(
      (await resolver.resolve("_x._tcp.lab.test", "SRV"))[0]!.port,
      3,
    );
    assert.equal((await resolver.resolve("many.lab.test", "A")).length, 200);
    await assert.rejects(resolver.resolve("nx.lab.test", "A"), {
      code: backend === "wire" ? "ENOTFOUND" : "EUNRESOLVED",
    });
  }
  assert.ok(seen.includes("web.lab.test 1 udp"));
  assert.ok(seen.includes("many.lab.test 1 tcp"));
});

test("host.ts: names, addresses, records, services", {
  net: true,
  read: true,
}, async () => {
  await using stub = await serveZone(parseZone("192.0.2.1 www.lab.test"));
  using resolver = new Resolver({
    servers: [`127.0.0.1:${stub.port}`],
    hosts: false,
  });
  const forward = await look(resolver, { name: "www.lab.test" });
  assert.equal(lines(forward)[0], "www.lab.test\t192.0.2.1 4");
  const back = await look(resolver, { name: "192.0.2.1", verify: true });
  assert.deepEqual(back.names, ["www.lab.test"]);
  const records = await look(resolver, { name: "www.lab.test", type: "a" });
  assert.match(toJson(records), /"source": "wire"/);
  assert.deepEqual(lookService("http").found, [{ protocol: "tcp", port: 80 }]);
  assert.deepEqual(lookService("514").found, [
    { protocol: "tcp", name: "shell" },
    { protocol: "udp", name: "syslog" },
  ]);
});

test("host.ts and dns_stub.ts: exit code 2 and their usage on bad usage", {
  run: [Deno.execPath()],
  read: true,
}, async () => {
  for (const example of ["host", "dns_stub"]) {
    const script = new URL(`../../examples/${example}.ts`, import.meta.url);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", script.href, "--nonsense"],
    }).output();
    assert.equal(code, 2, example);
    assert.match(new TextDecoder().decode(stderr), /Usage: /);
  }
});
