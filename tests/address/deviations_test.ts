/** Where this module answers otherwise than CPython's socket and ipaddress, and why. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import {
  inet_aton,
  IPv6Network,
  parseAddress,
  parseNetwork,
} from "../../mod.ts";

test(
  "inet_aton takes the whole text: what glibc ignores behind white space has bypassed filters",
  {},
  () => {
    assert.throws(() => inet_aton("127.0.0.1 evil"), { code: "bad-character" });
  },
);

test(
  "isPrivate is RFC 1918 or unique local: Python's is_private means 'not global', which isGlobal says",
  {},
  () => {
    for (
      const text of [
        "127.0.0.1",
        "192.0.2.1",
        "0.0.0.0",
        "::1",
        "2001:db8::1",
        "fe80::1",
      ]
    ) {
      assert.equal(parseAddress(text).isPrivate, false, text); // is_private is True
      assert.equal(parseAddress(text).isGlobal, false, text);
    }
  },
);

test(
  "multicast is never global: it has scopes of its own, and no filter means to let it in",
  {},
  () => {
    assert.equal(parseAddress("224.0.1.1").isGlobal, false); // is_global is True
    assert.equal(parseAddress("ff0e::1").isGlobal, false); // is_global is True
  },
);

test(
  "an embedded IPv4 address must be global too: a translator would deliver there",
  {},
  () => {
    for (
      const text of [
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::",
        "2a00::5efe:10.0.0.1",
      ]
    ) {
      assert.equal(parseAddress(text).isGlobal, false, text);
    }
  },
);

test(
  "what IANA has not given out is not global: nothing can be there",
  {},
  () => {
    assert.equal(parseAddress("4000::1").isGlobal, false); // is_global is True
    assert.equal(parseAddress("fec0::1").isGlobal, false);
  },
);

test(
  "IPv4-mapped addresses are judged and written as the IPv4 address (CPython does from 3.13 on)",
  {},
  () => {
    assert.equal(parseAddress("::ffff:102:304").toString(), "::ffff:1.2.3.4");
    assert.equal(parseAddress("::ffff:127.0.0.1").isLoopback, true);
  },
);

test(
  "subnets of a /32 and the supernet of a /0 are RangeErrors: a loop that widens must end",
  {},
  () => {
    assert.throws(() => parseNetwork("10.0.0.1").subnets(), RangeError); // [itself]
    assert.throws(() => parseNetwork("0.0.0.0/0").supernet(), RangeError); // itself
  },
);

test(
  "a prefix length has no leading zero: other readers take it as octal",
  {},
  () => {
    assert.throws(() => parseNetwork("10.0.0.0/08"), { code: "leading-zero" });
  },
);

test(
  "IPv6 netmasks are read, as the configuration of some systems has them",
  {},
  () => {
    assert.equal(IPv6Network.parse("2001:db8::/ffff:ffff::").prefixLength, 32);
  },
);

test("networks refuse zones: a network is the same on every link", {}, () => {
  assert.throws(() => parseNetwork("fe80::%eth0/64"), {
    code: "zone-not-allowed",
  });
});

test(
  "exclude gives its networks in order, and of what is not inside a RangeError",
  {},
  () => {
    const rest = parseNetwork("10.0.0.0/30").exclude(parseNetwork("10.0.0.1"));
    assert.deepEqual(rest.map(String), ["10.0.0.0/32", "10.0.0.2/31"]); // Python: unordered
    assert.throws(
      () => parseNetwork("10.0.0.0/30").exclude(parseNetwork("11.0.0.0")),
      RangeError,
    );
  },
);

test(
  "a zone has no white space, control character, slash or bracket: it ends up in URLs and logs",
  {},
  () => {
    for (const zone of ["a b", "a\n", "a/b", "a]", ""]) {
      assert.throws(() => parseAddress(`fe80::1%${zone}`), {
        name: "AddressSyntaxError",
      });
    }
  },
);
