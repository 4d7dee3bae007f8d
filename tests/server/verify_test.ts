/** A `verify` that never answers keeps no place: not of the server, not of its client, not of a shutdown. */
import assert from "node:assert/strict";
import {
  connect,
  type Connection,
  serve,
  type StreamServer,
  type TcpServeOptions,
} from "../../mod.ts";
import { authority, serverCertificate } from "../support/certificates.ts";
import { openDescriptors } from "../support/descriptors.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { net } from "../support/visits.ts";

/** A server whose `verify` hangs; `asked` gives the connection that it hangs on. */
async function hanging(options: Partial<TcpServeOptions> = {}): Promise<{
  server: StreamServer;
  log: HookLog;
  asked: Promise<Connection>;
  answer: (admit: boolean) => void;
}> {
  const log = new HookLog();
  const asked = Promise.withResolvers<Connection>();
  const answer = Promise.withResolvers<boolean>();
  const server = await serve({
    port: 0,
    verify: (conn) => {
      asked.resolve(conn);
      return answer.promise;
    },
    ...log.hooks,
    ...options,
  }, (conn) => conn.send("served"));
  return { server, log, asked: asked.promise, answer: answer.resolve };
}

test("verify() falls under handshakeTimeout", net, async () => {
  const { server, log, asked, answer } = await hanging({
    handshakeTimeout: 50,
    maxConnections: 1,
    maxConnectionsPerIp: 1,
  });
  await using _ = server;
  await using client = await connect({ port: server.addr.port });
  const { signal } = await asked;
  assert.equal(signal.aborted, false);
  assert.equal(await client.recv(), null);
  assert.deepEqual(await log.dropped(), ["verify"]);
  assert.equal(signal.reason.name, "TimeoutError");
  assert.match(signal.reason.message, /not done within 50 ms/);
  assert.deepEqual(server.stats.drops, { verify: 1 });
  assert.equal(server.stats.active, 0);
  // The places of the server and of the client are free again, and a late answer opens nothing.
  answer(true);
  await using next = await connect({ port: server.addr.port });
  assert.equal(new TextDecoder().decode(await next.reader.readAll()), "served");
  assert.equal(log.connections.length, 1);
  assert.deepEqual(log.errors, []);
});

test(
  "verify() lets in who is told so, not who is told nothing",
  net,
  async () => {
    const answers: unknown[] = [false, undefined, null, 0, "", NaN];
    const { length } = answers;
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks, verify: () => Promise.resolve(answers.shift()) },
      (conn) => conn.send("served"),
    );
    for (let i = 0; i < length; i++) {
      await using client = await connect({ port: server.addr.port });
      assert.equal(await client.recv(), null);
    }
    assert.deepEqual(await log.dropped(length), Array(length).fill("verify"));
    assert.deepEqual([log.connections.length, log.errors.length], [0, 0]);
  },
);

test("200 that hang in verify() leave nothing behind", {
  net: true,
  read: true,
}, async () => {
  const before = openDescriptors();
  const log = new HookLog();
  {
    await using server = await serve({
      port: 0,
      handshakeTimeout: 100,
      verify: () => new Promise(() => {}),
      ...log.hooks,
    }, (conn) => conn.send("served"));
    const { port } = server.addr;
    const clients = [];
    for (let i = 0; i < 200; i++) clients.push(await connect({ port }));
    await log.dropped(200);
    for (const client of clients) {
      assert.equal(await client.recv(), null);
      await client.close();
    }
    assert.equal(server.stats.active, 0);
    assert.deepEqual(server.stats.drops, { verify: 200 });
  }
  assert.ok(openDescriptors() <= before, "no descriptor is left open");
});

test("verify() that waits for its signal is no failure", net, async () => {
  const { server, log } = await hanging({
    handshakeTimeout: 50,
    verify: (conn) =>
      new Promise((_, reject) => {
        const { signal } = conn;
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  });
  await using _ = server;
  await using client = await connect({ port: server.addr.port });
  assert.equal(await client.recv(), null);
  assert.deepEqual(await log.dropped(), ["verify"]);
  assert.deepEqual(log.errors, []);
});

test("verify() that waits for a client's password is timed", net, async () => {
  const log = new HookLog();
  await using server = await serve({
    port: 0,
    handshakeTimeout: 100,
    verify: async (conn) => await conn.reader.readLine() === "secret",
    ...log.hooks,
  }, async (conn) => {
    await conn.send(`${await conn.reader.readLine()}\n`);
  });
  const { port } = server.addr;
  await using silent = await connect({ port });
  assert.equal(await silent.recv(), null);
  assert.deepEqual(await log.dropped(), ["verify"]);
  await using good = await connect({ port });
  await good.send("secret\nhello\n");
  assert.equal(await good.reader.readLine(), "hello");
  assert.deepEqual(log.errors, [], "a client that says nothing is no error");
});

test("TLS handshake and verify() have one deadline together", net, async () => {
  const log = new HookLog();
  await using server = await serve({
    transport: "tls",
    port: 0,
    ...serverCertificate(),
    handshakeTimeout: 500,
    verify: () => new Promise(() => {}),
    ...log.hooks,
  }, (conn) => conn.send("served"));
  await using client = await connect({
    transport: "tls",
    hostname: "localhost",
    port: server.addr.port,
    caCerts: [authority()],
  });
  assert.equal(await client.recv(), null);
  assert.deepEqual(await log.dropped(), ["verify"]);
});

test("close() does not wait for a verify() that hangs", net, async () => {
  const { server, log, asked, answer } = await hanging();
  await using client = await connect({ port: server.addr.port });
  const { signal } = await asked;
  await server.close();
  assert.equal(signal.reason.name, "AbortError");
  assert.equal(await client.recv(), null);
  await server.finished;
  assert.equal(server.stats.active, 0);
  answer(true);
  assert.equal(log.connections.length, 0);
});

test("shutdown() waits for verify() up to its own deadline", net, async () => {
  const { server, log, asked } = await hanging();
  await using client = await connect({ port: server.addr.port });
  const { signal } = await asked;
  const report = await server.shutdown({ timeout: 50 });
  assert.equal(report.completed, 0);
  assert.equal(signal.aborted, true);
  assert.equal(await client.recv(), null);
  assert.equal(log.connections.length, 0);
  assert.deepEqual(log.errors, []);
});

test("shutdown() ends when handshakeTimeout ends verify()", net, async () => {
  const { server, log, asked } = await hanging({ handshakeTimeout: 50 });
  await using client = await connect({ port: server.addr.port });
  await asked;
  const report = await server.shutdown({ timeout: Infinity });
  assert.equal(report.aborted, 0);
  assert.equal(await client.recv(), null);
  assert.deepEqual(log.drops, ["verify"]);
});

test("who was admitted during a shutdown is told to drain", net, async () => {
  const seen = Promise.withResolvers<boolean>();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  const server = await serve({
    port: 0,
    verify: () => {
      asked.resolve();
      return answer.promise;
    },
  }, (conn) => {
    seen.resolve(conn.draining);
    return conn.send("served");
  });
  await using client = await connect({ port: server.addr.port });
  await asked.promise;
  const shutdown = server.shutdown();
  answer.resolve(true);
  assert.equal(await seen.promise, true);
  assert.equal(
    new TextDecoder().decode(await client.reader.readAll()),
    "served",
  );
  await client.close();
  await shutdown;
});

test("setOptions() reaches who is still in verify()", net, async () => {
  const log = new HookLog();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  await using server = await serve({
    port: 0,
    verify: () => {
      asked.resolve();
      return answer.promise;
    },
    ...log.hooks,
  }, (conn) => conn.recv());
  await using client = await connect({ port: server.addr.port });
  await asked.promise;
  server.setOptions({ idleTimeout: 50 });
  answer.resolve(true);
  assert.equal(await client.recv(), null);
  assert.deepEqual(await log.closed(), ["idle-timeout"]);
});
