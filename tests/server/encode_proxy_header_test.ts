import assert from "node:assert/strict";
import {
  AddressSyntaxError,
  decodeProxyHeader,
  encodeProxyHeader,
  LimitExceededError,
  type ProxyHeader,
  type ProxyHeaderInit,
} from "../../mod.ts";
import { bytes } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

function tcp(hostname: string, port: number): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}

const ENDS = {
  source: tcp("192.0.2.7", 56324),
  destination: tcp("198.51.100.1", 443),
};

function back(init: ProxyHeaderInit): ProxyHeader {
  const encoded = encodeProxyHeader(init);
  const result = decodeProxyHeader(encoded);
  assert.ok("header" in result);
  assert.equal(result.consumed, encoded.length);
  return result.header;
}

test(
  "encodeProxyHeader writes version 1 as the specification shows it",
  {},
  () => {
    const rows: [init: ProxyHeaderInit, line: string][] = [
      [ENDS, "TCP4 192.0.2.7 198.51.100.1 56324 443"],
      [
        { source: tcp("fe80::1%eth0", 1), destination: tcp("::1", 2) },
        "TCP6 fe80::1 ::1 1 2",
      ],
      [
        { source: tcp("192.0.2.7", 1), destination: tcp("::1", 2) },
        "TCP6 ::ffff:192.0.2.7 ::1 1 2",
      ],
      [{}, "UNKNOWN"],
      [{ ...ENDS, command: "local" }, "UNKNOWN"],
      [
        {
          source: { transport: "unix", path: "/a" },
          destination: { transport: "unix", path: "/b" },
        },
        "UNKNOWN",
      ],
    ];
    for (const [init, line] of rows) {
      const encoded = encodeProxyHeader({ ...init, version: 1 });
      assert.equal(new TextDecoder().decode(encoded), `PROXY ${line}\r\n`);
    }
  },
);

test(
  "encodeProxyHeader writes version 2 as the specification shows it",
  {},
  () => {
    assert.deepEqual([...encodeProxyHeader(ENDS)], [
      ...[13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10],
      ...[0x21, 0x11, 0, 12],
      ...[192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb],
    ]);
    assert.deepEqual(
      [...encodeProxyHeader({ command: "local" }).subarray(12)],
      [0x20, 0, 0, 0],
    );
  },
);

test("what encodeProxyHeader writes decodeProxyHeader reads", {}, () => {
  const unix = (path: string): Deno.UnixAddr => ({ transport: "unix", path });
  const ends: [
    source: Deno.NetAddr | Deno.UnixAddr,
    destination: Deno.NetAddr | Deno.UnixAddr,
  ][] = [
    [tcp("192.0.2.7", 0), tcp("198.51.100.1", 65535)],
    [tcp("2001:db8::7", 1), tcp("192.0.2.7", 2)],
    [{ transport: "udp", hostname: "::1", port: 1 }, {
      transport: "udp",
      hostname: "::1",
      port: 2,
    }],
    [unix("/run/é.sock"), unix("\0abstract")],
    [unix(""), unix("x".repeat(108))],
  ];
  for (const [source, destination] of ends) {
    for (const checksum of [false, true]) {
      const header = back({ source, destination, checksum });
      assert.deepEqual(header.source, source);
      assert.deepEqual(header.destination, destination);
      assert.deepEqual(
        header.tlvs.map(({ type }) => type),
        checksum ? [3] : [],
      );
    }
  }
});

test(
  "encodeProxyHeader writes the named fields, and others beside them",
  {},
  () => {
    const header = back({
      ...ENDS,
      alpn: "h2",
      authority: "example.org",
      uniqueId: new Uint8Array([1, 2]),
      netns: "blue",
      ssl: {
        overTls: true,
        certInConnection: true,
        verified: true,
        version: "TLSv1.3",
        commonName: "bob",
      },
      tlvs: [{ type: 0xe0, value: new Uint8Array([9]) }, {
        type: 1,
        value: bytes("http/1.1"),
      }],
      checksum: true,
    });
    assert.equal(header.alpn, "h2");
    assert.equal(header.authority, "example.org");
    assert.equal(header.netns, "blue");
    assert.deepEqual(header.uniqueId, new Uint8Array([1, 2]));
    assert.equal(header.ssl?.verified, true);
    assert.equal(header.ssl?.commonName, "bob");
    assert.deepEqual(header.tlvs.map(({ type }) => type), [
      0xe0,
      1,
      2,
      5,
      0x20,
      0x30,
      3,
    ]);
  },
);

test("a decoded header can be passed on as it is", {}, () => {
  const first = back({
    ...ENDS,
    authority: "example.org",
    ssl: {
      overTls: true,
      verify: 21,
      tlvs: [{ type: 0x26, value: bytes("X25519") }],
    },
    tlvs: [{ type: 0xea, value: bytes("vpce") }],
    checksum: true,
  });
  const second = back(first);
  const { tlvs: _1, ...one } = first;
  const { tlvs: _2, ...two } = second;
  assert.deepEqual(two, one);
  assert.deepEqual(second.tlvs.map(({ type }) => type), [0xea, 2, 0x20, 3]);
  const old = back({ ...ENDS, version: 1 });
  assert.deepEqual(back(old), old);
});

test(
  "encodeProxyHeader says of a certificate that it was verified only when told",
  {},
  () => {
    const cert = { overTls: true, certInConnection: true };
    const rows: [ssl: ProxyHeaderInit["ssl"], verify: number][] = [
      [cert, 1],
      [{ ...cert, verified: false }, 1],
      [{ ...cert, verified: true }, 0],
      [{ ...cert, verify: 0 }, 0],
      [{ ...cert, verified: true, verify: 21 }, 21],
    ];
    for (const [ssl, verify] of rows) {
      const header = back({ ...ENDS, ssl });
      assert.equal(header.ssl?.verify, verify);
      assert.equal(header.ssl?.verified, verify === 0);
    }
  },
);

test("encodeProxyHeader refuses what cannot be said", {}, () => {
  const unix: Deno.UnixAddr = { transport: "unix", path: "/a" };
  const big = new Uint8Array(4096);
  const rows: [init: unknown, error: new (...args: never[]) => Error][] = [
    [{ source: ENDS.source }, TypeError],
    [{ destination: ENDS.destination }, TypeError],
    [{ source: ENDS.source, destination: unix }, TypeError],
    [{ ...ENDS, sourse: 1 }, TypeError],
    [{ ...ENDS, version: 3 }, RangeError],
    [{ ...ENDS, command: "drop" }, TypeError],
    [{ ...ENDS, source: tcp("localhost", 1) }, AddressSyntaxError],
    [{ ...ENDS, source: tcp("192.0.2.7", 65536) }, RangeError],
    [{ ...ENDS, version: 1, alpn: "h2" }, TypeError],
    [{ ...ENDS, version: 1, checksum: true }, TypeError],
    [{ ...ENDS, tlvs: [{ type: 256, value: new Uint8Array(0) }] }, RangeError],
    [{ ...ENDS, tlvs: [{ type: 4, value: big }] }, LimitExceededError],
    [{ ...ENDS, uniqueId: new Uint8Array(129) }, RangeError],
    [{
      source: { transport: "unix", path: "x".repeat(109) },
      destination: unix,
    }, RangeError],
    [
      {
        version: 1,
        source: { transport: "udp", hostname: "::1", port: 1 },
        destination: { transport: "udp", hostname: "::1", port: 1 },
      },
      RangeError,
    ],
  ];
  for (const [init, error] of rows) {
    assert.throws(
      () => encodeProxyHeader(init as ProxyHeaderInit),
      error,
      JSON.stringify(init),
    );
  }
});
