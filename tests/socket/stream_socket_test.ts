/**
 * StreamSocket over every kind of transport: what the rows ST of the behaviour list say of two
 * connected sockets. What one peer alone can do (a reset) is in reset_test.ts.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { StreamSocket } from "../../mod.ts";
import { test } from "../support/permissions.ts";
import { PAIRS, type SocketPair } from "../support/socket_pairs.ts";

const NEEDS = { net: true, read: true, write: true };

/** A test for each kind of pair. */
function forEachPair(
  name: string,
  fn: (pair: SocketPair, kind: string) => Promise<void>,
  kinds: Partial<typeof PAIRS> = PAIRS,
): void {
  for (const [kind, open] of Object.entries(kinds)) {
    if (open === undefined) continue;
    test(`${name} (${kind})`, NEEDS, async () => {
      await using pair = await open();
      await fn(pair, kind);
    });
  }
}

/** Bytes that no shift or cut leaves the same. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = i * 2654435761;
  return new Uint8Array(words.buffer, 0, size);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function digestToEnd(socket: StreamSocket): Promise<string> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await socket.recvInto(buffer);
    if (count === null) return hash.digest("hex");
    hash.update(buffer.subarray(0, count));
  }
}

function textOf(bytes: Uint8Array | null): string {
  return new TextDecoder().decode(bytes ?? undefined);
}

forEachPair("ST01 recv() gives a message", async ({ client, server }) => {
  await client.send("message");
  assert.equal(textOf(await server.recv(1024)), "message");
});

forEachPair("ST02 recv(n) keeps the rest", async ({ client, server }) => {
  await client.send("message");
  const first = await server.reader.readExactly(4);
  assert.equal(textOf(first) + textOf(await server.recv(1024)), "message");
});

forEachPair(
  "ST03 send() of 10 MB ends only when a late reader takes it",
  async ({ client, server }, kind) => {
    const data = pattern(10_000_000);
    let sent = false;
    const sending = client.send(data).then(() => sent = true);
    const first = await server.reader.readExactly(1);
    assert.deepEqual(first, data.subarray(0, 1));
    assert.equal(sent, false, kind);
    const reading = digestToEnd(server);
    await sending;
    await client.closeWrite();
    assert.equal(await reading, sha256(data.subarray(1)));
  },
);

test("ST03 send() of 50 MB over tcp", NEEDS, async () => {
  await using pair = await PAIRS.tcp!();
  const data = pattern(50_000_000);
  const reading = digestToEnd(pair.server);
  await pair.client.send(data);
  await pair.client.closeWrite();
  assert.equal(await reading, sha256(data));
});

forEachPair(
  "ST04 closeWrite() ends one direction only",
  async ({ client, server }) => {
    await client.send("question");
    await client.closeWrite();
    assert.equal(textOf(await server.reader.readAll()), "question");
    await server.send("answer");
    await server.closeWrite();
    assert.equal(textOf(await client.reader.readAll()), "answer");
  },
);

forEachPair(
  "ST05 closing twice, and after the peer, is no error",
  async ({ client, server }) => {
    await client.closeWrite();
    await client.closeWrite();
    await server.close();
    await server.close();
    await server.closeWrite();
    await client.close();
    await client.close();
  },
);

forEachPair(
  "ST06 so it does for who has written before",
  async ({ client, server }) => {
    await client.send("early");
    await server.send("early");
    await client.closeWrite();
    await assert.rejects(client.send("late"), Deno.errors.BrokenPipe);
    assert.equal(client.writer.tryWrite("late"), false);
    await server.close();
    assert.equal(server.writer.tryWrite("late"), false);
    await assert.rejects(server.send("late"), Deno.errors.BadResource);
  },
);

forEachPair(
  "ST06 send() after closeWrite() and after close() rejects",
  async ({ client }) => {
    const closing = client.closeWrite();
    await assert.rejects(client.send("late"), Deno.errors.BrokenPipe);
    assert.equal(client.writer.tryWrite("late"), false);
    await closing;
    await assert.rejects(client.send("late"), Deno.errors.BrokenPipe);
    await client.close();
    await assert.rejects(client.send("later"));
    assert.equal(client.writer.tryWrite("later"), false);
    await assert.rejects(client.recv());
  },
);

forEachPair(
  "ST07 the end of the stream stays the end",
  async ({ client, server }) => {
    await client.close();
    for (let i = 0; i < 3; i++) assert.equal(await server.recv(), null);
    assert.equal(server.reader.atEof, true);
  },
);

forEachPair(
  "ST08 writing to a peer that has closed rejects soon",
  async ({ client, server }) => {
    await client.close();
    let writes = 0;
    await assert.rejects(async () => {
      for (; writes < 1000; writes++) await server.send(new Uint8Array(4096));
    });
    assert.ok(writes < 1000);
  },
  // Deno's TLS reads on after close() until its peer closes: tls_test.ts has another peer.
  { ...PAIRS, tls: undefined },
);

forEachPair(
  "ST10 close() ends a read that waits",
  async ({ client }) => {
    const reading = assert.rejects(client.recv(), Deno.errors.Interrupted);
    await client.close();
    await reading;
  },
);

forEachPair(
  "ST11 leaving a scope closes the socket, also by an exception",
  async ({ client, server }) => {
    await assert.rejects(async () => {
      await using _socket = client;
      throw new Error("out");
    }, /out/);
    await client.closed;
    assert.equal(await server.recv(), null);
  },
);

forEachPair(
  "ST12 addresses are readable after close",
  async ({ client, server }) => {
    const addrs = [client.localAddr, server.remoteAddr, client.remoteAddr];
    await client.close();
    await server.close();
    assert.deepEqual(
      [client.localAddr, server.remoteAddr, client.remoteAddr],
      addrs,
    );
  },
);

forEachPair(
  "ST13 recvInto() fills the view and nothing else",
  async ({ client, server }) => {
    await client.send("abcdef");
    const bytes = new Uint8Array(8);
    assert.equal(await server.recvInto(bytes.subarray(2, 2)), 0);
    assert.equal(await server.recvInto(bytes.subarray(2, 5)), 3);
    assert.deepEqual([...bytes], [0, 0, 97, 98, 99, 0, 0, 0]);
    assert.equal(textOf(await server.reader.readExactly(3)), "def");
  },
);

forEachPair(
  "ST14 a second read while one waits is refused, and no byte is lost",
  async ({ client, server }) => {
    const first = server.recv();
    await assert.rejects(server.recv(), TypeError);
    await client.send("x");
    assert.equal(textOf(await first), "x");
  },
);

forEachPair(
  "ST15 writes begun together leave whole and in order",
  async ({ client, server }) => {
    const pieces = Array.from(
      { length: 10 },
      (_, i) => new Uint8Array(30_000).fill(i),
    );
    const reading = digestToEnd(server);
    await Promise.all(pieces.map((piece) => client.send(piece)));
    await client.closeWrite();
    const all = new Uint8Array(300_000);
    pieces.forEach((piece, i) => all.set(piece, i * 30_000));
    assert.equal(await reading, sha256(all));
  },
);

forEachPair(
  "ST18 pipeFrom() to a stalled peer ends by its time-out",
  async ({ client }) => {
    let given = 0;
    const source = {
      read(buffer: Uint8Array) {
        given += buffer.length;
        return Promise.resolve(buffer.length);
      },
    };
    await assert.rejects(client.writer.pipeFrom(source, { timeout: 50 }), {
      name: "TimeoutError",
    });
    assert.ok(given < 64 * 1024 * 1024, `${given} bytes were taken`);
  },
);

forEachPair(
  "ST19 every single byte arrives, in order",
  async ({ client, server }) => {
    const reading = server.reader.readExactly(256);
    for (let i = 0; i < 256; i++) await client.send(new Uint8Array([i]));
    assert.deepEqual(
      [...await reading],
      Array.from({ length: 256 }, (_, i) => i),
    );
  },
);

forEachPair(
  "ST20 `closed` resolves although data is unread",
  async ({ client, server }) => {
    await client.send("unread");
    await server.reader.peek(6);
    const { closed } = server;
    await server.close();
    await closed;
  },
);

forEachPair(
  "TO02 a read that timed out loses nothing",
  async ({ client, server }) => {
    for (let i = 0; i < 5; i++) {
      await assert.rejects(server.recv(16, { timeout: 1 }), {
        name: "TimeoutError",
      });
    }
    await client.send("late");
    assert.equal(textOf(await server.reader.readExactly(4)), "late");
  },
);

forEachPair(
  "TO06 a write that timed out tells what was sent",
  async ({ client, server }) => {
    await assert.rejects(
      client.send(new Uint8Array(64_000_000), { timeout: 50 }),
      { name: "TimeoutError" },
    );
    const { bytesWritten } = client.writer;
    assert.ok(bytesWritten < 64_000_000);
    await assert.rejects(client.send("more"), { name: "TimeoutError" });
    await client.close();
    await server.close();
  },
);

forEachPair(
  "abort() rejects who waits with its reason",
  async ({ client }) => {
    const reason = new Error("enough");
    const reading = assert.rejects(client.recv(), reason);
    client.abort(reason);
    await reading;
    await client.closed;
    // The writer was not made yet.
    await assert.rejects(client.send("too late"), reason);
    await assert.rejects(client.recv(), reason);
  },
);

forEachPair(
  "after abort() the first read rejects with its reason too",
  async ({ client }) => {
    client.abort();
    await assert.rejects(client.recv(), { name: "AbortError" });
    client.abort(new Error("too late"));
    await assert.rejects(client.writer.flush(), { name: "AbortError" });
  },
);
