/**
 * The less trodden ways into a stream server: filters that are given once, being told that it is
 * busy through TLS and behind a proxy, acceptors of somebody's own, limits that come later.
 */
import assert from "node:assert/strict";
import {
  connect,
  encodeProxyHeader,
  listen,
  memoryListener,
  serve,
  type StreamAcceptor,
  StreamRequestHandler,
  StreamSocket,
  type TlsServeOptions,
  type Transport,
} from "../../mod.ts";
import {
  authority,
  clientCertificate,
  serverCertificate,
} from "../support/certificates.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { echoLines, net, tls, visit } from "../support/visits.ts";

test("filters that are given as iterators last", net, async () => {
  await using denying = await serve({
    port: 0,
    deny: new Set(["127.0.0.0/8"]).values(),
  }, (conn) => conn.send("let in"));
  assert.equal(await visit(denying.addr.port), "");
  denying.setOptions({ maxConnections: 500 });
  assert.equal(await visit(denying.addr.port), "");
  denying.setOptions({ deny: undefined });
  assert.equal(await visit(denying.addr.port), "let in");

  await using proxied = await serve({
    port: 0,
    proxyProtocol: { trusted: ["127.0.0.1"].values() },
  }, (conn) => conn.send(conn.remoteAddr.hostname));
  const header = "PROXY TCP4 203.0.113.1 192.0.2.1 1 2\r\n";
  assert.equal(await visit(proxied.addr.port, header), "203.0.113.1");
});

for (
  const [way, options] of [
    ["listenTls", {}],
    ["node:tls", { tlsBackend: "node" }],
    ["mutual TLS", { requestCert: true, caCerts: [authority()] }],
  ] as [string, Partial<TlsServeOptions>][]
) {
  test(`${way}: a busy server says so through TLS only`, tls, async () => {
    const log = new HookLog();
    await using server = await serve({
      transport: "tls",
      port: 0,
      ...serverCertificate(),
      maxConnections: 1,
      overflow: (conn) => conn.send("busy"),
      ...options,
      ...log.hooks,
    }, echoLines);
    const { port } = server.addr;
    const dial = () =>
      connect({
        transport: "tls",
        hostname: "localhost",
        port,
        caCerts: [authority()],
        ...clientCertificate(),
      });
    await using inside = await dial();
    await inside.send("hello\n");
    assert.equal(await inside.reader.readLine(), "hello");
    await using refused = await dial();
    const words = await refused.reader.readAll();
    assert.equal(new TextDecoder().decode(words), "busy");
    server.setOptions({ handshakeTimeout: 100 });
    await using silent = await connect({ port });
    const heard = silent.reader.readAll().catch(() => null);
    assert.deepEqual(await log.dropped(2), ["overflow", "handshake"]);
    assert.equal(silent.reader.bytesRead, 0, "said in clear");
    server.setOptions({ handshakeTimeout: 5000 });
    await silent.close();
    await heard;
    await using again = await dial();
    assert.ok((await again.reader.readAll()).length > 0, "a place is free");
    assert.deepEqual(log.errors, []);
  });
}

test(
  "behind a proxy the client is judged before it hears that the server is busy",
  net,
  async () => {
    const log = new HookLog();
    const heard: string[] = [];
    await using server = await serve({
      port: 0,
      proxyProtocol: { trusted: ["127.0.0.1"] },
      deny: ["203.0.113.9"],
      maxConnections: 1,
      overflow: (conn) => {
        heard.push(conn.remoteAddr.hostname);
        return conn.send("busy");
      },
      ...log.hooks,
    }, echoLines);
    const { port } = server.addr;
    const header = (address: string) =>
      `PROXY TCP4 ${address} 192.0.2.1 1 2\r\n`;
    await using inside = await connect({ port });
    await inside.send(`${header("203.0.113.1")}hello\n`);
    assert.equal(await inside.reader.readLine(), "hello");
    assert.equal(await visit(port, header("203.0.113.9")), "");
    assert.equal(await visit(port, header("203.0.113.2")), "busy");
    assert.deepEqual(heard, ["203.0.113.2"]);
    assert.deepEqual(log.drops, ["deny", "overflow"]);
  },
);

test(
  "who has no address is on no allow list, and on no deny list",
  net,
  async () => {
    const unix = encodeProxyHeader({
      source: { transport: "unix", path: "/x" },
      destination: { transport: "unix", path: "/y" },
    });
    for (
      const [lists, served] of [
        [{ allow: ["192.0.2.1"] }, false],
        [{ deny: ["192.0.2.1"] }, true],
      ] as const
    ) {
      await using server = await serve({
        port: 0,
        proxyProtocol: { trusted: ["127.0.0.1"] },
        ...lists,
      }, (conn) => conn.send("served"));
      await using client = await connect({ port: server.addr.port });
      await client.send(unix);
      const got = await client.reader.readAll().catch(() => new Uint8Array(0));
      assert.equal(got.length > 0, served);
    }
  },
);

test("a handler class may have handle as a field", net, async () => {
  class Greeter extends StreamRequestHandler {
    override handle = () => this.wfile.write("hi");
  }
  await using server = await serve({ port: 0 }, Greeter);
  assert.equal(await visit(server.addr.port), "hi");
});

/** A listener's sockets, changed on their way. */
function acceptor(
  listener: StreamAcceptor,
  change: (socket: StreamSocket) => unknown,
): StreamAcceptor {
  return {
    addr: listener.addr,
    close: () => listener.close(),
    accept: async () => {
      const socket = await listener.accept();
      return (await change(socket)) as StreamSocket;
    },
  };
}

test("what an acceptor has looked at is not lost", net, async () => {
  const listener = await listen({ port: 0 });
  const looking = acceptor(listener, async (socket) => {
    await socket.reader.peek(1);
    return socket;
  });
  await using _server = await serve({ listener: looking }, echoLines);
  await using client = await connect({ port: listener.addr.port });
  await client.send("one\ntw");
  assert.equal(await client.reader.readLine(), "one");
  await client.send("o\n");
  assert.equal(await client.reader.readLine(), "two");
});

test(
  "accepting survives what is no connection, and one that cannot be judged",
  net,
  async () => {
    const listener = memoryListener();
    const log = new HookLog();
    const strange: unknown[] = [null, "x", undefined];
    const giving = acceptor(
      listener,
      (socket) => strange.length > 0 ? strange.pop() : socket,
    );
    await using server = await serve(
      { listener: giving, ...log.hooks },
      echoLines,
    );
    for (let i = 0; i < 3; i++) await listener.connect();
    await using client = await listener.connect();
    await client.send("hello\n");
    assert.equal(await client.reader.readLine(), "hello");
    assert.match(String(log.errors[0]?.error), /Cannot accept/);
    assert.equal(server.state, "listening");

    const other = memoryListener();
    const unjudged = acceptor(other, () => new StreamSocket(new FromNowhere()));
    await using judging = await serve({
      listener: { ...unjudged, addr: NOWHERE },
      deny: ["192.0.2.1"],
      ...log.hooks,
    }, echoLines);
    const { length } = log.errors;
    for (let i = 0; i < 2; i++) await other.connect();
    await log.failed(length + 2);
    assert.equal(judging.stats.active, 0);
    assert.equal(judging.state, "listening");
  },
);

const NOWHERE = { transport: "tcp", hostname: "::1", port: 1 } as const;

/** A peer whose address is no address. */
class FromNowhere implements Transport {
  readonly localAddr = NOWHERE;
  readonly remoteAddr = { ...NOWHERE, hostname: "ssh-tunnel" };
  read = () => Promise.resolve(null);
  write = (data: Uint8Array) => Promise.resolve(data.length);
  closeWrite = () => Promise.resolve();
  close() {}
}

test("a listener that somebody else closes ends the server", net, async () => {
  const listener = await listen({ port: 0 });
  const log = new HookLog();
  const server = await serve(
    { listener, lingerTimeout: 50, ...log.hooks },
    echoLines,
  );
  await using client = await connect({ port: listener.addr.port });
  await client.send("hello\n");
  assert.equal(await client.reader.readLine(), "hello");
  listener.close();
  await server.finished;
  assert.equal(server.state, "closed");
  assert.deepEqual(log.errors.map((one) => one.context.phase), ["accept"]);
  assert.deepEqual(log.reasons, ["drained"]);
});

test(
  "shutdown keeps its deadline whatever the acceptor does",
  net,
  async () => {
    const listener = memoryListener();
    const stubborn: StreamAcceptor = {
      addr: listener.addr,
      close() {},
      accept: () => new Promise(() => {}),
    };
    const server = await serve({ listener: stubborn }, echoLines);
    const { duration } = await server.shutdown({ timeout: 50 });
    assert.ok(duration < 500, `${duration} ms`);
    listener.close();
  },
);

test(
  "a connection that is closed from outside its handler is no error",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve({ port: 0, ...log.hooks }, echoLines);
    await using client = await connect({ port: server.addr.port });
    await client.send("hello\n");
    await client.reader.readLine();
    for (const conn of server.connections) await conn.close();
    assert.equal(await client.recv(), null);
    await client.close();
    assert.deepEqual(await log.closed(), ["done"]);
    assert.deepEqual(log.errors, []);
  },
);

test(
  "a reason of abort() that is no Error is no error of the handler",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        conn.abort("kicked");
        await conn.recv();
      },
    );
    await visit(server.addr.port);
    assert.deepEqual(await log.closed(), ["aborted"]);
    assert.deepEqual(log.errors, []);
    assert.equal(server.stats.handlerErrors, 0);
  },
);

test(
  "bytes of refused clients stay counted, and new settings do not let them linger",
  net,
  async () => {
    await using server = await serve({
      port: 0,
      maxConnections: 1,
      overflow: async (conn) => {
        server.setOptions({ lingerTimeout: 60_000 });
        await conn.send("busy");
      },
    }, echoLines);
    await using inside = await connect({ port: server.addr.port });
    await inside.send("hello\n");
    await inside.reader.readLine();
    await using refused = await connect({ port: server.addr.port });
    let most = 0;
    const look = () => {
      const { bytesWritten } = server.stats;
      assert.ok(bytesWritten >= most, "a counter fell");
      most = bytesWritten;
    };
    const reading = refused.reader.readAll();
    for (let turn = 0; turn < 50; turn++) {
      look();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await reading;
    look();
    assert.equal(most, "hello\nbusy".length);
    assert.equal(server.stats.lingering, 0);
  },
);

test(
  "maxConnectionsPerIp counts who was there before it was set",
  net,
  async () => {
    const log = new HookLog();
    await using server = await serve({ port: 0, ...log.hooks }, echoLines);
    const { port } = server.addr;
    const clients: StreamSocket[] = [];
    const come = async (count: number) => {
      for (let i = 0; i < count; i++) clients.push(await connect({ port }));
    };
    await come(3);
    await log.connected(3);
    server.setOptions({ maxConnectionsPerIp: 4 });
    await come(3);
    assert.deepEqual(await log.dropped(2), ["per-ip", "per-ip"]);
    for (const client of clients.splice(0)) await client.close();
    await log.closed(4);
    await come(5);
    await log.dropped(3);
    assert.equal(server.stats.active, 4);
    server.setOptions({ maxConnectionsPerIp: Infinity });
    await come(2);
    await log.connected(10);
    for (const client of clients) await client.close();
  },
);

test(
  "a connection is as old as its accept, not as its PROXY header",
  net,
  async () => {
    const accepted: number[] = [];
    await using server = await serve({
      port: 0,
      proxyProtocol: { trusted: ["127.0.0.1"] },
    }, (conn) => void accepted.push(conn.openedAt));
    await using client = await connect({ port: server.addr.port });
    const before = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await client.send("PROXY UNKNOWN\r\n");
    await client.recv();
    assert.ok(accepted[0]! - before < 200, `${accepted[0]! - before} ms late`);
  },
);

test("shutdown's options are checked", net, async () => {
  await using server = await serve({ port: 0 }, echoLines);
  for (
    const wrong of [null, { signal: "x" }, { timeuot: 5 }, { timeout: "1" }]
  ) {
    await assert.rejects(server.shutdown(wrong as never), TypeError);
  }
  assert.equal(server.state, "listening");
});

test("wrong items are told of the option that they stand in", net, async () => {
  const wrong: [object, RegExp][] = [
    [{ allow: ["garbage"] }, /^Cannot use allow: .*"garbage"/],
    [{ deny: [5] }, /^Cannot use deny: .*5/],
    [
      { proxyProtocol: { trusted: ["garbage"] } },
      /^Cannot use proxyProtocol\.trusted: .*"garbage"/,
    ],
    [{ proxyProtocol: {} }, /^Cannot use proxyProtocol\.trusted undefined/],
    [
      { transport: "tls", ...serverCertificate(), alpnProtocols: "h2" },
      /^Cannot use alpnProtocols "h2"/,
    ],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(
      serve({ port: 0, ...options } as never, echoLines),
      { message },
    );
  }
});

test(
  "clients of listenTls that are denied and stay silent are not kept for ever",
  tls,
  async () => {
    const log = new HookLog();
    await using server = await serve({
      transport: "tls",
      port: 0,
      ...serverCertificate(),
      deny: ["127.0.0.0/8"],
      handshakeTimeout: 200,
      ...log.hooks,
    }, echoLines);
    const { port } = server.addr;
    const silent: StreamSocket[] = [];
    for (let i = 0; i < 64; i++) silent.push(await connect({ port }));
    await log.dropped(64);
    await new Promise((resolve) => setTimeout(resolve, 250));
    // From now on closing closes; the sockets are exchanged in a moment.
    let isClosed = false;
    for (let tries = 0; tries < 50 && !isClosed; tries++) {
      const client = await connect({ port }).catch(() => undefined);
      const got = await client?.recv(1, { timeout: 100 })
        .catch(() => undefined);
      isClosed = got === null;
      await client?.close();
    }
    assert.ok(isClosed);
    for (const client of silent) await client.close();
    assert.deepEqual(log.errors, []);
  },
);
