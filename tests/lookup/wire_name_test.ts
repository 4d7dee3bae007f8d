/** Names in messages: what is read, and that no message can make reading loop or run over its end. */
import assert from "node:assert/strict";
import { readName } from "../../lib/lookup/wire_name.ts";
import { test } from "../support/permissions.ts";

const X = 0x78;

/** A label of so many octets. */
function label(length: number): number[] {
  return [length, ...new Array<number>(length).fill(X)];
}

test("readName() reads to the end of the name, over pointers", {}, () => {
  const rows: [
    message: number[],
    offset: number,
    name: string,
    next: number,
  ][] = [
    [[0], 0, ".", 1],
    [[1, X, 0, 9], 0, "x", 3],
    [[1, X, 0, 2, X, X, 0xc0, 0], 3, "xx.x", 8],
    [[1, X, 0, 0xc0, 0, 0xc0, 3], 5, "x", 7],
    // 255 octets, the most there may be (RFC 1035 section 2.3.4).
    [
      [...label(63), ...label(63), ...label(63), ...label(61), 0],
      0,
      [63, 63, 63, 61].map((length) => "x".repeat(length)).join("."),
      255,
    ],
  ];
  for (const [message, offset, name, next] of rows) {
    assert.deepEqual(readName(Uint8Array.from(message), offset), {
      name,
      next,
    });
  }
});

test("readName() refuses what is no name", {}, () => {
  const rows: [message: number[], offset: number, reason: RegExp][] = [
    [[], 0, /mid-air/],
    [[1, X], 0, /mid-air/],
    [[3, X, X], 0, /mid-air/],
    [[0, 0xc0], 1, /mid-air/],
    [[0xc0, 0], 0, /pointer points forward/],
    [[0xc0, 2, 0], 0, /pointer points forward/],
    [[1, X, 0xc0, 0], 0, /pointer points forward/],
    [[1, X, 0xc0, 0, 0xc0, 0], 4, /pointer points forward/],
    [label(64).concat(0), 0, /unknown label type/],
    [[0x80, 0], 0, /unknown label type/],
    [
      [...label(63), ...label(63), ...label(63), ...label(62), 0],
      0,
      /over 255 octets/,
    ],
  ];
  for (const [message, offset, reason] of rows) {
    assert.throws(() => readName(Uint8Array.from(message), offset), {
      name: "ProtocolError",
      message: reason,
    });
  }
});
