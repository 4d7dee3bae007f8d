import assert from "node:assert/strict";
import {
  connect,
  listen,
  memoryListener,
  serve,
  socketpair,
  type StreamAcceptor,
  type StreamSocket,
} from "../../mod.ts";
import {
  authority,
  selfSigned,
  serverCertificate,
} from "../support/certificates.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { echoLines, net } from "../support/visits.ts";

/** Send a line, get it back, close. */
async function exchange(client: StreamSocket) {
  await client.send("hello\n");
  assert.equal(await client.reader.readLine(), "hello");
  await client.close();
}

test(
  "serve({ listener }) takes Deno's listener, and closes it in the end",
  net,
  async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    {
      await using server = await serve({ listener }, echoLines);
      assert.deepEqual(server.addr, listener.addr);
      await exchange(await connect({ port }));
    }
    await assert.rejects(connect({ port }), Deno.errors.ConnectionRefused);
    assert.throws(() => listener.close(), Deno.errors.BadResource);
  },
);

test("serve({ listener }) takes a StreamListener", net, async () => {
  const listener = await listen({ port: 0 });
  const { port } = listener.addr;
  {
    await using _server = await serve({ listener }, echoLines);
    await exchange(await connect({ port }));
  }
  await assert.rejects(connect({ port }), Deno.errors.ConnectionRefused);
});

test(
  "serve({ listener }) serves who came to a StreamListener before",
  net,
  async () => {
    const listener = await listen({ port: 0 });
    const abort = new AbortController();
    const given = listener.accept({ signal: abort.signal });
    abort.abort(new Error("not any more"));
    await assert.rejects(given, /not any more/);
    const client = await connect({ port: listener.addr.port });
    await using _server = await serve({ listener }, echoLines);
    await exchange(client);
    await exchange(await connect({ port: listener.addr.port }));
  },
);

test("ref() and unref() of a server reach its listener", {}, async () => {
  const calls: string[] = [];
  const inner = memoryListener();
  const listener = {
    addr: inner.addr,
    accept: () => inner.accept(),
    close: () => inner.close(),
    ref: () => calls.push("ref"),
    unref: () => calls.push("unref"),
  };
  await using server = await serve({ listener }, echoLines);
  server.unref();
  server.ref();
  assert.deepEqual(calls, ["unref", "ref"]);
});

test(
  "serve({ listener }) takes a listener in memory, without any permission",
  {},
  async () => {
    const listener = memoryListener({ chunkSize: 3 });
    await using _server = await serve({ listener }, echoLines);
    for (let i = 0; i < 3; i++) await exchange(await listener.connect());
  },
);

test(
  "serve({ listener }) survives an acceptor that fails now and then",
  {},
  async () => {
    const log = new HookLog();
    const inner = memoryListener();
    let calls = 0;
    const listener: StreamAcceptor = {
      addr: inner.addr,
      close: () => inner.close(),
      accept: () => {
        calls++;
        if (calls === 1) {
          return Promise.reject(
            Object.assign(new Error("gone"), { code: "ECONNABORTED" }),
          );
        }
        if (calls < 5) {
          return Promise.reject(
            Object.assign(new Error("full"), { code: "EMFILE" }),
          );
        }
        return inner.accept();
      },
    };
    await using server = await serve({ listener, ...log.hooks }, echoLines);
    await exchange(await inner.connect());
    assert.deepEqual(log.errors.map(({ context }) => context.phase), [
      "accept",
    ]);
    assert.equal(String(log.errors[0]!.error), "Error: full");
    assert.equal(server.stats.acceptErrors, 2, "the streak counts once");
  },
);

test(
  "an acceptor whose accept never comes back does not hold up the end",
  {},
  async () => {
    const [socket] = socketpair();
    const late = Promise.withResolvers<StreamSocket>();
    const listener: StreamAcceptor = {
      addr: socket.localAddr,
      accept: () => late.promise,
      close: () => {},
    };
    const log = new HookLog();
    const server = await serve({ listener, ...log.hooks }, echoLines);
    const { duration } = await server.shutdown();
    assert.ok(duration < 5000);
    await server.finished;
    const [client, accepted] = socketpair();
    late.resolve(accepted);
    assert.equal(await client.recv(), null);
    assert.equal(log.connections.length, 0);
  },
);

test(
  "a server on somebody's listener cannot suspend, resume or change certificates",
  {},
  async () => {
    await using server = await serve({ listener: memoryListener() }, echoLines);
    for (
      const call of [
        () => server.suspend(),
        () => server.resume(),
        () => server.setCertificate({ cert: "", key: "" }),
      ]
    ) {
      await assert.rejects(call, { name: "TypeError", message: /^Cannot/ });
    }
    assert.equal(server.state, "listening");
  },
);

test(
  "suspend() stops accepting, connections go on, resume() accepts at the same port",
  net,
  async () => {
    const addrs: Deno.Addr[] = [];
    await using server = await serve(
      { port: 0, onListen: (addr) => addrs.push(addr) },
      echoLines,
    );
    const { port } = server.addr;
    await using client = await connect({ port });
    await client.send("one\n");
    assert.equal(await client.reader.readLine(), "one");
    await server.suspend();
    await server.suspend();
    assert.equal(server.state, "suspended");
    assert.equal(server.addr.port, port);
    await assert.rejects(connect({ port }), Deno.errors.ConnectionRefused);
    await client.send("two\n");
    assert.equal(await client.reader.readLine(), "two");
    await server.resume();
    await server.resume();
    assert.equal(server.state, "listening");
    await exchange(await connect({ port }));
    assert.deepEqual(addrs.map((addr) => (addr as Deno.NetAddr).port), [
      port,
      port,
    ]);
  },
);

test(
  "suspend() and resume() without awaiting come one after the other",
  net,
  async () => {
    await using server = await serve({ port: 0 }, echoLines);
    const { port } = server.addr;
    await Promise.all([
      server.suspend(),
      server.resume(),
      server.suspend(),
      server.resume(),
    ]);
    assert.equal(server.state, "listening");
    await exchange(await connect({ port }));
  },
);

test(
  "resume() at a port that was taken fails, and can be tried again",
  net,
  async () => {
    await using server = await serve({ port: 0 }, echoLines);
    const { port } = server.addr;
    await server.suspend();
    {
      await using _rival = await listen({ port });
      await assert.rejects(server.resume(), Deno.errors.AddrInUse);
      assert.equal(server.state, "suspended");
    }
    await server.resume();
    await exchange(await connect({ port }));
  },
);

test("a suspended server is shut down like any other", net, async () => {
  const server = await serve({ port: 0 }, echoLines);
  await server.suspend();
  const resuming = server.resume();
  await server.shutdown();
  await resuming;
  assert.equal(server.state, "closed");
  await assert.rejects(
    connect({ port: server.addr.port }),
    Deno.errors.ConnectionRefused,
  );
  await server.resume();
  assert.equal(server.state, "closed");
});

test("setCertificate() is for TLS, and needs a certificate", net, async () => {
  await using server = await serve({ port: 0 }, echoLines);
  await assert.rejects(
    server.setCertificate({ cert: "x", key: "y" }),
    { name: "TypeError", message: /TLS/ },
  );
});

test("an unref'd server lets its process end, also after resume()", {
  net: true,
  run: [Deno.execPath()],
}, async () => {
  const module = new URL("../../mod.ts", import.meta.url).href;
  const script = `
    import { serve } from ${JSON.stringify(module)};
    const server = await serve({ port: 0 }, () => {});
    server.unref();
    await server.suspend();
    await server.resume();
    console.log("unref'd");
  `;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net",
      `data:text/typescript,${encodeURIComponent(script)}`,
    ],
    stdin: "null",
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "unref'd\n");
  assert.equal(code, 0);
});

test(
  "setCertificate() that fails leaves the old one serving, one that fits is shown",
  {
    net: true,
    read: true,
  },
  async () => {
    await using server = await serve(
      { transport: "tls", port: 0, ...serverCertificate() },
      echoLines,
    );
    const { port } = server.addr;
    const dial = () =>
      connect({
        transport: "tls",
        hostname: "localhost",
        port,
        caCerts: [authority()],
      });
    const { cert } = serverCertificate();
    // A key that belongs to another certificate.
    await assert.rejects(
      server.setCertificate({ cert, key: selfSigned().key }),
    );
    assert.equal(server.state, "listening");
    await exchange(await dial());
    await using old = await dial();
    await old.send("before\n");
    assert.equal(await old.reader.readLine(), "before");
    await server.suspend();
    await server.setCertificate(selfSigned());
    assert.equal(server.state, "suspended");
    await server.resume();
    await assert.rejects(async () => {
      await using client = await dial();
      await client.send("x\n");
      await client.recv();
    });
    await old.send("after\n");
    assert.equal(await old.reader.readLine(), "after");
  },
);
