import assert from "node:assert/strict";
import { connect, type Connection, memoryListener, serve } from "../../mod.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { start } from "../support/programs.ts";
import { net } from "../support/visits.ts";

test(
  "SV12 a handler that returns sends the end of stream, then closes",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      (conn) => conn.send("reply\n"),
    );
    const client = await Deno.connect({ port: server.addr.port });
    const buffer = new Uint8Array(64);
    assert.equal(await client.read(buffer), 6);
    assert.equal(await client.read(buffer), null);
    assert.equal(server.stats.lingering, 1);
    assert.equal(server.stats.active, 0);
    assert.deepEqual(log.reasons, []);
    client.close();
    assert.deepEqual(await log.closed(), ["done"]);
  },
);

test("SV12 unread input does not destroy a reply in flight", net, async () => {
  await using server = await serve({ port: 0 }, async (conn) => {
    await conn.recv(1);
    await conn.send(new Uint8Array(300_000).fill(7));
  });
  await using client = await connect({ port: server.addr.port });
  // Half of it is never read by the handler, and more comes while the reply is on its way.
  await client.send(new Uint8Array(200_000));
  const sending = client.send(new Uint8Array(200_000)).catch(() => {});
  const reply = await client.reader.readAll();
  assert.equal(reply.length, 300_000);
  assert.ok(reply.every((byte) => byte === 7));
  await sending;
});

test(
  "SV12 a reply with unread input reaches a client that is not ours",
  { net: true, run: ["socat"] },
  async () => {
    await using server = await serve({ port: 0 }, (conn) => conn.send("bye\n"));
    const { port } = server.addr;
    await using client = start("socat", "-t0.2", "-", `TCP:127.0.0.1:${port}`);
    await client.stdin.write(new Uint8Array(100_000));
    assert.equal(await client.rest(), "bye\n");
  },
);

test("the linger ends at lingerTimeout when a client stays", net, async () => {
  const log = new HookLog();
  await using server = await serve(
    { port: 0, lingerTimeout: 60, ...log.hooks },
    (conn) => conn.send("reply"),
  );
  await using client = await connect({ port: server.addr.port });
  assert.equal((await client.reader.readAll()).length, 5);
  assert.deepEqual(await log.closed(), ["done"]);
  assert.equal(server.stats.lingering, 0);
});

test("the linger ends after 1 MiB of discarded input", net, async () => {
  const log = new HookLog();
  await using server = await serve(
    { port: 0, lingerTimeout: 60_000, ...log.hooks },
    (conn) => conn.send("reply"),
  );
  await using client = await connect({ port: server.addr.port });
  assert.equal((await client.reader.readAll()).length, 5);
  const chunk = new Uint8Array(65_536);
  let sent = 0;
  await assert.rejects(async () => {
    for (; sent < 64 * 1024 * 1024; sent += chunk.length) {
      await client.send(chunk);
    }
  });
  assert.ok(sent >= 1024 * 1024);
  assert.deepEqual(await log.closed(), ["done"]);
});

test("the linger discards 1 MiB, where no kernel takes more", {}, async () => {
  const listener = memoryListener();
  await using _server = await serve(
    { listener, lingerTimeout: 60_000 },
    (conn) => conn.send("reply"),
  );
  await using client = await listener.connect();
  assert.equal((await client.reader.readAll()).length, 5);
  const chunk = new Uint8Array(65_536);
  let sent = 0;
  await assert.rejects(async () => {
    for (; sent < 4 * 1024 * 1024; sent += chunk.length) {
      await client.send(chunk);
    }
  });
  // One more may be under way when the last one that counts is taken.
  assert.ok(sent >= 1024 * 1024 && sent <= 1024 * 1024 + 2 * chunk.length);
});

test("lingerTimeout 0 closes at once", net, async () => {
  const log = new HookLog();
  await using server = await serve(
    { port: 0, lingerTimeout: 0, ...log.hooks },
    (conn) => conn.send("reply"),
  );
  await using client = await connect({ port: server.addr.port });
  assert.deepEqual(await log.closed(), ["done"]);
  assert.equal((await client.reader.readAll()).length, 5);
});

test("there is no linger when the end of stream was read", net, async () => {
  const log = new HookLog();
  await using server = await serve(
    { port: 0, lingerTimeout: 60_000, ...log.hooks },
    async (conn) => {
      await conn.reader.readAll();
      await conn.send("reply");
    },
  );
  await using client = await connect({ port: server.addr.port });
  await client.closeWrite();
  assert.equal((await client.reader.readAll()).length, 5);
  // The client is still open on its side of the process.
  assert.deepEqual(await log.closed(), ["done"]);
});

test("a lingering connection gives its place to the next", net, async () => {
  await using server = await serve(
    { port: 0, maxConnections: 1, lingerTimeout: 60_000 },
    (conn) => conn.send("served"),
  );
  await using first = await connect({ port: server.addr.port });
  assert.equal((await first.reader.readAll()).length, 6);
  await using second = await connect({ port: server.addr.port });
  assert.equal((await second.reader.readAll()).length, 6);
  assert.equal(server.stats.lingering, 2);
  await first.close();
  await second.close();
});

test("a shutdown waits for the linger, close() does not", net, async () => {
  for (const end of ["shutdown", "close"] as const) {
    const log = new HookLog();
    const server = await serve(
      { port: 0, lingerTimeout: 60_000, ...log.hooks },
      (conn) => conn.send("served"),
    );
    await using client = await connect({ port: server.addr.port });
    await client.reader.readAll();
    const ending = server[end]();
    if (end === "shutdown") {
      assert.deepEqual(log.reasons, []);
      await client.close();
    }
    await ending;
    assert.deepEqual(log.reasons, [end === "shutdown" ? "done" : "cut"]);
    await client.close();
  }
});

test("closeWrite() in a handler leaves reading as it is", net, async () => {
  const got: unknown[] = [];
  const log = new HookLog();
  await using server = await serve({ port: 0, ...log.hooks }, async (conn) => {
    await conn.send("hello\n");
    await conn.closeWrite();
    for await (const line of conn.lines()) got.push(line);
  });
  await using client = await connect({ port: server.addr.port });
  assert.equal((await client.reader.readAll()).length, 6);
  await client.send("one\ntwo\n");
  await client.close();
  assert.deepEqual(await log.closed(), ["done"]);
  assert.deepEqual(got, ["one", "two"]);
});

test(
  "bytes are counted in stats, those of open and lingering connections too",
  {},
  async () => {
    const listener = memoryListener();
    const log = new HookLog();
    await using server = await serve(
      { listener, ...log.hooks },
      async (conn: Connection<Deno.Addr>) => {
        for await (const line of conn.lines()) {
          await conn.send(
            `${line}${line}\n`,
          );
        }
      },
    );
    const read = () => {
      const { bytesRead, bytesWritten } = server.stats;
      return { bytesRead, bytesWritten };
    };
    const client = await listener.connect();
    await client.send("abc\n");
    assert.equal(await client.reader.readLine(), "abcabc");
    assert.deepEqual(read(), { bytesRead: 4, bytesWritten: 7 });
    const [conn] = server.connections as unknown as [Connection];
    assert.equal(conn.bytesRead, 4);
    assert.equal(conn.bytesWritten, 7);
    const closing = conn.close();
    assert.equal(await client.recv(), null);
    await closing;
    assert.deepEqual(read(), { bytesRead: 4, bytesWritten: 7 });
    await client.close();
    await log.closed();
    assert.deepEqual(read(), { bytesRead: 4, bytesWritten: 7 });
  },
);

test("stats is a snapshot of its own that JSON can hold", net, async () => {
  await using server = await serve({ port: 0 }, (conn) => conn.recv());
  const before = server.stats;
  const text = JSON.stringify(before);
  await using client = await connect({ port: server.addr.port });
  await client.send("x");
  assert.equal(await client.recv(), null);
  assert.equal(JSON.stringify(before), text);
  assert.equal(server.stats.accepted, 1);
  assert.equal(server.stats.peak, 1);
  assert.deepEqual(Object.keys(server.stats), Object.keys(before));
});

/** What the kernel takes of a reply that is not read (4 MiB), so that most of it is still in flight. */
const TOTAL = 2_000_000;

/** Sends what nobody will read when the handler has ended, and only then reads the reply. */
async function lateReader(port: number, ended: Promise<void>): Promise<number> {
  await using client = await connect({ port });
  await client.send("request\n");
  await ended;
  await client.send("late\n");
  return (await client.reader.readAll()).length;
}

test("a drain does not shorten the linger", net, async () => {
  const log = new HookLog();
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const server = await serve(
    { port: 0, drainIdleTimeout: 0, ...log.hooks },
    async (conn) => {
      for await (const _line of conn.lines()) {
        begun.resolve();
        await conn.send(new Uint8Array(TOTAL));
      }
      // Long after drainIdleTimeout, and long before lingerTimeout.
      setTimeout(ended.resolve, 50);
    },
  );
  const reading = lateReader(server.addr.port, ended.promise);
  await begun.promise;
  const report = await server.shutdown();
  assert.equal(await reading, TOTAL);
  assert.equal(report.aborted, 0);
  assert.deepEqual(await log.closed(), ["drained"]);
});

test(
  "a read into the handler's own array that is left behind ends with the linger",
  net,
  async () => {
    const log = new HookLog();
    const ended = Promise.withResolvers<void>();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        await conn.reader.readLine();
        conn.recvInto(new Uint8Array(64)).catch(() => {});
        await conn.send(new Uint8Array(TOTAL));
        ended.resolve();
      },
    );
    assert.equal(await lateReader(server.addr.port, ended.promise), TOTAL);
    assert.deepEqual(await log.closed(), ["done"]);
  },
);

test(
  "a drain that ends a recvInto() lets the connection linger",
  net,
  async () => {
    const log = new HookLog();
    const waiting = Promise.withResolvers<void>();
    const server = await serve(
      { port: 0, drainIdleTimeout: 1, ...log.hooks },
      async (conn) => {
        await conn.send("hello\n");
        const reading = conn.recvInto(new Uint8Array(64));
        waiting.resolve();
        await reading;
      },
    );
    await using client = await connect({ port: server.addr.port });
    await waiting.promise;
    const ending = server.shutdown();
    assert.equal(await client.reader.readLine(), "hello");
    assert.equal(await client.recv(), null);
    assert.equal(server.stats.lingering, 1);
    // What is read now is discarded, and the client is not reset for it.
    await client.send("too late\n");
    await client.close();
    await ending;
    assert.deepEqual(await log.closed(), ["drained"]);
  },
);

test(
  "what is not sent when the client has ended is sent all the same",
  net,
  async () => {
    const rows: [
      what: string,
      write: (conn: Connection) => unknown,
      size: number,
    ][] = [
      [
        "in progress",
        (conn) => void conn.send(new Uint8Array(8_000_000)),
        8_000_000,
      ],
      ["behind one in progress", (conn) => {
        conn.send(new Uint8Array(8_000_000));
        conn.send("x");
      }, 8_000_001],
      ["refused", (conn) => void conn.send(undefined as never), 0],
    ];
    for (const [what, write, size] of rows) {
      const log = new HookLog();
      await using server = await serve(
        { port: 0, ...log.hooks },
        async (conn) => {
          assert.equal(await conn.recv(), null);
          write(conn);
        },
      );
      await using client = await connect({ port: server.addr.port });
      await client.closeWrite();
      await log.connected();
      assert.equal((await client.reader.readAll()).length, size, what);
      assert.deepEqual(await log.closed(), ["done"]);
      assert.equal(server.stats.flushErrors, what === "refused" ? 1 : 0);
      assert.deepEqual(log.errors, []);
    }
  },
);

test(
  "of more than 1024 lingering connections the oldest goes",
  {},
  async () => {
    const log = new HookLog();
    const listener = memoryListener();
    await using server = await serve({
      listener,
      maxConnections: 2000,
      lingerTimeout: 60_000,
      ...log.hooks,
    }, () => {});
    for (let i = 0; i < 1025; i++) await listener.connect();
    await log.closed();
    assert.equal(log.connections[0]!.state, "closed");
    assert.equal(server.stats.lingering, 1024);
    await server.close();
  },
);
