/** MemoryPipe: what waits at one end is told what the other end, or its own, has done. */
import assert from "node:assert/strict";
import { MemoryPipe } from "../../lib/socket/memory_pipe.ts";
import { test } from "../support/permissions.ts";

const FULL = 65_536;

async function full(): Promise<MemoryPipe> {
  const pipe = new MemoryPipe(Infinity);
  assert.equal(await pipe.write(new Uint8Array(FULL + 1)), FULL);
  return pipe;
}

test("MemoryPipe: a write that waits ends as the pipe does", {}, async () => {
  const rows: [end: (pipe: MemoryPipe) => void, error: string][] = [
    [(pipe) => pipe.end(), "BrokenPipe"],
    [(pipe) => pipe.closeReader(), "BrokenPipe"],
    [(pipe) => pipe.closeWriter(), "Interrupted"],
  ];
  for (const [end, name] of rows) {
    const pipe = await full();
    const waiting = pipe.write(new Uint8Array(1));
    end(pipe);
    await assert.rejects(waiting, { name });
    await assert.rejects(pipe.write(new Uint8Array(1)));
  }
});

test(
  "MemoryPipe: a write that waits goes on when there is room",
  {},
  async () => {
    const pipe = await full();
    const waiting = pipe.write(new Uint8Array(3));
    assert.equal(await pipe.read(new Uint8Array(2)), 2);
    assert.equal(await waiting, 2);
  },
);

test("MemoryPipe: a read that waits ends as the pipe does", {}, async () => {
  for (const end of ["end", "closeWriter"] as const) {
    const pipe = new MemoryPipe(Infinity);
    const waiting = pipe.read(new Uint8Array(1));
    pipe[end]();
    assert.equal(await waiting, null);
    assert.equal(await pipe.read(new Uint8Array(1)), null);
  }
  const pipe = new MemoryPipe(Infinity);
  const waiting = pipe.read(new Uint8Array(1));
  pipe.closeReader();
  await assert.rejects(waiting, { name: "Interrupted" });
  await assert.rejects(pipe.read(new Uint8Array(1)), { name: "BadResource" });
});

test(
  "MemoryPipe: what was written before the end is read before it",
  {},
  async () => {
    const pipe = new MemoryPipe(2);
    const data = Uint8Array.of(1, 2, 3);
    assert.equal(await pipe.write(data), 2);
    data.fill(9);
    assert.equal(await pipe.write(data.subarray(0, 1)), 1);
    assert.equal(await pipe.write(new Uint8Array(0)), 0);
    pipe.end();
    const buffer = new Uint8Array(8);
    assert.equal(await pipe.read(buffer.subarray(0, 0)), 0);
    assert.equal(await pipe.read(buffer.subarray(0, 1)), 1);
    assert.equal(await pipe.read(buffer.subarray(1)), 1);
    assert.equal(await pipe.read(buffer.subarray(2)), 1);
    assert.deepEqual([...buffer.subarray(0, 3)], [1, 2, 9]);
    assert.equal(await pipe.read(buffer), null);
  },
);
