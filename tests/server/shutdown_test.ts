import assert from "node:assert/strict";
import {
  connect,
  serve,
  socketpair,
  type StreamAcceptor,
  type StreamSocket,
} from "../../mod.ts";
import { Drain } from "../../lib/server/drain.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { echoLines, net } from "../support/visits.ts";

/** Resolves when a signal aborts. */
function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) =>
    signal.addEventListener("abort", resolve, { once: true })
  );
}

/** A handler that ends when the test says so. */
function gated() {
  const gate = Promise.withResolvers<void>();
  return { open: () => gate.resolve(), handler: () => gate.promise };
}

test(
  "SV04 shutdown twice at once gives both the same report",
  net,
  async () => {
    const server = await serve({ port: 0 }, echoLines);
    const [one, two] = await Promise.all([
      server.shutdown(),
      server.shutdown(),
    ]);
    assert.deepEqual(one, two);
    assert.deepEqual(await server.shutdown(), one);
    await server.close();
  },
);

test(
  "SV04 a shutdown in a handler waits for that handler up to the deadline",
  net,
  async () => {
    const log = new HookLog();
    const reports: { completed: number; aborted: number }[] = [];
    const server = await serve({ port: 0, ...log.hooks }, async () => {
      reports.push(await server.shutdown({ timeout: 30 }));
    });
    await using client = await connect({ port: server.addr.port });
    await server.finished;
    assert.equal(await client.recv(), null);
    await log.closed();
    assert.deepEqual(log.reasons, ["cut"]);
    const [{ completed, aborted }] = reports as [typeof reports[0]];
    assert.deepEqual({ completed, aborted }, { completed: 0, aborted: 1 });
  },
);

test(
  "SV04 a shutdown in a handler that does not await it ends by itself",
  net,
  async () => {
    const log = new HookLog();
    const server = await serve({ port: 0, ...log.hooks }, async (conn) => {
      for await (const line of conn.lines()) {
        void server.shutdown();
        await conn.send(`${line}\n`);
      }
    });
    await using client = await connect({ port: server.addr.port });
    await client.send("stop\n");
    assert.equal(await client.reader.readLine(), "stop");
    assert.equal(await client.recv(), null);
    await client.close();
    await server.finished;
    assert.deepEqual(log.reasons, ["drained"]);
  },
);

test(
  "SV22 shutdown drains until the deadline, then cuts a blocked writer and a sleeper",
  net,
  async () => {
    const log = new HookLog();
    const { open, handler } = gated();
    const server = await serve({ port: 0, ...log.hooks }, async (conn) => {
      if (conn.id === 1) await conn.send(new Uint8Array(50_000_000));
      else if (conn.id === 2) await handler();
      else await echoLines(conn);
    });
    const { port } = server.addr;
    const clients: StreamSocket[] = [];
    for (let i = 1; i <= 3; i++) {
      clients.push(await connect({ port }));
      await log.connected(i);
    }
    await clients[2]!.send("hello\n");
    assert.equal(await clients[2]!.reader.readLine(), "hello");
    const closing = clients[2]!.recv().then(() => clients[2]!.close());
    const report = await server.shutdown({ timeout: 60 });
    await closing;
    assert.equal(report.completed, 1);
    assert.equal(report.aborted, 2);
    assert.ok(report.duration >= 50 && report.duration < 5000);
    for (const conn of server.connections) assert.ok(conn.signal.aborted);
    assert.equal(log.connections[1]!.signal.aborted, true);
    open();
    await log.closed(3);
    assert.deepEqual(log.reasons.toSorted(), ["cut", "cut", "drained"]);
    assert.deepEqual(log.errors, []);
    for (const client of clients) await client.close();
  },
);

for (
  const [how, end] of [
    ["close()", (server: { close(): Promise<void> }) => server.close()],
    ["shutdown({ timeout: 0 })", (server: {
      shutdown(o: { timeout: number }): Promise<unknown>;
    }) => server.shutdown({ timeout: 0 })],
  ] as const
) {
  test(`SV22 ${how} cuts at once`, net, async () => {
    const log = new HookLog();
    const ends: unknown[] = [];
    const server = await serve({ port: 0, ...log.hooks }, async (conn) => {
      try {
        if (conn.id === 1) await conn.send(new Uint8Array(50_000_000));
        else await echoLines(conn);
        ends.push("ended");
      } catch (error) {
        ends.push((error as Error).name);
        throw error;
      }
    });
    await using one = await connect({ port: server.addr.port });
    await log.connected(1);
    await using two = await connect({ port: server.addr.port });
    await log.connected(2);
    await end(server);
    assert.deepEqual(log.reasons, ["cut", "cut"]);
    assert.deepEqual(ends, ["AbortError", "AbortError"]);
    assert.deepEqual(log.errors, []);
    assert.equal(server.stats.closes.cut, 2);
    assert.equal(await two.recv(), null);
    void one;
  });
}

test("SV22 close() during a drain cuts what is left", net, async () => {
  const log = new HookLog();
  const { open, handler } = gated();
  const server = await serve({ port: 0, ...log.hooks }, handler);
  await using client = await connect({ port: server.addr.port });
  await log.connected();
  const draining = server.shutdown({ timeout: Infinity });
  assert.equal(server.state, "draining");
  assert.equal(log.connections[0]!.draining, true);
  await server.close();
  assert.equal((await draining).aborted, 1);
  assert.equal(await client.recv(), null);
  open();
  await log.closed();
});

test("a second shutdown signal cuts what the first one left", {
  ...net,
  run: ["kill"],
}, async () => {
  const log = new HookLog();
  const { open, handler } = gated();
  await using server = await serve({
    port: 0,
    shutdownSignals: ["SIGUSR2"],
    shutdownTimeout: Infinity,
    ...log.hooks,
  }, handler);
  await using client = await connect({ port: server.addr.port });
  const [conn] = await log.connected();
  const kill = () => Deno.kill(Deno.pid, "SIGUSR2");
  const drained = aborted(conn!.drainSignal);
  kill();
  await drained;
  assert.deepEqual([server.state, conn!.signal.aborted], ["draining", false]);
  kill();
  await server.finished;
  assert.equal(conn!.signal.aborted, true);
  assert.equal(await client.recv(), null);
  open();
  assert.deepEqual(await log.closed(), ["cut"]);
});

test(
  "SV23 finished can be awaited before the end and several times",
  net,
  async () => {
    const server = await serve({ port: 0 }, echoLines);
    const waiting = [server.finished, server.finished];
    await server.close();
    await Promise.all([...waiting, server.finished]);
  },
);

test(
  "SV26 a stuck handler is aborted at the deadline, and the report says so",
  net,
  async () => {
    const log = new HookLog();
    const aborted = Promise.withResolvers<unknown>();
    const server = await serve({ port: 0, ...log.hooks }, (conn) => {
      assert.equal(conn.drainSignal.aborted, false);
      conn.drainSignal.addEventListener("abort", () => {
        assert.equal(conn.signal.aborted, false, "first told, then cut");
      });
      conn.signal.addEventListener(
        "abort",
        () => aborted.resolve(conn.signal.reason),
      );
      return aborted.promise;
    });
    await using client = await connect({ port: server.addr.port });
    await log.connected();
    const report = await server.shutdown({ timeout: 40 });
    assert.equal(report.aborted, 1);
    assert.equal(report.completed, 0);
    assert.equal((await aborted.promise as Error).name, "AbortError");
    assert.deepEqual(await log.closed(), ["cut"]);
    assert.equal(await client.recv(), null);
  },
);

test(
  "SV26 a handler that has closed its connection and goes on is aborted too",
  net,
  async () => {
    const log = new HookLog();
    const server = await serve({ port: 0, ...log.hooks }, async (conn) => {
      await conn.close();
      const { promise, reject } = Promise.withResolvers<void>();
      conn.signal.addEventListener("abort", () => reject(conn.signal.reason));
      await promise;
    });
    await using client = await connect({ port: server.addr.port });
    assert.equal(await client.recv(), null);
    await client.close();
    await log.connections[0]!.closed;
    assert.equal((await server.shutdown({ timeout: 30 })).aborted, 1);
    await log.closed();
    assert.deepEqual(log.errors, []);
  },
);

test(
  "SV26 shutdown({ signal }) cuts when it aborts, and a shorter second time-out counts",
  net,
  async () => {
    for (const hurry of ["signal", "second shutdown"]) {
      const log = new HookLog();
      const { open, handler } = gated();
      const server = await serve({ port: 0, ...log.hooks }, handler);
      await using client = await connect({ port: server.addr.port });
      await log.connected();
      const controller = new AbortController();
      const { signal } = controller;
      const draining = server.shutdown({ timeout: 60_000, signal });
      if (hurry === "signal") controller.abort();
      else void server.shutdown({ timeout: 20 });
      assert.equal((await draining).aborted, 1, hurry);
      assert.equal(await client.recv(), null);
      open();
      await log.closed();
    }
  },
);

test("SV26 an aborted signal given to shutdown cuts at once", net, async () => {
  const log = new HookLog();
  const server = await serve({ port: 0, ...log.hooks }, echoLines);
  await using client = await connect({ port: server.addr.port });
  await log.connected();
  await server.shutdown({ signal: AbortSignal.abort() });
  assert.deepEqual(log.reasons, ["cut"]);
  assert.equal(await client.recv(), null);
});

test(
  "SV26 shutdownTimeout is the deadline unless told, and 0 cuts",
  net,
  async () => {
    const log = new HookLog();
    const server = await serve(
      { port: 0, shutdownTimeout: 0, ...log.hooks },
      echoLines,
    );
    await using client = await connect({ port: server.addr.port });
    await log.connected();
    await server.shutdown();
    assert.deepEqual(log.reasons, ["cut"]);
    assert.equal(await client.recv(), null);
  },
);

test(
  "shutdown() refuses bad options, and the server goes on",
  net,
  async () => {
    await using server = await serve({ port: 0 }, echoLines);
    for (const timeout of [-1, NaN]) {
      await assert.rejects(server.shutdown({ timeout }), {
        name: "RangeError",
        message: /timeout/,
      });
    }
    // @ts-expect-error: the point of the test
    await assert.rejects(server.shutdown({ timeout: "1" }), {
      name: "TypeError",
      message: /timeout "1"/,
    });
    // @ts-expect-error: the point of the test
    await assert.rejects(server.shutdown({ timeOut: 1 }), {
      name: "TypeError",
      message: /timeOut/,
    });
    assert.equal(server.state, "listening");
  },
);

test("the option signal cuts the server when it aborts", net, async () => {
  const log = new HookLog();
  const controller = new AbortController();
  const { signal } = controller;
  const server = await serve({ port: 0, signal, ...log.hooks }, echoLines);
  await using client = await connect({ port: server.addr.port });
  await log.connected();
  controller.abort();
  await server.finished;
  assert.deepEqual(log.reasons, ["cut"]);
  assert.equal(await client.recv(), null);
});

test(
  "the option signal, aborted before or while binding, rejects with its reason",
  net,
  async () => {
    const reason = new Error("no more");
    await assert.rejects(
      serve({ port: 0, signal: AbortSignal.abort(reason) }, echoLines),
      reason,
    );
    const controller = new AbortController();
    const { signal } = controller;
    const starting = serve({ port: 0, signal }, echoLines);
    controller.abort(reason);
    await assert.rejects(starting, reason);
  },
);

test(
  "await using shuts a server down at the end of its scope",
  net,
  async () => {
    const log = new HookLog();
    let port: number;
    {
      await using server = await serve({ port: 0, ...log.hooks }, echoLines);
      ({ port } = server.addr);
      const client = await connect({ port });
      await client.send("hello\n");
      assert.equal(await client.reader.readLine(), "hello");
      void client.recv().then(() => client.close());
    }
    assert.deepEqual(log.reasons, ["drained"]);
    await assert.rejects(connect({ port }), Deno.errors.ConnectionRefused);
  },
);

test(
  "a client that was accepted in the moment of the shutdown is told to drain",
  net,
  async () => {
    const log = new HookLog();
    const server = await serve(
      { port: 0, drainIdleTimeout: 30, lingerTimeout: 30, ...log.hooks },
      async (conn) => {
        while (await conn.waitForInput()) await conn.recv();
      },
    );
    const connecting = Array.from(
      { length: 20 },
      () => connect({ port: server.addr.port }).catch(() => undefined),
    );
    await connecting[0];
    const report = await server.shutdown({ timeout: 10_000 });
    assert.equal(report.aborted, 0);
    assert.ok(report.duration < 5000);
    for (const client of await Promise.all(connecting)) await client?.close();
  },
);

/** An acceptor that gives its one connection away only when it is closed. */
function lastMoment() {
  const [client, accepted] = socketpair();
  const late = Promise.withResolvers<StreamSocket>();
  const listener: StreamAcceptor = {
    addr: accepted.localAddr,
    accept: () => late.promise,
    close: () => late.resolve(accepted),
  };
  return { client, listener };
}

test("SV22 who is accepted as the drain begins is served", {}, async () => {
  const { client, listener } = lastMoment();
  const server = await serve({ listener, lingerTimeout: 0 }, echoLines);
  await client.send("one\n");
  const { aborted, completed } = await server.shutdown();
  assert.deepEqual({ aborted, completed }, { aborted: 0, completed: 1 });
  assert.equal(await client.reader.readLine(), "one");
  assert.equal(await client.recv(), null);
  await client.close();
});

test("SV22 who is accepted as the server closes is cut", {}, async () => {
  const { client, listener } = lastMoment();
  const server = await serve({ listener }, echoLines);
  await server.close();
  assert.equal(server.stats.active, 0);
  assert.equal(await client.recv(), null);
  await client.close();
});

test(
  "SV26 of several time-outs the one that passes first counts",
  {},
  async () => {
    for (const timeouts of [[30, 60_000], [60_000, 30], [30, 40, Infinity]]) {
      using timers = new FakeTimers();
      const drain = new Drain();
      for (const timeout of timeouts) drain.limit(timeout);
      await timers.pass(29);
      assert.equal(drain.ended, false);
      await timers.pass(1);
      assert.equal(drain.ended, true);
      await drain.done;
      assert.equal(timers.active, 0);
    }
  },
);
