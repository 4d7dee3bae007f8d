/** The value classes: construction, bytes, arithmetic, zones, equality, printing. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import {
  collapse,
  compareAddresses,
  IPInterface,
  IPRange,
  IPSet,
  IPv4Address,
  IPv4Network,
  IPv6Address,
  IPv6Network,
  joinHostPort,
  MacAddress,
  parseAddress,
  parseNetwork,
  PrefixTable,
  SocketAddress,
  span,
  splitHostPort,
  summarize,
} from "../../mod.ts";

test(
  "addresses cannot be made by new: unchecked values would fail open",
  {},
  () => {
    for (
      const type of [
        IPv4Address,
        IPv6Address,
        IPv4Network,
        IPv6Network,
        IPRange,
        IPInterface,
        IPSet,
        MacAddress,
      ]
    ) {
      const construct = type as unknown as new (
        ...values: unknown[]
      ) => unknown;
      assert.throws(() => new construct("10.0.0.1"), {
        name: "TypeError",
        message: new RegExp(`^Cannot construct ${type.name}: use `),
      });
    }
  },
);

test("addresses go to bytes and numbers and back", {}, () => {
  for (const text of ["0.0.0.0", "128.0.0.1", "255.255.255.255"]) {
    const address = IPv4Address.parse(text);
    assert.ok(IPv4Address.fromBytes(address.toBytes()).equals(address));
    assert.ok(IPv4Address.fromUint32(address.toUint32()).equals(address));
    assert.ok(IPv4Address.fromBigInt(address.toBigInt()).equals(address));
    assert.equal(address.octets.join("."), text);
  }
  const ipv6 = IPv6Address.parse("8000::ffff:ffff:0:1");
  assert.ok(IPv6Address.fromBytes(ipv6.toBytes()).equals(ipv6));
  assert.ok(IPv6Address.fromBigInt(ipv6.toBigInt()).equals(ipv6));
  assert.deepEqual(ipv6.groups, [0x8000, 0, 0, 0, 0xffff, 0xffff, 0, 1]);
  assert.equal(
    ipv6.toExpandedString(),
    "8000:0000:0000:0000:ffff:ffff:0000:0001",
  );
  const target = new Uint8Array(20).fill(7);
  assert.equal(ipv6.copyTo(target, 2), 16);
  assert.deepEqual([...target.subarray(0, 4), target[17], target[18]], [
    7,
    7,
    0x80,
    0,
    1,
    7,
  ]);
  assert.throws(() => ipv6.copyTo(target, 5), RangeError);
  assert.throws(() => IPv4Address.ANY.copyTo(target, -1), RangeError);
  assert.throws(() => ipv6.copyTo([] as never), {
    message: "Cannot copy into an object of class Array: must be a Uint8Array",
  });
  assert.deepEqual([IPv4Address, IPv6Address].map((type) => `${type.ANY}`), [
    "0.0.0.0",
    "::",
  ]);
  assert.equal(`${IPv4Address.LOOPBACK}`, "127.0.0.1");
  assert.equal(`${IPv4Address.BROADCAST}`, "255.255.255.255");
  assert.equal(`${IPv6Address.LOOPBACK}`, "::1");
  for (const value of [-1, 2 ** 32, 1.5, NaN]) {
    assert.throws(() => IPv4Address.fromUint32(value), RangeError);
  }
  for (const value of [-1n, 2n ** 128n]) {
    assert.throws(() => IPv6Address.fromBigInt(value), RangeError);
  }
  for (const value of [-1n, 2n ** 32n]) {
    assert.throws(() => IPv4Address.fromBigInt(value), RangeError);
  }
  assert.throws(
    () => IPv4Address.fromBigInt(1 as unknown as bigint),
    TypeError,
  );
  assert.throws(() => IPv6Address.fromBytes(new Uint8Array(4)), RangeError);
});

test("arithmetic carries across words and stops at the ends", {}, () => {
  assert.equal(
    IPv4Address.parse("127.255.255.255").next().toString(),
    "128.0.0.0",
  );
  assert.equal(
    IPv4Address.parse("128.0.0.0").previous().toString(),
    "127.255.255.255",
  );
  assert.equal(
    IPv6Address.parse("::ffff:ffff:ffff:ffff").next().toString(),
    "0:0:0:1::",
  );
  assert.equal(
    IPv6Address.parse("1::").previous().toString(),
    "0:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  );
  assert.equal(IPv4Address.ANY.add(2 ** 31).toString(), "128.0.0.0");
  assert.equal(IPv6Address.ANY.add(2n ** 127n).toString(), "8000::");
  assert.equal(
    IPv4Address.BROADCAST.subtract(255n).toString(),
    "255.255.255.0",
  );
  assert.equal(IPv4Address.parse("10.0.0.9").add(-9).toString(), "10.0.0.0");
  assert.throws(() => IPv4Address.ANY.subtract(1), {
    name: "RangeError",
    message: "Cannot subtract 1 from 0.0.0.0: is before the first address",
  });
  assert.throws(() => IPv6Address.ANY.not().add(1), {
    name: "RangeError",
    message: /^Cannot add 1 to ffff:.*: is behind the last address$/,
  });
  assert.throws(() => IPv4Address.BROADCAST.next(), RangeError);
  assert.throws(() => IPv4Address.ANY.previous(), RangeError);
  assert.throws(() => IPv6Address.ANY.previous(), RangeError);
  assert.throws(() => IPv6Address.ANY.not().next(), RangeError);
  for (const count of [1.5, 2 ** 53, NaN]) {
    assert.throws(() => IPv6Address.ANY.add(count), {
      name: "RangeError",
      message: `Cannot count by ${count}: must be an exact integer`,
    });
  }
  assert.throws(() => IPv4Address.ANY.add("1" as unknown as number), TypeError);
  assert.equal(
    parseAddress("10.0.0.9").distanceTo(parseAddress("10.0.0.2")),
    -7n,
  );
});

test("masks and bitwise operations", {}, () => {
  const address = IPv4Address.parse("192.0.2.77");
  assert.equal(address.mask(24).toString(), "192.0.2.0");
  assert.equal(
    address.and(IPv4Address.parse("255.255.0.0")).toString(),
    "192.0.0.0",
  );
  assert.equal(
    address.or(IPv4Address.parse("0.0.0.128")).toString(),
    "192.0.2.205",
  );
  assert.equal(address.xor(address).toString(), "0.0.0.0");
  assert.equal(
    IPv4Network.parse("10.0.0.0/9").netmask.not().toString(),
    "0.127.255.255",
  );
  const ipv6 = IPv6Address.parse("2001:db8:ffff:ffff:ffff::1");
  assert.equal(ipv6.mask(33).toString(), "2001:db8:8000::");
  assert.equal(ipv6.mask(64).toString(), "2001:db8:ffff:ffff::");
  assert.equal(ipv6.mask(0).toString(), "::");
  for (const length of [-1, 33, 1.5, NaN]) {
    assert.throws(() => address.mask(length), RangeError);
  }
});

test(
  "mixed versions: never equal, TypeError where there is no answer",
  {},
  () => {
    const [ipv4, mapped] = [
      parseAddress("1.2.3.4"),
      parseAddress("::ffff:1.2.3.4"),
    ];
    assert.equal(ipv4.equals(mapped), false);
    assert.equal(mapped.equals(ipv4), false);
    assert.ok((mapped as IPv6Address).unmap().equals(ipv4));
    assert.ok((ipv4 as IPv4Address).toIPv4Mapped().equals(mapped));
    assert.equal(compareAddresses(ipv4, mapped), -1);
    for (const [x, y] of [[ipv4, mapped], [mapped, ipv4]] as const) {
      assert.throws(() => x.compareTo(y), TypeError);
      assert.throws(() => x.distanceTo(y), TypeError);
      assert.throws(() => x.and(y), TypeError);
      assert.throws(() => x.toNetwork().compareTo(y.toNetwork()), TypeError);
      assert.throws(() => x.toNetwork().isSubnetOf(y.toNetwork()), TypeError);
      assert.throws(() => x.toNetwork().exclude(y.toNetwork()), TypeError);
      assert.throws(() => collapse([x.toNetwork(), y.toNetwork()]), TypeError);
      assert.throws(() => summarize(x, y), TypeError);
      assert.throws(() => span([x, y]), {
        name: "TypeError",
        message: /^Cannot span /,
      });
      assert.throws(() => IPRange.from(x, y), TypeError);
      assert.equal(x.toNetwork(0).contains(y), false);
      assert.equal(x.toNetwork(0).overlaps(y.toNetwork()), false);
    }
    assert.throws(
      () => parseNetwork("10.0.0.0/8").contains("10.0.0.1" as never),
      TypeError,
    );
  },
);

test(
  "zones count in text and equality, not in questions, and networks have none",
  {},
  () => {
    const zoned = IPv6Address.parse("FE80::1%eth0");
    assert.deepEqual([zoned.toString(), zoned.zone], ["fe80::1%eth0", "eth0"]);
    assert.equal(zoned.equals(zoned.withoutZone()), false);
    assert.equal(zoned.compareTo(zoned.withoutZone()), 1);
    assert.equal(zoned.compareTo(zoned.withZone("eth1")), -1);
    assert.ok(zoned.withoutZone().withZone("eth0").equals(zoned));
    assert.equal(zoned.toExpandedString().slice(-5), "%eth0");
    assert.equal(zoned.next().zone, undefined);
    assert.ok(
      zoned instanceof IPv6Address && zoned.constructor === IPv6Address,
    );
    assert.equal(IPv6Network.parse("fe80::/10").contains(zoned), true);
    assert.throws(() => zoned.toNetwork(64), TypeError);
    assert.throws(() => zoned.withZone("a b"), {
      name: "AddressSyntaxError",
      position: 1,
    });
    assert.equal(
      IPInterface.parse("fe80::1%eth0/64").network.toString(),
      "fe80::/64",
    );
    assert.equal(
      IPInterface.parse("fe80::1%eth0/64").address.toString(),
      "fe80::1%eth0",
    );
  },
);

test("networks past their ends are RangeErrors", {}, () => {
  const network = parseNetwork("10.0.0.0/8");
  assert.throws(() => network.subnets({ prefixLength: 33 }), RangeError);
  assert.throws(() => network.subnets({ prefixLength: 7 }), RangeError);
  assert.throws(() => network.supernet({ by: 9 }), RangeError);
  assert.throws(() => network.supernet({ prefixLength: 9 }), RangeError);
  assert.throws(() => network.subnets({ by: -1 }), {
    name: "RangeError",
    message: "Cannot divide 10.0.0.0/8 by -1: must be an integer from 0",
  });
  assert.throws(() => parseNetwork("10.0.0.1").subnets(), RangeError);
  assert.throws(() => parseNetwork("0.0.0.0/0").supernet(), RangeError);
  assert.throws(() => network.subnets({ lenght: 9 } as never), {
    message: /unknown option "lenght"/,
  });
  assert.throws(() => network.exclude(parseNetwork("11.0.0.0/9")), RangeError);
  assert.throws(() => network.at(2 ** 24), RangeError);
  assert.throws(() => network.at(-(2 ** 24) - 1), RangeError);
  assert.throws(
    () => summarize(parseAddress("1.1.1.2"), parseAddress("1.1.1.1")),
    RangeError,
  );
  assert.throws(() => span([]), RangeError);
  assert.equal([...network.subnets({ prefixLength: 8 })].join(), "10.0.0.0/8");
  assert.equal(parseNetwork("0.0.0.0/0").size, 2n ** 32n);
  assert.equal(
    [...parseNetwork("255.255.255.254/31")].join(),
    "255.255.255.254,255.255.255.255",
  );
  assert.equal(
    span([parseNetwork("::/1"), parseAddress("8000::")]).toString(),
    "::/0",
  );
});

test("ranges contain, overlap and count", {}, () => {
  const range = IPRange.parse("10.0.0.5-10.0.0.9");
  assert.equal(range.size, 5n);
  assert.equal([...range].length, 5);
  assert.equal(range.contains(parseNetwork("10.0.0.6/31")), true);
  assert.equal(range.contains(parseNetwork("10.0.0.8/30")), false);
  assert.equal(range.overlaps(parseNetwork("10.0.0.8/30")), true);
  assert.equal(range.overlaps(IPRange.parse("::-::1")), false);
  for (const [text, overlaps] of Object.entries({ 4: false, 5: true })) {
    assert.equal(
      range.overlaps(IPRange.parse(`10.0.0.0-10.0.0.${text}`)),
      overlaps,
    );
  }
  for (const [text, overlaps] of Object.entries({ 9: true, 10: false })) {
    assert.equal(
      range.overlaps(IPRange.parse(`10.0.0.${text}-10.0.0.99`)),
      overlaps,
    );
  }
  assert.equal(IPRange.tryParse("10.0.0.9-10.0.0.5"), undefined);
  assert.equal(IPRange.tryParse("10.0.0.5-10.0.0.9")?.equals(range), true);
});

test("socket addresses, hosts and ports", {}, () => {
  const address = SocketAddress.parse("[::ffff:1.2.3.4]:0");
  assert.equal(address.toString(), "[::ffff:1.2.3.4]:0");
  assert.ok(SocketAddress.tryParse("[::ffff:1.2.3.4]:0")?.equals(address));
  assert.deepEqual(SocketAddress.parse("192.0.2.1:53").toDenoAddr("udp"), {
    transport: "udp",
    hostname: "192.0.2.1",
    port: 53,
  });
  assert.equal(address.compareTo(new SocketAddress(address.address, 1)), -1);
  assert.throws(() => new SocketAddress(IPv4Address.ANY, 65536), RangeError);
  assert.throws(() => new SocketAddress("1.2.3.4" as never, 80), TypeError);
  assert.deepEqual(splitHostPort(":80"), { host: "", port: 80 });
  assert.deepEqual(splitHostPort("[::1]"), { host: "::1" });
  assert.deepEqual(splitHostPort("example.org"), { host: "example.org" });
  assert.equal(joinHostPort("fe80::1%eth0", 0), "[fe80::1%eth0]:0");
  assert.throws(() => joinHostPort("a", -1), RangeError);
});

test("a host brings no port of its own along", {}, () => {
  const bad: [host: string, code: string, position: number][] = [
    ["::1]:9", "bad-character", 3],
    ["::1]:22/x?y#z ", "bad-character", 3],
    ["[", "bad-character", 0],
    ["[a", "bad-character", 0],
    ["[::1]", "bad-character", 0],
    ["a:b", "too-few-parts", 3],
    ["a/b", "bad-character", 1],
  ];
  for (const [host, code, position] of bad) {
    assert.throws(
      () => joinHostPort(host, 80),
      { name: "AddressSyntaxError", input: host, code, position },
      host,
    );
  }
  let seed = 1;
  for (let round = 0; round < 20_000; round++) {
    let host = "";
    for (let i = 0; i < 6; i++) {
      seed = seed * 48_271 % 2_147_483_647;
      host += "::[]1a.%/"[seed % 9];
    }
    let joined: string;
    try {
      joined = joinHostPort(host, 80);
    } catch (error) {
      assert.ok((error as { position: number }).position <= host.length, host);
      continue;
    }
    assert.deepEqual(splitHostPort(joined), { host, port: 80 });
  }
});

test("what is of another kind is told in the same words everywhere", {}, () => {
  const wrong = (call: () => unknown, message: RegExp) =>
    assert.throws(call, { name: "TypeError", message });
  const nothing = undefined as never;
  const network = IPv4Network.parse("10.0.0.0/24");
  wrong(() => network.subnets(26 as never), /Cannot divide .* by 26: must/);
  wrong(() => network.supernet(null as never), /Cannot divide .* by null/);
  wrong(
    () => compareAddresses(IPv6Address.LOOPBACK, "x" as never),
    /"x": must/,
  );
  wrong(() => compareAddresses(nothing, nothing), /undefined: must be/);
  wrong(() => IPInterface.from(nothing, 8), /undefined: must be/);
  wrong(
    () => IPv6Address.fromEui64(nothing, MacAddress.parse("021a2b3c4d5e")),
    /needs a MacAddress and an IPv6Network/,
  );
  wrong(
    () => IPv6Address.fromEui64(IPv6Network.parse("fe80::/64"), nothing),
    /Cannot put undefined into/,
  );
  const address = SocketAddress.parse("[::1]:80");
  wrong(() => collapse(5 as never), /Cannot collapse 5: must be a list/);
  wrong(() => collapse("" as never), /Cannot collapse "": must/);
  wrong(() => span(nothing), /Cannot span undefined: must be a list/);
  wrong(() => new PrefixTable(5 as never), /with 5: must be a list of/);
  wrong(() => new PrefixTable("::" as never), /with "::": must be a list of/);
  wrong(
    () => new PrefixTable(["10.0.0.0/8"] as never),
    /with "10.0.0.0\/8": must be a network and its value/,
  );
  wrong(() => summarize(Symbol() as never, nothing), /a symbol: must be an/);
  wrong(() => IPRange.from(IPv4Address.ANY, null as never), /null: must be an/);
  wrong(() => IPv4Address.ANY.compareTo(bare(4)), /class null: must be of/);
  wrong(() => IPv6Address.ANY.copyTo(new Uint8Array(16), "0" as never), /"0"/);
  wrong(() => network.supernet({ by: null as never }), /by null: must/);
  wrong(
    () => IPv6Network.from(IPv4Address.ANY, 8),
    /IPv6 network with IPv4Addr/,
  );
  wrong(() => network.subnets({ prefixLength: null as never }), /by null/);
  wrong(() => IPInterface.from(IPv4Address.ANY, nothing), /length undefined/);
  wrong(() => address.compareTo(nothing), /with undefined: must be/);
  wrong(() => SocketAddress.fromDenoAddr(nothing), /from undefined: must/);
  wrong(() => address.toDenoAddr("tls" as never), /transport "tls": must be/);
  const construct = IPv6Network as unknown as new (key?: unknown) => unknown;
  wrong(() => new construct(), /Cannot construct IPv6Network/);
});

/** What only looks like an address, and has no class. */
function bare(version: number): never {
  return Object.assign(Object.create(null), { version }) as never;
}

test("a network in place of a list is no list of its addresses", {}, () => {
  const all = IPv6Network.parse("::/0"); // to go through it would never end
  assert.throws(() => collapse(all as never), {
    name: "TypeError",
    message: /must be a list of networks/,
  });
  assert.equal(span(all).toString(), "::/0");
  assert.equal(span(IPRange.parse("::1-::9")).toString(), "::/124");
});

test("a network is mapped when all of it is", {}, () => {
  assert.equal(IPv6Network.parse("::ffff:a00:0/104").isIPv4Mapped, true);
  assert.equal(IPv6Network.parse("::fffe:0:0/95").isIPv4Mapped, false);
});

test("hardware addresses", {}, () => {
  for (
    const text of [
      "02:1a:2b:3c:4d:5e",
      "02-1A-2B-3C-4D-5E",
      "021a.2b3c.4d5e",
      "021a2b3c4d5e",
    ]
  ) {
    const mac = MacAddress.parse(text);
    assert.equal(mac.toString(), "02:1a:2b:3c:4d:5e");
    assert.deepEqual([mac.isLocal, mac.isMulticast], [true, false]);
    assert.deepEqual([...mac.toEui64()], [
      0,
      0x1a,
      0x2b,
      0xff,
      0xfe,
      0x3c,
      0x4d,
      0x5e,
    ]);
    assert.ok(MacAddress.fromBytes(mac.toBytes()).equals(mac));
  }
  assert.equal(MacAddress.parse("ff:ff:ff:ff:ff:ff").isMulticast, true);
  const group = MacAddress.parse("01:02:00:00:00:00");
  assert.deepEqual([group.isLocal, group.isMulticast], [false, true]);
  assert.equal(
    IPv6Address.fromEui64(
      IPv6Network.parse("2001:db8:1::/48"),
      MacAddress.parse("02:1a:2b:3c:4d:5e"),
    ).toString(),
    "2001:db8:1:0:1a:2bff:fe3c:4d5e",
  );
  assert.throws(
    () =>
      IPv6Address.fromEui64(
        IPv6Network.parse("fe80::/65"),
        MacAddress.parse("021a2b3c4d5e"),
      ),
    RangeError,
  );
});

test("values print well", {}, () => {
  const values = {
    "IPv4Address 192.0.2.1": parseAddress("192.0.2.1"),
    "IPv6Address fe80::1%eth0": parseAddress("fe80::1%eth0"),
    "IPv4Network 10.0.0.0/8": parseNetwork("10.0.0.0/8"),
    "IPv6Network ::/0": parseNetwork("::/0"),
    "IPRange 10.0.0.1-10.0.0.2": IPRange.parse("10.0.0.1-10.0.0.2"),
    "IPInterface 10.0.0.1/8": IPInterface.parse("10.0.0.1/8"),
    "SocketAddress [::1]:80": SocketAddress.parse("[::1]:80"),
    "MacAddress 00:00:00:00:00:00": MacAddress.parse("000000000000"),
  };
  for (const [expected, value] of Object.entries(values)) {
    assert.equal(Deno.inspect(value), expected);
    const text = expected.slice(expected.indexOf(" ") + 1);
    assert.equal(`${value}`, text);
    assert.equal(JSON.stringify({ value }), JSON.stringify({ value: text }));
  }
});

test("prototypes print too", {}, () => {
  for (
    const type of [
      IPv4Address,
      IPv6Network,
      IPRange,
      IPSet,
      PrefixTable,
      SocketAddress,
      MacAddress,
      class Other extends SocketAddress {},
    ]
  ) assert.match(Deno.inspect(type.prototype), /^\w+ {}$/);
});

test("an IPv6Address takes at most 64 bytes of heap", {
  run: ["deno"],
  read: true,
  env: true,
}, async () => {
  const module = new URL("../../mod.ts", import.meta.url).href;
  const program = `import { IPv6Address } from ${JSON.stringify(module)};
    const kept = new Array(200_000);
    for (let i = 0; i < 2000; i++) kept[i] = IPv6Address.parse("2001:db8::" + i.toString(16));
    gc();
    const before = Deno.memoryUsage().heapUsed;
    for (let i = 0; i < kept.length; i++) kept[i] = IPv6Address.parse("2001:db8::f");
    gc();
    console.log((Deno.memoryUsage().heapUsed - before) / kept.length);`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "--v8-flags=--expose-gc", program],
  }).output();
  const bytes = Number(new TextDecoder().decode(stdout));
  assert.ok(bytes > 40 && bytes <= 64, `${bytes} bytes`);
});

test("collapse and summarize of whole address spaces", {}, () => {
  assert.equal(
    collapse(["0.0.0.0/1", "128.0.0.0/1"].map((t) => IPv4Network.parse(t)))
      .join(),
    "0.0.0.0/0",
  );
  assert.equal(
    collapse(["8000::/1", "::/1"].map((t) => IPv6Network.parse(t))).join(),
    "::/0",
  );
  assert.deepEqual(collapse([]), []);
  assert.equal(
    summarize(IPv6Address.ANY, IPv6Address.ANY.not()).join(),
    "::/0",
  );
  assert.equal(
    summarize(IPv4Address.ANY, IPv4Address.BROADCAST).join(),
    "0.0.0.0/0",
  );
});
