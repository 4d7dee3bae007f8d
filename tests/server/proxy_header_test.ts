import assert from "node:assert/strict";
import {
  decodeProxyHeader,
  detectProxyHeader,
  ProtocolError,
  type ProxyHeader,
} from "../../mod.ts";
import { crc32c } from "../../lib/server/crc32c.ts";
import {
  bytes,
  concat,
  randomBytes,
  randomFrom,
} from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

const SIGNATURE = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];

/** A version 2 header made by hand: the reading side must not be tested with our own writer only. */
function v2(
  verCmd: number,
  family: number,
  block: number[],
): Uint8Array<ArrayBuffer> {
  const length = block.length;
  return new Uint8Array([
    ...SIGNATURE,
    verCmd,
    family,
    length >> 8,
    length & 255,
    ...block,
  ]);
}

const INET_BLOCK = [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb];

/**
 * Decode input that arrives byte by byte, as the server does; what follows the header must make
 * no difference, and `need` must be kept to and be right.
 */
function decode(input: Uint8Array): ProxyHeader {
  let need = 1;
  for (let length = 1; length <= input.length; length++) {
    const result = decodeProxyHeader(input.subarray(0, length));
    if (length < need) assert.ok("need" in result, "need was not too large");
    if ("header" in result) {
      assert.equal(result.consumed, length);
      const more = concat([input, bytes("PROXY \r\n\r\n rest")]);
      assert.deepEqual(decodeProxyHeader(more), result);
      return result.header;
    }
    assert.ok(result.need > length);
    need = result.need;
  }
  return assert.fail("no header");
}

/** Check that the header is refused, both at once and byte by byte; answers after how many bytes. */
function refusedAfter(input: Uint8Array): number {
  assert.throws(() => decodeProxyHeader(input), ProtocolError);
  for (let length = 1; length <= input.length; length++) {
    try {
      assert.ok("need" in decodeProxyHeader(input.subarray(0, length)));
    } catch (error) {
      assert.ok(error instanceof ProtocolError);
      return length;
    }
  }
  return assert.fail("not refused");
}

function tcp(hostname: string, port: number): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}

test("version 1 tells both ends", {}, () => {
  const rows: [
    line: string,
    source: Deno.NetAddr,
    destination: Deno.NetAddr,
  ][] = [
    [
      "TCP4 192.0.2.7 198.51.100.1 56324 443",
      tcp("192.0.2.7", 56324),
      tcp("198.51.100.1", 443),
    ],
    [
      "TCP4 255.255.255.255 255.255.255.255 65535 65535",
      tcp("255.255.255.255", 65535),
      tcp("255.255.255.255", 65535),
    ],
    ["TCP6 2001:DB8::7 ::1 0 1", tcp("2001:db8::7", 0), tcp("::1", 1)],
    [
      "TCP6 ::ffff:192.0.2.7 2001:db8::1 1 2",
      tcp("192.0.2.7", 1),
      tcp("2001:db8::1", 2),
    ],
    [
      "TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535",
      tcp("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
      tcp("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
    ],
  ];
  for (const [line, source, destination] of rows) {
    assert.deepEqual(decode(bytes(`PROXY ${line}\r\n`)), {
      version: 1,
      command: "proxy",
      source,
      destination,
      tlvs: [],
    });
  }
});

test("version 1 UNKNOWN tells nothing, whatever follows it", {}, () => {
  const longest = "PROXY UNKNOWN " + "x".repeat(107 - 16) + "\r\n";
  assert.equal(longest.length, 107);
  for (
    const line of ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN é * 1\r\n", longest]
  ) {
    assert.deepEqual(decode(bytes(line)), {
      version: 1,
      command: "proxy",
      tlvs: [],
    });
  }
});

test("version 1 refuses every line that is not exactly right", {}, () => {
  const bad = [
    "PROXY\r\n",
    "PROXY  TCP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "PROXY TCP4 192.0.2.7  198.51.100.1 1 2\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n",
    "PROXY TCP4\t192.0.2.7 198.51.100.1 1 2\r\n",
    "PROXY tcp4 192.0.2.7 198.51.100.1 1 2\r\n",
    "PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "PROXY UNKNOWNX\r\n",
    "PROXY TCP4 192.0.2.07 198.51.100.1 1 2\r\n",
    "PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n",
    "PROXY TCP4 0xc0000207 198.51.100.1 1 2\r\n",
    "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
    "PROXY TCP4 ::1 198.51.100.1 1 2\r\n",
    "PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
    "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
    "PROXY TCP6 [::1] ::1 1 2\r\n",
    "PROXY TCP4 localhost 198.51.100.1 1 2\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 +1 2\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 -1 2\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 1e3 2\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\r\n",
    "PROXY UNKNOWN\rx\r\n",
    "PROXY UNKNOWN " + "x".repeat(107 - 15) + "\r\n",
    "PROXY UNKNOWN " + "x".repeat(200),
  ];
  for (const line of bad) {
    assert.ok(refusedAfter(bytes(line)) <= 107, JSON.stringify(line));
  }
});

test(
  "a stream that does not begin with a header is refused at its first wrong byte",
  {},
  () => {
    assert.equal(refusedAfter(bytes("GET / HTTP/1.1\r\n")), 1);
    assert.equal(refusedAfter(bytes("POST / HTTP/1.1\r\n")), 2);
    assert.equal(refusedAfter(bytes("\r\n\r\nx")), 5);
    assert.equal(refusedAfter(bytes("proxy TCP4")), 1);
  },
);

test("detectProxyHeader tells as soon as it can", {}, () => {
  const rows: [input: Uint8Array, answer: string][] = [
    [new Uint8Array(0), "more"],
    [bytes("PROXY"), "more"],
    [bytes("PROXY "), "v1"],
    [bytes("PROXIED"), "none"],
    [new Uint8Array(SIGNATURE.slice(0, 11)), "more"],
    [new Uint8Array(SIGNATURE), "v2"],
    [bytes("\r\n\r\n\r\n"), "none"],
    [new Uint8Array([22, 3, 1]), "none"],
  ];
  for (const [input, answer] of rows) {
    assert.equal(detectProxyHeader(input), answer);
  }
});

test("version 2 tells both ends of every family", {}, () => {
  const six = [0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 7];
  const mapped = [...new Array(10).fill(0), 255, 255, 192, 0, 2, 7];
  const path = (
    name: string,
  ) => [...bytes(name), ...new Array(108 - name.length).fill(0)];
  const rows: [
    family: number,
    block: number[],
    source: unknown,
    destination: unknown,
  ][] = [
    [0x11, INET_BLOCK, tcp("192.0.2.7", 56324), tcp("198.51.100.1", 443)],
    [
      0x21,
      [...six, ...mapped, 0, 1, 0, 2],
      tcp("2001:db8::7", 1),
      tcp("192.0.2.7", 2),
    ],
    [
      0x12,
      INET_BLOCK,
      { transport: "udp", hostname: "192.0.2.7", port: 56324 },
      { transport: "udp", hostname: "198.51.100.1", port: 443 },
    ],
    [
      0x31,
      [...path("/run/a.sock"), ...path("\0abstract")],
      { transport: "unix", path: "/run/a.sock" },
      { transport: "unix", path: "\0abstract" },
    ],
    [
      0x32,
      [...path(""), ...path("x".repeat(108))],
      { transport: "unixpacket", path: "" },
      { transport: "unixpacket", path: "x".repeat(108) },
    ],
  ];
  for (const [family, block, source, destination] of rows) {
    assert.deepEqual(decode(v2(0x21, family, block)), {
      version: 2,
      command: "proxy",
      source,
      destination,
      tlvs: [],
    });
  }
});

test("version 2 unspecified tells no ends, but may carry fields", {}, () => {
  assert.deepEqual(decode(v2(0x21, 0, [4, 0, 0])), {
    version: 2,
    command: "proxy",
    tlvs: [{ type: 4, value: new Uint8Array(0) }],
  });
});

test("version 2 LOCAL is skipped whole, its family unseen", {}, () => {
  for (
    const [family, block] of [[0, []], [0x11, INET_BLOCK], [0xff, [
      1,
      2,
    ]]] as const
  ) {
    assert.deepEqual(decode(v2(0x20, family, [...block])), {
      version: 2,
      command: "local",
      tlvs: [],
    });
  }
});

test("version 2 decodes the fields that have a name", {}, () => {
  const fields = [
    [1, 0, 2, ...bytes("h2")],
    [2, 0, 11, ...bytes("example.org")],
    [5, 0, 3, 9, 8, 7],
    [0x30, 0, 4, ...bytes("blue")],
    [0xea, 0, 1, 1],
    [
      ...[0x20, 0, 5 + 10 + 6, 0x07, 0, 0, 0, 0],
      ...[0x21, 0, 7, ...bytes("TLSv1.3"), 0x22, 0, 3, ...bytes("bob")],
    ],
  ];
  const header = decode(v2(0x21, 0x11, [...INET_BLOCK, ...fields.flat()]));
  assert.equal(header.alpn, "h2");
  assert.equal(header.authority, "example.org");
  assert.deepEqual(header.uniqueId, new Uint8Array([9, 8, 7]));
  assert.equal(header.netns, "blue");
  assert.deepEqual(header.tlvs.map(({ type }) => type), [
    1,
    2,
    5,
    0x30,
    0xea,
    0x20,
  ]);
  assert.deepEqual(header.tlvs[4], { type: 0xea, value: new Uint8Array([1]) });
  const { tlvs, ...ssl } = header.ssl!;
  assert.equal(tlvs.length, 2);
  assert.deepEqual(ssl, {
    overTls: true,
    certInConnection: true,
    certInSession: true,
    verify: 0,
    verified: true,
    version: "TLSv1.3",
    commonName: "bob",
  });
});

test(
  "a client without certificate is not verified although HAProxy says 0",
  {},
  () => {
    const ssl = [0x20, 0, 5, 0x01, 0, 0, 0, 0];
    const header = decode(v2(0x21, 0x11, [...INET_BLOCK, ...ssl]));
    assert.equal(header.ssl?.verify, 0);
    assert.equal(header.ssl?.verified, false);
  },
);

test("version 2 verifies the checksum", {}, () => {
  const good = v2(0x21, 0x11, [
    ...INET_BLOCK,
    4,
    0,
    1,
    0,
    3,
    0,
    4,
    0,
    0,
    0,
    0,
    1,
    0,
    1,
    65,
  ]);
  new DataView(good.buffer).setUint32(16 + 12 + 4 + 3, crc32c(good));
  assert.equal(decode(good).alpn, "A");
  for (let i = 16; i < good.length; i++) {
    // With another type it would be a field like any other, and nothing to verify.
    if (i === 32) continue;
    const wrong = new Uint8Array(good);
    wrong[i]! ^= 0x40;
    assert.throws(() => decodeProxyHeader(wrong), ProtocolError, `byte ${i}`);
  }
  const twice = [3, 0, 4, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0];
  refusedAfter(v2(0x21, 0x11, [...INET_BLOCK, ...twice]));
  refusedAfter(v2(0x21, 0x11, [...INET_BLOCK, 3, 0, 2, 0, 0]));
});

test(
  "version 2 refuses what the specification does not allow, as early as it shows",
  {},
  () => {
    const rows: [input: Uint8Array, after: number, why: string][] = [
      [v2(0x11, 0x11, INET_BLOCK), 13, "version 1"],
      [v2(0x31, 0x11, INET_BLOCK), 13, "version 3"],
      [v2(0x22, 0x11, INET_BLOCK), 13, "command 2"],
      [v2(0x21, 0x10, INET_BLOCK), 16, "protocol unspecified"],
      [v2(0x21, 0x01, INET_BLOCK), 16, "family unspecified"],
      [v2(0x21, 0x13, INET_BLOCK), 16, "protocol 3"],
      [v2(0x21, 0x41, INET_BLOCK), 16, "family 4"],
      [v2(0x21, 0x11, INET_BLOCK.slice(1)), 16, "too short for its addresses"],
      [v2(0x21, 0x21, INET_BLOCK), 16, "too short for IPv6"],
      [v2(0x21, 0x11, new Array(4081).fill(4)), 16, "over 4 KiB"],
      [v2(0x20, 0x11, new Array(4081).fill(4)), 16, "LOCAL over 4 KiB"],
      [v2(0x21, 0x11, [...INET_BLOCK, 1, 0]), 30, "half a field"],
      [v2(0x21, 0x11, [...INET_BLOCK, 1, 0, 2, 65]), 32, "field too long"],
      [v2(0x21, 0x11, [...INET_BLOCK, 1, 0, 1, 0xff]), 32, "not UTF-8"],
      [
        v2(0x21, 0x11, [...INET_BLOCK, 0x20, 0, 4, 0, 0, 0, 0]),
        35,
        "short SSL field",
      ],
      [v2(0x21, 0x31, new Array(216).fill(0xff)), 232, "path not UTF-8"],
      [
        v2(0x21, 0x11, [...INET_BLOCK, 5, 0, 129, ...new Array(129).fill(1)]),
        160,
        "long id",
      ],
    ];
    for (const [input, after, why] of rows) {
      assert.equal(refusedAfter(input), after, why);
    }
  },
);

test("version 2 takes a header of exactly 4 KiB", {}, () => {
  const filling = new Array(4096 - 16 - 12 - 3).fill(0);
  const block = [
    ...INET_BLOCK,
    4,
    filling.length >> 8,
    filling.length & 255,
    ...filling,
  ];
  const result = decodeProxyHeader(v2(0x21, 0x11, block));
  assert.ok("header" in result);
  assert.equal(result.consumed, 4096);
});

test("what is decoded does not refer to the buffer", {}, () => {
  const input = v2(0x21, 0x11, [...INET_BLOCK, 5, 0, 2, 1, 2]);
  const result = decodeProxyHeader(input);
  input.fill(0);
  assert.ok("header" in result);
  assert.deepEqual(result.header.uniqueId, new Uint8Array([1, 2]));
});

test(
  "random and damaged headers give a header, a need or a ProtocolError, nothing else",
  {},
  () => {
    const random = randomFrom(5);
    const seeds = [
      bytes("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"),
      bytes("PROXY TCP6 2001:db8::7 ::1 1 2\r\n"),
      v2(0x21, 0x11, [
        ...INET_BLOCK,
        0x20,
        0,
        9,
        1,
        0,
        0,
        0,
        0,
        0x21,
        0,
        1,
        65,
        3,
        0,
        4,
        0,
        0,
        0,
        0,
      ]),
      v2(0x21, 0x31, new Array(216).fill(65)),
    ];
    for (let i = 0; i < 20_000; i++) {
      const input = new Uint8Array(seeds[i % seeds.length]!);
      for (let k = random(4); k >= 0; k--) {
        input[random(input.length)] = randomBytes(random, { length: 1 })[0]!;
      }
      try {
        const result = decodeProxyHeader(
          input.subarray(0, random(input.length + 1)),
        );
        if ("need" in result) {
          assert.ok(result.need >= 1 && result.need <= 4096);
        } else assert.ok(result.consumed <= input.length);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }
  },
);
