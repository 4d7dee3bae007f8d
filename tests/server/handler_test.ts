import assert from "node:assert/strict";
import {
  connect,
  type Connection,
  serve,
  serveDatagram,
  StreamRequestHandler,
  type StreamServer,
} from "../../mod.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { net } from "../support/visits.ts";

for (
  const [how, handler] of [
    ["throws", () => {
      throw new Error("broken");
    }],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ] as const
) {
  test(
    `SV05 a handler that ${how} ends its own connection only`,
    net,
    async () => {
      const log = new HookLog();
      await using server = await serve({ port: 0, ...log.hooks }, handler);
      for (let i = 1; i <= 2; i++) {
        await using client = await connect({ port: server.addr.port });
        assert.equal(await client.recv(), null);
        await client.close();
        await log.closed(i);
        assert.equal(log.errors.length, i, "told once");
      }
      const { error, context } = log.errors[0]!;
      assert.equal((error as Error).message, "broken");
      assert.equal(context.phase, "handler");
      assert.equal(context.connection, log.connections[0]);
      assert.deepEqual(context.remoteAddr, log.connections[0]!.remoteAddr);
      assert.deepEqual(log.reasons, ["error", "error"]);
      assert.equal(server.stats.handlerErrors, 2);
    },
  );
}

test("SV05 what a failing handler has written still arrives", net, async () => {
  const log = new HookLog();
  await using server = await serve({ port: 0, ...log.hooks }, (conn) => {
    conn.send("500 broken\n");
    throw new Error("broken");
  });
  await using client = await connect({ port: server.addr.port });
  await client.send("unread");
  assert.equal(await client.reader.readLine(), "500 broken");
  assert.equal(await client.recv(), null);
});

test(
  "SV06 hooks that throw or reject are counted, and the server goes on",
  net,
  async () => {
    let calls = 0;
    const broken = () => {
      calls++;
      throw new Error("hook");
    };
    const rejected = () => {
      calls++;
      return Promise.reject(new Error("hook"));
    };
    await using server = await serve({
      port: 0,
      onListen: broken,
      onConnect: rejected,
      onClose: broken,
      onError: rejected,
    }, async (conn) => {
      await conn.send("served\n");
      throw new Error("handler");
    });
    for (let i = 0; i < 2; i++) {
      await using client = await connect({ port: server.addr.port });
      assert.equal(await client.reader.readLine(), "served");
      assert.equal(await client.recv(), null);
    }
    await server.shutdown();
    assert.equal(calls, 7);
    assert.equal(server.stats.hookErrors, 7);
    assert.equal(server.stats.handlerErrors, 2);
  },
);

/** A class handler that notes what is called; `fail` names the steps that throw. */
function recording(fail: string[]) {
  const steps: string[] = [];
  function step(name: string) {
    steps.push(name);
    if (fail.includes(name)) throw new Error(name);
  }
  class Recording extends StreamRequestHandler {
    constructor(conn: Connection, server: StreamServer) {
      super(conn, server);
      step("constructor");
    }
    override setup() {
      step("setup");
    }
    override async handle() {
      assert.equal(this.request, this.connection);
      assert.equal(this.rfile, this.connection.reader);
      assert.equal(this.clientAddress.port, this.connection.remoteAddr.port);
      await this.wfile.write(`${await this.rfile.readLine()}\n`);
      step("handle");
    }
    override finish() {
      step("finish");
    }
  }
  return { steps, Recording };
}

for (
  const [row, fail, expected] of [
    ["SV09 a class handler runs", [], [
      "constructor",
      "setup",
      "handle",
      "finish",
    ]],
    ["SV08 after a failing constructor", ["constructor"], ["constructor"]],
    ["SV08 after a failing setup", ["setup"], ["constructor", "setup"]],
    ["SV09 after a failing handle", ["handle"], [
      "constructor",
      "setup",
      "handle",
      "finish",
    ]],
    ["SV09 with a failing finish", ["finish"], [
      "constructor",
      "setup",
      "handle",
      "finish",
    ]],
    ["SV09 with failing handle and finish", ["handle", "finish"], [
      "constructor",
      "setup",
      "handle",
      "finish",
    ]],
  ] as const
) {
  test(`${row}: ${expected.join(", ")}`, net, async () => {
    const { steps, Recording } = recording([...fail]);
    const log = new HookLog();
    await using server = await serve({ port: 0, ...log.hooks }, Recording);
    await using client = await connect({ port: server.addr.port });
    await client.send("hello\n");
    const answered = expected.some((step) => step === "handle");
    assert.equal(await client.reader.readLine(), answered ? "hello" : null);
    await client.close();
    await log.closed();
    assert.deepEqual(steps, expected);
    assert.deepEqual(log.reasons, [fail.length === 0 ? "done" : "error"]);
    assert.equal(log.errors.length, fail.length === 0 ? 0 : 1);
    const error = log.errors[0]?.error;
    if (fail.length === 2) {
      assert.ok(error instanceof SuppressedError);
      assert.equal(error.error.message, "finish");
      assert.equal(error.suppressed.message, "handle");
    } else if (fail.length === 1) {
      assert.equal((error as Error).message, fail[0]);
    }
  });
}

test(
  "SV13 writing to a dead peer in finish() is no error of the handler",
  net,
  async () => {
    class Farewell extends StreamRequestHandler {
      override async handle() {
        await this.rfile.readAll();
      }
      override async finish() {
        await this.wfile.write("bye\n");
      }
    }
    const log = new HookLog();
    await using server = await serve(
      { port: 0, idleTimeout: 80, ...log.hooks },
      Farewell,
    );
    await using client = await connect({ port: server.addr.port });
    // handle() fails as the connection is cut, and finish() meets the same cut.
    assert.deepEqual(await log.closed(), ["idle-timeout"]);
    assert.deepEqual(log.errors, []);
    assert.equal(await client.recv(), null);
  },
);

test(
  "SV24 a handler that fails after it closed its connection is reported once",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        await conn.close();
        await conn.closed;
        throw new Error("late");
      },
    );
    await using client = await connect({ port: server.addr.port });
    assert.equal(await client.recv(), null);
    await client.close();
    assert.deepEqual((await log.failed()).map(String), ["Error: late"]);
    assert.deepEqual(await log.closed(), ["error"]);
  },
);

test(
  "SV24 writes that nobody awaits fail in silence, and the next one tells",
  net,
  async () => {
    const log = new HookLog();
    const told = Promise.withResolvers<unknown>();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        const chunk = new Uint8Array(65_536);
        await conn.recv();
        while (!conn.signal.aborted) {
          for (let i = 0; i < 10; i++) void conn.send(chunk);
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        told.resolve(await conn.send("x").catch((error) => error));
      },
    );
    const client = await connect({ port: server.addr.port });
    await client.send("go");
    await client.recv();
    // Unread input makes the kernel answer with a reset.
    await client.close();
    assert.ok(await told.promise instanceof Error);
    assert.deepEqual(await log.closed(), ["peer-gone"]);
    assert.deepEqual(log.errors, []);
  },
);

test(
  "SV24 a handler that is cut while it writes, reads and waits leaves nothing unhandled",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        void conn.send(new Uint8Array(50_000_000));
        void conn.send("more");
        void conn.closeWrite();
        await conn.recv();
      },
    );
    await using client = await connect({ port: server.addr.port });
    await log.connected();
    await server.close();
    assert.deepEqual(await log.closed(), ["cut"]);
    assert.deepEqual(log.errors, []);
    await assert.doesNotReject(client.close());
  },
);

test("SV32 a peer that resets is an ordinary end", net, async () => {
  const log = new HookLog();
  await using server = await serve({ port: 0, ...log.hooks }, async (conn) => {
    await conn.send(new Uint8Array(5_000_000));
    await conn.recv();
  });
  const client = await Deno.connect({ port: server.addr.port });
  await log.connected();
  client.close();
  assert.deepEqual(await log.closed(), ["peer-gone"]);
  assert.deepEqual(log.errors, []);
  assert.deepEqual(server.stats.closes, { "peer-gone": 1 });
  assert.equal(server.stats.handlerErrors, 0);
});

test(
  "SV32 a line that is too long ends the connection as limit",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, limit: 10, ...log.hooks },
      async (conn) => {
        for await (const line of conn.lines()) await conn.send(`${line}\n`);
      },
    );
    await using client = await connect({ port: server.addr.port });
    await client.send("0123456789\n0123456789X\n");
    assert.equal(await client.reader.readLine(), "0123456789");
    assert.equal(await client.recv(), null);
    await client.close();
    assert.deepEqual(await log.closed(), ["limit"]);
    assert.deepEqual(log.errors, []);
  },
);

test(
  "SV32 abort() in a handler ends the connection as aborted",
  net,
  async () => {
    const log = new HookLog();
    const reason = new Error("enough");
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        const waiting = conn.recv();
        conn.abort(reason);
        await assert.rejects(waiting, reason);
        assert.equal(conn.signal.reason, reason);
        await conn.send("x");
      },
    );
    await using client = await connect({ port: server.addr.port });
    assert.equal(await client.recv(), null);
    assert.deepEqual(await log.closed(), ["aborted"]);
    assert.deepEqual(log.errors, []);
  },
);

test("Connection.state leads from open to closed", net, async () => {
  const log = new HookLog();
  const states: string[] = [];
  const note = (conn: Connection) => states.push(conn.state);
  await using server = await serve({ port: 0, ...log.hooks }, async (conn) => {
    note(conn);
    await conn.recv();
    note(conn);
    await conn.close();
    note(conn);
    await conn.closed;
    note(conn);
  });
  await using client = await connect({ port: server.addr.port });
  await log.connected();
  const draining = server.shutdown();
  await client.send("x");
  assert.equal(await client.recv(), null);
  await client.close();
  await draining;
  assert.deepEqual(states, ["open", "draining", "closing", "closed"]);
});

test("handle may be a field of a class handler", net, async () => {
  class Fielded extends StreamRequestHandler {
    override handle = () => this.wfile.write("served");
  }
  await using server = await serve({ port: 0 }, Fielded);
  await using client = await connect({ port: server.addr.port });
  assert.equal((await client.reader.readAll()).length, 6);
});

test(
  "a handler that is neither function nor class is refused before anything is bound",
  net,
  async () => {
    await assert.rejects(
      // @ts-expect-error: the point of the test
      serve({ port: 0 }, { handle() {} }),
      { name: "TypeError", message: /handler/ },
    );
  },
);

test(
  "a class without handle() is refused before anything is bound",
  net,
  async () => {
    class Handler {}
    const message = /class Handler: has no handle\(\)/;
    // @ts-expect-error: the point of the test
    await assert.rejects(serve({ port: 0 }, Handler), {
      name: "TypeError",
      message,
    });
    await assert.rejects(
      // @ts-expect-error: the point of the test
      serveDatagram({ port: 0 }, class {}),
      { name: "TypeError", message: /class without a name: has no handle\(\)/ },
    );
  },
);
