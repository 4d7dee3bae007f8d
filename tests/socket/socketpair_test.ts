/** What any stream socket does, shown over a pair in memory. */
import assert from "node:assert/strict";
import {
  LimitExceededError,
  lineCodec,
  socketpair,
  type StreamSocket,
} from "../../mod.ts";
import { settled, text, turns } from "../support/byte_source.ts";
import { bytes } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

const MIB = 1024 * 1024;

async function closeBoth(...sockets: StreamSocket[]): Promise<void> {
  for (const socket of sockets) await socket.close();
}

test("ST01 recv(1024) gives one message", {}, async () => {
  const [a, b] = socketpair();
  await a.send("message");
  assert.equal(await b.recv(1024).then(text), "message");
  await closeBoth(a, b);
});

test("ST02 recv of a part, then of the rest", {}, async () => {
  const [a, b] = socketpair();
  await a.send("message");
  const first = await b.recv(4).then(text);
  assert.equal(first! + await b.recv(1024).then(text), "message");
  await closeBoth(a, b);
});

for (const size of [2048, 10 * MIB, 50 * MIB]) {
  test(`ST03 ${size} bytes to a late reader arrive whole`, {}, async () => {
    const [a, b] = socketpair();
    const data = new Uint8Array(size);
    for (let i = 0; i < size; i += 997) data[i] = i % 251;
    const sending = a.send(data).then(() => a.closeWrite());
    if (size > MIB) {
      assert.equal(await settled(sending), false, "it is back-pressure");
    }
    const received = await b.reader.readAll({ limit: size });
    await sending;
    assert.equal(received.length, size);
    assert.equal(await digest(received), await digest(data));
    await closeBoth(a, b);
  });
}

async function digest(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex();
}

test("ST04 after closeWrite the reply is received", {}, async () => {
  const [a, b] = socketpair();
  await a.send("request");
  await a.closeWrite();
  assert.equal(await b.reader.readAll().then(text), "request");
  await b.send("reply");
  assert.equal(await a.recv().then(text), "reply");
  await closeBoth(a, b);
});

test(
  "ST05 closing twice, in any way and after the peer, is no error",
  {},
  async () => {
    const [a, b] = socketpair();
    await a.closeWrite();
    await a.closeWrite();
    await a.close();
    await a.close();
    await b.closeWrite();
    await b.close();
    await b.close();
    await b[Symbol.asyncDispose]();
    b.abort();
  },
);

test("ST06 a write after closeWrite or close rejects", {}, async () => {
  const [a, b] = socketpair();
  await a.closeWrite();
  await assert.rejects(a.send("x"), Deno.errors.BrokenPipe);
  await assert.rejects(a.send("y"), Deno.errors.BrokenPipe, "and again");
  await b.close();
  await assert.rejects(b.send("x"), Deno.errors.BadResource);
  await assert.rejects(b.recv(), Deno.errors.BadResource);
  await a.close();
});

test(
  "ST07 when the peer has closed recv gives null, again and again",
  {},
  async () => {
    const [a, b] = socketpair();
    await a.send("last");
    await a.close();
    assert.equal(await b.recv().then(text), "last");
    for (let i = 0; i < 3; i++) assert.equal(await b.recv(), null);
    assert.equal(await b.recvInto(new Uint8Array(1)), null);
    await b.close();
  },
);

test("ST08 writing on when the peer has closed rejects soon", {}, async () => {
  const [a, b] = socketpair();
  await b.close();
  await assert.rejects(async () => {
    for (let i = 0; i < 10; i++) await a.send("x");
  }, Deno.errors.BrokenPipe);
  await a.close();
});

test("a write that waits for a peer which closes rejects", {}, async () => {
  const [a, b] = socketpair();
  const sending = a.send(new Uint8Array(MIB));
  await turns();
  await b.close();
  await assert.rejects(sending, Deno.errors.BrokenPipe);
  await a.close();
});

test("ST10 close ends a pending read and a pending write", {}, async () => {
  const [a, b] = socketpair();
  const reading = a.recv();
  const direct = b.recvInto(new Uint8Array(1));
  const sending = a.send(new Uint8Array(MIB));
  await direct;
  await turns();
  const waiting = [
    assert.rejects(reading, Deno.errors.Interrupted),
    assert.rejects(sending, Deno.errors.Interrupted),
  ];
  await a.close();
  await Promise.all(waiting);
  await b.close();
});

test("abort ends whatever waits with its reason", {}, async () => {
  const [a, b] = socketpair();
  const reason = new Error("cut");
  const waiting = [
    a.recv(),
    a.send(new Uint8Array(MIB)),
    a.send("behind"),
    a.writer.flush(),
  ].map((one) => assert.rejects(one, reason));
  await turns();
  a.abort(reason);
  await Promise.all(waiting);
  await assert.rejects(a.recv(), reason);
  await assert.rejects(a.send("x"), reason);
  await a.closed;
  const [c, d] = socketpair();
  const reading = assert.rejects(c.recv(), { name: "AbortError" });
  c.abort();
  await reading;
  await closeBoth(b, d);
});

test(
  "ST11 leaving a scope closes the socket, by an exception, too",
  {},
  async () => {
    const [a, b] = socketpair();
    {
      await using _a = a;
    }
    assert.equal(await b.recv(), null);
    await assert.rejects(async () => {
      await using _b = b;
      throw new Error("left");
    }, /left/);
    await a.closed;
    await b.closed;
  },
);

test("ST12 addresses are readable after close", {}, async () => {
  const [a, b] = socketpair();
  await closeBoth(a, b);
  assert.equal(a.localAddr.transport, "unix");
  assert.deepEqual(a.localAddr, b.remoteAddr);
});

test("ST13 recvInto fills a view only", {}, async () => {
  const [a, b] = socketpair();
  await a.send("abc");
  const array = new Uint8Array(4).fill(0x2e);
  assert.equal(await b.recvInto(array.subarray(1, 3)), 2);
  assert.equal(text(array), ".ab.");
  assert.equal(await b.recvInto(new Uint8Array(0)), 0);
  await closeBoth(a, b);
});

test(
  "ST14 of two readers the second rejects and no byte is lost",
  {},
  async () => {
    const [a, b] = socketpair();
    const first = b.recv();
    await assert.rejects(b.reader.readLine(), TypeError);
    await a.send("whole");
    assert.equal(await first.then(text), "whole");
    await closeBoth(a, b);
  },
);

test(
  "ST15 ten writes that wait leave whole when the peer reads",
  {},
  async () => {
    const [a, b] = socketpair({ chunkSize: 1000 });
    const blocked = a.send(new Uint8Array(200_000).fill(0x2e));
    const writes = Array.from(
      { length: 10 },
      (_, i) => a.send(`${i}`.repeat(7000)),
    );
    assert.equal(await settled(Promise.race([blocked, ...writes])), false);
    const rest = await b.reader.readExactly(270_000);
    await Promise.all([blocked, ...writes]);
    const expected = "0123456789".replace(/./g, (one) => one.repeat(7000));
    assert.equal(text(rest.subarray(200_000)), expected);
    await closeBoth(a, b);
  },
);

test("ST19 single bytes arrive in order", {}, async () => {
  const [a, b] = socketpair();
  const sent = "every byte arrives";
  for (const one of sent) await a.send(one);
  await a.close();
  assert.equal(await b.reader.readAll().then(text), sent);
  await b.close();
});

test("ST20 closed resolves also with unread data", {}, async () => {
  const [a, b] = socketpair();
  await a.send("unread");
  const closed = b.closed;
  assert.equal(await settled(closed), false);
  await b.close();
  await closed;
  await b.closed;
  await a.close();
  await a.closed;
});

test(
  "TO06 a write to a stalled peer times out and says how much was sent",
  {},
  async () => {
    const [a, b] = socketpair();
    await assert.rejects(a.send(new Uint8Array(MIB), { timeout: 5 }), {
      name: "TimeoutError",
    });
    assert.equal(a.writer.bytesWritten, 65_536);
    await assert.rejects(a.send("more"), { name: "TimeoutError" });
    await closeBoth(a, b);
  },
);

test(
  "closeWrite sends what is queued first, and heeds its options",
  {},
  async () => {
    const [a, b] = socketpair();
    a.send(new Uint8Array(100_000));
    await assert.rejects(a.closeWrite({ timeout: 0 }), RangeError);
    a.send("end");
    await assert.rejects(a.closeWrite({ timeout: 1 }), {
      name: "TimeoutError",
    });
    const received = await b.reader.readAll();
    assert.equal(received.length, 100_003);
    await a.closeWrite();
    await closeBoth(a, b);
  },
);

test("leaving a scope waits for what has been taken", {}, async () => {
  const [a, b] = socketpair();
  const data = new Uint8Array(100_000);
  assert.ok(a.writer.tryWrite(data));
  const leaving = a[Symbol.asyncDispose]();
  assert.equal(await settled(leaving), false);
  assert.equal((await b.reader.readAll()).length, data.length);
  await leaving;
  await b.close();
});

test("chunkSize cuts what one read gives", {}, async () => {
  const [a, b] = socketpair({ chunkSize: 3 });
  await a.send("12345678");
  await a.close();
  const chunks: (string | null)[] = [];
  for await (const chunk of b.reader.chunks()) chunks.push(text(chunk));
  assert.deepEqual(chunks, ["123", "456", "78"]);
  await b.close();
  for (const chunkSize of [0, -1, 1.5, NaN]) {
    assert.throws(() => socketpair({ chunkSize }), RangeError);
  }
});

test(
  "chunkSize keeps the order of what is in flight while some of it is read",
  {},
  async () => {
    const [a, b] = socketpair({ chunkSize: 1 });
    const sent = new Uint8Array(3000).map((_, i) => i % 251);
    await a.send(sent.subarray(0, 2000));
    const first = await b.reader.readExactly(1500);
    await a.send(sent.subarray(2000));
    await a.close();
    const rest = await b.reader.readAll();
    assert.deepEqual([...first, ...rest], [...sent]);
    await b.close();
  },
);

test("an empty write is nothing, also below the writer", {}, async () => {
  const [a, b] = socketpair();
  await a.send("");
  await a.send(new Uint8Array(0));
  await a.writable.getWriter().write(bytes(""));
  await a.send("x");
  assert.equal(await b.recv().then(text), "x");
  await closeBoth(a, b);
});

test("lines() and messages() of a socket take their options", {}, async () => {
  const [a, b] = socketpair();
  await a.send("too long\n");
  await assert.rejects(
    b.messages(lineCodec(), { limit: 3 }).next(),
    LimitExceededError,
  );
  await b.reader.skipUntil("\n");
  await a.send("too long\n");
  await assert.rejects(b.lines({ limit: 3 }).next(), LimitExceededError);
  await closeBoth(a, b);
});
