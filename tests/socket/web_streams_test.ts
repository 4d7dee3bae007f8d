/**
 * Web Streams of a StreamSocket: half-close keeps working, where Deno's own `conn.readable` and
 * `conn.writable` close everything.
 */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";
import { PAIRS } from "../support/socket_pairs.ts";

const NEEDS = { net: true, read: true, write: true };

for (const [kind, open] of Object.entries(PAIRS)) {
  test(`readable to its end leaves sending open (${kind})`, NEEDS, async () => {
    await using pair = await open();
    const { client, server } = pair;
    await client.send("question");
    await client.closeWrite();
    assert.equal(await new Response(server.readable).text(), "question");
    await server.send("answer");
    await server.closeWrite();
    assert.equal(await new Response(client.readable).text(), "answer");
  });

  test(`closing writable leaves receiving open (${kind})`, NEEDS, async () => {
    await using pair = await open();
    const { client, server } = pair;
    const writer = client.writable.getWriter();
    await writer.write("some ");
    await writer.write(new TextEncoder().encode("bytes"));
    await writer.close();
    const bytes = await server.reader.readAll();
    assert.equal(new TextDecoder().decode(bytes), "some bytes");
    await server.send("more");
    assert.equal((await client.recv())?.length, 4);
  });
}

test("readable.pipeTo(writable) echoes and half-closes", NEEDS, async () => {
  await using pair = await PAIRS.tcp!();
  const { client, server } = pair;
  const echoing = server.readable.pipeTo(server.writable);
  const data = new Uint8Array(1_000_000).map((_, i) => i % 251);
  const receiving = client.reader.readAll();
  await client.send(data);
  await client.closeWrite();
  assert.deepEqual(await receiving, data);
  await echoing;
});

test(
  "cancel() of readable closes nothing and loses nothing",
  NEEDS,
  async () => {
    await using pair = await PAIRS.tcp!();
    const { client, server } = pair;
    await client.send("one");
    const reader = server.readable.getReader();
    assert.equal((await reader.read()).value?.length, 3);
    await reader.cancel();
    await client.send("two");
    assert.equal((await server.recv())?.length, 3);
    await server.send("back");
    assert.equal((await client.recv())?.length, 4);
  },
);

test("readable gives bytes into the caller's own buffer", NEEDS, async () => {
  await using pair = await PAIRS.tcp!();
  const { client, server } = pair;
  await client.send("abc");
  await client.closeWrite();
  const reader = server.readable.getReader({ mode: "byob" });
  const first = await reader.read(new Uint8Array(16));
  assert.equal(first.value?.byteLength, 3);
  assert.equal((await reader.read(new Uint8Array(16))).done, true);
});

test("readable reads nothing before it is asked", NEEDS, async () => {
  await using pair = await PAIRS.tcp!();
  const { client, server } = pair;
  const { readable } = server;
  assert.equal(server.readable, readable);
  await client.send("abc");
  assert.equal((await server.recv())?.length, 3);
});

test("an error of the socket is the stream's", NEEDS, async () => {
  await using pair = await PAIRS.tcp!();
  const { server } = pair;
  const reading = assert.rejects(new Response(server.readable).text());
  server.abort(new Error("cut"));
  await reading;
  await assert.rejects(server.writable.getWriter().write("x"));
});

test("ST16 pipeFrom() sends files whole, empty ones too", NEEDS, async () => {
  const path = await Deno.makeTempFile();
  try {
    for (const size of [10 * 1024 * 1024, 0]) {
      const data = new Uint8Array(size).map((_, i) => i % 253);
      await Deno.writeFile(path, data);
      await using pair = await PAIRS.tcp!();
      const { client, server } = pair;
      const receiving = server.reader.readAll();
      using file = await Deno.open(path);
      assert.equal(await client.writer.pipeFrom(file), size);
      await client.closeWrite();
      assert.deepEqual(await receiving, data);
    }
    await using pair = await PAIRS.tcp!();
    using file = await Deno.open(path);
    assert.equal(await pair.client.writer.pipeFrom(file.readable), 0);
  } finally {
    await Deno.remove(path);
  }
});

test(
  "ST17 pipeFrom() throws its source's error and stays usable",
  NEEDS,
  async () => {
    await using pair = await PAIRS.tcp!();
    const { client, server } = pair;
    async function* source() {
      yield "half";
      await Promise.resolve();
      throw new Error("source");
    }
    await assert.rejects(client.writer.pipeFrom(source()), /source/);
    assert.equal(client.writer.bytesWritten, 4);
    await client.send(" way");
    await client.closeWrite();
    assert.equal(await server.reader.readLine(), "half way");
  },
);
