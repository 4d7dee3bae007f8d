import assert from "node:assert/strict";
import { connect, serve } from "../../mod.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { net } from "../support/visits.ts";

test(
  "SV32 idleTimeout ends a connection that waits for input, and its reason says so",
  net,
  async () => {
    const log = new HookLog();
    let seen: unknown;
    await using server = await serve(
      { port: 0, idleTimeout: 60, ...log.hooks },
      async (conn) => {
        try {
          for await (const line of conn.lines()) await conn.send(`${line}\n`);
        } catch (error) {
          seen = error;
          assert.equal(conn.signal.reason, error);
          throw error;
        }
      },
    );
    await using client = await connect({ port: server.addr.port });
    await client.send("hello\n");
    assert.equal(await client.reader.readLine(), "hello");
    assert.equal(await client.recv(), null);
    assert.deepEqual(await log.closed(), ["idle-timeout"]);
    assert.equal((seen as Error).name, "TimeoutError");
    assert.deepEqual(server.stats.closes, { "idle-timeout": 1 });
    assert.deepEqual(log.errors, []);
    assert.equal(server.stats.handlerErrors, 0);
  },
);

test(
  "idleTimeout spares a handler that works, and one that only writes",
  net,
  async () => {
    const log = new HookLog();
    const gate = Promise.withResolvers<void>();
    await using server = await serve(
      { port: 0, idleTimeout: 60, ...log.hooks },
      async (conn) => {
        if (conn.id === 2) return void await conn.recv();
        await gate.promise;
        await conn.send("worked\n");
      },
    );
    await using worker = await connect({ port: server.addr.port });
    await log.connected();
    await using idler = await connect({ port: server.addr.port });
    assert.equal(await idler.recv(), null, "this one is the clock");
    gate.resolve();
    assert.equal(await worker.reader.readLine(), "worked");
  },
);

test(
  "idleTimeout also ends a reader that asks with time-outs of its own",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, idleTimeout: 80, ...log.hooks },
      async (conn) => {
        for (;;) {
          try {
            await conn.recv(100, { timeout: 5 });
          } catch (error) {
            if (conn.signal.aborted) throw error;
          }
        }
      },
    );
    await using client = await connect({ port: server.addr.port });
    assert.equal(await client.recv(), null);
    assert.deepEqual(await log.closed(), ["idle-timeout"]);
  },
);

test(
  "messageTimeout ends a line that dribbles, though bytes keep coming",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, messageTimeout: 100, ...log.hooks },
      async (conn) => {
        for await (const line of conn.lines()) await conn.send(`${line}\n`);
      },
    );
    await using client = await connect({ port: server.addr.port });
    const ended = client.recv();
    let sent = 0;
    const dribble = setInterval(() => {
      client.writer.tryWrite("x");
      sent++;
    }, 10);
    await log.closed();
    clearInterval(dribble);
    assert.deepEqual(log.reasons, ["message-timeout"]);
    assert.ok(sent > 2);
    await ended.catch(() => {});
  },
);

test(
  "messageTimeout does not count between messages, nor in bare reads",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, messageTimeout: 40, ...log.hooks },
      async (conn) => {
        if (conn.id === 3) return void await conn.lines().next();
        if (conn.id === 2) return void await conn.reader.readLine();
        for await (const line of conn.lines()) await conn.send(`${line}\n`);
      },
    );
    await using between = await connect({ port: server.addr.port });
    await between.send("one\n");
    assert.equal(await between.reader.readLine(), "one");
    await using bare = await connect({ port: server.addr.port });
    await log.connected(2);
    await bare.send("hal");
    await using clock = await connect({ port: server.addr.port });
    await clock.send("hal");
    assert.deepEqual(await log.closed(), ["message-timeout"]);
    await between.send("two\n");
    assert.equal(await between.reader.readLine(), "two");
  },
);

test(
  "writeTimeout ends a connection whose client reads nothing",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, writeTimeout: 80, ...log.hooks },
      async (conn) => {
        await conn.send(new Uint8Array(50_000_000));
      },
    );
    await using client = await connect({ port: server.addr.port });
    assert.deepEqual(await log.closed(), ["write-timeout"]);
    assert.deepEqual(log.errors, []);
    void client;
  },
);

test(
  "writeTimeout also ends what a handler left behind in its queue",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, writeTimeout: 80, ...log.hooks },
      (conn) => void conn.send(new Uint8Array(50_000_000)),
    );
    await using client = await connect({ port: server.addr.port });
    assert.deepEqual(await log.closed(), ["write-timeout"]);
    assert.equal(server.stats.flushErrors, 1);
    void client;
  },
);

test("deadline() cuts, unless it is disposed before", net, async () => {
  const log = new HookLog();
  await using server = await serve({ port: 0, ...log.hooks }, async (conn) => {
    {
      using _first = conn.deadline(1);
      await conn.reader.readLine({ timeout: 1000 }).catch(() => {});
    }
    await conn.send("never\n");
  });
  await using late = await connect({ port: server.addr.port });
  assert.equal(await late.recv(), null);
  assert.deepEqual(await log.closed(), ["deadline"]);
  assert.deepEqual(log.errors, []);

  await using disposing = await serve({ port: 0 }, async (conn) => {
    conn.deadline(20)[Symbol.dispose]();
    conn.deadline(Infinity);
    conn.deadline(2 ** 31);
    await conn.reader.readLine();
    await conn.send("in time\n");
  });
  await using client = await connect({ port: disposing.addr.port });
  await using clock = await connect({ port: server.addr.port });
  await log.closed(2);
  await client.send("x\n");
  assert.equal(await client.reader.readLine(), "in time");
  void clock;
});

test(
  "deadlines end with their connection and leave no timer behind",
  net,
  async () => {
    await using server = await serve({ port: 0 }, (conn) => {
      // The sanitizer would see what is left of 100 timers.
      for (let i = 0; i < 100; i++) conn.deadline(100_000);
    });
    await using client = await connect({ port: server.addr.port });
    assert.equal(await client.recv(), null);
  },
);

test("deadline() refuses what is no time", net, async () => {
  const log = new HookLog();
  await using server = await serve({ port: 0, ...log.hooks }, (conn) => {
    assert.throws(() => conn.deadline(0), RangeError);
    assert.throws(() => conn.deadline(NaN), RangeError);
    // @ts-expect-error: the point of the test
    assert.throws(() => conn.deadline("1"), TypeError);
  });
  await using client = await connect({ port: server.addr.port });
  assert.equal(await client.recv(), null);
  assert.deepEqual(log.errors, []);
});

test("maxConnectionAge tells a connection to drain", net, async () => {
  const log = new HookLog();
  await using server = await serve(
    { port: 0, maxConnectionAge: 60, ...log.hooks },
    async (conn) => {
      for await (const line of conn.lines()) await conn.send(`${line}\n`);
      assert.equal(conn.draining, true);
      assert.equal(conn.signal.aborted, false);
      await conn.send("bye\n");
    },
  );
  await using client = await connect({ port: server.addr.port });
  await client.send("hello\n");
  assert.equal(await client.reader.readLine(), "hello");
  assert.equal(await client.reader.readLine(), "bye");
  assert.equal(await client.recv(), null);
  await client.close();
  assert.deepEqual(await log.closed(), ["drained"]);
  assert.deepEqual(log.errors, []);
  assert.equal(server.state, "listening", "only the connection leaves");
});

test("setTimeouts() changes them for one connection", net, async () => {
  const log = new HookLog();
  await using server = await serve({ port: 0, ...log.hooks }, async (conn) => {
    if (conn.id === 1) conn.setTimeouts({ idleTimeout: 40 });
    await conn.send("set\n");
    await conn.recv();
  });
  await using one = await connect({ port: server.addr.port });
  await one.reader.readLine();
  await using two = await connect({ port: server.addr.port });
  await two.reader.readLine();
  assert.equal(await one.recv(), null);
  assert.deepEqual(await log.closed(), ["idle-timeout"]);
  assert.equal(server.connections.size, 1);
});

test(
  "setTimeouts() survives setOptions(), and refuses bad values",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        conn.setTimeouts({ idleTimeout: Infinity });
        const bad = (timeouts: object) => () => conn.setTimeouts(timeouts);
        assert.throws(bad({ idleTimeout: 0 }), RangeError);
        assert.throws(bad({ writeTimeout: "1" }), TypeError);
        assert.throws(bad({ idleTimeOut: 1 }), { message: /idleTimeOut/ });
        const noOptions = { name: "TypeError", message: /must be an object$/ };
        for (const none of [undefined, null, 5]) {
          assert.throws(bad(none as never), noOptions);
        }
        await conn.send("set\n");
        await conn.recv();
        await conn.send("still here\n");
      },
    );
    await using client = await connect({ port: server.addr.port });
    assert.equal(await client.reader.readLine(), "set");
    server.setOptions({ idleTimeout: 20 });
    await using clock = await serve(
      { port: 0, idleTimeout: 100 },
      (conn) => conn.recv(),
    );
    await using other = await connect({ port: clock.addr.port });
    assert.equal(await other.recv(), null);
    await client.send("x");
    assert.equal(await client.reader.readLine(), "still here");
    assert.deepEqual(log.errors, []);
  },
);

test(
  "setOptions() changes the time-outs of connections that are open",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        for await (const line of conn.lines()) await conn.send(`${line}\n`);
      },
    );
    await using client = await connect({ port: server.addr.port });
    await log.connected();
    server.setOptions({ idleTimeout: 40 });
    assert.equal(await client.recv(), null);
    assert.deepEqual(await log.closed(), ["idle-timeout"]);
  },
);
