import assert from "node:assert/strict";
import {
  type Data,
  recycle,
  WriteBuffer,
} from "../../lib/stream/write_buffer.ts";
import { test } from "../support/permissions.ts";
import { randomFrom } from "../support/codec_driver.ts";

const encoder = new TextEncoder();

/** What the buffer has made of these, as bytes in a row. */
function collected(buffer: WriteBuffer): number[] {
  const pieces = buffer.takeAll();
  const bytes = pieces.flatMap((piece) => [...piece.bytes]);
  pieces.forEach(({ array }) => recycle(array));
  return bytes;
}

function expected(all: readonly Data[]): number[] {
  return all.flatMap((data) => [
    ...(typeof data === "string" ? encoder.encode(data) : data),
  ]);
}

test("text and bytes come out in order, in one piece", {}, () => {
  const buffer = new WriteBuffer();
  const all = ["one\n", "zwei ß\n", new Uint8Array([1, 2, 3]), "", "drei"];
  for (const data of all) buffer.append(data);
  assert.equal(buffer.length, expected(all).length);
  const pieces = buffer.takeAll();
  assert.equal(pieces.length, 1);
  assert.deepEqual([...pieces[0]!.bytes], expected(all));
  assert.deepEqual([buffer.length, buffer.least], [0, 0]);
  assert.deepEqual(buffer.takeAll(), []);
});

test("halves of a surrogate pair in two texts stay malformed", {}, () => {
  const buffer = new WriteBuffer();
  const all = ["a\ud83d", "\ude00b", "\ud83d\ude00"];
  for (const text of all) buffer.append(text);
  assert.deepEqual(collected(buffer), expected(all));
});

test("many short texts fill their pieces", {}, () => {
  const buffer = new WriteBuffer();
  const line = "x".repeat(63) + "\n";
  for (let i = 0; i < 1000; i++) buffer.append(line);
  const pieces = buffer.takeAll();
  assert.ok(pieces.length <= 9, `${pieces.length} pieces for 64,000 bytes`);
  pieces.forEach(({ array }) => recycle(array));
});

test("text that fits as ASCII only comes out whole", {}, () => {
  for (const units of [8190, 8191, 8192, 8193]) {
    const buffer = new WriteBuffer();
    const all = ["x".repeat(units - 6), "日本語", "y".repeat(3)];
    for (const text of all) buffer.append(text);
    assert.deepEqual(collected(buffer), expected(all));
  }
});

test("whatever is appended comes out, and is counted", {}, () => {
  const below = randomFrom(20_261_122);
  const parts = [
    "\n",
    "abc",
    "ß",
    "日本",
    "😀",
    "\ud83d",
    "\ude00",
    "line of text",
  ];
  for (let round = 0; round < 100; round++) {
    const buffer = new WriteBuffer();
    const all: Data[] = [];
    let bytes = 0;
    for (let i = below(60); i > 0; i--) {
      const text = parts[below(parts.length)]!.repeat(
        below(8) === 0 ? below(3000) : 1 + below(9),
      );
      const data = below(4) === 0 ? encoder.encode(text) : text;
      all.push(data);
      buffer.append(data);
      bytes += typeof data === "string"
        ? encoder.encode(data).length
        : data.length;
      assert.ok(buffer.least <= bytes && buffer.least * 3 >= bytes);
      if (below(3) === 0) assert.equal(buffer.length, bytes);
    }
    assert.deepEqual(collected(buffer), expected(all));
  }
});
