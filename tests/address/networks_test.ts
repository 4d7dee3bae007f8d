/** Networks as values: what they are at their ends, equality, masks, and collapse against a slow model. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import {
  collapse,
  type IPAddress,
  IPInterface,
  type IPNetwork,
  IPRange,
  IPv4Address,
  IPv6Address,
  IPv6Network,
  MacAddress,
  parseNetwork,
  SocketAddress,
  SPECIAL_PURPOSE_IPV4,
  SPECIAL_PURPOSE_IPV6,
} from "../../mod.ts";

/** Blocks that have a predicate and no row in the registries. */
const OTHERS = ["224.0.0.0/4", "fec0::/10", "ff00::/8", "::ffff:10.0.0.0/104"];
const BLOCKS = [...SPECIAL_PURPOSE_IPV4, ...SPECIAL_PURPOSE_IPV6]
  .map((row) => row.network).concat(OTHERS).map((text) => parseNetwork(text));

/** A block, and what it is a half, a quarter and an eighth of. */
function around(block: IPNetwork): IPNetwork[] {
  const networks = [block];
  for (let by = 1; by <= Math.min(3, block.prefixLength); by++) {
    networks.push(block.supernet({ by }));
  }
  return networks;
}

/** The names of the predicates that a network has, but for `isGlobal`, which asks for more. */
function predicatesOf(network: IPNetwork): string[] {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(network))
    .filter((name) => /^is[A-Z]/.test(name) && !/Global|netOf/.test(name));
}

test("a network is what both its first and its last address are", {}, () => {
  const seen = new Set<string>();
  for (const network of BLOCKS.flatMap(around)) {
    const { first, last } = network;
    const flagOf = (of: object, name: string) =>
      (of as Record<string, boolean>)[name];
    for (const name of predicatesOf(network)) {
      const expected = flagOf(first, name) && flagOf(last, name);
      assert.equal(flagOf(network, name), expected, `${network} ${name}`);
      if (flagOf(first, name) !== flagOf(last, name)) seen.add(name);
    }
  }
  assert.ok(seen.size > 10, `${[...seen]}`); // or nothing was proved
});

test("networks are equal when prefix and length are", {}, () => {
  const texts = [
    "10.0.0.0/8",
    "10.0.0.0/9",
    "11.0.0.0/8",
    "0.0.0.0/0",
    "::/0",
    "::/1",
    "8000::/1",
    "0:1::/64",
    "0:0:1::/64",
    "0:0:0:0:1::/80",
    "::/80",
  ];
  for (const [i, x] of texts.entries()) {
    for (const [j, y] of texts.entries()) {
      const [one, other] = [parseNetwork(x), parseNetwork(y)];
      assert.equal(one.equals(other), i === j, `${x} ${y}`);
    }
    assert.equal(parseNetwork(x).equals(undefined as never), false);
  }
});

test("netmask and hostmask are each other's complement", {}, () => {
  for (let length = 0; length <= 128; length++) {
    const { netmask, hostmask, last } = IPv6Address.ANY.toNetwork(length);
    assert.equal(hostmask.toBigInt(), (1n << BigInt(128 - length)) - 1n);
    assert.ok(netmask.equals(hostmask.not()) && last.equals(hostmask));
    const text = `::/${netmask}`;
    assert.equal(IPv6Network.parse(text).prefixLength, length, text);
  }
});

test("equality looks at every part of a value", {}, () => {
  const range = IPRange.parse("10.0.0.1-10.0.0.9");
  assert.equal(range.equals(IPRange.parse("10.0.0.1-10.0.0.8")), false);
  assert.equal(range.equals(IPRange.parse("10.0.0.2-10.0.0.9")), false);
  const card = IPInterface.parse("10.0.0.1/8");
  assert.equal(card.equals(IPInterface.parse("10.0.0.1/9")), false);
  assert.equal(card.equals(IPInterface.parse("10.0.0.2/8")), false);
  const door = SocketAddress.parse("10.0.0.1:80");
  assert.equal(door.equals(SocketAddress.parse("10.0.0.1:81")), false);
  assert.equal(door.equals(SocketAddress.parse("10.0.0.2:80")), false);
  // The address counts first, whatever the ports are.
  assert.equal(door.compareTo(SocketAddress.parse("10.0.0.2:1")), -1);
  assert.equal(door.compareTo(SocketAddress.parse("10.0.0.0:99")), 1);
  assert.equal(door.compareTo(SocketAddress.parse("10.0.0.1:79")), 1);
  assert.equal(door.compareTo(SocketAddress.parse("10.0.0.1:80")), 0);
  const mac = MacAddress.parse("001a2b3c4d5e");
  assert.equal(mac.equals(MacAddress.parse("001a2b3c4d5f")), false);
  const ipv6 = IPv6Address.parse("1:2:3:4:5:6:7:8");
  for (let bit = 0; bit < 128; bit += 8) {
    const other = IPv6Address.fromBigInt(ipv6.toBigInt() ^ (1n << BigInt(bit)));
    assert.equal(ipv6.equals(other), false, String(other));
    assert.equal(ipv6.compareTo(other), ipv6.distanceTo(other) > 0n ? -1 : 1);
  }
});

/** The fewest networks that are exactly these numbers: a whole block, or its two halves. */
function fewest(
  numbers: ReadonlySet<bigint>,
  block: IPNetwork,
): IPNetwork[] {
  const inside = [...numbers].filter((number) =>
    number >= block.first.toBigInt() && number <= block.last.toBigInt()
  );
  if (inside.length === 0) return [];
  if (BigInt(inside.length) === block.size) return [block];
  return [...block.subnets()].flatMap((half) => fewest(new Set(inside), half));
}

test("collapse gives the fewest networks with the same addresses", {}, () => {
  let state = 5;
  const next = (limit: number) =>
    (state = state * 48_271 % 2_147_483_647) % limit;
  const blocks = ["0.0.0.0/26", "10.0.0.64/26", "255.255.255.192/26"].concat(
    "2001:db8:0:0:ffff:ffff:ffff:ff40/122",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffc0/122",
  ).map((text) => parseNetwork(text));
  for (let round = 0; round < 400; round++) {
    const block = blocks[round % blocks.length]!;
    const networks = Array.from({ length: next(24) }, () => {
      const length = block.prefixLength + 3 + next(4);
      return (block.at(next(64)) as IPAddress).toNetwork(length);
    });
    const numbers = new Set(
      networks.flatMap((network) =>
        [...network as Iterable<IPAddress>].map((each) => each.toBigInt())
      ),
    );
    assert.deepEqual(
      collapse(networks).map(String),
      fewest(numbers, block).map(String),
      networks.join(" "),
    );
  }
});

test("bitwise operations agree with those of bigints", {}, () => {
  const numbers = [0n, 1n << 127n, 0x0123456789abcdef_fedcba9876543210n]
    .flatMap((number) => [number, (1n << 128n) - 1n - number]);
  for (const x of numbers) {
    for (const y of numbers) {
      const [a, b] = [IPv6Address.fromBigInt(x), IPv6Address.fromBigInt(y)];
      assert.equal(a.and(b).toBigInt(), x & y);
      assert.equal(a.or(b).toBigInt(), x | y);
      assert.equal(a.xor(b).toBigInt(), x ^ y);
      const [c, d] = [x, y].map((number) =>
        IPv4Address.fromBigInt(number & 0xffff_ffffn)
      ) as [IPv4Address, IPv4Address];
      assert.equal(c.and(d).toBigInt(), x & y & 0xffff_ffffn);
      assert.equal(c.or(d).toBigInt(), (x | y) & 0xffff_ffffn);
      assert.equal(c.xor(d).toBigInt(), (x ^ y) & 0xffff_ffffn);
    }
  }
});
