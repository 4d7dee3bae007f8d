/** The message codec: known octets, every record type, and input that nobody honest sends. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeResponse, encodeQuery } from "../../lib/lookup/dns_message.ts";
import {
  canonicalName,
  encodeName,
  readName,
} from "../../lib/lookup/wire_name.ts";
import type { RecordType } from "../../lib/lookup/record_types.ts";
import { test } from "../support/permissions.ts";
import {
  A,
  type FakeQuery,
  name,
  record,
  reply,
  uint16,
} from "./support/fake_dns.ts";

const QUERY = { id: 0x1234, name: "a.test", type: A } as FakeQuery;

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function octets(text: string): number[] {
  return [...Buffer.from(text.replaceAll(" ", ""), "hex")];
}

test(
  "encodeQuery: a question as RFC 1035 draws it, with and without EDNS",
  {},
  () => {
    const plain = "000001000001000000000000 0161 0474657374 00 0001 0001";
    assert.equal(
      hex(encodeQuery("a.test", "A", false)),
      plain.replaceAll(" ", ""),
    );
    const edns = "000001000001000000000001 0161 0474657374 00 0041 0001" +
      " 00 0029 04d0 00000000 0000";
    assert.equal(
      hex(encodeQuery("A.test.".toLowerCase(), "HTTPS", true)),
      edns.replaceAll(" ", ""),
    );
  },
);

test("encodeName and readName are inverse", {}, () => {
  const names = [
    ".",
    "a",
    "www.example.test",
    "_sip._tcp.example.test",
    "a\\.b.test",
    "My\\032Printer._ipp.test",
    "\\000\\255.x",
    '\\"\\(\\)\\;\\@\\$\\\\.x',
    "x".repeat(63) + ".y",
    [..."abcd"].map((c) => c.repeat(c === "d" ? 61 : 63)).join("."),
  ];
  for (const name of names) {
    assert.equal(readName(encodeName(name), 0).name, name);
  }
  assert.equal(hex(encodeName("a.b.")), hex(encodeName("a.b")));
  assert.equal(canonicalName("A\\098.T"), "ab.t");
});

test("encodeName refuses what is no name", {}, () => {
  const tooLong = [..."abcd"].map((c) => c.repeat(c === "d" ? 62 : 63)).join(
    ".",
  );
  for (const name of ["a..b", ".a", "x".repeat(64), tooLong, "\u0100", "a\\"]) {
    assert.throws(() => encodeName(name), { name: "ProtocolError" }, name);
  }
});

const DATA: [RecordType, number, string, unknown][] = [
  ["A", 1, "c0000201", "192.0.2.1"],
  ["AAAA", 28, "20010db8000000000000000000000001", "2001:db8::1"],
  ["CNAME", 5, "0162 047465737400", "b.test"],
  ["NS", 2, "00", "."],
  ["PTR", 12, "0262 20 00", "b\\032"],
  ["MX", 15, "000a 00", { preference: 10, exchange: "." }],
  ["SOA", 6, "026e7300 0168 00 00000001 ffffffff 00000003 00000004 00000005", {
    mname: "ns",
    rname: "h",
    serial: 1,
    refresh: 4294967295,
    retry: 3,
    expire: 4,
    minimum: 5,
  }],
  ["SRV", 33, "0001 0002 13c4 016100", {
    priority: 1,
    weight: 2,
    port: 5060,
    target: "a",
  }],
  ["TXT", 16, "02 6162 00 01 ff", ["ab", "", "\u00ff"]],
  ["CAA", 257, "80 05 6973737565 6361", {
    critical: true,
    tag: "issue",
    value: "ca",
  }],
  ["NAPTR", 35, "0001 0002 0173 0145 00 00", {
    order: 1,
    preference: 2,
    flags: "s",
    services: "E",
    regexp: "",
    replacement: ".",
  }],
  ["TLSA", 52, "03 01 01 abcd", {
    usage: 3,
    selector: 1,
    matchingType: 1,
    data: Uint8Array.from([0xab, 0xcd]),
  }],
  ["SSHFP", 44, "04 02 ff", {
    algorithm: 4,
    fingerprintType: 2,
    fingerprint: Uint8Array.from([0xff]),
  }],
  ["SVCB", 64, "0000 016100", { priority: 0, target: "a" }],
  [
    "HTTPS",
    65,
    "0001 00 0000 0002 0001 0001 0003 026832 0002 0000 0003 0002 01bb" +
    " 0004 0004 c0000201 0005 0001 aa 0006 0010 20010db8000000000000000000000001 ff00 0001 07",
    {
      priority: 1,
      target: ".",
      mandatory: [1],
      alpn: ["h2"],
      noDefaultAlpn: true,
      port: 443,
      ipv4hint: ["192.0.2.1"],
      ech: Uint8Array.from([0xaa]),
      ipv6hint: ["2001:db8::1"],
      parameters: { 0xff00: Uint8Array.from([7]) },
    },
  ],
];

for (const [type, number, data, expected] of DATA) {
  test(`decodeResponse reads ${type}`, {}, () => {
    const one = record("a.test", number, octets(data));
    const { answers } = decodeResponse(reply(QUERY, { answers: [one] }));
    assert.deepEqual(answers, [{
      name: "a.test",
      type,
      ttl: 300,
      data: expected,
    }]);
  });

  test(`decodeResponse refuses ${type} cut short or too long`, {}, () => {
    const full = octets(data);
    const open = ["TXT", "CAA", "TLSA", "SSHFP", "SVCB", "HTTPS"].includes(
      type,
    );
    for (let length = 0; length < full.length; length++) {
      const cut = record("a.test", number, full.slice(0, length));
      try {
        decodeResponse(reply(QUERY, { answers: [cut] }));
        assert.ok(open, `${type} of ${length} octets was accepted`);
      } catch (error) {
        assert.equal((error as Error).name, "ProtocolError");
      }
    }
    if (open) return;
    const longer = record("a.test", number, [...full, 0]);
    assert.throws(() => decodeResponse(reply(QUERY, { answers: [longer] })), {
      name: "ProtocolError",
    });
  });
}

test(
  "decodeResponse passes over types and classes that it does not know",
  {},
  () => {
    const unknown = record("a.test", 99, [1, 2, 3]);
    const chaos = record("a.test", A, [1, 2, 3, 4]);
    chaos[name("a.test").length + 3] = 3;
    const message = reply(QUERY, { answers: [unknown, chaos] });
    assert.deepEqual(decodeResponse(message).answers, []);
  },
);

test("decodeResponse: a TTL with its top bit set is 0", {}, () => {
  const one = record("a.test", A, [1, 2, 3, 4], 0x8000_0001);
  assert.equal(
    decodeResponse(reply(QUERY, { answers: [one] })).answers[0]!.ttl,
    0,
  );
});

test("decodeResponse: the response code's upper bits come from OPT", {}, () => {
  const message = Uint8Array.from([
    ...reply(QUERY, { rcode: 1 }),
    ...[0, ...uint16(41), ...uint16(1232), 1, 0, 0, 0, 0, 0],
  ]);
  message[11] = 1;
  assert.equal(decodeResponse(message).rcode, 17);
});

test("a CAA record without a tag is refused", {}, () => {
  const one = record("a.test", 257, octets("00 00 6361"));
  assert.throws(() => decodeResponse(reply(QUERY, { answers: [one] })), {
    name: "ProtocolError",
    message: "Cannot decode CAA record: its tag is empty",
  });
});

test("SVCB keys out of order are refused", {}, () => {
  for (
    const keys of [
      "0003 0002 01bb 0001 0003 026832",
      "0003 0002 01bb 0003 0002 01bb",
    ]
  ) {
    const one = record("a.test", 64, octets(`0001 00 ${keys}`));
    assert.throws(() => decodeResponse(reply(QUERY, { answers: [one] })), {
      message: /key [13] stands after key 3/,
    });
  }
});

test(
  "decodeResponse: any octets end in a message or a ProtocolError",
  {},
  () => {
    const good = reply(QUERY, {
      answers: DATA.map(([, number, data]) =>
        record("a.test", number, octets(data))
      ),
    });
    let seed = 12345;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % below;
    };
    for (let round = 0; round < 20_000; round++) {
      const message = good.slice(
        0,
        random(10) === 0 ? random(good.length) : undefined,
      );
      for (let flips = random(6); flips >= 0; flips--) {
        message[random(message.length)] = random(3) === 0 ? 0xc0 : random(256);
      }
      try {
        decodeResponse(message);
      } catch (error) {
        assert.equal((error as Error).name, "ProtocolError", String(error));
      }
    }
  },
);

test(
  "a chain of pointers as long as a message can hold is not followed to its end",
  {},
  () => {
    // Each pointer goes two octets back; the records' owners all point to the last one.
    const chain = [0xc0, 12];
    while (chain.length < 16_000) {
      chain.push(
        ...uint16(
          0xc000 | 12 + name("a.test").length + 4 + 11 + chain.length - 2,
        ),
      );
    }
    const head = record("a", 99, []).subarray(0, 0);
    const answers = [
      Uint8Array.from([
        ...head,
        0,
        ...uint16(99),
        0,
        1,
        0,
        0,
        0,
        0,
        ...uint16(chain.length),
        ...chain,
      ]),
    ];
    const last = 12 + name("a.test").length + 4 + 11 + chain.length - 2;
    for (let i = 0; i < 3_000; i++) {
      answers.push(
        Uint8Array.from([
          ...uint16(0xc000 | last),
          ...uint16(99),
          0,
          1,
          0,
          0,
          0,
          0,
          0,
          0,
        ]),
      );
    }
    assert.throws(() => decodeResponse(reply(QUERY, { answers })), {
      message: /too many pointers/,
    });
  },
);

test("decodeResponse reads each parameter of SVCB for itself", {}, () => {
  const rows: [parameter: string, part: object][] = [
    ["0000 0002 0003", { mandatory: [3] }],
    ["0001 0003 026832", { alpn: ["h2"] }],
    ["0002 0000", { noDefaultAlpn: true }],
    ["0003 0002 01bb", { port: 443 }],
    ["0004 0008 c0000201 c0000202", { ipv4hint: ["192.0.2.1", "192.0.2.2"] }],
    ["0005 0001 aa", { ech: Uint8Array.of(0xaa) }],
    ["0006 0010 20010db8000000000000000000000001", {
      ipv6hint: ["2001:db8::1"],
    }],
    ["ff00 0001 07", { parameters: { 0xff00: Uint8Array.of(7) } }],
  ];
  for (const [parameter, part] of rows) {
    const data = octets(`0001 00 ${parameter}`);
    const answers = [record("a.test", 64, data)];
    assert.deepEqual(
      decodeResponse(reply(QUERY, { answers })).answers[0]!.data,
      { priority: 1, target: ".", ...part },
    );
  }
});

test("decodeResponse refuses a question of another class", {}, () => {
  const answer = reply(QUERY);
  answer[answer.length - 1] = 3;
  assert.throws(() => decodeResponse(answer), {
    name: "ProtocolError",
  });
  answer[answer.length - 1] = 1;
  answer[answer.length - 2] = 1;
  assert.throws(() => decodeResponse(answer), {
    name: "ProtocolError",
  });
});
