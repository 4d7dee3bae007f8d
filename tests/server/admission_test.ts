import assert from "node:assert/strict";
import { connect, IPSet, serve, StreamSocket } from "../../mod.ts";
import { Admission } from "../../lib/server/admission.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { net } from "../support/visits.ts";

/** What a client of this port gets until the end. */
async function visit(port: number, hostname = "127.0.0.1"): Promise<string> {
  await using client = await connect({ hostname, port });
  try {
    return new TextDecoder().decode(await client.reader.readAll());
  } catch (error) {
    // Closed with the client's bytes unread, or before it had sent any.
    return (error as Error).name;
  }
}

for (
  const [what, lists, served] of [
    ["deny", { deny: ["127.0.0.0/8"] }, false],
    ["deny elsewhere", { deny: ["192.0.2.0/24"] }, true],
    ["allow elsewhere", { allow: ["192.0.2.0/24"] }, false],
    ["allow", { allow: ["127.0.0.1"] }, true],
    ["deny before allow", {
      allow: ["127.0.0.0/8"],
      deny: ["127.0.0.1"],
    }, false],
    ["an IPSet", { deny: IPSet.from(["127.0.0.1"]) }, false],
    ["an empty allow list", { allow: [] }, false],
  ] as const
) {
  test(
    `SV07 ${what}: the client is ${served ? "served" : "dropped"}`,
    net,
    async () => {
      const log = new HookLog();
      await using server = await serve(
        { port: 0, ...log.hooks, ...lists },
        (conn) => conn.send("served"),
      );
      assert.equal(await visit(server.addr.port), served ? "served" : "");
      assert.deepEqual(log.drops, served ? [] : ["deny"]);
      assert.equal(log.connections.length, served ? 1 : 0);
      assert.deepEqual(server.stats.drops, served ? {} : { deny: 1 });
      assert.equal(server.stats.accepted, 1);
    },
  );
}

test(
  "SV07 an IPv4 client of a dual-stack server is judged as IPv4",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { hostname: "", port: 0, deny: ["127.0.0.0/8"], ...log.hooks },
      (conn) => conn.send("served"),
    );
    assert.equal(await visit(server.addr.port), "");
    assert.deepEqual(log.drops, ["deny"]);
  },
);

test(
  "SV07 setOptions() changes the lists, and a bad one changes nothing",
  net,
  async () => {
    await using server = await serve(
      { port: 0, deny: ["127.0.0.1"] },
      (conn) => conn.send("served"),
    );
    const { port } = server.addr;
    assert.throws(
      () => server.setOptions({ deny: ["garbage"], maxConnections: 1 }),
      SyntaxError,
    );
    assert.equal(await visit(port), "");
    server.setOptions({ maxConnections: 5 });
    assert.equal(await visit(port), "", "what is not named stays");
    server.setOptions({ deny: [] });
    assert.equal(await visit(port), "served");
  },
);

test(
  "rateLimit drops who comes too often, under its own reason",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, rateLimit: { perSecond: 0.001, burst: 3 }, ...log.hooks },
      (conn) => conn.send("served"),
    );
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await visit(server.addr.port));
    assert.deepEqual(answers, ["served", "served", "served", "", ""]);
    assert.deepEqual(server.stats.drops, { "rate-limit": 2 });
    server.setOptions({ rateLimit: undefined });
    assert.equal(await visit(server.addr.port), "served");
  },
);

test(
  "maxConnectionsPerIp drops one client's next connection until one has left",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, maxConnectionsPerIp: 2, ...log.hooks },
      async (conn) => {
        await conn.send("served");
        await conn.recv();
      },
    );
    const { port } = server.addr;
    const clients: StreamSocket[] = [];
    for (let i = 0; i < 2; i++) {
      clients.push(await connect({ port }));
      await clients[i]!.recv();
    }
    assert.equal(await visit(port), "");
    assert.deepEqual(log.drops, ["per-ip"]);
    await clients[0]!.close();
    await log.closed();
    clients.push(await connect({ port }));
    assert.ok(await clients[2]!.recv());
    assert.equal(await visit(port), "");
    for (const client of clients) await client.close();
  },
);

test("SV19 overflow close drops one too many at once", net, async () => {
  const log = new HookLog();
  await using server = await serve(
    { port: 0, maxConnections: 1, overflow: "close", ...log.hooks },
    (conn) => conn.recv(),
  );
  await using first = await connect({ port: server.addr.port });
  await log.connected();
  assert.equal(await visit(server.addr.port), "");
  assert.deepEqual(log.drops, ["overflow"]);
  await first.send("x");
  assert.equal(await first.recv(), null);
  await first.close();
  await log.closed();
  await using next = await connect({ port: server.addr.port });
  await log.connected(2);
  await next.send("x");
  assert.equal(await next.recv(), null);
});

test(
  "SV19 an overflow handler may say busy, and its connection counts as dropped",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve({
      port: 0,
      maxConnections: 1,
      overflow: (conn) => conn.send("busy\n"),
      ...log.hooks,
    }, (conn) => conn.recv());
    await using first = await connect({ port: server.addr.port });
    await log.connected();
    for (let i = 0; i < 3; i++) {
      assert.equal(await visit(server.addr.port), "busy\n");
    }
    assert.deepEqual(log.drops, ["overflow", "overflow", "overflow"]);
    assert.equal(log.connections.length, 1, "onConnect is for those served");
    assert.equal(server.stats.active, 1);
    await first.send("x");
    assert.equal(await first.recv(), null);
    await first.close();
    await log.closed();
    const { accepted, drops, closes } = server.stats;
    assert.deepEqual({ accepted, drops, closes }, {
      accepted: 4,
      drops: { overflow: 3 },
      closes: { done: 1 },
    });
  },
);

test("SV19 an overflow handler that dawdles is cut, one that throws is told", {
  net: true,
}, async () => {
  const log = new HookLog();
  await using server = await serve({
    port: 0,
    maxConnections: 1,
    overflow: (conn) => {
      if (conn.id === 2) throw new Error("busy");
      return conn.closed;
    },
    ...log.hooks,
  }, (conn) => conn.recv());
  await using first = await connect({ port: server.addr.port });
  await log.connected();
  assert.equal(await visit(server.addr.port), "");
  assert.deepEqual((await log.failed()).map(String), ["Error: busy"]);
  assert.equal(await visit(server.addr.port), "", "cut after a second");
  assert.equal(log.errors.length, 1);
  void first;
});

test(
  "whoever finds no room does not count as one of his address's connections",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve({
      port: 0,
      maxConnections: 1,
      maxConnectionsPerIp: 2,
      overflow: "close",
      ...log.hooks,
    }, (conn) => conn.recv());
    await using _inside = await connect({ port: server.addr.port });
    await log.connected();
    for (let i = 0; i < 3; i++) await visit(server.addr.port);
    assert.deepEqual(log.drops, ["overflow", "overflow", "overflow"]);
  },
);

test("overflow handlers that ended make room for others", net, async () => {
  const log = new HookLog();
  await using server = await serve({
    port: 0,
    maxConnections: 1,
    overflow: (conn) => conn.send("busy"),
    proxyProtocol: { trusted: ["127.0.0.1"] },
    ...log.hooks,
  }, (conn) => conn.recv());
  const come = async (header: string) => {
    const client = await connect({ port: server.addr.port });
    await client.send(header);
    return client;
  };
  await using _inside = await come("PROXY UNKNOWN\r\n");
  await log.connected();
  // One more than may run at once, of each kind.
  for (let i = 1; i <= 65; i++) {
    await using _liar = await come("no header\r\n");
    await log.dropped(2 * i - 1);
    await using client = await come("PROXY UNKNOWN\r\n");
    assert.equal((await client.reader.readAll()).length, 4, `${i}`);
  }
  assert.deepEqual(server.stats.drops, { proxy: 65, overflow: 65 });
});

test("no more than 64 overflow handlers run at once; the others are closed", {
  net: true,
}, async () => {
  const log = new HookLog();
  let running = 0;
  let most = 0;
  await using server = await serve({
    port: 0,
    maxConnections: 1,
    overflow: async (conn) => {
      most = Math.max(most, ++running);
      await conn.send("busy");
      await conn.closed; // dawdles until it is cut
      running--;
    },
    ...log.hooks,
  }, async (conn) => {
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  });
  const { port } = server.addr;
  await using inside = await connect({ port });
  await log.connected();
  const visits = Array.from({ length: 200 }, () => visit(port));
  await log.dropped(200);
  await inside.send("still here\n");
  assert.equal(await inside.reader.readLine(), "still here");
  assert.equal(most, 64);
  const seen = await Promise.all(visits);
  assert.equal(seen.filter((text) => text === "busy").length, 64);
  assert.equal(running, 0);
  assert.equal(server.stats.peak, 1);
  assert.deepEqual(server.stats.drops, { overflow: 200 });
  assert.deepEqual(log.errors, []);
});

test("verify() says who is served", net, async () => {
  const log = new HookLog();
  const answers = [true, false, Promise.resolve(true), 0, undefined];
  await using server = await serve({
    port: 0,
    verify: (conn) => answers[conn.id - 1],
    ...log.hooks,
  }, (conn) => conn.send("served"));
  const seen = [];
  for (const _ of answers) seen.push(await visit(server.addr.port));
  assert.deepEqual(seen, ["served", "", "served", "", ""]);
  assert.deepEqual(log.drops, ["verify", "verify", "verify"]);
  assert.equal(log.connections.length, 2);
  assert.equal(server.stats.active, 0);
});

test("verify() that fails drops the connection and is told", net, async () => {
  const log = new HookLog();
  await using server = await serve({
    port: 0,
    verify: () => Promise.reject(new Error("no database")),
    ...log.hooks,
  }, (conn) => conn.send("served"));
  assert.equal(await visit(server.addr.port), "");
  assert.deepEqual(log.drops, ["verify"]);
  const { phase, connection, remoteAddr } = log.errors[0]!.context;
  assert.equal(phase, "verify");
  assert.ok(connection instanceof StreamSocket);
  assert.equal(connection.remoteAddr, remoteAddr);
  assert.equal(log.errors.length, 1);
});

test(
  "verify() whose connection has ended drops it without a word",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve({
      port: 0,
      verify: (conn) => {
        const error = new Error("not you");
        conn.abort(error);
        throw error;
      },
      ...log.hooks,
    }, (conn) => conn.send("served"));
    assert.equal(await visit(server.addr.port), "");
    assert.deepEqual(log.drops, ["verify"]);
    assert.equal(log.connections.length, 0);
    assert.deepEqual(log.errors, []);
  },
);

test(
  "verify() counts against maxConnections while it thinks",
  net,
  async () => {
    const gate = Promise.withResolvers<boolean>();
    await using server = await serve({
      port: 0,
      maxConnections: 1,
      verify: () => gate.promise,
      overflow: "close",
    }, (conn) => conn.send("served"));
    await using first = await connect({ port: server.addr.port });
    assert.equal(await visit(server.addr.port), "");
    assert.equal(server.stats.active, 1);
    gate.resolve(true);
    assert.equal(
      new TextDecoder().decode(await first.reader.readAll()),
      "served",
    );
  },
);

test("who came while nobody was counted counts once somebody is", {}, () => {
  const admission = new Admission();
  const peer = {
    remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 },
  } as const;
  admission.update({}, 2, []);
  assert.equal(admission.admit(peer), undefined);
  assert.equal(admission.admit(peer), undefined);
  admission.update({}, Infinity, []);
  admission.leave(peer);
  assert.equal(admission.admit(peer), undefined);
  admission.leave(peer);
  admission.update({}, 2, [peer]);
  assert.equal(admission.admit(peer), undefined);
  assert.equal(admission.admit(peer), "per-ip");
  admission.leave(peer);
  assert.equal(admission.admit(peer), undefined);
});
