import assert from "node:assert/strict";
import {
  type BytesCodec,
  fixedLengthCodec,
  lengthPrefixedCodec,
  type LengthPrefixedCodecOptions,
  LimitExceededError,
  netstringCodec,
  ProtocolError,
} from "../../mod.ts";
import {
  assertDecodes,
  assertRefuses,
  bytes,
  concat,
  decodeChunked,
  randomBytes,
  randomFrom,
} from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

function u8(...values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values);
}

test(
  "lengthPrefixedCodec reads lengths of 1 to 4 bytes in both orders",
  {},
  () => {
    const frames: [options: LengthPrefixedCodecOptions, header: number[]][] = [
      [{ lengthBytes: 1 }, [3]],
      [{ lengthBytes: 2 }, [0, 3]],
      [{ lengthBytes: 3 }, [0, 0, 3]],
      [{}, [0, 0, 0, 3]],
      [{ lengthBytes: 1, littleEndian: true }, [3]],
      [{ lengthBytes: 2, littleEndian: true }, [3, 0]],
      [{ lengthBytes: 3, littleEndian: true }, [3, 0, 0]],
      [{ littleEndian: true }, [3, 0, 0, 0]],
    ];
    for (const [options, header] of frames) {
      const codec = lengthPrefixedCodec(options);
      const frame = u8(...header, 7, 8, 9);
      assertDecodes(codec, concat([frame, frame]), {
        messages: [u8(7, 8, 9), u8(7, 8, 9)],
        rest: 0,
      });
      assert.deepEqual(codec.encode(u8(7, 8, 9)), frame);
    }
  },
);

test("lengthPrefixedCodec takes a length above 2³¹ for what it is", {}, () => {
  assertRefuses(
    lengthPrefixedCodec(),
    u8(255, 255, 255, 255, 0),
    LimitExceededError,
  );
});

test(
  "lengthPrefixedCodec reads offset, adjustment and strip as documented",
  {},
  () => {
    const rows: [LengthPrefixedCodecOptions, number[], number[], string][] = [
      [{ lengthBytes: 2 }, [0, 2, 5, 6], [5, 6], "length of what follows"],
      [{ lengthBytes: 2, strip: 0 }, [0, 2, 5, 6], [0, 2, 5, 6], "header kept"],
      [
        { lengthBytes: 2, adjustment: -2 },
        [0, 4, 5, 6],
        [5, 6],
        "the length counts itself",
      ],
      [
        { lengthBytes: 2, offset: 1, adjustment: -3, strip: 0 },
        [9, 0, 5, 5, 6],
        [9, 0, 5, 5, 6],
        "the length counts the whole frame",
      ],
      [
        { lengthBytes: 1, offset: 2, adjustment: 2, strip: 0 },
        [9, 9, 1, 5, 6, 7],
        [9, 9, 1, 5, 6, 7],
        "two more bytes that the length does not count",
      ],
      [
        { lengthBytes: 1, offset: 2, strip: 2 },
        [0, 0, 2, 5, 6],
        [2, 5, 6],
        "only the offset is stripped",
      ],
    ];
    for (const [options, frame, message, why] of rows) {
      const codec = lengthPrefixedCodec(options);
      assertDecodes(codec, u8(...frame, ...frame), {
        messages: [u8(...message), u8(...message)],
        rest: 0,
      });
      assert.deepEqual(codec.encode(u8(...message)), u8(...frame), why);
    }
  },
);

test("lengthPrefixedCodec decodes a message of no bytes", {}, () => {
  assertDecodes(lengthPrefixedCodec({ lengthBytes: 1 }), u8(0, 0, 1, 5), {
    messages: [u8(), u8(), u8(5)],
    rest: 0,
  });
});

test(
  "lengthPrefixedCodec refuses a length that the adjustment makes negative",
  {},
  () => {
    const codec = lengthPrefixedCodec({ lengthBytes: 2, adjustment: -2 });
    assertRefuses(codec, u8(0, 1, 0), ProtocolError);
  },
);

test(
  "lengthPrefixedCodec.encode() refuses what its field cannot say",
  {},
  () => {
    const small = lengthPrefixedCodec({ lengthBytes: 1 });
    assert.equal(small.maxLength, 255);
    assert.throws(() => small.encode(new Uint8Array(256)), LimitExceededError);
    assert.throws(
      () => lengthPrefixedCodec({ adjustment: 3 }).encode(u8(1, 2)),
      RangeError,
    );
    assert.throws(
      () => lengthPrefixedCodec({ strip: 0 }).encode(u8(0, 0)),
      RangeError,
    );
  },
);

test("lengthPrefixedCodec checks the limit on the header alone", {}, () => {
  const codec = lengthPrefixedCodec({ maxLength: 3 });
  assertDecodes(codec, u8(0, 0, 0, 3, 1, 2, 3), {
    messages: [u8(1, 2, 3)],
    rest: 0,
  });
  assert.throws(
    () => codec.decode(u8(0, 0, 0, 4), false, 0),
    { name: "LimitExceededError", limit: 3, actual: 4 },
  );
});

test("lengthPrefixedCodec refuses bad options", {}, () => {
  const bad: [unknown, typeof Error][] = [
    [{ lengthBytes: 5 }, RangeError],
    [{ lengthBytes: 0 }, RangeError],
    [{ offset: -1 }, RangeError],
    [{ strip: 5 }, RangeError],
    [{ adjustment: 0.5 }, RangeError],
    [{ adjustment: -255, lengthBytes: 1 }, RangeError],
    [{ littleEndian: "no" }, TypeError],
    [{ maxLength: 0 }, RangeError],
    [{ endian: "big" }, TypeError],
    ...["lengthBytes", "littleEndian", "offset", "strip", "adjustment"]
      .map((key): typeof bad[0] => [{ [key]: null }, TypeError]),
    [{ maxLength: null }, TypeError],
  ];
  for (const [options, error] of bad) {
    assert.throws(
      () => lengthPrefixedCodec(options as LengthPrefixedCodecOptions),
      error,
      JSON.stringify(options),
    );
  }
});

test("fixedLengthCodec decodes records, whatever the chunking", {}, () => {
  assertDecodes(fixedLengthCodec(3), bytes("abcdefgh"), {
    messages: ["abc", "def"].map(bytes),
    rest: 2,
  });
  assert.throws(() => fixedLengthCodec(3).encode(u8(1)), RangeError);
  for (const length of [0, -1, 1.5]) {
    assert.throws(() => fixedLengthCodec(length), RangeError);
  }
  assert.throws(() => fixedLengthCodec("3" as unknown as number), TypeError);
});

test("netstringCodec decodes netstrings, whatever the chunking", {}, () => {
  const text = "12:hello world!,0:,3:a,b,";
  assertDecodes(netstringCodec(), bytes(text), {
    messages: ["hello world!", "", "a,b"].map(bytes),
    rest: 0,
  });
});

test(
  "netstringCodec refuses everything that the specification forbids",
  {},
  () => {
    const bad = [
      "x",
      "+3:abc,",
      "-1:,",
      " 3:abc,",
      "03:abc,",
      "00:,",
      ":",
      "3 :abc,",
    ];
    for (const text of [...bad, "3:abcd", "0:x", "1e1:"]) {
      assertRefuses(netstringCodec(), bytes(text), ProtocolError);
    }
  },
);

test(
  "netstringCodec refuses a length over the limit at the digit that says so",
  {},
  () => {
    const codec = netstringCodec({ maxLength: 99 });
    assert.deepEqual(codec.decode(bytes("99"), false, 0), { need: 3 });
    assert.throws(
      () => codec.decode(bytes("100"), false, 0),
      LimitExceededError,
    );
    assertRefuses(codec, bytes("9".repeat(400)), LimitExceededError);
    assert.throws(() => codec.encode(new Uint8Array(100)), LimitExceededError);
    assert.throws(() => netstringCodec({ maxLenght: 5 } as never), TypeError);
  },
);

test("a stream that ends inside a message leaves its bytes over", {}, () => {
  assertDecodes<Uint8Array>(netstringCodec(), bytes("1:a,5:ab"), {
    messages: [bytes("a")],
    rest: 4,
  });
  assertDecodes<Uint8Array>(lengthPrefixedCodec(), u8(0, 0, 0, 2, 5), {
    messages: [],
    rest: 5,
  });
});

test("codecs with a length bring random messages back", {}, () => {
  const random = randomFrom(3);
  const codecs: BytesCodec[] = [
    netstringCodec(),
    lengthPrefixedCodec(),
    lengthPrefixedCodec({ lengthBytes: 2, littleEndian: true, offset: 3 }),
    lengthPrefixedCodec({ lengthBytes: 3, adjustment: -3 }),
  ];
  for (const codec of codecs) {
    const sent = Array.from(
      { length: 100 },
      () => randomBytes(random, { length: random(random(2) ? 10 : 700) }),
    );
    const input = concat(sent.map((value) => codec.encode(value)));
    for (const sizes of [[1], [900, 3, 17], [input.length]]) {
      assert.deepEqual(decodeChunked(codec, input, sizes), {
        messages: sent,
        rest: 0,
      });
    }
  }
});
