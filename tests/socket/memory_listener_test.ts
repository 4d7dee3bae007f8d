import assert from "node:assert/strict";
import { memoryListener } from "../../mod.ts";
import { test } from "../support/permissions.ts";

test("memoryListener() accepts in the order of the connects", {}, async () => {
  await using listener = memoryListener();
  const early = await listener.connect();
  const first = await listener.accept();
  const accepting = listener.accept();
  const late = await listener.connect();
  const second = await accepting;
  await early.send("early\n");
  await late.send("late\n");
  assert.equal(await first.reader.readLine(), "early");
  assert.equal(await second.reader.readLine(), "late");
  for (const socket of [early, late, first, second]) await socket.close();
});

test(
  "memoryListener(): accept() that timed out loses no client",
  {},
  async () => {
    await using listener = memoryListener();
    await assert.rejects(listener.accept({ timeout: 5 }), {
      name: "TimeoutError",
    });
    const signal = AbortSignal.abort(new Error("no more"));
    await assert.rejects(listener.accept({ signal }), /no more/);
    await using client = await listener.connect();
    await using server = await listener.accept({ timeout: 1000 });
    await server.send("hello\n");
    assert.equal(await client.reader.readLine(), "hello");
  },
);

test("memoryListener(): close() ends everybody who waits", {}, async () => {
  const listener = memoryListener();
  const waiting = await listener.connect();
  listener.close();
  listener.close();
  assert.equal(await waiting.recv(), null);
  await assert.rejects(listener.connect(), {
    name: "ConnectionRefused",
    code: "ECONNREFUSED",
  });
  await assert.rejects(listener.accept(), Deno.errors.BadResource);
  const other = memoryListener();
  const accepting = assert.rejects(other.accept(), Deno.errors.BadResource);
  other.close();
  await accepting;
});

test("memoryListener({ chunkSize }) cuts every read", {}, async () => {
  await using listener = memoryListener({ chunkSize: 2 });
  await using client = await listener.connect();
  await using server = await listener.accept();
  await client.send("abc");
  assert.equal((await server.recv())?.length, 2);
  assert.throws(() => memoryListener({ chunkSize: 0 }), RangeError);
});
