/** examples/dns_stub.ts: its two kinds of zone file, and what it answers. */
import assert from "node:assert/strict";
import { answer, parseZone, serveZone } from "../../examples/dns_stub.ts";
import { lines, look, lookService, toJson } from "../../examples/host.ts";
import { listenDatagram, Resolver } from "../../mod.ts";
import { startExample } from "../support/example_process.ts";
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
  assert.deepEqual(zone.get("a.test"), {
    A: ["192.0.2.1"],
    AAAA: ["2001:db8::1"],
  });
  assert.deepEqual(zone.get("1.2.0.192.in-addr.arpa"), { PTR: ["A.test"] });
});

test("parseZone: records that cannot be are refused, not served", {}, () => {
  for (
    const records of [
      ["192.0.2.1"],
      null,
      7,
      { A: "192.0.2.1" },
      { A: ["192.0.2.256"] },
      { A: ["2001:db8::1"] },
      { A: [7] },
      { AAAA: ["192.0.2.1"] },
      { CNAME: [""], NS: ["a..test"] },
      { PTR: [`${"x".repeat(64)}.test`] },
      { NS: [`${"x.".repeat(127)}test`] },
      { MX: ["mail.test"] },
      { MX: [{ preference: 65536, exchange: "mail.test" }] },
      { MX: [null] },
      { SRV: [{ priority: 1, weight: 1, target: "x.test" }] },
      { TXT: ["not in a list"] },
      { TXT: [["x".repeat(256)]] },
      { TXT: [["\u{100}"]] },
      { SOA: ["x"] },
      { constructor: ["x"] },
    ]
  ) {
    const text = JSON.stringify({ "a.test": records });
    assert.throws(() => parseZone(text), {
      name: "SyntaxError",
      message: /"a\.test"/,
    }, text);
  }
  assert.throws(() => parseZone("192.0.2.1 a..test"), SyntaxError);
});

test(
  "parseZone: more records than an answer has room for are refused",
  {},
  () => {
    const zone = (count: number) => {
      const A = Array.from(
        { length: count },
        (_, i) => `10.0.${i >> 8}.${i % 256}`,
      );
      return parseZone(JSON.stringify({ "big.test": { A } }));
    };
    assert.throws(() => zone(5_000), {
      name: "SyntaxError",
      message: /"big\.test"/,
    });
    const most = answer(ask("big.test"), zone(2_300), "tcp")!;
    assert.ok(most.length > 50_000 && most.length <= 65_535);
  },
);

/** A question as dig asks it, without an OPT record. */
function ask(name: string, type = 1): Uint8Array<ArrayBuffer> {
  const labels = name.split(".").map((label) =>
    `${String.fromCharCode(label.length)}${label}`
  ).join("");
  const question = new TextEncoder().encode(`${labels}\0`);
  return Uint8Array.from([
    ...[0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    ...question,
    ...[0, type, 0, 1],
  ]);
}

test("answer: a name that objects have by nature does not exist", {}, () => {
  const zone = parseZone("192.0.2.1 www.lab.test");
  for (const name of ["constructor", "__proto__", "toString"]) {
    assert.equal(answer(ask(name), zone, "udp")![3]! & 15, 3, name);
  }
  assert.equal(answer(ask("www.lab.test"), zone, "udp")![3]! & 15, 0);
});

test("answer: over UDP no more than a forged sender may draw", {}, () => {
  const zone = parseZone(JSON.stringify({
    "a.test": { A: ["192.0.2.1"], TXT: [["x".repeat(250)]] },
  }));
  const question = ask("a.test", 16);
  const cut = answer(question, zone, "udp")!;
  const isCut = (message: Uint8Array) => (message[2]! & 0x02) !== 0;
  assert.ok(isCut(cut));
  assert.deepEqual(cut.subarray(12), question.subarray(12));
  assert.deepEqual([...cut.subarray(4, 12)], [0, 1, 0, 0, 0, 0, 0, 0]);
  const full = answer(question, zone, "tcp")!;
  assert.ok(full.length > 250 && !isCut(full));
  assert.ok(!isCut(answer(ask("a.test"), zone, "udp")!));
});

test("answer: what is no question gets none", {}, () => {
  const zone = parseZone("");
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

test(
  "dns_stub.ts outlives a datagram that may not be answered, and ends on SIGTERM with code 0",
  {
    net: true,
    read: true,
    write: true,
    env: true,
    run: [Deno.execPath()],
  },
  async () => {
    if (Deno.build.os !== "linux") return; // Others have no 127.0.0.2.
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(file, "192.0.2.1 www.lab.test\n");
      await using program = await startExample(
        ["--allow-net=127.0.0.1", `--allow-read=${file}`],
        "dns_stub.ts",
        [file, "--port", "0"],
        / on (\d+)/,
      );
      const to = { hostname: "127.0.0.1", port: Number(program.match[1]) };
      await using stranger = await listenDatagram({ hostname: "127.0.0.2" });
      await using friend = await listenDatagram();
      await stranger.send(ask("www.lab.test"), to);
      await friend.send(ask("www.lab.test"), to);
      const { data } = await friend.receive();
      assert.equal(data[7], 1);
      program.kill("SIGTERM");
      assert.equal(await program.exitCode, 0);
    } finally {
      await Deno.remove(file);
    }
  },
);

test("dns_stub.ts: a file that is no zone is no bad usage", {
  read: true,
  write: true,
  env: true,
  run: [Deno.execPath()],
}, async () => {
  const file = await Deno.makeTempFile();
  try {
    for (const text of ["{", '{"a.test":{"A":["x"]}}', "nonsense a.test"]) {
      await Deno.writeTextFile(file, text);
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          "--no-prompt",
          "--allow-read",
          new URL("../../examples/dns_stub.ts", import.meta.url).href,
          file,
        ],
      }).output();
      assert.equal(code, 1, text);
      assert.match(new TextDecoder().decode(stderr), /^dns_stub: .+\n$/);
    }
  } finally {
    await Deno.remove(file);
  }
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

test("host.ts prints nothing that a terminal would obey", {}, () => {
  const found = { name: "t.test", records: [["\u001b[31mred\u0007"]] };
  assert.deepEqual(lines(found), ["t.test\t\\u{1b}[31mred\\u{7}"]);
});
