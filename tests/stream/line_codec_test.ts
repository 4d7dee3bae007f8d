import assert from "node:assert/strict";
import {
  LimitExceededError,
  lineCodec,
  type LineCodecOptions,
  ProtocolError,
} from "../../mod.ts";
import {
  assertDecodes,
  assertRefuses,
  bytes,
  concat,
  decodeChunked,
  randomFrom,
} from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

test(
  "lineCodec decodes lines of either ending, whatever the chunking",
  {},
  () => {
    assertDecodes(lineCodec(), bytes("one\ntwo\r\n\n\r\nthré€\r\r\nx\ry\n"), {
      messages: ["one", "two", "", "", "thré€\r", "x\ry"],
      rest: 0,
    });
  },
);

test("lineCodec gives no unfinished line at end of stream", {}, () => {
  assertDecodes(lineCodec(), bytes("one\nlast"), {
    messages: ["one"],
    rest: 4,
  });
  assertDecodes(lineCodec(), bytes("last\r"), { messages: [], rest: 5 });
});

test("lineCodec keeps a byte order mark: it is part of the line", {}, () => {
  assertDecodes(lineCodec(), bytes("\ufeffa\n\ufeffb\n"), {
    messages: ["\ufeffa", "\ufeffb"],
    rest: 0,
  });
});

test("lineCodec's limit excludes the ending", {}, () => {
  const codec = lineCodec({ maxLength: 7 });
  assertDecodes(codec, bytes("1234567\n1234567\r\n"), {
    messages: ["1234567", "1234567"],
    rest: 0,
  });
  for (
    const text of ["12345678\n", "12345678", "1234567\r\r\n", "12345678\r"]
  ) {
    assertRefuses(codec, bytes(text), LimitExceededError);
  }
  assertDecodes(codec, bytes("1234567\r"), { messages: [], rest: 8 });
});

test("lineCodec refuses a long line before its end has arrived", {}, () => {
  assert.throws(
    () => lineCodec({ maxLength: 3 }).decode(bytes("line1li"), false, 0),
    (error) => {
      assert.ok(error instanceof LimitExceededError);
      assert.equal(error.limit, 3);
      assert.ok(error.actual > 3);
      return true;
    },
  );
});

test("lineCodec does not search again what it has searched", {}, () => {
  const codec = lineCodec();
  assert.deepEqual(codec.decode(bytes("abc"), false, 0), {
    need: 4,
    scanned: 3,
  });
  // The line feed before `scanned` shows that the search begins there.
  assert.deepEqual(codec.decode(bytes("a\nc"), false, 3), {
    need: 4,
    scanned: 3,
  });
});

test(
  "lineCodec with fatal refuses bytes that are not UTF-8, without shows U+FFFD",
  {},
  () => {
    const input = new Uint8Array([0x61, 0xff, 10]);
    assertDecodes(lineCodec(), input, { messages: ["a\ufffd"], rest: 0 });
    assertRefuses(lineCodec({ fatal: true }), input, ProtocolError);
  },
);

test(
  "lineCodec.encode() refuses what would not come back as the same line",
  {},
  () => {
    const codec = lineCodec({ maxLength: 4 });
    assert.throws(() => codec.encode("a\nb"), {
      name: "RangeError",
      message: "Cannot encode line: has a line feed at 1",
    });
    assert.throws(() => codec.encode("a\r"), RangeError);
    assert.throws(() => codec.encode("\ud800"), RangeError);
    assert.throws(() => codec.encode("12345"), LimitExceededError);
    assert.throws(() => codec.encode("€€"), LimitExceededError);
    assert.throws(() => codec.encode(1 as unknown as string), TypeError);
    assert.deepEqual(codec.encode("1234"), bytes("1234\n"));
  },
);

test("lineCodec brings random lines back", {}, () => {
  const random = randomFrom(1);
  const alphabet = ["a", "é", "€", "😀", "\r", "\0", "\ufeff", " ", "\u2028"];
  for (const ending of ["\n", "\r\n"] as const) {
    const codec = lineCodec({ ending });
    const lines = Array.from({ length: 200 }, () => {
      const letters = Array.from(
        { length: random(30) },
        () => alphabet[random(alphabet.length)],
      );
      return letters.join("").replace(/\r+$/, "");
    });
    const input = concat(lines.map((line) => codec.encode(line)));
    for (const sizes of [[1], [3, 50, 7], [input.length]]) {
      assert.deepEqual(decodeChunked(codec, input, sizes), {
        messages: lines,
        rest: 0,
      });
    }
  }
});

test(
  "lineCodec refuses options that it does not know or that are out of range",
  {},
  () => {
    const make = (options: unknown) => () =>
      lineCodec(options as LineCodecOptions);
    assert.throws(make({ maxLenght: 1 }), {
      name: "TypeError",
      message: /unknown option "maxLenght"/,
    });
    for (const maxLength of [0, -1, 1.5, NaN]) {
      assert.throws(make({ maxLength }), RangeError);
    }
    assert.throws(make({ maxLength: "8" }), TypeError);
    assert.throws(make({ ending: "\r" }), TypeError);
    assert.throws(make({ fatal: 1 }), TypeError);
    assert.throws(make(7), TypeError);
    assert.equal(lineCodec().maxLength, 65_536);
    assert.equal(lineCodec({ maxLength: undefined }).maxLength, 65_536);
  },
);
