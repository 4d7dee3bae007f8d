/** What addresses are: every row of the registries at its edges, the embedded forms, AD22. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import {
  type IPAddress,
  type IPv4Address,
  IPv6Address,
  IPv6Network,
  parseAddress,
  parseNetwork,
  SPECIAL_PURPOSE_IPV4,
  SPECIAL_PURPOSE_IPV6,
  type SpecialPurposeEntry,
} from "../../mod.ts";

const ROWS = [...SPECIAL_PURPOSE_IPV4, ...SPECIAL_PURPOSE_IPV6];

/** The rows that cover an address, most specific first, found the slow way. */
function covering(address: IPAddress): SpecialPurposeEntry[] {
  return ROWS.filter((row) => parseNetwork(row.network).contains(address))
    .sort((x, y) =>
      parseNetwork(y.network).prefixLength -
      parseNetwork(x.network).prefixLength
    );
}

/** isGlobal as DESIGN.md words it, for IPv4. */
function globalIPv4(address: IPAddress): boolean {
  if (parseNetwork("224.0.0.0/4").contains(address)) return false;
  return covering(address).find((row) => row.globallyReachable !== null)
    ?.globallyReachable ?? true;
}

/** First − 1, first, last and last + 1 of every block of a family. */
function edges(rows: readonly SpecialPurposeEntry[]): IPAddress[] {
  return rows.flatMap((row) => {
    const { first, last } = parseNetwork(row.network);
    const points: IPAddress[] = [first, last];
    if (first.toBigInt() > 0n) points.push(first.previous());
    if (!last.not().isUnspecified) points.push(last.next());
    return points;
  });
}

test("the registries have every row, frozen", {}, () => {
  assert.deepEqual([SPECIAL_PURPOSE_IPV4.length, SPECIAL_PURPOSE_IPV6.length], [
    26,
    25,
  ]);
  assert.ok(
    Object.isFrozen(SPECIAL_PURPOSE_IPV4) &&
      Object.isFrozen(SPECIAL_PURPOSE_IPV4[0]),
  );
  assert.deepEqual(
    SPECIAL_PURPOSE_IPV6.find((row) => row.network === "2001::/32"),
    {
      network: "2001::/32",
      name: "TEREDO",
      rfc: ["4380", "8190"],
      date: "2006-01",
      source: true,
      destination: true,
      forwardable: true,
      globallyReachable: null,
      reservedByProtocol: false,
    },
  );
  assert.deepEqual(SPECIAL_PURPOSE_IPV4[0], {
    network: "0.0.0.0/8",
    name: "This network",
    rfc: ["791"],
    date: "1981-09",
    source: true,
    destination: false,
    forwardable: false,
    globallyReachable: false,
    reservedByProtocol: true,
  });
});

test("specialPurpose is the most specific row at every edge", {}, () => {
  for (
    const address of [
      ...edges(SPECIAL_PURPOSE_IPV4),
      ...edges(SPECIAL_PURPOSE_IPV6),
    ]
  ) {
    assert.equal(address.specialPurpose, covering(address)[0], String(address));
  }
});

test("isGlobal follows the registry at every IPv4 edge", {}, () => {
  for (const address of edges(SPECIAL_PURPOSE_IPV4)) {
    assert.equal(address.isGlobal, globalIPv4(address), String(address));
  }
});

test("isGlobal follows the registry at every IPv6 edge", {}, () => {
  for (const address of edges(SPECIAL_PURPOSE_IPV6) as IPv6Address[]) {
    const row = covering(address).find((row) => row.globallyReachable !== null);
    const isInside = ["2000::/3", "64:ff9b::/96"].some((text) =>
      parseNetwork(text).contains(address)
    );
    const carried = address.embeddedIPv4();
    const expected = address.isIPv4Mapped
      ? globalIPv4(address.unmap())
      : isInside && (row?.globallyReachable ?? true) &&
        (carried === undefined || globalIPv4(carried.address));
    assert.equal(address.isGlobal, expected, String(address));
  }
});

test(
  "an embedded address must be global too, in every form, at every IPv4 edge",
  {},
  () => {
    const points = [
      ...edges(SPECIAL_PURPOSE_IPV4),
      parseAddress("0.0.0.2"),
      parseAddress("8.8.8.8"),
    ] as IPv4Address[];
    for (const inner of points) {
      const [a, b, c, d] = inner.octets;
      const hi = ((a << 8) | b).toString(16);
      const lo = ((c << 8) | d).toString(16);
      const inverted = inner.not().octets;
      const forms: [string, boolean, string | undefined][] = [
        [`::ffff:${inner}`, true, "mapped"],
        [`::${inner}`, false, inner.toUint32() > 1 ? "compatible" : undefined],
        [`::ffff:0:${inner}`, false, "translated"],
        [`64:ff9b::${inner}`, true, "nat64"],
        [`2002:${hi}:${lo}::1`, true, "6to4"],
        [`2001:0:808:808:0:0:${inverted.join(".")}`, false, "teredo"],
        [`2a00:1:2:3:0:5efe:${inner}`, true, "isatap"],
        [`2a00:1:2:3:200:5efe:${inner}`, true, "isatap"],
        [`fe80::5efe:${inner}`, false, "isatap"],
      ];
      for (const [text, canBeGlobal, kind] of forms) {
        const address = IPv6Address.parse(text);
        assert.equal(address.isGlobal, canBeGlobal && globalIPv4(inner), text);
        assert.equal(address.embeddedIPv4()?.kind, kind, text);
        if (kind !== undefined) {
          assert.ok(
            address.embeddedIPv4()!.address.equals(inner),
            text,
          );
        }
      }
      // An ISATAP identifier behind a 6to4 prefix carries two.
      assert.equal(
        IPv6Address.parse(`2002:808:808:0:0:5efe:${inner}`).isGlobal,
        globalIPv4(inner),
      );
    }
    assert.equal(
      IPv6Address.parse("2001:0:4136:e378:8000:63bf:3fff:fdd2").embeddedIPv4()
        ?.server?.toString(),
      "65.54.227.120",
    );
    assert.equal(IPv6Address.parse("2001:db8::1").embeddedIPv4(), undefined);
  },
);

test("AD22 forty addresses", {}, () => {
  const rows: [string, string][] = [
    ["0.0.0.0", "unspecified"],
    ["0.0.0.1", ""],
    ["10.0.0.0", "private"],
    ["10.255.255.255", "private"],
    ["9.255.255.255", "global"],
    ["11.0.0.0", "global"],
    ["172.15.255.255", "global"],
    ["172.16.0.0", "private"],
    ["172.31.255.255", "private"],
    ["172.32.0.0", "global"],
    ["192.168.0.0", "private"],
    ["192.169.0.0", "global"],
    ["100.63.255.255", "global"],
    ["100.64.0.0", "shared"],
    ["100.127.255.255", "shared"],
    ["100.128.0.0", "global"],
    ["127.0.0.0", "loopback"],
    ["127.255.255.255", "loopback"],
    ["128.0.0.0", "global"],
    ["169.254.0.0", "linkLocal"],
    ["169.255.0.0", "global"],
    ["192.0.0.9", "global"],
    ["192.0.0.11", ""],
    ["192.0.2.255", "documentation"],
    ["198.17.255.255", "global"],
    ["198.18.0.0", "benchmarking"],
    ["198.19.255.255", "benchmarking"],
    ["198.20.0.0", "global"],
    ["198.51.100.0", "documentation"],
    ["203.0.113.255", "documentation"],
    ["223.255.255.255", "global"],
    ["224.0.0.0", "multicast"],
    ["239.255.255.255", "multicast"],
    ["240.0.0.0", "reserved"],
    ["255.255.255.255", "broadcast reserved"],
    ["::", "reserved unspecified"],
    ["::1", "loopback reserved"],
    ["2001:4860:4860::8888", "global"],
    ["2001:db8::", "documentation"],
    ["3fff:fff:ffff::", "documentation"],
    ["3fff:1000::", "global"],
    ["2001:2::1", "benchmarking"],
    ["2001:2:1::1", ""],
    ["fbff::", "reserved"],
    ["fc00::", "private uniqueLocal"],
    ["fdff:ffff::", "private uniqueLocal"],
    ["fe00::", "reserved"],
    ["fe80::", "linkLocal"],
    ["febf:ffff::", "linkLocal"],
    ["fec0::", "siteLocal"],
    ["feff:ffff::", "siteLocal"],
    ["ff02::1", "multicast"],
    ["4000::", "reserved"],
    ["::ffff:0.0.0.0", "unspecified"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:10.0.0.1", "private"],
    ["::ffff:169.254.1.1", "linkLocal"],
    ["::ffff:224.0.0.1", "multicast"],
    ["::ffff:192.0.2.1", "documentation"],
    ["::ffff:198.18.0.1", "benchmarking"],
    ["::ffff:240.0.0.1", "reserved"],
    ["::ffff:8.8.8.8", "global"],
  ];
  const names = [
    "benchmarking",
    "broadcast",
    "documentation",
    "global",
    "linkLocal",
    "loopback",
    "multicast",
    "private",
    "reserved",
    "shared",
    "siteLocal",
    "uniqueLocal",
    "unspecified",
  ];
  for (const [text, expected] of rows) {
    const address = parseAddress(text) as unknown as Record<string, boolean>;
    const seen = names.filter((name) =>
      address[`is${name[0]!.toUpperCase()}${name.slice(1)}`]
    );
    assert.equal(seen.join(" "), expected, text);
  }
});

test(
  "networks are what their first and last address are, and global only throughout",
  {},
  () => {
    for (const row of ROWS) {
      const network = parseNetwork(row.network);
      const [covers] = ROWS.filter((other) =>
        parseNetwork(other.network).contains(network)
      )
        .sort((x, y) =>
          parseNetwork(y.network).prefixLength -
          parseNetwork(x.network).prefixLength
        );
      assert.equal(network.specialPurpose, covers, row.network);
    }
    assert.equal(parseNetwork("10.0.0.0/8").isPrivate, true);
    assert.equal(parseNetwork("10.0.0.0/7").isPrivate, false);
    assert.equal(parseNetwork("8.8.8.0/24").isGlobal, true);
    assert.equal(parseNetwork("8.0.0.0/5").isGlobal, false); // 10.0.0.0/8 lies between
    assert.equal(parseNetwork("2a00::/12").isGlobal, true);
    assert.equal(parseNetwork("2000::/3").isGlobal, false);
    assert.equal(parseNetwork("2002:800::/21").isGlobal, false); // 6to4 of 8.0.0.0/5
    assert.equal(parseNetwork("::ffff:8.0.0.0/101").isGlobal, false);
    assert.equal(parseNetwork("64:ff9b::8.8.8.0/120").isGlobal, true);
    assert.equal(IPv6Network.parse("fd00::/8").isUniqueLocal, true);
    assert.equal(parseNetwork("ff00::/8").isMulticast, true);
  },
);

test("multicastScope is the scope field of a multicast address", {}, () => {
  assert.equal(IPv6Address.parse("ff02::1").multicastScope, 2);
  assert.equal(IPv6Address.parse("ff3e::1").multicastScope, 14);
  assert.equal(IPv6Address.parse("fe80::1").multicastScope, undefined);
});
