/** What happens to a whole process: descriptors run out, memory must not grow, signals end it. */
import assert from "node:assert/strict";
import { connect, type StreamSocket } from "../../mod.ts";
import { authority, serverCertificate } from "../support/certificates.ts";
import {
  residentMemory,
  startLineServer,
} from "../support/line_server_process.ts";
import { test } from "../support/permissions.ts";

const needs = {
  net: true,
  read: true,
  env: true,
  run: [Deno.execPath(), "sh"],
};

async function exchange(client: StreamSocket, line: string) {
  await client.send(`${line}\n`);
  assert.equal(await client.reader.readLine(), line);
}

test(
  "SV25 SIGTERM with 20 half-sent requests: replies, end of stream, exit code 0",
  needs,
  async () => {
    await using server = await startLineServer();
    const clients: StreamSocket[] = [];
    for (let i = 0; i < 20; i++) {
      const client = await connect({ port: server.port });
      clients.push(client);
      await exchange(client, "whole");
      await client.send("ha");
    }
    // The server has read all the halves when it answers this.
    await using last = await connect({ port: server.port });
    await exchange(last, "last");
    Deno.kill(server.pid, "SIGTERM");
    assert.equal(await last.recv(), null, "an idle client is told at once");
    await last.close();
    await assert.rejects(
      connect({ port: server.port }),
      Deno.errors.ConnectionRefused,
    );
    for (const client of clients) {
      await client.send("lf\n");
      assert.equal(await client.reader.readLine(), "half");
      assert.equal(await client.recv(), null);
      await client.close();
    }
    await server.ended();
  },
);

test("a second SIGTERM cuts what the first one left", needs, async () => {
  await using server = await startLineServer();
  await using client = await connect({ port: server.port });
  await exchange(client, "whole");
  await client.send("ha");
  await using idle = await connect({ port: server.port });
  await exchange(idle, "idle");
  Deno.kill(server.pid, "SIGTERM");
  assert.equal(await idle.recv(), null);
  await idle.close();
  Deno.kill(server.pid, "SIGTERM");
  assert.equal(await client.recv(), null);
  await server.ended();
});

test(
  "SV21 the server recovers from descriptor exhaustion by itself, and reports the streak once",
  needs,
  async () => {
    await using server = await startLineServer({ descriptors: 64 });
    const { port } = server;
    await using witness = await connect({ port });
    await exchange(witness, "before");
    // The second time follows at once, so it belongs to the same streak.
    for (const streak of ["first", "second"]) {
      const clients: StreamSocket[] = [];
      for (let i = 0; i < 80; i++) clients.push(await connect({ port }));
      if (streak === "first") {
        assert.equal(await server.error(), "accept EMFILE");
      }
      await exchange(witness, "during");
      await using late = await connect({ port });
      for (const client of clients) await client.close();
      // Nobody did anything for it but those who left.
      await exchange(late, "after");
    }
    Deno.kill(server.pid, "SIGTERM");
    await witness.close();
    assert.equal(await server.error(), null, "nothing else was reported");
    await server.ended();
  },
);

test(
  "a handler that dials for the first time when no descriptor is left is told so",
  needs,
  async () => {
    const descriptors = 64;
    await using server = await startLineServer({ descriptors });
    const { port } = server;
    await using witness = await connect({ port });
    await exchange(witness, "before");
    const clients: StreamSocket[] = [];
    for (let i = 0; i < descriptors; i++) clients.push(await connect({ port }));
    assert.equal(await server.error(), "accept EMFILE");
    await witness.send("dial\n");
    assert.equal(await witness.reader.readLine(), "EMFILE");
    for (const client of clients) await client.close();
    await exchange(witness, "after");
  },
);

test(
  "SV21 silent TLS clients that take all descriptors do not end the process",
  needs,
  async () => {
    const descriptors = 110;
    const tls = serverCertificate();
    await using server = await startLineServer({ descriptors, tls });
    const { port } = server;
    const clients: StreamSocket[] = [];
    for (let i = 0; i < descriptors; i++) clients.push(await connect({ port }));
    assert.equal(await server.error(), "accept EMFILE");
    assert.equal(await server.listens(), port, "through node:tls");
    for (const client of clients) await client.close();
    await using late = await connect({
      transport: "tls",
      port,
      caCerts: [authority()],
    });
    await exchange(late, "after");
  },
);

test(
  "SV27 clients that never read cost bounded memory, and nobody else waits",
  needs,
  async () => {
    await using server = await startLineServer();
    const { port, pid } = server;
    await using witness = await connect({ port });
    await exchange(witness, "before");
    const before = residentMemory(pid);
    // What they ask for is sent back line by line, and they take none of it.
    const deaf: Deno.TcpConn[] = [];
    const line = new TextEncoder().encode("x".repeat(65_535) + "\n");
    for (let i = 0; i < 10; i++) {
      const conn = await Deno.connect({ port });
      deaf.push(conn);
      void flood(conn, line);
    }
    let most = 0;
    for (let round = 0; round < 300; round++) {
      await exchange(witness, `round ${round}`);
      most = Math.max(most, residentMemory(pid) - before);
    }
    for (const conn of deaf) conn.close();
    assert.ok(most < 64 * 1024 * 1024, `${most} bytes more`);
    await exchange(witness, "after");
  },
);

/** Write until the connection is closed. */
async function flood(conn: Deno.Conn, line: Uint8Array): Promise<void> {
  try {
    for (let i = 0; i < 10_000; i++) await conn.write(line);
  } catch {
    // Closed by the test.
  }
}
