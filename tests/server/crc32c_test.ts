import assert from "node:assert/strict";
import { crc32c } from "../../lib/server/crc32c.ts";
import { test } from "../support/permissions.ts";

test("crc32c gives RFC 3720's values", {}, () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  const rows: [bytes: Uint8Array, crc: number][] = [
    [new Uint8Array(0), 0],
    [new TextEncoder().encode("123456789"), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [ascending, 0x46dd794e],
    [new Uint8Array(ascending).reverse(), 0x113fdb5c],
  ];
  for (const [bytes, crc] of rows) assert.equal(crc32c(bytes), crc);
});
