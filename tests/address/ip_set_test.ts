/** IPSet against a slow model over a small piece of each address space, and its rules. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import {
  type IPAddress,
  IPRange,
  IPSet,
  type IPSetItem,
  IPv4Address,
  IPv6Address,
  parseAddress,
  parseNetwork,
} from "../../mod.ts";

function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** 64 addresses at each of: both ends of IPv4, both ends of IPv6, and a word border of IPv6. */
const BASES = [
  parseAddress("0.0.0.0"),
  parseAddress("127.255.255.224"),
  parseAddress("255.255.255.192"),
  parseAddress("::"),
  parseAddress("2001:db8:0:0:ffff:ffff:ffff:ffe0"),
  parseAddress("7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffe0"),
  parseAddress("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffc0"),
];
const UNIVERSE: IPAddress[] = BASES.flatMap((base) =>
  Array.from({ length: 64 }, (_, i) => base.add(i))
);

function randomItems(
  next: (limit: number) => number,
): { items: IPSetItem[]; model: Set<string> } {
  const items: IPSetItem[] = [];
  const model = new Set<string>();
  const count = next(12);
  for (let i = 0; i < count; i++) {
    const at = next(UNIVERSE.length);
    const first = UNIVERSE[at]!;
    const length = Math.min(next(20), 63 - (at % 64));
    const range = IPRange.from(first, first.add(length));
    for (const address of range) model.add(address.toString());
    items.push(next(2) === 0 ? range : range.toString());
  }
  return { items, model };
}

function assertSame(
  set: IPSet,
  model: (text: string) => boolean,
  label: string,
): void {
  for (const address of UNIVERSE) {
    assert.equal(
      set.has(address),
      model(address.toString()),
      `${label} ${address}`,
    );
  }
}

test("IPSet agrees with a set of texts in every operation", {}, () => {
  const next = random(7);
  for (let round = 0; round < 120; round++) {
    const x = randomItems(next);
    const y = randomItems(next);
    const [a, b] = [IPSet.from(x.items), IPSet.from(y.items)];
    assertSame(a, (text) => x.model.has(text), "from");
    assertSame(
      a.union(b),
      (text) => x.model.has(text) || y.model.has(text),
      "union",
    );
    assertSame(
      a.intersection(b),
      (text) => x.model.has(text) && y.model.has(text),
      "intersection",
    );
    assertSame(
      a.difference(y.items),
      (text) => x.model.has(text) && !y.model.has(text),
      "difference",
    );
    assertSame(a.complement(), (text) => !x.model.has(text), "complement");
    assert.equal(a.size, BigInt(x.model.size));
    assert.equal(
      a.isSubsetOf(b),
      [...x.model].every((text) => y.model.has(text)),
    );
    assert.equal(
      a.isSupersetOf(b),
      [...y.model].every((text) => x.model.has(text)),
    );
    assert.equal(
      a.isDisjointFrom(b),
      ![...x.model].some((text) => y.model.has(text)),
    );
    assert.ok(a.complement().complement().equals(a));
    assert.ok(IPSet.from(a.networks()).equals(a));
    assert.ok(IPSet.from(a.ranges()).equals(a));
    assert.ok(IPSet.from(JSON.parse(JSON.stringify(a))).equals(a));
    const all = 2n ** 32n + 2n ** 128n;
    assert.equal(a.complement().size, all - a.size);
  }
});

test("IPSet with an index finds the same as without", {}, () => {
  const next = random(11);
  for (const version of [4, 6]) {
    const networks = Array.from({ length: 2000 }, () => {
      const bits = next(2 ** 32);
      return version === 4
        ? IPv4Address.fromUint32(bits).toNetwork(8 + next(25))
        : IPv6Address.fromBigInt((BigInt(bits) << 96n) | BigInt(next(2 ** 32)))
          .toNetwork(20 + next(109));
    });
    const set = IPSet.from(networks);
    const small = Array.from(
      { length: 20 },
      (_, i) => IPSet.from(networks.slice(100 * i, 100 * i + 100)),
    );
    const points = networks.flatMap(({ first, last }) => [first, last])
      .flatMap((
        address,
      ) => [
        address,
        IPv4Address.ANY.equals(address) ? address : address.not(),
      ]);
    for (const point of points) {
      assert.equal(
        set.has(point),
        small.some((part) => part.has(point)),
        String(point),
      );
    }
  }
});

test(
  "IPSet.has of networks and ranges wants all of them, overlaps any",
  {},
  () => {
    const set = IPSet.from(["10.0.0.0/9", "10.128.0.0/9", "2001:db8::/33"]);
    assert.equal(set.has("10.0.0.0/8"), true); // two items, one range
    assert.equal(set.has("10.0.0.0/7"), false);
    assert.equal(set.overlaps("10.0.0.0/7"), true);
    assert.equal(set.has(parseNetwork("2001:db8::/32")), false);
    assert.equal(set.overlaps(parseNetwork("2001:db8::/32")), true);
    assert.equal(set.has("9.255.255.255-10.0.0.1"), false);
    assert.equal(set.overlaps("9.255.255.255-10.0.0.1"), true);
    assert.equal(set.overlaps("11.0.0.0/8"), false);
    assert.deepEqual(set.networks().map(String), [
      "10.0.0.0/8",
      "2001:db8::/33",
    ]);
  },
);

test("IPSet judges IPv4-mapped addresses as IPv4 only", {}, () => {
  const everythingIPv6 = IPSet.from(["::/0"]);
  assert.equal(everythingIPv6.has("::ffff:1.2.3.4"), false);
  assert.equal(everythingIPv6.has("::fffe:102:304"), true);
  assert.equal(IPSet.from(["1.2.3.0/24"]).has("::ffff:1.2.3.4"), true);
  assert.equal(IPSet.from(["1.2.3.0/24"]).has("::ffff:1.2.3.0/120"), true);
  const mapped = IPSet.from(["::ffff:1.2.3.0/120"]);
  assert.equal(mapped.has("1.2.3.4"), true);
  assert.deepEqual(mapped.networks().map(String), ["1.2.3.0/24"]);
});

test("IPSet never fails open", {}, () => {
  const set = IPSet.from(["10.0.0.0/8"]);
  for (const text of ["garbage", "", "10.0.0.1/8", "10.0.0.01", "10.0.0.1 "]) {
    assert.throws(() => set.has(text), { name: "AddressSyntaxError" }, text);
    assert.throws(
      () => set.overlaps(text),
      { name: "AddressSyntaxError" },
      text,
    );
  }
  for (const value of [undefined, null, 1, {}] as unknown as string[]) {
    assert.throws(() => set.has(value), TypeError);
  }
  assert.throws(() => IPSet.from("10.0.0.0/8"), TypeError); // would be its characters
  assert.throws(
    () => IPSet.from(parseNetwork("10.0.0.0/8") as unknown as string[]),
    TypeError,
  );
  assert.throws(
    () => IPSet.from([IPv6Address.parse("fe80::1%eth0")]),
    TypeError,
  );
  assert.equal(IPSet.from(["fe80::/10"]).has("fe80::1%eth0"), true); // a zone is ignored by questions
  assert.equal(
    IPSet.from(["fe80::/10"]).has("fe80::1%my-if/0".slice(0, 13)),
    true,
  );
});

test("IPSet prints", {}, () => {
  const set = IPSet.from(["10.0.0.0/8", "192.0.2.1-192.0.2.3"]);
  assert.equal(String(set), "{ 10.0.0.0/8, 192.0.2.1-192.0.2.3 }");
  assert.equal(Deno.inspect(set), "IPSet { 10.0.0.0/8, 192.0.2.1-192.0.2.3 }");
  assert.equal(set.isEmpty, false);
  assert.equal(IPSet.from([]).isEmpty, true);
});

test("a range of which one end is IPv4-mapped is judged as IPv6", {}, () => {
  const rows: [items: string[], range: string, has: boolean][] = [
    [["::1", "0.0.0.0/8"], "::1-::ffff:0.1.2.3", false],
    [["255.255.255.255", "::fffe:0:0"], "::fffe:0:0/95", false],
    [["::/0"], "::fffe:0:0/95", true],
    [["::/80"], "::/80", true],
    [["::ffff:0:0/96"], "::/64", false],
    [["0.0.0.0/0"], "::ffff:0:0/96", true],
  ];
  for (const [items, range, has] of rows) {
    assert.equal(IPSet.from(items).has(range), has, `${items} ${range}`);
    assert.equal(IPSet.from([range]).isSubsetOf(IPSet.from(items)), has);
  }
});

/** Around the IPv4-mapped block, and far from it. */
const MAPPED_EDGES = [
  "::",
  "::fffe:0:0",
  "::fffe:ffff:fffe",
  "::fffe:ffff:ffff",
  "::ffff:0:0",
  "::ffff:7fff:ffff",
  "::ffff:ffff:ffff",
  "::1:0:0:0",
  "::1:0:0:1",
  "::ffff:ffff:ffff:ffff",
  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
].map((text) => IPv6Address.parse(text));

test("an IPSet survives its networks, its ranges and JSON", {}, () => {
  const next = random(7);
  const edge = () => MAPPED_EDGES[next(MAPPED_EDGES.length)]!;
  const range = () => {
    const ends = [edge(), edge()].sort((x, y) => x.compareTo(y));
    return IPRange.from(ends[0]!, ends[1]!);
  };
  for (let round = 0; round < 2000; round++) {
    let set = IPSet.from([]);
    for (let i = 0; i <= next(4); i++) {
      const item = [range()];
      set = [
        () => set.union(item),
        () => set.difference(item),
        () => set.complement(),
        () => set.complement().intersection(item),
      ][next(4)]!();
    }
    const text = `round ${round}: ${set}`;
    const copies = [
      IPSet.from(set.networks()),
      IPSet.from(set.ranges()),
      IPSet.from(JSON.parse(JSON.stringify(set))),
      set.complement().complement(),
    ];
    for (const copy of copies) {
      assert.ok(copy.equals(set), text);
      assert.ok(copy.isSupersetOf(set) && copy.isSubsetOf(set), text);
      for (const address of [...MAPPED_EDGES, IPv4Address.parse("8.8.8.8")]) {
        assert.equal(copy.has(address), set.has(address), `${text} ${address}`);
      }
    }
    for (const network of set.networks()) assert.ok(set.has(network), text);
    const asked = range();
    assert.ok(IPSet.from([asked]).has(asked), `${asked}`);
    assert.equal(
      set.has(asked),
      IPSet.from([asked]).isSubsetOf(set),
      `${text} ${asked}`,
    );
  }
});

test("IPSet: IPv6 without a part beside the mapped addresses", {}, () => {
  const set = IPSet.from(["::/0"]).difference(["::fffe:0:0/96"]);
  assert.equal(IPSet.from(set.toJSON()).has("8.8.8.8"), false);
  assert.ok(set.has("::fffd:ffff:ffff") && set.has("::1:0:0:0"));
  assert.deepEqual(IPSet.from(["::/0"]).networks().map(String), ["::/0"]);
  assert.equal(IPSet.from(["::/0"]).size, 2n ** 128n);
  assert.deepEqual(IPSet.from(["::fffe:0:0/95"]).toJSON(), ["::fffe:0:0/96"]);
  // Only what lies right beside it on both sides runs across the block.
  assert.deepEqual(
    IPSet.from(["::fffe:0:0/96", "::1:0:0:1"]).ranges().map(String),
    ["::fffe:0:0-::fffe:ffff:ffff", "::1:0:0:1-::1:0:0:1"],
  );
});
