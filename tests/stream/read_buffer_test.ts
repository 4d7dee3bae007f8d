import assert from "node:assert/strict";
import { StreamReader } from "../../mod.ts";
import { ReadBuffer } from "../../lib/stream/read_buffer.ts";
import { copyOut } from "../../lib/stream/slab.ts";
import { ByteSource, text } from "../support/byte_source.ts";
import { bytes } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

/** The largest size: 64 KiB, and a little for the ending of a line that long. */
const LARGEST = 66_048;

/** Read once into the buffer, as much as there is room for, up to `count`. */
function fill(buffer: ReadBuffer, count: number): number {
  const room = buffer.room();
  const filled = Math.min(room.length, count);
  room.fill(0x78, 0, filled);
  buffer.commit(filled);
  return room.length;
}

test("a read buffer begins with 256 bytes", {}, () => {
  const buffer = new ReadBuffer();
  assert.equal(fill(buffer, 0), 256);
});

test("a read buffer goes up a size while reads fill it", {}, () => {
  const buffer = new ReadBuffer();
  const rooms: number[] = [];
  for (let i = 0; i < 7; i++) {
    rooms.push(fill(buffer, Infinity));
    buffer.discard(buffer.length);
  }
  assert.deepEqual(rooms, [256, 1024, 4096, 16_384, 66_048, 66_048, 66_048]);
});

test("a read buffer shrinks when traffic becomes thin", {}, () => {
  const buffer = new ReadBuffer();
  for (let i = 0; i < 9; i++) {
    fill(buffer, Infinity);
    buffer.discard(buffer.length);
  }
  let room = 0;
  for (let i = 0; i < 200; i++) {
    room = fill(buffer, 10);
    buffer.discard(buffer.length);
  }
  assert.equal(room, 256);
});

test("a read buffer that is used by half keeps its size", {}, () => {
  const buffer = new ReadBuffer();
  for (let i = 0; i < 9; i++) {
    fill(buffer, Infinity);
    buffer.discard(buffer.length);
  }
  for (let i = 0; i < 100; i++) {
    assert.equal(fill(buffer, 30_000), LARGEST);
    buffer.discard(buffer.length);
  }
});

test(
  "a message larger than the buffer costs at most twice its size, for as long as it lasts",
  {},
  () => {
    const buffer = new ReadBuffer();
    const length = 1_000_000;
    while (buffer.length < length) {
      const room = fill(buffer, Math.min(LARGEST, length - buffer.length));
      assert.ok(room <= length);
    }
    assert.equal(buffer.take(length).length, length);
    assert.ok(fill(buffer, 1) <= LARGEST);
  },
);

test("a part of a line at the end of the buffer moves to its front", {}, () => {
  const buffer = new ReadBuffer();
  fill(buffer, 250);
  buffer.discard(240);
  assert.equal(fill(buffer, 1), 246, "moved, not read six bytes at a time");
  assert.equal(buffer.length, 11);
});

test("nearly all of a large buffer is given away, not copied", {}, () => {
  const buffer = new ReadBuffer();
  while (buffer.length < 60_000) fill(buffer, Infinity);
  const { buffer: array } = buffer.view();
  const taken = buffer.take(buffer.length);
  assert.equal(taken.buffer, array);
  const before = taken.slice();
  fill(buffer, Infinity);
  buffer.view().fill(0x79);
  assert.deepEqual(taken, before);
});

test("a buffer that somebody reads into is not given away", {}, async () => {
  const source = new ByteSource(bytes("a".repeat(60_000)));
  const reader = new StreamReader(source);
  await assert.rejects(reader.readExactly(70_000, { timeout: 1 }));
  assert.ok(source.waiting);
  const first = await reader.read();
  assert.equal(first!.length, 60_000);
  source.give("late");
  assert.equal(await reader.read().then(text), "late");
  assert.equal(text(first), "a".repeat(60_000));
});

test(
  "small results are cut from one slab, each aligned to eight bytes",
  {},
  () => {
    const array = bytes("0123456789");
    const cuts = Array.from(
      { length: 3000 },
      (_, i) => copyOut(array, 0, i % 9),
    );
    for (const [i, cut] of cuts.entries()) {
      assert.equal(text(cut), "012345678".slice(0, i % 9));
      assert.equal(cut.byteOffset % 8, 0);
    }
    const arrays = new Set(
      cuts.filter((one) => one.length).map((o) => o.buffer),
    );
    assert.ok(arrays.size < 10, `${arrays.size} slabs`);
  },
);

test("copies by words are those by bytes", {}, () => {
  const memory = new Uint8Array(1024).map((_, i) => i % 251);
  const words = new Int32Array(memory.buffer);
  const array = memory.subarray(256, 768);
  const cuts: [Uint8Array, Uint8Array][] = [];
  for (let start = 0; start < 9; start++) {
    for (let end = start; end <= 300; end++) {
      const copy = copyOut(array, start, end, words);
      cuts.push([copy, array.slice(start, end)]);
      assert.equal(copy.byteOffset % 8, 0);
    }
  }
  for (const [copy, wanted] of cuts) assert.deepEqual(copy, wanted);
});

test("large results have an array of their own", {}, () => {
  const large = copyOut(new Uint8Array(5000).fill(7), 100, 2149);
  assert.equal(large.length, 2049);
  assert.equal(large.buffer.byteLength, 2049);
  assert.ok(large.every((one) => one === 7));
});

test("transferring a slab away spoils no result that comes later", {}, () => {
  const cut = copyOut(bytes("first"), 0, 5);
  structuredClone(cut, { transfer: [cut.buffer] });
  assert.equal(cut.length, 0);
  assert.equal(text(copyOut(bytes("second"), 0, 6)), "second");
});

test(
  "a reader holds little while it waits, much while it must",
  {},
  async () => {
    const source = new ByteSource(bytes("x".repeat(300_000)));
    const reader = new StreamReader(source);
    await reader.readExactly(300_000);
    const { length } = source.rooms;
    for (let i = 0; i < 160; i++) {
      source.give("thin");
      await reader.read();
    }
    assert.ok(source.rooms.slice(length).every((room) => room <= LARGEST));
    assert.equal(source.rooms.at(-1), 256);
  },
);

test(
  "text is read from the array in use, whatever became of the one before",
  {},
  () => {
    const buffer = new ReadBuffer();
    const put = (data: string): void => {
      const room = buffer.room();
      room.set(bytes(data));
      buffer.commit(data.length);
    };
    put("first");
    assert.equal(buffer.text(5), "first");
    buffer.discard(5);
    buffer.release();
    const other = new ReadBuffer();
    other.room().fill(0x21);
    other.commit(9);
    put("second");
    assert.equal(buffer.text(6), "second");
    put("x".repeat(200));
    put("y".repeat(50));
    put("z".repeat(50));
    const expected = "second" + "x".repeat(200) + "y".repeat(50) +
      "z".repeat(50);
    assert.equal(buffer.text(306), expected);
    assert.equal(other.text(9), "!!!!!!!!!");
  },
);

test("long text is decoded as short text is, malformed or not", {}, () => {
  const pieces = [
    [0x61],
    [0xc3, 0xa4],
    [0xe6, 0x97, 0xa5],
    [0xf0, 0x9f, 0x98, 0x80],
    [0xef, 0xbb, 0xbf],
    // Alone, cut short, overlong, a surrogate, beyond the last.
    [0x80],
    [0xe6, 0x97],
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
  ];
  // Text of 1 to 40 pieces, and the same repeated until it is long. The space keeps them apart.
  let seed = 1;
  for (let round = 0; round < 200; round++) {
    const short: number[] = [];
    for (let i = 0; i <= round % 40; i++) {
      seed = seed * 48_271 % 2_147_483_647;
      short.push(...pieces[seed % pieces.length]!);
    }
    short.push(0x20);
    const times = Math.ceil(4096 / short.length);
    const long = Array.from({ length: times }, () => short).flat();
    assert.equal(textOf(long), textOf(short).repeat(times));
  }
  assert.equal(textOf([0xef, 0xbb, 0xbf, 0x61]), "\ufeffa", "no mark is lost");
});

/** What a read buffer makes of these bytes. */
function textOf(content: readonly number[]): string {
  const buffer = new ReadBuffer();
  for (let at = 0; at < content.length;) {
    const room = buffer.room();
    const piece = content.slice(at, at + room.length);
    room.set(piece);
    buffer.commit(piece.length);
    at += piece.length;
  }
  return buffer.text(content.length);
}

test("arrays that are used again show nobody what stood in them", {}, () => {
  for (let round = 0; round < 40; round++) {
    const buffer = new ReadBuffer();
    const letter = 0x61 + round % 26;
    for (let i = 0; i < 6; i++) {
      const room = buffer.room();
      room.fill(letter, 0, room.length - i);
      buffer.commit(room.length - i);
    }
    const { length } = buffer;
    const all = round % 2 === 0 ? buffer.take(length) : buffer.peek(length);
    assert.ok(all.every((byte) => byte === letter));
    buffer.discard(buffer.length);
    buffer.release();
    // What was given away is nobody else's.
    assert.ok(all.every((byte) => byte === letter));
  }
});

test("a line of the default limit fits into the largest array", {}, () => {
  const buffer = new ReadBuffer();
  let room = 0;
  while (buffer.length < 65_537) room = fill(buffer, Infinity);
  assert.ok(buffer.length + room < 2 * LARGEST);
  assert.equal(buffer.length, LARGEST);
});

test("a buffer that is released keeps what nobody has taken", {}, () => {
  const buffer = new ReadBuffer();
  buffer.room().set(bytes("kept"));
  buffer.commit(4);
  buffer.release();
  assert.equal(buffer.text(4), "kept");
  buffer.discard(4);
  const lent = buffer.room();
  buffer.release();
  lent.set(bytes("late"));
  buffer.commit(4);
  assert.equal(buffer.text(4), "late");
});
