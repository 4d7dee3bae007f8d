/** getservbyname, getservbyport, getprotobyname, over our own tables and over system files. */
import assert from "node:assert/strict";
import {
  embeddedProtocols,
  getprotobyname,
  parseProtocols,
} from "../../lib/lookup/protocols.ts";
import { getservbyname, getservbyport } from "../../lib/lookup/services.ts";
import {
  embeddedServices,
  parseServices,
  ServiceTable,
} from "../../lib/lookup/service_table.ts";
import { test } from "../support/permissions.ts";

const OWN = new ServiceTable(embeddedServices());

test("AD19: getservbyname and getservbyport agree", {}, () => {
  for (const name of ["daytime", "domain"]) {
    const port = getservbyname(name);
    assert.equal(getservbyname(name, "tcp"), port);
    assert.equal(getservbyname(name, "udp"), port);
    for (const protocol of [undefined, "tcp", "udp"]) {
      assert.equal(getservbyport(port, protocol), name);
    }
  }
});

test("getservbyname gives what everybody knows", {}, () => {
  assert.equal(getservbyname("http"), 80);
  assert.equal(getservbyname("www"), 80);
  assert.equal(getservbyname("telnet", "tcp"), 23);
  assert.equal(getservbyname("https", "udp"), 443);
  assert.equal(getservbyport(514, "tcp"), "shell");
  assert.equal(getservbyport(514, "udp"), "syslog");
});

test("AD19: unknown and wrongly cased services are ESERVICE", {}, () => {
  const unknown = [["HTTP"], ["http", "udp"], ["nosuch"], [""], ["80"], [
    "http",
    "TCP",
  ]] as const;
  for (const [name, protocol] of unknown) {
    assert.throws(() => getservbyname(name, protocol), {
      name: "LookupError",
      code: "ESERVICE",
      host: name,
      notFound: true,
    });
  }
  assert.throws(() => getservbyport(1, "nosuch"), { code: "ESERVICE" });
});

test("AD20: ports out of range are RangeErrors, others TypeErrors", {}, () => {
  for (const port of [-1, 65_536, 1.5, NaN]) {
    assert.throws(() => getservbyport(port), RangeError);
  }
  assert.throws(() => getservbyport("80" as never), TypeError);
  assert.throws(() => getservbyname(80 as never), TypeError);
  assert.throws(() => getservbyname("http", 6 as never), TypeError);
});

test("AD21: getprotobyname", {}, () => {
  for (
    const [name, number] of [
      ["tcp", 6],
      ["udp", 17],
      ["icmp", 1],
      ["ipv6", 41],
      [
        "TCP",
        6,
      ],
    ] as const
  ) assert.equal(getprotobyname(name), number);
  for (const name of ["nosuch", "Tcp", ""]) {
    assert.throws(() => getprotobyname(name), { code: "ESERVICE" });
  }
  assert.throws(() => getprotobyname(6 as never), TypeError);
});

test("our own table has about 200 services, each consistent", {}, () => {
  const entries = [...embeddedServices()];
  const names = new Set(entries.map((entry) => entry.name));
  assert.ok(names.size >= 200, `${names.size} services`);
  let last = 0;
  const seen = new Set<string>();
  for (const { name, port, protocol, aliases } of entries) {
    assert.ok(port >= last && port <= 65_535, `${name} ${port}`);
    last = port;
    assert.match(name, /^[a-z0-9][a-z0-9-]*$/);
    const key = `${name}/${protocol}`;
    assert.ok(!seen.has(key), `${key} twice`);
    seen.add(key);
    for (const spelling of [name, ...aliases]) {
      assert.equal(OWN.byName(spelling, protocol)?.port, port, spelling);
    }
    assert.equal(OWN.byPort(port, protocol)?.port, port);
  }
});

test("our own table: what differs between TCP and UDP", {}, () => {
  const rows = [
    [512, "exec", "biff"],
    [513, "login", "who"],
    [514, "shell", "syslog"],
  ] as const;
  for (const [port, tcp, udp] of rows) {
    assert.equal(OWN.byPort(port, "tcp")?.name, tcp);
    assert.equal(OWN.byPort(port, "udp")?.name, udp);
  }
  assert.equal(OWN.byName("http", "udp"), undefined);
  assert.equal(OWN.byName("https", "udp")?.port, 443);
  assert.equal(OWN.byName("HTTP"), undefined);
});

test("our own protocols", {}, () => {
  const own = embeddedProtocols();
  assert.ok(own.size >= 60);
  for (
    const [name, number] of [
      ["ip", 0],
      ["icmp", 1],
      ["igmp", 2],
      ["tcp", 6],
      [
        "udp",
        17,
      ],
      ["gre", 47],
      ["esp", 50],
      ["ipv6-icmp", 58],
      ["ospf", 89],
      ["sctp", 132],
      [
        "UDPLITE",
        136,
      ],
    ] as const
  ) assert.equal(own.get(name), number, name);
});

test(
  "services(5): comments, aliases, order, and lines that are none",
  {},
  () => {
    const table = new ServiceTable(parseServices(
      "# head\nhttp 80/tcp www # web\n\nbroken\nbad x/tcp\nbig 65536/tcp\nlast 65535/tcp\n" +
        "shell\t514/tcp\tcmd syslog\r\nsyslog 514/udp\nfirst 514/tcp\n",
    ));
    assert.equal(table.byName("www")?.port, 80);
    assert.equal(table.byName("web"), undefined);
    assert.equal(table.byName("big"), undefined);
    assert.equal(table.byName("last")?.port, 65_535);
    assert.equal(table.byName("syslog")?.name, "shell", "the first that fits");
    assert.equal(table.byName("syslog", "udp")?.name, "syslog");
    assert.equal(table.byName("syslog", "tcp")?.name, "shell");
    assert.equal(table.byPort(514, "tcp")?.name, "shell");
  },
);

test("protocols(5): comments, aliases, and lines that are none", {}, () => {
  const table = parseProtocols(
    "# x\ntcp\t6\tTCP # t\nbad x\ntcp 7\nlong 1234\n",
  );
  assert.deepEqual([...table], [["tcp", 6], ["TCP", 6]]);
});

test("the tables need no permission, and ask for none", {
  run: [Deno.execPath()],
  read: true,
}, async () => {
  const script = new URL("support/without_permissions.ts", import.meta.url);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", script.href],
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(
    text,
    "80 443 shell syslog 6\n",
    new TextDecoder().decode(stderr),
  );
});
