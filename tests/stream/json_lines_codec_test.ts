import assert from "node:assert/strict";
import {
  jsonLinesCodec,
  LimitExceededError,
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
  "jsonLinesCodec decodes one value per line, whatever the chunking",
  {},
  () => {
    assertDecodes(
      jsonLinesCodec(),
      bytes('{"a":[1,2]}\r\n null \n"\u2028"\n7\n12'),
      { messages: [{ a: [1, 2] }, null, "\u2028", 7], rest: 2 },
    );
  },
);

test(
  "jsonLinesCodec refuses lines that are not JSON, with the cause",
  {},
  () => {
    for (const text of ["{\n", "\n", "1 2\n", "undefined\n", "\ufeff1\n"]) {
      assertRefuses(jsonLinesCodec(), bytes(text), ProtocolError);
    }
    assertRefuses(
      jsonLinesCodec(),
      new Uint8Array([34, 255, 34, 10]),
      ProtocolError,
    );
    assert.throws(
      () => jsonLinesCodec().decode(bytes("{oops\n"), false, 0),
      (error) =>
        error instanceof ProtocolError && error.cause instanceof SyntaxError,
    );
  },
);

test("jsonLinesCodec survives nesting made to exhaust the stack", {}, () => {
  const codec = jsonLinesCodec();
  const depth = 500_000;
  const input = bytes("[".repeat(depth) + "]".repeat(depth) + "\n");
  try {
    codec.decode(input, false, 0);
  } catch (error) {
    assert.ok(error instanceof ProtocolError);
  }
  assert.deepEqual(codec.decode(bytes("1\n"), false, 0), {
    message: 1,
    consumed: 2,
  });
});

test("jsonLinesCodec keeps to its limit both ways", {}, () => {
  const codec = jsonLinesCodec({ maxLength: 5 });
  assertDecodes(codec, bytes("12345\n"), { messages: [12345], rest: 0 });
  assertRefuses(codec, bytes("123456\n"), LimitExceededError);
  assert.deepEqual(codec.encode("123"), bytes('"123"\n'));
  assert.throws(() => codec.encode("1234"), LimitExceededError);
  assert.equal(jsonLinesCodec().maxLength, 1_048_576);
  assert.throws(() => jsonLinesCodec({ maxLenght: 5 } as never), TypeError);
});

test("jsonLinesCodec.encode() refuses what JSON cannot say", {}, () => {
  const codec = jsonLinesCodec();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  for (const value of [undefined, () => 1, Symbol("x"), 1n, circle]) {
    assert.throws(() => codec.encode(value), TypeError);
  }
});

test("jsonLinesCodec brings random values back", {}, () => {
  const random = randomFrom(4);
  const leaves = [null, true, -1.5, "a\nb\r", "é😀\ud800", 1e21, ""];
  const grow = (depth: number): unknown => {
    if (depth === 0 || random(3) === 0) return leaves[random(leaves.length)];
    const length = random(4);
    if (random(2)) return Array.from({ length }, () => grow(depth - 1));
    return Object.fromEntries(
      Array.from({ length }, (_, i) => [`k${i}\n`, grow(depth - 1)]),
    );
  };
  const codec = jsonLinesCodec();
  const values = Array.from({ length: 200 }, () => grow(4));
  const input = concat(values.map((value) => codec.encode(value)));
  for (const sizes of [[1], [11, 2, 300], [input.length]]) {
    assert.deepEqual(decodeChunked(codec, input, sizes), {
      messages: values,
      rest: 0,
    });
  }
});
