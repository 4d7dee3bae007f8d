/** Every syntax error: its position, its code, its message, and that it costs linear time. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import {
  AddressSyntaxError,
  AF_INET6,
  inet_aton,
  inet_pton,
  IPInterface,
  IPRange,
  IPSet,
  IPv4Address,
  IPv4Network,
  IPv6Address,
  IPv6Network,
  isIP,
  isIPv4,
  isIPv6,
  joinHostPort,
  MacAddress,
  parseAddress,
  parseNetwork,
  SocketAddress,
  splitHostPort,
  tryParseAddress,
} from "../../mod.ts";

type Row = [text: string, position: number, code: string];

function check(parse: (text: string) => unknown, rows: Row[]): void {
  for (const [text, position, code] of rows) {
    assert.throws(() => parse(text), (error) => {
      assert.ok(error instanceof AddressSyntaxError, text);
      assert.deepEqual([error.input, error.position, error.code], [
        text,
        position,
        code,
      ]);
      assert.match(error.message, /^Cannot parse [^:]+ ".*": ./s);
      return true;
    });
  }
}

test("AddressSyntaxError positions: addresses", {}, () => {
  check(parseAddress, [
    ["", 0, "empty"],
    ["1.2.3", 5, "too-few-parts"],
    ["1.2.3.", 6, "empty"],
    ["1.2.3.4.5", 7, "too-many-parts"],
    ["01.2.3.4", 1, "leading-zero"],
    ["1.2.3.256", 8, "out-of-range"],
    ["1.2.3.1000", 9, "out-of-range"],
    ["1..2.3", 2, "empty"],
    ["0x1.2.3.4", 1, "bad-character"],
    ["1.2.3.4 ", 7, "bad-character"],
    [" 1.2.3.4", 0, "bad-character"],
    ["１.2.3.4", 0, "bad-character"],
    [":", 1, "lone-colon"],
    [":::", 2, "second-gap"],
    ["1::2::3", 5, "second-gap"],
    ["12345::", 4, "group-too-long"],
    ["1:2:3:4:5:6:7", 13, "too-few-parts"],
    ["1:2:3:4:5:6:7:", 14, "lone-colon"],
    ["1:2:3:4:5:6:7:8:9", 15, "too-many-parts"],
    ["1::2:3:4:5:6:7:8", 14, "too-many-parts"],
    ["fe80::1%", 8, "empty-zone"],
    ["fe80::1%a%b", 9, "bad-zone"],
    ["fe80::1%a/b", 9, "bad-zone"],
    ["fe80::1%a]", 9, "bad-zone"],
    ["fe80::1%a b", 9, "bad-zone"],
    ["fe80::1%\u2003", 8, "bad-zone"],
    ["fe80::1%\u0085", 8, "bad-zone"],
    ["::1\n", 3, "bad-character"],
    ["::g", 2, "bad-character"],
    ["::1.2.3.256", 10, "out-of-range"],
    ["::256.1.1.1", 5, "out-of-range"],
    ["1:2:1.2.3.4", 5, "misplaced-ipv4"],
    ["abcd", 4, "too-few-parts"],
  ]);
  check(IPv6Address.parse, [["", 0, "empty"]]);
  // The colon stands right behind the nine.
  check(IPv4Address.parse, [
    ["1:.2.3.4", 1, "bad-character"],
    ["1.2.3.4:", 7, "bad-character"],
    ["1.2.3.14:", 8, "bad-character"],
    ["1.2.3.114:", 9, "bad-character"],
  ]);
  const quoted = (length: number) => `"${"z".repeat(length)}"`;
  for (const [length, shown] of [[100, ""], [101, "… (101 characters)"]]) {
    assert.throws(() => parseAddress("z".repeat(Number(length))), {
      message: `Cannot parse IP address ${
        quoted(100)
      }${shown}: has "z" at position 0`,
    });
  }
  check(inet_aton, [
    ["1.2.3.4.5", 7, "too-many-parts"],
    ["1.2.3.256", 8, "out-of-range"],
    ["256.1", 3, "out-of-range"],
    ["1..2", 2, "empty"],
    ["0x.1", 2, "empty"],
    ["09", 1, "bad-character"],
  ]);
});

test("a zone has no character that would end or hide it", {}, () => {
  for (let code = 0; code <= 0xffff; code++) {
    const character = String.fromCharCode(code);
    assert.equal(
      isIPv6(`::%a${character}`),
      !/[\s\p{Cc}%/\]]/u.test(character),
      code.toString(16),
    );
  }
});

test(
  "AddressSyntaxError positions: networks, ranges, interfaces, items of sets",
  {},
  () => {
    check(parseNetwork, [
      ["10.0.0.0/", 9, "empty"],
      ["10.0.0.0/33", 10, "out-of-range"],
      ["10.0.0.0/8x", 10, "bad-character"],
      ["10.0.0.0/+8", 9, "bad-character"],
      ["10.0.0.0/08", 10, "leading-zero"],
      ["10.0.0.0/8/8", 10, "bad-character"],
      ["10.0.0.1/8", 9, "host-bits"],
      ["10.0.0.0/255.0.255.0", 9, "bad-netmask"],
      ["10.0.0.0/255.255.0", 18, "too-few-parts"],
      ["10.0.0/8", 6, "too-few-parts"],
      ["::/129", 5, "out-of-range"],
      ["::/ffff:0:1::", 3, "bad-netmask"],
      ["fe80::%eth0/64", 6, "zone-not-allowed"],
      ["hello/8", 0, "bad-character"],
      ["/8", 0, "empty"],
      ["10.0.0.0/1:", 10, "bad-character"],
      ["::/ffff::%eth0", 9, "zone-not-allowed"],
    ]);
    check(IPv4Address.fromReversePointer, [
      ["", 0, "empty"],
      ["1.2.3.4", 7, "empty"],
      ["1.2.3.4.in-addr.arpx", 19, "bad-character"],
    ]);
    assert.throws(
      () => IPv6Address.parse("1:2:3:4:5:6:7%x:y"),
      /has 7 groups and no "::", needs 8/,
    );
    check(IPRange.parse, [
      ["10.0.0.1", 8, "empty"],
      ["10.0.0.9-10.0.0.1", 9, "bad-order"],
      ["10.0.0.9-::1", 9, "mixed-versions"],
      ["10.0.0.9-10.0.0", 15, "too-few-parts"],
      ["fe80::1%a-fe80::2", 7, "zone-not-allowed"],
      ["-10.0.0.1", 0, "empty"],
      ["10.0.0.1-", 9, "empty"],
      ["10.0.0.1-abcd", 13, "too-few-parts"],
    ]);
    check(IPInterface.parse, [
      ["192.0.2.5/33", 11, "out-of-range"],
      ["192.0.2/24", 7, "too-few-parts"],
      ["x", 0, "bad-character"],
    ]);
    check((text) => IPSet.from([text]), [
      ["fe80::1%eth0", 7, "zone-not-allowed"],
      ["garbage", 0, "bad-character"],
      ["10.0.0.1/8", 9, "host-bits"],
    ]);
  },
);

test(
  "AddressSyntaxError positions: ports, hosts, hardware addresses",
  {},
  () => {
    const both: Row[] = [
      ["[::1]:65536", 10, "out-of-range"],
      ["[::1", 4, "unclosed-bracket"],
      ["[::1]x", 5, "bad-character"],
      ["[::1]:", 6, "empty"],
      ["1.2.3.4:080", 9, "leading-zero"],
      ["1.2.3.4:80x", 10, "bad-character"],
      ["1.2.3.4:-1", 8, "bad-character"],
    ];
    check(splitHostPort, [...both, ["", 0, "empty"], [
      "a b:1",
      1,
      "bad-character",
    ], [
      "1:2:3",
      5,
      "too-few-parts",
    ], ["[1.2.3.4]:80", 2, "misplaced-ipv4"]]);
    check(SocketAddress.parse, [...both, ["1.2.3.4", 7, "missing-port"], [
      "[::1]",
      5,
      "missing-port",
    ], ["localhost:80", 0, "bad-character"]]);
    check(MacAddress.parse, [
      ["", 0, "empty"],
      ["00:1a:2b:3c:4d", 14, "too-few-parts"],
      ["00:1a:2b:3c:4d:5e:6f", 17, "too-many-parts"],
      ["00:1a-2b:3c:4d:5e", 5, "bad-character"],
      ["00:1g:2b:3c:4d:5e", 4, "bad-character"],
    ]);
    for (
      const text of [
        ...both.map(([text]) => text),
        "1.2.3.4",
        "localhost:80",
        "",
      ]
    ) {
      assert.equal(SocketAddress.tryParse(text), undefined, text);
    }
    assert.equal(MacAddress.tryParse("00:1a"), undefined);
    assert.throws(() => joinHostPort("a b", 1), {
      name: "AddressSyntaxError",
      position: 1,
    });
    assert.throws(() => joinHostPort("::1::", 1), {
      name: "AddressSyntaxError",
      position: 4,
    });
  },
);

/** Whether some address begins like this; the endings are all kinds that there are. */
function canBegin(text: string, is: (text: string) => boolean): boolean {
  const endings = ["", ":", "::", "z"];
  for (let n = 0; n < 9; n++) {
    endings.push(":0".repeat(n), "0" + ":0".repeat(n));
  }
  for (let n = 0; n < 4; n++) {
    endings.push(".0".repeat(n), "0" + ".0".repeat(n));
  }
  return endings.some((ending) => is(text + ending));
}

test(
  "the position is the first character that no address could have there",
  {},
  () => {
    const families = [
      { parse: IPv4Address.parse, is: isIPv4, alphabet: "01..25a" },
      { parse: IPv6Address.parse, is: isIPv6, alphabet: "01a:::.%z25" },
    ];
    let state = 42;
    let faults = 0;
    for (let round = 0; round < 20_000; round++) {
      const { parse, is, alphabet } = families[round % 2]!;
      let text = "";
      for (let i = 0; i < 14 && canBegin(text, is); i++) {
        state = (state * 1103515245 + 12345) & 0x7fffffff;
        text += alphabet[(state >>> 16) % alphabet.length];
      }
      if (is(text)) continue;
      faults++;
      assert.throws(() => parse(text), (error) => {
        const { position } = error as AddressSyntaxError;
        assert.ok(
          canBegin(text.slice(0, position), is),
          `${text} was broken before ${position}`,
        );
        const isEnd = position === text.length;
        assert.ok(
          isEnd || !canBegin(text.slice(0, position + 1), is),
          `${text} is good at ${position}`,
        );
        return true;
      });
    }
    assert.ok(faults > 10_000);
  },
);

/** All that are read from text. */
const CLASSES = [
  IPv4Address,
  IPv6Address,
  IPv4Network,
  IPv6Network,
  IPInterface,
  IPRange,
  SocketAddress,
  MacAddress,
];

/** All functions that read text and throw. */
const PARSERS: ((text: string) => unknown)[] = [
  ...CLASSES.map((type) => type.parse as (text: string) => unknown),
  parseAddress,
  parseNetwork,
  splitHostPort,
  inet_aton,
  (text) => inet_pton(AF_INET6, text),
  (text) => joinHostPort(text, 80),
  IPv4Address.fromReversePointer,
  IPv6Address.fromReversePointer,
  (text) => IPv6Address.ANY.withZone(text),
];

test("tryParse gives what parse gives, and nothing where it throws", {}, () => {
  const pieces = "1.2.3.4 ::1 fe80::1 %a-b [ ] : :: - / /8 /24 80 65536 . 0 f"
    .split(" ").concat(
      "00:1a:2b:3c:4d:5e",
      "001a.2b3c.4d5e",
      "/ffff::",
      "[::1]:80",
      "::1-::2",
    );
  const good = new Set<string>();
  let state = 9;
  for (let round = 0; round < 3000; round++) {
    let text = "";
    do {
      state = state * 48_271 % 2_147_483_647;
      text += pieces[(state >>> 8) % pieces.length];
    } while (state % 4 !== 0);
    for (const type of CLASSES) {
      const value = type.tryParse(text);
      if (value === undefined) {
        assert.throws(() => type.parse(text), (error) => {
          assert.ok(error instanceof AddressSyntaxError, text);
          assert.ok(error.position >= 0 && error.position <= text.length);
          return error.input === text;
        });
      } else {
        const parsed = type.parse(text);
        assert.ok(parsed.equals(value as never), `${type.name} ${text}`);
        assert.ok(type.parse(String(value)).equals(value as never), text);
        good.add(type.name);
      }
    }
  }
  assert.equal(good.size, CLASSES.length);
});

test(
  "what is no string is a TypeError, and undefined or 0 where nothing is thrown",
  {},
  () => {
    for (const value of [undefined, null, 1, {}, []] as unknown as string[]) {
      for (const parse of PARSERS) {
        assert.throws(() => parse(value), {
          name: "TypeError",
          message: /^Cannot parse [^:]+: must be a string$/,
        });
      }
      for (const { tryParse } of CLASSES) {
        assert.equal(tryParse(value), undefined);
      }
      assert.equal(tryParseAddress(value), undefined);
      assert.equal(isIP(value), 0);
    }
  },
);

test(
  "text without end is refused in linear time and quoted shortly",
  {},
  () => {
    const long = 4_000_000;
    const texts = [
      "1".repeat(long),
      "1.".repeat(long),
      ":".repeat(long),
      "0:".repeat(long),
    ];
    texts.push(
      "::1%" + "a".repeat(long) + " ",
      "[" + ":".repeat(long),
      "a".repeat(long) + ":x",
    );
    texts.push(
      "10.0.0.0/" + "1".repeat(long),
      "1.2.3.4:" + "0".repeat(long),
      "-".repeat(long),
    );
    for (const text of texts) {
      for (
        const parse of [
          parseAddress,
          parseNetwork,
          splitHostPort,
          SocketAddress.parse,
          IPRange.parse,
          IPv6Address.fromReversePointer,
          MacAddress.parse,
        ]
      ) {
        try {
          // A row of digits is a name to splitHostPort; everything else must be refused.
          assert.equal(typeof parse(text), "object");
          assert.equal(parse, splitHostPort);
        } catch (error) {
          assert.equal((error as Error).name, "AddressSyntaxError");
          assert.ok((error as Error).message.length < 500);
        }
      }
    }
  },
);
