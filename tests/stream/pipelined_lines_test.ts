/**
 * Many lines that arrive together, of any text: those that are decoded in one call are the same as
 * those that are decoded one by one.
 */
import assert from "node:assert/strict";
import { StreamReader } from "../../mod.ts";
import { ReadBuffer } from "../../lib/stream/read_buffer.ts";
import { ByteSource } from "../support/byte_source.ts";
import { bytes, concat, randomFrom } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

const ASCII = [..."abc \r\t\0"].map((one) => bytes(one));
const OTHER = [
  bytes("ä"),
  bytes("日"),
  bytes("😀"),
  bytes("\ufeff"),
  // Malformed: one unit for each byte, and one for two.
  new Uint8Array([0xff]),
  new Uint8Array([0xe6, 0x97]),
];

/** Random lines, most of them plain, and what a reader shall make of them. */
function randomLines(
  random: (below: number) => number,
  count: number,
): { sent: Uint8Array; expected: string[] } {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const sent: Uint8Array[] = [];
  const expected: string[] = [];
  for (let i = 0; i < count; i++) {
    const pieces: Uint8Array[] = [];
    const length = random([8, 8, 80, 3000][random(4)]!);
    const isPlain = random(40) > 0;
    for (let j = 0; j < length; j++) {
      const set = isPlain || random(8) > 0 ? ASCII : OTHER;
      pieces.push(set[random(set.length)]!);
    }
    const line = concat(pieces);
    const end = line.at(-1) === 13 ? line.length - 1 : line.length;
    expected.push(decoder.decode(line.subarray(0, end)));
    sent.push(line, bytes("\n"));
  }
  return { sent: concat(sent), expected };
}

test("lines that come together are those that were sent", {}, async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomFrom(seed);
    const { sent, expected } = randomLines(random, 200);
    const source = new ByteSource();
    const reader = new StreamReader(source);
    for (let at = 0; at < sent.length;) {
      const size = 1 + random([3, 100, 5000, 40_000][random(4)]!);
      source.give(sent.subarray(at, at + size));
      at += size;
    }
    source.end();
    for (let i = 0; i < expected.length; i++) {
      const line = random(2) === 0
        ? await reader.readLine()
        : (await reader.lines().next()).value;
      assert.equal(line, expected[i], `seed ${seed}, line ${i}`);
    }
    assert.equal(await reader.readLine(), null);
  }
});

test("between lines that came together anything may be read", {}, async () => {
  const source = new ByteSource(bytes("one\ntwo\nthree\nfour\nfive\n"));
  const reader = new StreamReader(source);
  assert.equal(await reader.readLine(), "one");
  assert.equal((await reader.read(2))![0], 0x74);
  assert.equal(await reader.readLine(), "o");
  assert.equal((await reader.peek(3))[2], 0x72);
  assert.equal(await reader.readLine(), "three");
  await reader.skip(1);
  assert.equal(await reader.readLine(), "our");
  assert.equal(await reader.readUint8(), 0x66);
  assert.equal(await reader.readLine(), "ive");
});

test("text that was decoded ahead is forgotten with its bytes", {}, () => {
  const buffer = new ReadBuffer();
  const put = (data: string): void => {
    buffer.room().set(bytes(data));
    buffer.commit(data.length);
  };
  put("a\nb\n");
  buffer.decodeAhead();
  assert.equal(buffer.indexOf(10, 0), 1);
  buffer.discard(4);
  assert.equal(buffer.indexOf(10, 0), -1);
  put("xyz\n");
  assert.equal(buffer.indexOf(10, 0), 3);
  assert.equal(buffer.text(3), "xyz");
  buffer.decodeAhead();
  buffer.discard(4);
  buffer.release();
  assert.equal(buffer.indexOf(10, 0), -1);

  while (buffer.length < 60_000) {
    const room = buffer.room();
    room.fill(10);
    buffer.commit(room.length);
  }
  buffer.decodeAhead();
  buffer.take(buffer.length);
  assert.equal(buffer.indexOf(10, 0), -1, "given away");
});
