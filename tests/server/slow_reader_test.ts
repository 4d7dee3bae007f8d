import assert from "node:assert/strict";
import {
  connect,
  type Connection,
  LimitExceededError,
  serve,
  type StreamSocket,
} from "../../mod.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { net } from "../support/visits.ts";

test(
  "SV11 16 MiB reach a client that reads slowly, and late",
  net,
  async () => {
    const size = 16 * 1024 * 1024;
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        const data = new Uint8Array(size);
        for (let i = 0; i < size; i += 4096) data[i] = i >> 12;
        await conn.send(data);
        assert.equal(conn.bytesWritten, size);
      },
    );
    await using client = await connect({ port: server.addr.port });
    await log.connected();
    let total = 0;
    for await (const chunk of client.reader.chunks()) {
      for (let i = -total & 4095; i < chunk.length; i += 4096) {
        assert.equal(chunk[i], ((total + i) >> 12) & 255);
      }
      total += chunk.length;
    }
    assert.equal(total, size);
    await client.close();
    assert.deepEqual(await log.closed(), ["done"]);
  },
);

test("SV27 a slow reader does not hold up the others", net, async () => {
  const log = new HookLog();
  await using server = await serve({ port: 0, ...log.hooks }, async (conn) => {
    if (conn.id === 1) await conn.send(new Uint8Array(50_000_000));
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  });
  await using slow = await connect({ port: server.addr.port });
  await log.connected();
  await using client = await connect({ port: server.addr.port });
  for (let i = 0; i < 100; i++) {
    await client.send(`${i}\n`);
    assert.equal(await client.reader.readLine(), `${i}`);
  }
  assert.equal(server.connections.size, 2);
  await slow.close();
});

test(
  "SV33 a broadcast reaches everybody but the one that never reads",
  net,
  async () => {
    const log = new HookLog();
    const maxWriteBuffer = 200_000;
    await using server = await serve(
      { port: 0, maxWriteBuffer, ...log.hooks },
      (conn) => conn.recv(),
    );
    const clients: StreamSocket[] = [];
    for (let i = 0; i < 100; i++) {
      clients.push(await connect({ port: server.addr.port }));
    }
    await log.connected(100);
    const deaf = clients.pop()!;
    const isDeaf = (conn: Connection) =>
      conn.remoteAddr.port === (deaf.localAddr as Deno.NetAddr).port;
    const line = "x".repeat(63) + "\n";
    const chunk = new Uint8Array(64_000).fill(120);
    // Everybody reads along but one.
    const reading = clients.map(async (client) => {
      let total = 0;
      while (total < 1000 * line.length) total += (await client.recv())!.length;
      return total;
    });
    for (let round = 0; round < 1000; round++) {
      for (const conn of server.connections) {
        if (isDeaf(conn)) continue;
        assert.equal(conn.writer.tryWrite(line), true);
      }
      if (round % 100 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const conn = [...server.connections].find(isDeaf)!;
    // What the kernel takes is its own affair; what waits behind it is bounded.
    let taken = 0;
    while (conn.writer.tryWrite(chunk)) {
      taken += chunk.length;
      assert.ok(taken < 100_000_000, "bounded");
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(conn.writer.buffered <= maxWriteBuffer);
    await assert.rejects(conn.send(chunk), (error) => {
      assert.ok(error instanceof LimitExceededError);
      assert.equal(error.limit, maxWriteBuffer);
      assert.ok(error.actual > maxWriteBuffer);
      return true;
    });
    assert.equal(
      conn.state,
      "open",
      "to drop or to cut it is the sender's choice",
    );
    conn.abort();
    const totals = await Promise.all(reading);
    assert.ok(totals.every((total) => total === 1000 * line.length));
    for (const client of [...clients, deaf]) await client.close();
    await log.closed(100);
    assert.deepEqual(log.errors, []);
  },
);

test("SV10 what is written is sent at once, though the handler then computes", {
  net: true,
  read: true,
  write: true,
  run: ["python3"],
}, async () => {
  const { python } = await import("../support/programs.ts");
  const folder = await Deno.makeTempDir();
  const seen = `${folder}/seen`;
  let computedUntil = "the bound";
  await using server = await serve({ port: 0 }, async (conn) => {
    await conn.recv();
    conn.writer.write("first\n");
    // Compute, without a turn of the event loop, until the client says that it has the bytes.
    const end = performance.now() + 5000;
    while (performance.now() < end) {
      try {
        Deno.statSync(seen);
        computedUntil = "the client had it";
        break;
      } catch {
        // Not yet.
      }
    }
    await conn.send("second\n");
  });
  await using client = python(
    `
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"go")
f = s.makefile("rb")
assert f.readline() == b"first\\n"
open(sys.argv[2], "w").close()
assert f.readline() == b"second\\n"
assert f.read() == b""
`,
    server.addr.port,
    seen,
  );
  await client.ended();
  assert.equal(computedUntil, "the client had it");
  await Deno.remove(folder, { recursive: true });
});
