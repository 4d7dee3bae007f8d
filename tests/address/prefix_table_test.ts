/** PrefixTable against a slow search through all its networks, and its rules. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import {
  type IPAddress,
  type IPNetwork,
  IPv4Address,
  IPv6Address,
  parseAddress,
  PrefixTable,
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

/** Networks that nest: few bases, all lengths. */
function networks(count: number, next: (limit: number) => number): IPNetwork[] {
  const bases = [0, 0x0a000000, 0x0a0000ff, 0x7fffffff, 0x80000000, 0xffffffff];
  return Array.from({ length: count }, () => {
    const bits = (bases[next(bases.length)]! ^ (next(4) << next(30))) >>> 0;
    return next(2) === 0
      ? IPv4Address.fromUint32(bits).toNetwork(next(33))
      : IPv6Address.fromBigInt(BigInt(bits) << BigInt(32 * next(4))).toNetwork(
        next(129),
      );
  });
}

function edges(all: readonly IPNetwork[]): IPAddress[] {
  return all.flatMap(({ first, last }) => {
    const points: IPAddress[] = [first, last];
    if (first.toBigInt() > 0n) points.push(first.previous());
    if (!last.not().isUnspecified) points.push(last.next());
    return points;
  }).filter((address) => address.version === 4 || !address.isIPv4Mapped);
}

function slowMatches(all: Iterable<IPNetwork>, address: IPAddress): string[] {
  return [...all].filter((network) => network.contains(address))
    .sort((x, y) => y.prefixLength - x.prefixLength).map(String);
}

test("PrefixTable finds what a search through all networks finds", {}, () => {
  const next = random(3);
  for (const count of [0, 1, 2, 5, 40, 700]) {
    const all = networks(count, next);
    const table = new PrefixTable(
      all.map((network) => [network, String(network)] as const),
    );
    const unique = new Map(all.map((network) => [String(network), network]));
    assert.equal(table.size, unique.size);
    const points = edges([...unique.values()]).slice(0, 1500);
    for (const point of points) {
      const expected = slowMatches(unique.values(), point);
      assert.equal(
        table.lookup(point)?.value,
        expected[0],
        `${point} of ${count}`,
      );
      assert.equal(table.lookup(point)?.network.toString(), expected[0]);
      assert.deepEqual(
        table.lookupAll(point).map((match) => match.value),
        expected,
      );
    }
  }
});

test("PrefixTable stays right while it changes between lookups", {}, () => {
  const next = random(5);
  const pool = networks(60, next);
  const points = edges(pool);
  const table = new PrefixTable<number>();
  const model = new Map<string, IPNetwork>();
  for (let round = 0; round < 1500; round++) {
    const network = pool[next(pool.length)]!;
    if (next(3) === 0) {
      assert.equal(table.delete(network), model.delete(String(network)));
    } else {
      table.set(network, round);
      model.set(String(network), network);
      assert.equal(table.get(network), round);
    }
    assert.equal(table.size, model.size);
    for (let i = next(6); i > 0; i--) {
      const point = points[next(points.length)]!;
      assert.equal(
        table.lookup(point)?.network.toString(),
        slowMatches(model.values(), point)[0],
      );
    }
  }
});

test(
  "PrefixTable interleaved with changes does not flatten for each lookup",
  {},
  () => {
    const table = new PrefixTable<number>();
    for (let i = 0; i < 20_000; i++) {
      table.set(IPv4Address.fromUint32(i * 256).toNetwork(24), i);
      assert.equal(table.lookup(IPv4Address.fromUint32(i * 256 + 7))?.value, i);
    }
    assert.equal(table.size, 20_000);
  },
);

test(
  "PrefixTable entries come in the order of networks, IPv4 first",
  {},
  () => {
    const table = new PrefixTable<number>([["::/0", 1], ["10.0.0.0/8", 2], [
      "9.0.0.0/8",
      3,
    ], [
      "10.0.0.0/9",
      4,
    ]]);
    const expected = [["9.0.0.0/8", 3], ["10.0.0.0/8", 2], ["10.0.0.0/9", 4], [
      "::/0",
      1,
    ]];
    assert.deepEqual(
      [...table.entries()].map(([network, value]) => [String(network), value]),
      expected,
    );
    assert.deepEqual([...table].length, 4);
    assert.equal(Deno.inspect(table), "PrefixTable { 4 networks }");
  },
);

test(
  "PrefixTable stores mapped networks as IPv4 and looks mapped addresses up there only",
  {},
  () => {
    const table = new PrefixTable<string>();
    table.set("::/0", "six");
    assert.equal(table.lookup("::ffff:10.0.0.1"), undefined);
    table.set("::ffff:10.0.0.0/104", "mapped");
    assert.equal(table.get("10.0.0.0/8"), "mapped");
    assert.equal(table.has("10.0.0.0/9"), false);
    assert.equal(table.lookup("::ffff:10.0.0.1")?.value, "mapped");
    assert.equal(table.lookup("10.0.0.1")?.network.toString(), "10.0.0.0/8");
    assert.equal(table.lookup(parseAddress("fe80::1%eth0"))?.value, "six");
  },
);

test("PrefixTable refuses what is no network or address", {}, () => {
  const table = new PrefixTable<number>();
  assert.throws(() => table.set("10.0.0.1/8", 1), { code: "host-bits" });
  assert.throws(() => table.lookup("garbage"), { name: "AddressSyntaxError" });
  assert.throws(() => table.lookup(undefined as unknown as string), TypeError);
  assert.throws(
    () => table.get(IPv4Address.ANY as unknown as IPNetwork),
    TypeError,
  );
  table.set("10.0.0.0/8", 0);
  const match = table.lookup("10.0.0.1")!;
  match.value = 9; // the caller's own object
  assert.equal(table.get("10.0.0.0/8"), 0);
});

test("PrefixTable as JSON", {}, () => {
  const table = new PrefixTable([["fd00::/8", "six"], ["10.0.0.0/8", "four"]]);
  assert.equal(
    JSON.stringify(table),
    '[["10.0.0.0/8","four"],["fd00::/8","six"]]',
  );
});

test(
  "PrefixTable holds more networks of one length than fit the stack",
  {},
  () => {
    const table = new PrefixTable<number>();
    const count = 200_000;
    for (let i = 0; i < count; i++) {
      table.set(IPv4Address.fromUint32(2 ** 24 + i * 256).toNetwork(24), i);
    }
    // After a sixteenth as many lookups it is made flat.
    for (let i = 0; i < count / 8; i++) {
      assert.equal(table.lookup("1.0.0.1")?.value, 0);
    }
    assert.equal(table.lookup("4.13.63.255")?.value, 199_999);
    assert.equal([...table].length, count);
  },
);
