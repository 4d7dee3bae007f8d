import assert from "node:assert/strict";
import { socketpair } from "../../mod.ts";
import { text, turns } from "../support/byte_source.ts";
import { test } from "../support/permissions.ts";

test(
  "readable ends where the peer's sending ends, and sending goes on",
  {},
  async () => {
    const [a, b] = socketpair();
    await a.send("request");
    await a.closeWrite();
    assert.equal(await new Response(b.readable).text(), "request");
    await b.send("reply\n");
    assert.equal(await a.reader.readLine(), "reply");
    await a.close();
    await b.close();
  },
);

test("cancelling a readable that waits loses no byte", {}, async () => {
  const [a, b] = socketpair();
  const stream = b.readable.getReader();
  const waiting = stream.read();
  await turns();
  await stream.cancel();
  assert.equal((await waiting).done, true);
  await a.send("later");
  assert.equal(await b.recv().then(text), "later");
  await b.send("and back");
  assert.equal(await a.recv().then(text), "and back");
  await a.close();
  await b.close();
});

test("leaving a loop over a readable loses no byte", {}, async () => {
  const [a, b] = socketpair();
  await a.send("first");
  for await (const chunk of b.readable) {
    assert.equal(text(chunk), "first");
    break;
  }
  await a.send("second");
  assert.equal(await b.recv().then(text), "second");
  await a.close();
  await b.close();
});

test(
  "chunks of a readable may be transferred without harm to other results",
  {},
  async () => {
    const [a, b] = socketpair();
    await a.send("one");
    const kept = await b.reader.read();
    await a.send("two");
    const { value } = await b.readable.getReader().read();
    assert.equal(value!.buffer.byteLength, 3, "an array of its own");
    structuredClone(value!, { transfer: [value!.buffer] });
    assert.equal(text(kept), "one");
    await a.close();
    await b.close();
  },
);

test("a readable can be read into an array of one's own", {}, async () => {
  const [a, b] = socketpair();
  await a.send("0123456789");
  await a.close();
  const byob = b.readable.getReader({ mode: "byob" });
  const first = await byob.read(new Uint8Array(4));
  assert.equal(text(first.value!), "0123");
  const second = await byob.read(new Uint8Array(100));
  assert.equal(text(second.value!), "456789");
  assert.equal((await byob.read(new Uint8Array(1))).done, true);
  await b.close();
});

test("a readable errs when the socket is cut", {}, async () => {
  const [a, b] = socketpair();
  const reading = b.readable.getReader().read();
  b.abort(new Error("cut"));
  await assert.rejects(reading, /cut/);
  await a.close();
});

test(
  "closing a writable is closeWrite, and receiving goes on",
  {},
  async () => {
    const [a, b] = socketpair();
    const writer = a.writable.getWriter();
    await writer.write("text ");
    await writer.write(new TextEncoder().encode("and bytes"));
    await writer.close();
    assert.equal(await b.reader.readAll().then(text), "text and bytes");
    await b.send("reply");
    assert.equal(await a.recv().then(text), "reply");
    await a.close();
    await b.close();
  },
);

test("readable and writable work as an echo through pipeTo", {}, async () => {
  const [a, b] = socketpair();
  const echo = b.readable.pipeTo(b.writable);
  await a.send("echo");
  await a.closeWrite();
  assert.equal(await a.reader.readAll().then(text), "echo");
  await echo;
  await a.close();
  await b.close();
});
