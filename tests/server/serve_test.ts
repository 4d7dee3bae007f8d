import assert from "node:assert/strict";
import { connect, listen, serve, type StreamServer } from "../../mod.ts";
import { authority, serverCertificate } from "../support/certificates.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { CountedSignal } from "../support/signal_listeners.ts";
import { SocketOptions } from "../support/socket_options.ts";
import { echoLines, net } from "../support/visits.ts";

test(
  "SV01 lines are echoed to three clients over TCP",
  net,
  async () => {
    await using server = await serve({ port: 0 }, echoLines);
    assert.equal(server.addr.transport, "tcp");
    assert.equal(server.addr.hostname, "127.0.0.1");
    assert.ok(server.addr.port > 0);
    for (const text of ["one", "two", "three"]) {
      await using client = await connect({ port: server.addr.port });
      await client.send(`${text}\n`);
      assert.equal(await client.reader.readLine(), text);
    }
  },
);

test(
  "SV01 lines are echoed to three clients over TLS",
  { net: true, read: true },
  async () => {
    await using server = await serve(
      { transport: "tls", port: 0, ...serverCertificate() },
      async (conn) => {
        assert.ok(conn.tls);
        await echoLines(conn);
      },
    );
    for (const text of ["one", "two", "three"]) {
      await using client = await connect({
        transport: "tls",
        hostname: "localhost",
        port: server.addr.port,
        caCerts: [authority()],
      });
      await client.send(`${text}\n`);
      assert.equal(await client.reader.readLine(), text);
    }
  },
);

test(
  "SV01 lines are echoed to three clients over a Unix socket",
  { net: true, read: true, write: true },
  async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/echo`;
    {
      await using server = await serve({ transport: "unix", path }, echoLines);
      assert.deepEqual(server.addr, { transport: "unix", path });
      for (const text of ["one", "two", "three"]) {
        await using client = await connect({ transport: "unix", path });
        await client.send(`${text}\n`);
        assert.equal(await client.reader.readLine(), text);
      }
    }
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    await Deno.remove(folder);
  },
);

for (const end of ["shutdown", "close"] as const) {
  test(
    `SV02 after ${end} the server has finished and its port is free`,
    net,
    async () => {
      const server = await serve({ port: 0 }, echoLines);
      const { port } = server.addr;
      assert.equal(server.state, "listening");
      await server[end]();
      await server.finished;
      assert.equal(server.state, "closed");
      assert.deepEqual(server.addr.port, port, "readable after the end");
      await assert.rejects(connect({ port }), Deno.errors.ConnectionRefused);
      await using successor = await listen({ port });
      assert.equal(successor.addr.port, port);
    },
  );
}

test(
  "SV03 twenty servers are shut down as soon as they are up",
  net,
  async () => {
    const reports = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const server = await serve({ port: 0 }, echoLines);
        return await server.shutdown();
      }),
    );
    for (const { completed, aborted } of reports) {
      assert.deepEqual({ completed, aborted }, { completed: 0, aborted: 0 });
    }
  },
);

test("SV14 listen().accept() serves one, the next waits in the backlog", {
  net: true,
}, async () => {
  await using listener = await listen({ port: 0 });
  await using first = await connect({ port: listener.addr.port });
  await using second = await connect({ port: listener.addr.port });
  await second.send("second\n");
  await first.send("first\n");
  await using one = await listener.accept();
  assert.equal(await one.reader.readLine(), "first");
  await using two = await listener.accept();
  assert.equal(await two.reader.readLine(), "second");
});

test(
  "SV15 an accept that times out leaves the listener usable",
  net,
  async () => {
    await using listener = await listen({ port: 0 });
    await assert.rejects(listener.accept({ timeout: 5 }), {
      name: "TimeoutError",
    });
    await using client = await connect({ port: listener.addr.port });
    await using socket = await listener.accept();
    assert.equal(socket.remoteAddr.port, client.localAddr.port);
  },
);

test("SV16 of finished requests no record is kept", { net: true }, async () => {
  const log = new HookLog();
  const { onClose } = log.hooks;
  await using server = await serve(
    { port: 0, onClose },
    (conn) => conn.send("x"),
  );
  for (let i = 0; i < 10; i++) {
    await using client = await connect({ port: server.addr.port });
    assert.equal((await client.reader.readAll()).length, 1);
  }
  await log.closed(10);
  assert.equal(server.connections.size, 0);
  const { active, lingering, accepted, closes } = server.stats;
  assert.deepEqual({ active, lingering, accepted, closes }, {
    active: 0,
    lingering: 0,
    accepted: 10,
    closes: { done: 10 },
  });
});

test("SV17 200 clients at once are all answered", { net: true }, async () => {
  await using server = await serve({ port: 0 }, echoLines);
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      await using client = await connect({ port: server.addr.port });
      await client.send(`client ${i}\n`);
      return await client.reader.readLine();
    }),
  );
  assert.deepEqual(answers, answers.map((_, i) => `client ${i}`));
});

test("SV18 with maxConnections 1 clients are served one after the other", {
  net: true,
}, async () => {
  let now = 0;
  let most = 0;
  const order: string[] = [];
  await using server = await serve(
    { port: 0, maxConnections: 1 },
    async (conn) => {
      most = Math.max(most, ++now);
      for await (const line of conn.lines()) order.push(line);
      await conn.send("served\n");
      now--;
    },
  );
  const clients = [];
  for (let i = 0; i < 5; i++) {
    const client = await connect({ port: server.addr.port });
    await client.send(`begin ${i}\nend ${i}\n`);
    await client.closeWrite();
    clients.push(client);
  }
  for (const client of clients) {
    assert.equal(await client.reader.readLine(), "served");
    await client.close();
  }
  assert.equal(most, 1);
  assert.equal(server.stats.peak, 1);
  assert.deepEqual(
    order,
    [0, 1, 2, 3, 4].flatMap((i) => [`begin ${i}`, `end ${i}`]),
  );
});

test("SV19 one client too many waits, and is served when another leaves", {
  net: true,
}, async () => {
  const log = new HookLog();
  await using server = await serve(
    { port: 0, maxConnections: 2, ...log.hooks },
    echoLines,
  );
  const { port } = server.addr;
  await using first = await connect({ port });
  await using second = await connect({ port });
  await log.connected(2);
  await using third = await connect({ port });
  await third.send("late\n");
  // While the first two are served again and again, the third is not.
  for (let i = 0; i < 20; i++) {
    for (const client of [first, second]) {
      await client.send("hello\n");
      assert.equal(await client.reader.readLine(), "hello");
    }
  }
  assert.equal(log.connections.length, 2);
  assert.equal(server.stats.accepted, 2, "not even accepted");
  await first.close();
  assert.equal(await third.reader.readLine(), "late");
  assert.deepEqual(log.drops, []);
});

test(
  "SV19 raising maxConnections lets those in who wait",
  net,
  async () => {
    await using server = await serve({ port: 0, maxConnections: 1 }, echoLines);
    await using first = await connect({ port: server.addr.port });
    await first.send("first\n");
    assert.equal(await first.reader.readLine(), "first");
    await using second = await connect({ port: server.addr.port });
    await second.send("second\n");
    server.setOptions({ maxConnections: 2 });
    assert.equal(await second.reader.readLine(), "second");
  },
);

test(
  "SV19 lowering maxConnections refuses nobody who may wait",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve({ port: 0, ...log.hooks }, echoLines);
    await using first = await connect({ port: server.addr.port });
    await log.connected();
    // The accept for the next one is outstanding already.
    server.setOptions({ maxConnections: 1 });
    await using second = await connect({ port: server.addr.port });
    await second.send("hello\n");
    assert.equal(await second.reader.readLine(), "hello");
    await using third = await connect({ port: server.addr.port });
    await third.send("late\n");
    await first.close();
    await second.close();
    assert.equal(await third.reader.readLine(), "late");
    assert.deepEqual(log.drops, []);
  },
);

test(
  "serve() numbers connections, and shows both addresses",
  net,
  async () => {
    const ids: number[] = [];
    await using server: StreamServer = await serve(
      { port: 0 },
      async (conn) => {
        ids.push(conn.id);
        assert.equal(conn.server, server);
        assert.equal(conn.localAddr.port, server.addr.port);
        assert.ok(conn.openedAt <= Date.now());
        await conn.send(`${conn.remoteAddr.port}`);
      },
    );
    for (const _ of [1, 2, 3]) {
      await using client = await connect({ port: server.addr.port });
      const told = await client.reader.readAll();
      assert.equal(new TextDecoder().decode(told), `${client.localAddr.port}`);
    }
    assert.deepEqual(ids, [1, 2, 3]);
  },
);

test(
  "noDelay and keepAlive are set right after accept, unless told",
  net,
  async () => {
    using set = await SocketOptions.watch();
    for (
      const [given, calls] of [
        [{}, ["setNoDelay true", "setKeepAlive true"]],
        [{ noDelay: false }, ["setKeepAlive true"]],
        [{ keepAlive: false }, ["setNoDelay true"]],
      ] as const
    ) {
      const options = { port: 0, lingerTimeout: 0, ...given };
      await using server = await serve(options, () => {
        assert.deepEqual(set.taken(), calls);
      });
      using client = await Deno.connect({ port: server.addr.port });
      assert.equal(await client.read(new Uint8Array(1)), null);
      await server.shutdown();
      assert.equal(server.stats.handlerErrors, 0);
    }
  },
);

test(
  "a server that has ended listens to its signal no more",
  net,
  async () => {
    const counted = new CountedSignal();
    const { signal } = counted;
    const server = await serve({ port: 0, signal }, echoLines);
    assert.equal(counted.listeners, 1);
    await server.shutdown();
    assert.equal(counted.listeners, 0);
  },
);

test("stats are a snapshot", net, async () => {
  const log = new HookLog();
  await using server = await serve(
    { port: 0, verify: (conn) => conn.id === 2, ...log.hooks },
    () => {},
  );
  const before = server.stats;
  const empty = structuredClone(before);
  for (let i = 0; i < 2; i++) {
    using client = await Deno.connect({ port: server.addr.port });
    assert.equal(await client.read(new Uint8Array(1)), null);
  }
  await log.dropped();
  await log.closed();
  assert.deepEqual(before, empty);
  const { accepted, active, peak, drops, closes, flushErrors } = server.stats;
  assert.deepEqual({ accepted, active, peak, drops, closes, flushErrors }, {
    accepted: 2,
    active: 0,
    peak: 1,
    drops: { verify: 1 },
    closes: { done: 1 },
    flushErrors: 0,
  });
});

test(
  "a server that has ended leaves the system's signals alone",
  net,
  async () => {
    const { addSignalListener, removeSignalListener } = Deno;
    const heard: string[] = [];
    Object.assign(Deno, {
      addSignalListener: (name: string) => heard.push(name),
      removeSignalListener: (name: string) =>
        heard.splice(heard.indexOf(name), 1),
    });
    try {
      const shutdownSignals: Deno.Signal[] = ["SIGTERM", "SIGINT"];
      const server = await serve({ port: 0, shutdownSignals }, echoLines);
      assert.deepEqual(heard, shutdownSignals);
      await server.shutdown();
      assert.deepEqual(heard, []);
    } finally {
      Object.assign(Deno, { addSignalListener, removeSignalListener });
    }
  },
);
