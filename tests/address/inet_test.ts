/** The BSD layer: rows AD01–AD18 of BEHAVIOUR.md, and the constants. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import * as m from "../../mod.ts";
import {
  AF_INET,
  AF_INET6,
  inet_aton,
  inet_ntoa,
  inet_ntop,
  inet_pton,
} from "../../mod.ts";

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

test("AD01–AD02 inet_aton gives four bytes", {}, () => {
  assert.equal(hex(inet_aton("0.0.0.0")), "00000000");
  assert.equal(hex(inet_aton("255.255.255.255")), "ffffffff");
  assert.equal(hex(inet_aton("255.0.255.0")), "ff00ff00");
  assert.equal(hex(inet_aton("170.170.170.170")), "aaaaaaaa");
  assert.equal(hex(inet_aton("1.2.3.4")), "01020304");
});

test("AD03, AD05 inet_aton refuses", {}, () => {
  const texts = ["0.0.0.", "300.0.0.0", "a.0.0.0", "1.2.3.4.5", "::1", ""];
  texts.push(
    "08.1.1.1",
    "0x",
    "4294967296",
    "1.2.65536",
    "1.2.3.4\0",
    "１.2.3.4",
    " 1.2.3.4",
  );
  for (const text of texts) {
    assert.throws(
      () => inet_aton(text),
      { name: "AddressSyntaxError" },
      JSON.stringify(text),
    );
  }
});

test("AD04 inet_aton takes fewer parts, octal and hexadecimal", {}, () => {
  for (const text of ["127.1", "0x7f.1", "017700000001", "2130706433"]) {
    assert.equal(hex(inet_aton(text)), "7f000001", text);
  }
  assert.equal(hex(inet_aton("1.2.65535")), "0102ffff");
  assert.equal(hex(inet_aton("192.168.010.1")), "c0a80801");
});

test(
  "AD06 inet_aton refuses what glibc ignores behind white space: filters were bypassed by it",
  {},
  () => {
    assert.throws(() => inet_aton("1.2.3.4 x"), {
      position: 7,
      code: "bad-character",
    });
  },
);

test("AD07 inet_pton of IPv4 is strict", {}, () => {
  for (const text of ["01.02.03.04", "127.1", "192.168.010.1"]) {
    assert.throws(() => inet_pton(AF_INET, text), {
      name: "AddressSyntaxError",
    });
  }
});

test("AD08–AD09 inet_pton of IPv6", {}, () => {
  const rows: [string, string][] = [
    ["::", "0".repeat(32)],
    ["0::0", "0".repeat(32)],
    ["1::", "0001" + "0".repeat(28)],
    ["12:a::", "0012000a" + "0".repeat(24)],
    [
      "45ef:76cb:1a:56ef:afeb:bac:1924:aeae",
      "45ef76cb001a56efafeb0bac1924aeae",
    ],
    ["ad42:abc::127:0:254:2", "ad420abc000000000127000002540002"],
    ["::254.42.23.64", "0".repeat(24) + "fe2a1740"],
    ["42::a29b:254.42.23.64", "0042000000000000" + "0000a29bfe2a1740"],
    ["42:a8b9:0:2:ffff:a29b:254.42.23.64", "0042a8b900000002ffffa29bfe2a1740"],
  ];
  for (const [text, bytes] of rows) {
    assert.equal(hex(inet_pton(AF_INET6, text)), bytes, text);
  }
});

test("AD10–AD11 inet_pton of IPv6 refuses", {}, () => {
  const texts = [
    "0x20::",
    ":::",
    "::0::",
    "1::abc::",
    "1::abc::def",
    "1:2:3:4:5:6",
    "1:2:3:4:5:6:",
  ];
  texts.push(
    "1:2:3:4:5:6:7:8:0",
    "1:2:3:4:5:6:7:8:",
    "1::260.2.3.0",
    "1::0.be.e.0",
  );
  texts.push(
    "1:2:3:4:5:6:7:1.2.3.4",
    "::1.2.3.4:0",
    "0.100.200.0:3:4:5:6:7:8",
    "255.254.253.252",
  );
  texts.push("fe80::1%eth0");
  for (const text of texts) {
    assert.throws(() => inet_pton(AF_INET6, text), {
      name: "AddressSyntaxError",
    }, text);
  }
});

test("AD12–AD13 inet_ntoa and inet_ntop want exactly their bytes", {}, () => {
  for (const length of [3, 5, 16]) {
    assert.throws(() => inet_ntoa(new Uint8Array(length)), RangeError);
    assert.throws(() => inet_ntop(AF_INET, new Uint8Array(length)), RangeError);
  }
  for (const length of [15, 17, 4]) {
    assert.throws(
      () => inet_ntop(AF_INET6, new Uint8Array(length)),
      RangeError,
    );
  }
  const view = new Uint8Array([9, 1, 2, 3, 4, 9]).subarray(1, 5);
  assert.equal(inet_ntoa(view), "1.2.3.4");
  assert.equal(inet_ntop(AF_INET, view), "1.2.3.4");
  assert.throws(() => inet_ntoa("1234" as unknown as Uint8Array), TypeError);
  assert.throws(() => inet_ntop(1 as 2, view), {
    name: "RangeError",
    message: /AF_INET/,
  });
  assert.throws(() => inet_pton(1 as 2, "1.2.3.4"), RangeError);
});

test("AD14–AD15 inet_ntop writes RFC 5952", {}, () => {
  const text = (source: string) =>
    inet_ntop(AF_INET6, inet_pton(AF_INET6, source));
  const rows = {
    "0:0:0:0:0:0:0:0": "::",
    "0:0:0:0:0:0:0:1": "::1",
    "aef:b01:506:1001:ffff:9997:55:170": "aef:b01:506:1001:ffff:9997:55:170",
    "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "::ffff:0102:0304": "::ffff:1.2.3.4",
    "::0102:0304": "::102:304",
    "1:0:3:4:5:6:7:8": "1:0:3:4:5:6:7:8",
    "1:2:3:4:5:6:0:0": "1:2:3:4:5:6::",
    "0:0:3:4:5:6:7:8": "::3:4:5:6:7:8",
    "1:0:0:4:0:0:0:8": "1:0:0:4::8",
    "ABCD::": "abcd::",
  };
  for (const [source, expected] of Object.entries(rows)) {
    assert.equal(text(source), expected);
  }
});

test("AD16 a thousand addresses keep their text", {}, () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16_000));
  for (let i = 0; i < 1000; i++) {
    const sixteen = bytes.subarray(16 * i, 16 * i + 16);
    for (let k = 0; k < 16; k++) {
      if (((i >> (k % 10)) & 1) === 0) sixteen[k] = 0;
    }
    const ipv6 = inet_ntop(AF_INET6, sixteen);
    assert.equal(ipv6, ipv6.toLowerCase());
    assert.equal(hex(inet_pton(AF_INET6, ipv6)), hex(sixteen));
    const four = sixteen.subarray(12);
    assert.equal(hex(inet_pton(AF_INET, inet_ntop(AF_INET, four))), hex(four));
  }
});

test("AD17–AD18 byte order", {}, () => {
  for (const value of [0, 1, 0xffff, 20000, 0x1234]) {
    assert.equal(m.ntohs(m.htons(value)), value);
    assert.equal(m.ntohl(m.htonl(value)), value);
  }
  const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  assert.equal(m.htons(20000), isLittle ? 8270 : 20000);
  assert.equal(m.htonl(20000), isLittle ? 541982720 : 20000);
  assert.equal(m.htonl(0x000000ff), isLittle ? 0xff000000 : 0xff);
  assert.equal(m.htons(0xffff), 0xffff);
  for (const value of [65536, -1, 1.5, NaN]) {
    assert.throws(() => m.htons(value), RangeError);
  }
  for (const value of [2 ** 32, -1, 1.5]) {
    assert.throws(() => m.htonl(value), RangeError);
  }
  assert.throws(() => m.ntohs("1" as unknown as number), TypeError);
});

test("the constants have the numbers of <netinet/in.h>", {}, () => {
  assert.deepEqual([m.AF_UNIX, m.AF_INET, m.AF_INET6], [1, 2, 10]);
  assert.equal(
    m.IPv4Address.fromUint32(m.INADDR_LOOPBACK).toString(),
    "127.0.0.1",
  );
  assert.equal(m.INADDR_ANY, 0);
  assert.equal(m.INADDR_BROADCAST, 0xffffffff);
  assert.equal(m.INADDR_NONE, 0xffffffff);
  assert.equal(m.INADDR_UNSPEC_GROUP, 0xe0000000);
  assert.equal(m.INADDR_ALLHOSTS_GROUP, 0xe0000001);
  assert.equal(m.INADDR_MAX_LOCAL_GROUP, 0xe00000ff);
  assert.deepEqual([m.IPPORT_RESERVED, m.IPPORT_USERRESERVED], [1024, 5000]);
  assert.deepEqual(
    [
      m.IPPROTO_IP,
      m.IPPROTO_ICMP,
      m.IPPROTO_TCP,
      m.IPPROTO_UDP,
      m.IPPROTO_IPV6,
      m.IPPROTO_ICMPV6,
    ],
    [0, 1, 6, 17, 41, 58],
  );
  assert.deepEqual([m.IPPROTO_SCTP, m.IPPROTO_RAW, m.IPPROTO_MPTCP], [
    132,
    255,
    262,
  ]);
});
