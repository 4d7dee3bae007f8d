/** The hosts file and resolv.conf: what they say, and when they are read. */
import assert from "node:assert/strict";
import { HostsTable } from "../../lib/lookup/hosts_table.ts";
import { LocalNames } from "../../lib/lookup/local_names.ts";
import {
  parseResolvConf,
  searchCandidates,
} from "../../lib/lookup/resolv_conf.ts";
import { WatchedFile } from "../../lib/lookup/watched_file.ts";
import { test } from "../support/permissions.ts";

const HOSTS = `# comment
127.0.0.1 localhost lo
::1	localhost
192.0.2.1   MyHost.example myhost alias  # the rest
192.0.2.2 myhost.example other myhost.example.
2001:db8::1 myhost
fe80::1%eth0 linklocal
127.0.0.1 blocked.example
300.1.1.1 bad
192.0.2.9
nonsense
`;

test(
  "hosts: names in any case, all lines, zones, and lines that are none",
  {},
  async () => {
    const table = await HostsTable.parse(HOSTS);
    assert.deepEqual(
      table.byName("myhost").map((line) => line.address),
      ["192.0.2.1", "2001:db8::1"],
    );
    assert.deepEqual(
      table.byName("myhost.example").map((line) => line.address),
      ["192.0.2.1", "192.0.2.2"],
    );
    assert.equal(table.byName("linklocal")[0]!.scope, "eth0");
    assert.deepEqual(table.byName("bad"), []);
    assert.deepEqual(table.byName("the"), []);
    assert.deepEqual(table.byAddress("::1")?.names, ["localhost"]);
  },
);

test("hosts: canonical name, aliases and addresses as the C library has them", {
  read: true,
  write: true,
}, async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, HOSTS);
  const local = new LocalNames(path);
  await local.refresh();
  assert.deepEqual(local.find("myhost.example", 4), {
    hostname: "MyHost.example",
    aliases: ["myhost", "alias", "other"],
    addresses: [
      { address: "192.0.2.1", family: 4 },
      { address: "192.0.2.2", family: 4 },
    ],
    source: "hosts",
  });
  assert.equal(local.find("other", 6), undefined);
  assert.equal(local.findNames("192.0.2.1")?.hostname, "MyHost.example");
  assert.deepEqual(local.findNames("192.0.2.1")?.aliases, ["myhost", "alias"]);
  assert.equal(local.findNames("192.0.2.77"), undefined);
  assert.deepEqual(local.findNames("127.0.0.1")?.aliases, ["lo"]);
  await Deno.remove(path);
});

test("reserved names: localhost and all under it", {}, () => {
  const local = new LocalNames(false);
  assert.deepEqual(local.find("x.localhost", 0)?.addresses, [
    { address: "::1", family: 6 },
    { address: "127.0.0.1", family: 4 },
  ]);
  assert.equal(local.find("localhost.test", 0), undefined);
  assert.equal(local.findNames("127.9.9.9")?.hostname, "localhost");
});

test("resolv.conf: servers, search, ndots, and what is passed over", {}, () => {
  assert.deepEqual(
    parseResolvConf(`; comment
nameserver 192.0.2.53 # first
nameserver fe80::1%eth0
nameserver nonsense
nameserver
nameserver 0.0.0.0
domain old.test
search A.test b.test. .
options rotate ndots:3 timeout:1
nameserver 192.0.2.54
nameserver 192.0.2.55
`),
    {
      servers: ["192.0.2.53", "fe80::1%eth0", "127.0.0.1"],
      search: ["a.test", "b.test"],
      ndots: 3,
    },
  );
  assert.deepEqual(parseResolvConf(""), { servers: [], search: [], ndots: 1 });
  assert.equal(parseResolvConf("options ndots:99").ndots, 15);
  assert.deepEqual(parseResolvConf("search a\ndomain b").search, ["b"]);
  assert.deepEqual(parseResolvConf("search a\nsearch\ndomain ").search, ["a"]);
});

test("searchCandidates: ndots decides what comes first", {}, () => {
  const search = ["x.test", "y.test"];
  assert.deepEqual(searchCandidates("a", false, search, 1), [
    "a.x.test",
    "a.y.test",
    "a",
  ]);
  assert.deepEqual(searchCandidates("a.b", false, search, 1), [
    "a.b",
    "a.b.x.test",
    "a.b.y.test",
  ]);
  assert.deepEqual(searchCandidates("a.b", false, search, 2)[2], "a.b");
  assert.deepEqual(searchCandidates("a", true, search, 1), ["a"]);
  assert.deepEqual(searchCandidates("a", false, [], 1), ["a"]);
});

test("searchCandidates: what would be too long is left out", {}, () => {
  const name = `${"a".repeat(63)}.`.repeat(3) + "b".repeat(50);
  const search = ["corp.example.test", "x.test", "a..b"];
  const candidates = searchCandidates(name, false, search, 1);
  assert.deepEqual(candidates, [name, `${name}.x.test`]);
});

test(
  "a watched file is parsed once for callers at the same time, and again only when it changes",
  {
    read: true,
    write: true,
  },
  async () => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, "one");
    let parsed = 0;
    const make = () =>
      new WatchedFile(path, (text) => {
        parsed++;
        return text;
      });
    const file = make();
    assert.deepEqual(
      await Promise.all([file.load(), file.load(), file.load()]),
      ["one", "one", "one"],
    );
    assert.equal(parsed, 1);
    assert.ok(file.fresh);
    await Deno.writeTextFile(path, "three");
    assert.equal(await file.load(), "one", "looked at once a second at most");
    file.expire();
    assert.equal(await file.load(), "three");
    file.expire();
    assert.equal(await file.load(), "three");
    assert.equal(parsed, 2);
    await Deno.remove(path);
    file.expire();
    assert.equal(await file.load(), undefined);
  },
);

test(
  "100,000 lines of hosts: others have their turns while it loads, and nothing is felt after",
  {
    read: true,
    write: true,
  },
  async () => {
    const path = await Deno.makeTempFile();
    const lines = Array.from(
      { length: 100_000 },
      (_, i) => `0.0.0.0 ad${i}.test`,
    );
    await Deno.writeTextFile(path, lines.join("\n"));
    const local = new LocalNames(path);
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    await local.refresh();
    clearInterval(ticking);
    assert.ok(turns > 20, `${turns} turns`);
    // Who finds it fresh does not wait for it.
    assert.ok(local.fresh);
    for (let i = 0; i < 1_000; i++) {
      assert.equal(local.find(`ad${i}.test`, 4)?.source, "hosts");
    }
    await Deno.remove(path);
  },
);

test("hosts: an address that stands twice is one, and so is a name", {
  read: true,
  write: true,
}, async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "192.0.2.1 a A\n192.0.2.1 a b\n192.0.2.2 a\n");
  const local = new LocalNames(path);
  await local.refresh();
  assert.deepEqual(local.find("a", 0), {
    hostname: "a",
    aliases: ["b"],
    addresses: [
      { address: "192.0.2.1", family: 4 },
      { address: "192.0.2.2", family: 4 },
    ],
    source: "hosts",
  });
  await Deno.remove(path);
});

test("a watched file that was away is read again, though it is the same", {
  read: true,
  write: true,
}, async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/file`;
  await Deno.writeTextFile(path, "text");
  const file = new WatchedFile(path, (text) => text);
  const load = () => {
    file.expire();
    return file.load();
  };
  assert.equal(await load(), "text");
  await Deno.rename(path, `${folder}/away`);
  assert.equal(await load(), undefined);
  assert.equal(file.changes, 2);
  assert.equal(await load(), undefined);
  assert.equal(file.changes, 2);
  await Deno.rename(`${folder}/away`, path);
  assert.equal(await load(), "text");
  assert.equal(file.changes, 3);
  await Deno.remove(folder, { recursive: true });
});
