/** The order of addresses (RFC 6724) and of SRV records (RFC 2782). */
import assert from "node:assert/strict";
import { orderAddresses } from "../../lib/lookup/address_order.ts";
import { parseZoned } from "../../lib/lookup/literal.ts";
import { orderSrv } from "../../lib/lookup/srv_order.ts";
import { test } from "../support/permissions.ts";

function order(to: string[], sources?: string[]): string[] {
  const addresses = to.map((text) => parseZoned(text)!);
  return orderAddresses(addresses, sources).map(({ address }) => address);
}

test("without sources: precedence, then scope, then as it was", {}, () => {
  assert.deepEqual(order(["192.0.2.1", "2001:db8::1", "::1", "fc00::1"]), [
    "::1",
    "2001:db8::1",
    "192.0.2.1",
    "fc00::1",
  ]);
  assert.deepEqual(order(["2002::1", "192.0.2.1"]), ["192.0.2.1", "2002::1"]);
  assert.deepEqual(order(["192.0.2.9", "127.0.0.1"]), [
    "127.0.0.1",
    "192.0.2.9",
  ]);
  const same = ["192.0.2.3", "192.0.2.1", "192.0.2.2"];
  assert.deepEqual(order(same), same);
});

test("scopes are those of RFC 4291 and RFC 6724 section 3.2", {}, () => {
  // Each group has one precedence, so that its scopes alone decide.
  for (
    const group of [
      ["127.0.0.1", "192.0.2.1"],
      ["169.254.255.1", "169.255.0.1"],
      ["ff01::1", "ff02::1", "ff05::1", "ff08::1", "2001:db8::1"],
      ["ff01::1", "febf::1", "ff05::1"],
      ["fec0::1", "3ffe::1"],
    ]
  ) assert.deepEqual(order(group.toReversed()), group);
});

// RFC 6724 section 10.2, as far as our sources carry no deprecated or home addresses.
const EXAMPLES: [string, string[], string[], string[]][] = [
  ["matching scope", ["2001:db8:1::1", "198.51.100.121"], [
    "2001:db8:1::2",
    "fe80::1",
    "169.254.13.78",
  ], ["2001:db8:1::1", "198.51.100.121"]],
  ["matching scope, IPv4", ["2001:db8:1::1", "198.51.100.121"], [
    "fe80::1",
    "198.51.100.117",
  ], ["198.51.100.121", "2001:db8:1::1"]],
  ["higher precedence", ["2001:db8:1::1", "10.1.2.3"], [
    "2001:db8:1::2",
    "fe80::1",
    "10.1.2.4",
  ], ["2001:db8:1::1", "10.1.2.3"]],
  ["smaller scope", ["2001:db8:1::1", "fe80::1"], [
    "2001:db8:1::2",
    "fe80::2",
  ], ["fe80::1", "2001:db8:1::1"]],
  ["matching label", ["2002:c633:6401::1", "2001:db8:1::1"], [
    "2002:c633:6401::2",
    "fe80::2",
  ], ["2002:c633:6401::1", "2001:db8:1::1"]],
  ["higher precedence beside 6to4", ["2002:c633:6401::1", "2001:db8:1::1"], [
    "2002:c633:6401::2",
    "2001:db8:1::2",
    "fe80::2",
  ], ["2001:db8:1::1", "2002:c633:6401::1"]],
  [
    "longest prefix",
    ["2001:db8:1::1", "2001:db8:3ffe::1"],
    [
      "2001:db8:3f44::2",
      "2001:db8:1::2",
    ].slice(0, 1),
    ["2001:db8:3ffe::1", "2001:db8:1::1"],
  ],
  ["a scope that does not match", ["fe80::1", "2001:db8::1"], ["2001:db8::2"], [
    "2001:db8::1",
    "fe80::1",
  ]],
  ["no IPv6 at all", ["2001:db8::1", "192.0.2.1"], [
    "127.0.0.1",
    "::1",
    "10.0.0.1",
  ], [
    "192.0.2.1",
    "2001:db8::1",
  ]],
];
for (const [why, to, sources, expected] of EXAMPLES) {
  test(`with sources: ${why}`, {}, () => {
    assert.deepEqual(order(to, sources), expected);
    assert.deepEqual(order(to.toReversed(), sources), expected);
  });
}

test("SRV: by priority, and by weight within one", {}, () => {
  const make = (priority: number, weight: number, target: string) => ({
    priority,
    weight,
    port: 1,
    target,
  });
  const records = [
    make(2, 0, "last"),
    make(1, 10, "ten"),
    make(1, 30, "thirty"),
    make(1, 0, "none"),
  ];
  // Drawing the highest number picks the last of the running sums.
  const names = (random: number) =>
    orderSrv(records, () => random).map(({ target }) => target);
  assert.deepEqual(names(0.999), ["thirty", "ten", "none", "last"]);
  assert.deepEqual(names(0), ["none", "ten", "thirty", "last"]);
  assert.deepEqual(orderSrv([]), []);
});

test("SRV: shares are those of the weights", {}, () => {
  const records = [10, 30].map((weight) => ({
    priority: 1,
    weight,
    port: weight,
    target: "x",
  }));
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  let first = 0;
  for (let i = 0; i < 4_000; i++) {
    if (orderSrv(records, random)[0]!.weight === 30) first++;
  }
  assert.ok(first > 2_800 && first < 3_200, `${first} of 4000`);
});
