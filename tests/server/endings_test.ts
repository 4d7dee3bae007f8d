/** How connections end when their handlers, or the hooks, do strange things. */
import assert from "node:assert/strict";
import {
  connect,
  type Connection,
  listen,
  memoryListener,
  serve,
  type StreamAcceptor,
  type StreamSocket,
} from "../../mod.ts";
import { authority, serverCertificate } from "../support/certificates.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { net, tls, visit } from "../support/visits.ts";

/** A listener of somebody else's, who talks to each client before he gives the socket away. */
async function greeter(
  greet: (socket: StreamSocket) => void | Promise<void>,
): Promise<StreamAcceptor & { addr: Deno.NetAddr }> {
  const listener = await listen({ port: 0 });
  return {
    addr: listener.addr,
    close: () => listener.close(),
    accept: async () => {
      const socket = await listener.accept();
      await greet(socket);
      return socket;
    },
  };
}

/** Errors that throw, or never end, when somebody looks at them. */
const STRANGE: Record<string, () => unknown> = {
  "a message that is null": () => Object.assign(new Error(), { message: null }),
  "a cause that throws": () =>
    Object.defineProperty(new Error(), "cause", {
      get() {
        throw new Error("no");
      },
    }),
  "itself as a part": () => {
    const error = new AggregateError([]);
    error.errors.push(error);
    return error;
  },
  "no parts": () =>
    Object.assign(new AggregateError([]), { errors: undefined }),
  "nothing any more": () => {
    const { proxy, revoke } = Proxy.revocable(new Error(), {});
    revoke();
    return proxy;
  },
};

for (const [what, make] of Object.entries(STRANGE)) {
  test(`an error with ${what} ends its own connection only`, net, async () => {
    const log = new HookLog();
    await using server = await serve({ port: 0, ...log.hooks }, () => {
      throw make();
    });
    assert.equal(await visit(server.addr.port), "");
    assert.deepEqual(await log.closed(), ["error"]);
    assert.equal(log.errors.length, 1);
    assert.equal(server.stats.handlerErrors, 1);
  });
}

test("what was sent before a write that was refused arrives", net, async () => {
  await using server = await serve({ port: 0 }, async (conn) => {
    await conn.reader.readLine();
    conn.send(new Uint8Array(8_000_000));
    conn.send("END\n");
    conn.send(undefined as never);
  });
  const got = await visit(server.addr.port, "one\n");
  assert.equal(got.length, 8_000_004);
  assert.ok(got.endsWith("END\n"));
  assert.equal(server.stats.flushErrors, 1);
});

test(
  "closing for writing tells what was refused, and then does it",
  net,
  async () => {
    await using listener = await listen({ port: 0 });
    await using client = await connect({ port: listener.addr.port });
    await using server = await listener.accept();
    server.send("before");
    server.send(undefined as never);
    await assert.rejects(server.closeWrite(), TypeError);
    await server.closeWrite();
    assert.equal(
      new TextDecoder().decode(await client.reader.readAll()),
      "before",
    );
  },
);

test(
  "a handler that has closed its connection reads and writes no more",
  net,
  async () => {
    const handlers: ((conn: Connection) => Promise<unknown>)[] = [
      async (conn) => {
        conn.close();
        await conn.send("x");
      },
      async (conn) => {
        await conn.close();
        await conn.send("x");
      },
      async (conn) => {
        await conn.close();
        await conn.recv();
      },
      async (conn) => {
        await conn.reader.readLine();
        await conn.close();
        await conn.recv();
      },
      (conn) => {
        conn.close();
        assert.equal(conn.writer.tryWrite("x"), false);
        return Promise.resolve();
      },
    ];
    for (const handler of handlers) {
      const log = new HookLog();
      await using server = await serve({ port: 0, ...log.hooks }, handler);
      assert.equal(await visit(server.addr.port, "one\ntwo\n"), "");
      assert.deepEqual(await log.closed(), ["done"]);
      assert.deepEqual(log.errors, []);
    }
  },
);

test(
  "setOptions() in a hook reaches the connection that is coming in",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve({
      port: 0,
      ...log.hooks,
      onConnect: (conn) => {
        if (conn.id !== 1) return;
        server.setOptions({ idleTimeout: 100, maxConnectionsPerIp: 1 });
      },
    }, (conn) => conn.recv());
    const { port } = server.addr;
    await using first = await connect({ port });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await visit(port), "");
    assert.deepEqual(log.drops, ["per-ip"]);
    assert.equal(await first.recv(), null);
    assert.deepEqual(await log.closed(), ["idle-timeout"]);
  },
);

test(
  "an acceptor may have answered before it gives a socket away",
  net,
  async () => {
    const listener = await greeter(async (socket) => {
      const name = await socket.reader.readLine();
      await socket.send(`hello ${name}\n`);
    });
    await using _server = await serve({ listener }, async (conn) => {
      await conn.send("served\n");
      for await (const line of conn.lines()) await conn.send(`${line}\n`);
    });
    await using client = await connect({ port: listener.addr.port });
    await client.send("me\nmore\n");
    await client.closeWrite();
    assert.equal(
      new TextDecoder().decode(await client.reader.readAll()),
      "hello me\nserved\nmore\n",
    );
  },
);

test(
  "behind an optional PROXY header a silent TLS client is dropped at handshakeTimeout",
  tls,
  async () => {
    const log = new HookLog();
    const listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      ...serverCertificate(),
    });
    await using _server = await serve({
      listener,
      proxyProtocol: { trusted: ["192.0.2.1"], mode: "optional" },
      handshakeTimeout: 100,
      ...log.hooks,
    }, () => {});
    const silent = await connect({
      port: (listener.addr as Deno.NetAddr).port,
    });
    assert.deepEqual(await log.dropped(), ["handshake"]);
    assert.equal(log.connections.length, 0);
    await silent.close();
  },
);

test(
  "prompt clients of listenTls that are denied do not make it give up",
  tls,
  async () => {
    const log = new HookLog();
    let listens = 0;
    await using server = await serve({
      transport: "tls",
      port: 0,
      ...serverCertificate(),
      deny: ["127.0.0.0/8"],
      onListen: () => listens++,
      ...log.hooks,
    }, () => {});
    const { port } = server.addr;
    await Promise.all(Array.from({ length: 100 }, async () => {
      const client = await connect({
        transport: "tls",
        hostname: "localhost",
        port,
        caCerts: [authority()],
      }).catch(() => undefined);
      await client?.recv().catch(() => {});
      await client?.close();
    }));
    await log.dropped(100);
    assert.equal(listens, 1);
  },
);

test(
  "wrong ways to say no proxy are told, and undefined places are none",
  net,
  async () => {
    for (const proxyProtocol of [null, false, 0, ""] as never[]) {
      await assert.rejects(serve({ port: 0, proxyProtocol }, () => {}), {
        name: "TypeError",
        message: /proxyProtocol/,
      });
    }
    const server = await serve(
      { port: 0, listener: undefined, fd: undefined },
      () => {},
    );
    await server.close();
  },
);

test(
  "an error of the handler's own is told although its connection is closed",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        await conn.close();
        const cause = new Deno.errors.BadResource("of a file");
        throw new Error("could not write the log", { cause });
      },
    );
    await visit(server.addr.port);
    assert.deepEqual(await log.closed(), ["error"]);
    assert.match(String(log.errors[0]?.error), /could not write the log/);
  },
);

test(
  "what follows QUIT is not handed out, whether or not the client has ended",
  net,
  async () => {
    for (const ends of [true, false]) {
      const done: string[] = [];
      await using server = await serve({ port: 0 }, async (conn) => {
        await conn.waitForInput();
        if (ends) await conn.reader.peek(1000);
        for await (const line of conn.lines()) {
          done.push(line);
          if (line === "QUIT") await conn.close();
        }
      });
      await using client = await connect({ port: server.addr.port });
      await client.send("PING\nQUIT\nDELETE everything\n");
      if (ends) await client.closeWrite();
      await client.reader.readAll().catch(() => {});
      await server.shutdown();
      assert.deepEqual(done, ["PING", "QUIT"]);
    }
  },
);

test(
  "closing for writing that nobody awaits does not hide a refusal",
  net,
  async () => {
    await using listener = await listen({ port: 0 });
    await using client = await connect({ port: listener.addr.port });
    await using server = await listener.accept();
    server.send("first half\n");
    server.send(7 as never);
    server.closeWrite();
    await assert.rejects(server.closeWrite(), TypeError);
    await server.closeWrite();
    const text = new TextDecoder().decode(await client.reader.readAll());
    assert.equal(text, "first half\n");
  },
);

test(
  "closing ends although the peer does not read and something was refused",
  net,
  async () => {
    await using listener = await listen({ port: 0 });
    await using _client = await connect({ port: listener.addr.port });
    const server = await listener.accept();
    server.writer.tryWrite(new Uint8Array(8_000_000));
    server.writer.tryWrite(new Uint8Array(900_000));
    server.send(new Uint8Array(900_000));
    await server.close();
  },
);

test(
  "a client who does not read an acceptor's greeting holds up nobody",
  net,
  async () => {
    const listener = await greeter((socket) => {
      socket.send(new Uint8Array(10_000_000));
    });
    const log = new HookLog();
    await using _server = await serve({
      listener,
      handshakeTimeout: 500,
      ...log.hooks,
    }, (conn) => conn.send("served"));
    await using _silent = await connect({ port: listener.addr.port });
    await using client = await connect({ port: listener.addr.port });
    const got = await client.reader.readAll();
    assert.equal(got.length, 10_000_006);
    assert.deepEqual(await log.dropped(), ["handshake"]);
    assert.deepEqual(log.errors, []);
  },
);

test(
  "whoever keeps a connection whose handler has ended cannot use it",
  net,
  async () => {
    for (const isFresh of [true, false]) {
      const log = new HookLog();
      await using server = await serve(
        { port: 0, lingerTimeout: 60_000, ...log.hooks },
        async (conn) => isFresh || (await conn.send("x"), conn.reader),
      );
      await using client = await connect({ port: server.addr.port });
      const got = await client.reader.readAll();
      const [conn] = await log.connected();
      assert.equal(server.stats.lingering, 1);
      assert.equal(conn!.writer.tryWrite("late"), false);
      await assert.rejects(conn!.send("late"), Deno.errors.BadResource);
      await assert.rejects(conn!.recv(), Deno.errors.BadResource);
      const target = new Uint8Array(4);
      await assert.rejects(conn!.recvInto(target), Deno.errors.BadResource);
      await client.send("unread");
      await client.close();
      await log.closed();
      assert.equal(got.length, isFresh ? 0 : 1);
      assert.deepEqual(target, new Uint8Array(4));
    }
  },
);

test("an error beside the echo of a cut is told", net, async () => {
  const own = new Error("own");
  const pairs: ((echo: unknown) => Error)[] = [
    (echo) => new SuppressedError(own, echo),
    (echo) => new SuppressedError(echo, own),
    (echo) => new AggregateError([echo, own]),
    (echo) => new SuppressedError(echo, echo),
    (echo) => new AggregateError([echo, echo]),
  ];
  const log = new HookLog();
  await using server = await serve({ port: 0, ...log.hooks }, (conn) => {
    const echo = new Error("cut");
    conn.abort(echo);
    throw pairs[conn.id - 1]!(echo);
  });
  for (let i = 1; i <= pairs.length; i++) {
    await visit(server.addr.port);
    await log.closed(i);
  }
  assert.equal(log.errors.length, 3);
  assert.equal(server.stats.handlerErrors, 3);
});

test(
  "signal has aborted also for who asks when the peer is gone",
  {},
  async () => {
    const listener = memoryListener();
    const seen: unknown[] = [];
    await using server = await serve({ listener }, async (conn) => {
      const error = await conn.send("x".repeat(100_000)).catch((error) =>
        error
      );
      seen.push(error, conn.signal.reason);
    });
    const client = await listener.connect();
    await client.recv(1);
    await client.close();
    await server.shutdown();
    assert.ok(seen[0] instanceof Deno.errors.BrokenPipe);
    assert.equal(seen[0], seen[1]);
  },
);
