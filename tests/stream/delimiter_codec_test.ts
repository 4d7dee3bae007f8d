import assert from "node:assert/strict";
import { delimiterCodec, LimitExceededError } from "../../mod.ts";
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

test("delimiterCodec decodes messages, whatever the chunking", {}, () => {
  assertDecodes(delimiterCodec("--"), bytes("a--b-c----d--e"), {
    messages: ["a", "b-c", "", "d"].map(bytes),
    rest: 1,
  });
});

test(
  "delimiterCodec finds a delimiter that begins inside a failed match",
  {},
  () => {
    assertDecodes(delimiterCodec("aab"), bytes("aaabxaaaab"), {
      messages: ["a", "xaa"].map(bytes),
      rest: 0,
    });
  },
);

test("delimiterCodec takes bytes, and does not look at them later", {}, () => {
  const delimiter = new Uint8Array([0, 255]);
  const codec = delimiterCodec(delimiter);
  delimiter.fill(7);
  assertDecodes(codec, new Uint8Array([1, 0, 2, 0, 255]), {
    messages: [new Uint8Array([1, 0, 2])],
    rest: 0,
  });
});

test("delimiterCodec's limit excludes the delimiter", {}, () => {
  const codec = delimiterCodec("\r\n", { maxLength: 3 });
  assertDecodes(codec, bytes("123\r\n12\r\r\n"), {
    messages: ["123", "12\r"].map(bytes),
    rest: 0,
  });
  assertRefuses(codec, bytes("1234\r\n"), LimitExceededError);
  assertRefuses(codec, bytes("123\rx"), LimitExceededError);
  assert.throws(
    () => codec.decode(bytes("12345"), false, 0),
    LimitExceededError,
  );
});

test(
  "delimiterCodec.encode() refuses a message with the delimiter in it or across its end",
  {},
  () => {
    const codec = delimiterCodec("AA", { maxLength: 4 });
    for (const text of ["xAAy", "A", "BA"]) {
      assert.throws(
        () => codec.encode(bytes(text)),
        /Cannot encode message: the delimiter would be found at/,
      );
    }
    assert.throws(() => codec.encode(bytes("12345")), LimitExceededError);
    assert.deepEqual(codec.encode(bytes("AB")), bytes("ABAA"));
  },
);

test(
  "delimiterCodec brings back every random message that it encodes",
  {},
  () => {
    const random = randomFrom(2);
    for (const delimiter of ["a", "ab", "aab", "abab"]) {
      const codec = delimiterCodec(delimiter);
      const sent: Uint8Array<ArrayBuffer>[] = [];
      const parts: Uint8Array[] = [];
      for (let i = 0; i < 300; i++) {
        const value = randomBytes(random, { length: random(9), values: 3 })
          .map((byte) => byte + 97);
        try {
          parts.push(codec.encode(value));
          sent.push(value);
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
      }
      assert.ok(sent.length > 20);
      const input = concat(parts);
      for (const sizes of [[1], [2, 9, 4], [input.length]]) {
        assert.deepEqual(decodeChunked(codec, input, sizes), {
          messages: sent,
          rest: 0,
        });
      }
    }
  },
);

test("delimiterCodec refuses an empty delimiter and bad options", {}, () => {
  assert.throws(() => delimiterCodec(""), RangeError);
  assert.throws(() => delimiterCodec(new Uint8Array(0)), RangeError);
  assert.throws(() => delimiterCodec(10 as unknown as string), TypeError);
  assert.throws(() => delimiterCodec("x", { maxLength: 0 }), RangeError);
  assert.equal(delimiterCodec("x").maxLength, 65_536);
});
