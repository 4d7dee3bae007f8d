/** The option `proxyProtocol`: servers behind a proxy, as proxies of every kind would meet them. */
import assert from "node:assert/strict";
import {
  type AddressList,
  connect,
  type Connection,
  encodeProxyHeader,
  type ProxyProtocolOptions,
  serve,
  type StreamServer,
  type StreamSocket,
  type TcpServeOptions,
  type Transport,
} from "../../mod.ts";
import { ReplayedTransport } from "../../lib/server/replayed_transport.ts";
import { authority, serverCertificate } from "../support/certificates.ts";
import { unexpected } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { SocketOptions } from "../support/socket_options.ts";

const NEEDS = { net: true };
const LOOPBACK: ProxyProtocolOptions = { trusted: ["127.0.0.0/8"] };
const OPTIONAL: ProxyProtocolOptions = { ...LOOPBACK, mode: "optional" };

/** Waits for the first drop; no polling. */
class Drops {
  readonly seen: [string, string][] = [];
  readonly #next: PromiseWithResolvers<void>[] = [];

  readonly onDrop = (addr: Deno.Addr, reason: string): void => {
    this.seen.push(["hostname" in addr ? addr.hostname : "unix", reason]);
    this.#next.shift()?.resolve();
  };

  /** Resolves when another connection is dropped from now on. */
  next(): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    this.#next.push(waiter);
    return waiter.promise;
  }
}

function tcp(hostname: string, port: number): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}

/** A header for a client with this address. */
function header(from: string, version: 1 | 2 = 2): Uint8Array {
  const to = from.includes(":") ? "2001:db8::1" : "198.51.100.1";
  return encodeProxyHeader({
    source: tcp(from, 1234),
    destination: tcp(to, 443),
    version,
  });
}

/** Tells each client who it is, then echoes lines. */
async function whoami(conn: Connection): Promise<void> {
  const { hostname, port } = conn.remoteAddr;
  await conn.send(`${hostname} ${port} ${conn.proxy?.command ?? "direct"}\n`);
  for await (const line of conn.lines()) await conn.send(`${line}\n`);
}

function proxied(
  drops: Drops,
  options: Partial<TcpServeOptions> & { proxyProtocol?: ProxyProtocolOptions },
): Promise<StreamServer> {
  return serve({
    port: 0,
    proxyProtocol: LOOPBACK,
    onDrop: drops.onDrop,
    ...options,
  }, whoami);
}

/** Connect, send all of it at once, and give the first line of the answer. */
async function ask(
  server: StreamServer,
  ...pieces: (Uint8Array | string)[]
): Promise<string | null> {
  await using client = await connect({ port: server.addr.port });
  for (const piece of pieces) await client.send(piece);
  return await client.reader.readLine();
}

/** Whatever is sent, in the end nothing comes back. */
async function assertClosed(client: StreamSocket): Promise<void> {
  try {
    assert.equal(await client.recv(), null);
  } catch (error) {
    assert.ok(error instanceof Deno.errors.ConnectionReset);
  }
}

test(
  "proxyProtocol: the client is who the header names, of both versions and families",
  NEEDS,
  async () => {
    await using server = await proxied(new Drops(), {});
    assert.equal(
      await ask(server, header("192.0.2.7", 1)),
      "192.0.2.7 1234 proxy",
    );
    assert.equal(
      await ask(server, header("192.0.2.7", 2)),
      "192.0.2.7 1234 proxy",
    );
    assert.equal(
      await ask(server, header("2001:db8::7", 1)),
      "2001:db8::7 1234 proxy",
    );
    assert.equal(
      await ask(server, header("2001:db8::7", 2)),
      "2001:db8::7 1234 proxy",
    );
    assert.equal(
      await ask(server, header("::ffff:192.0.2.7", 2)),
      "192.0.2.7 1234 proxy",
      "a mapped address is shown as IPv4",
    );
  },
);

test(
  "proxyProtocol: LOCAL and UNKNOWN keep the address of the proxy",
  NEEDS,
  async () => {
    await using server = await proxied(new Drops(), {});
    const local = encodeProxyHeader({ command: "local" });
    assert.match((await ask(server, local))!, /^127\.0\.0\.1 \d+ local$/);
    assert.match(
      (await ask(server, "PROXY UNKNOWN\r\n"))!,
      /^127\.0\.0\.1 \d+ proxy$/,
    );
  },
);

test("proxyProtocol: conn.proxy has the rest", NEEDS, async () => {
  const proxies: unknown[] = [];
  await using server = await serve(
    { port: 0, proxyProtocol: LOOPBACK },
    (conn) => {
      const { version, destination, authority, uniqueId } = conn.proxy!;
      proxies.push([version, destination, authority, uniqueId?.length]);
      proxies.push(conn.localAddr.port === server.addr.port);
    },
  );
  await using client = await connect({ port: server.addr.port });
  await client.send(encodeProxyHeader({
    source: tcp("192.0.2.7", 1),
    destination: tcp("198.51.100.1", 443),
    authority: "example.org",
    uniqueId: new Uint8Array(5),
    checksum: true,
  }));
  assert.equal(await client.recv(), null);
  assert.deepEqual(proxies, [
    [2, tcp("198.51.100.1", 443), "example.org", 5],
    true,
  ]);
});

for (const version of [1, 2] as const) {
  test(
    `proxyProtocol: version ${version} byte by byte, and what follows is kept`,
    NEEDS,
    async () => {
      await using server = await proxied(new Drops(), {});
      await using client = await connect({ port: server.addr.port });
      for (const byte of header("192.0.2.7", version)) {
        await client.send(new Uint8Array([byte]));
      }
      await client.send("hello\n");
      assert.equal(await client.reader.readLine(), "192.0.2.7 1234 proxy");
      assert.equal(await client.reader.readLine(), "hello");
    },
  );

  test(
    `proxyProtocol: version ${version} and requests in one piece`,
    NEEDS,
    async () => {
      await using server = await proxied(new Drops(), {});
      await using client = await connect({ port: server.addr.port });
      const requests = new TextEncoder().encode("one\ntwo\nthr");
      await client.send(
        new Uint8Array([...header("192.0.2.7", version), ...requests]),
      );
      await client.send("ee\n");
      await client.reader.readLine();
      for (const line of ["one", "two", "three"]) {
        assert.equal(await client.reader.readLine(), line);
      }
    },
  );
}

test(
  "proxyProtocol: who is not trusted is dropped, or takes his own address with mode optional",
  NEEDS,
  async () => {
    const drops = new Drops();
    const elsewhere: AddressList = ["192.0.2.0/24"];
    await using strict = await proxied(drops, {
      proxyProtocol: { trusted: elsewhere },
    });
    await using client = await connect({ port: strict.addr.port });
    await assertClosed(client);
    assert.deepEqual(drops.seen, [["127.0.0.1", "proxy"]]);
    assert.equal(strict.stats.drops.proxy, 1);

    await using open = await proxied(drops, {
      proxyProtocol: { trusted: elsewhere, mode: "optional" },
    });
    await using forger = await connect({ port: open.addr.port });
    await forger.send(header("198.51.100.9", 1));
    assert.match(
      (await forger.reader.readLine())!,
      /^127\.0\.0\.1 \d+ direct$/,
    );
    assert.match((await forger.reader.readLine())!, /^PROXY /, "is just input");
  },
);

test(
  "proxyProtocol: mode optional takes trusted clients with and without a header",
  NEEDS,
  async () => {
    await using server = await proxied(new Drops(), {
      proxyProtocol: OPTIONAL,
    });
    assert.equal(
      await ask(server, header("192.0.2.7")),
      "192.0.2.7 1234 proxy",
    );
    await using plain = await connect({ port: server.addr.port });
    // Begins as a header would.
    await plain.send("PRO");
    await plain.send("se\n");
    assert.match((await plain.reader.readLine())!, / direct$/);
    assert.equal(await plain.reader.readLine(), "PROse");
    await using short = await connect({ port: server.addr.port });
    await short.send("PROX");
    await short.closeWrite();
    assert.match((await short.reader.readLine())!, / direct$/);
    assert.equal(await short.reader.readLine(), "PROX");
  },
);

const GARBAGE: [name: string, bytes: Uint8Array | string][] = [
  ["text", "GET / HTTP/1.1\r\n\r\n"],
  ["a version 1 header with a bad address", "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"],
  ["a version 1 header that does not end", `PROXY TCP4 ${"1".repeat(120)}`],
  ["a version 2 header of a wrong version", corrupted(12, 0x31)],
  ["a version 2 header that announces too much", corrupted(14, 0xff)],
  ["a version 2 header with a wrong checksum", badChecksum()],
  ["a datagram's header", datagramHeader()],
];

function corrupted(at: number, value: number): Uint8Array {
  const bytes = header("192.0.2.7");
  bytes[at] = value;
  return bytes;
}

function badChecksum(): Uint8Array {
  const bytes = encodeProxyHeader({
    source: tcp("192.0.2.7", 1),
    destination: tcp("192.0.2.8", 2),
    checksum: true,
  });
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
}

function datagramHeader(): Uint8Array {
  const bytes = header("192.0.2.7");
  bytes[13] = 0x12;
  return bytes;
}

test(
  "proxyProtocol: garbage instead of a header is dropped and counted, others go on",
  NEEDS,
  async (t) => {
    const drops = new Drops();
    await using server = await proxied(drops, {
      onError: unexpected,
    });
    await using good = await connect({ port: server.addr.port });
    await good.send(header("192.0.2.7"));
    await good.reader.readLine();
    for (const [name, bytes] of GARBAGE) {
      await t.step(name, async () => {
        await using client = await connect({ port: server.addr.port });
        await client.send(bytes);
        await assertClosed(client);
        await good.send("still there\n");
        assert.equal(await good.reader.readLine(), "still there");
      });
    }
    await t.step("a header that ends in the middle", async () => {
      await using client = await connect({ port: server.addr.port });
      await client.send(header("192.0.2.7").subarray(0, 20));
      await client.closeWrite();
      await assertClosed(client);
    });
    assert.deepEqual(server.stats.drops, { proxy: GARBAGE.length + 1 });
    assert.equal(server.stats.active, 1);
  },
);

test(
  "proxyProtocol: silence ends at handshakeTimeout, without delaying anybody",
  NEEDS,
  async () => {
    const drops = new Drops();
    await using server = await proxied(drops, { handshakeTimeout: 60 });
    const dropped = drops.next();
    await using silent = await connect({ port: server.addr.port });
    await using dribbling = await connect({ port: server.addr.port });
    await dribbling.send(header("192.0.2.7").subarray(0, 5));
    assert.equal(
      await ask(server, header("192.0.2.7")),
      "192.0.2.7 1234 proxy",
    );
    await dropped;
    await assertClosed(silent);
    await assertClosed(dribbling);
    assert.deepEqual(server.stats.drops, { proxy: 2 });
  },
);

test(
  "SV34 allow and deny judge the address that the header names",
  NEEDS,
  async () => {
    const drops = new Drops();
    await using server = await proxied(drops, {
      // The proxy's own address is not on the list: it is not who comes.
      allow: ["192.0.2.0/24", "2001:db8::/32"],
      deny: ["192.0.2.66"],
    });
    assert.equal(
      await ask(server, header("192.0.2.7")),
      "192.0.2.7 1234 proxy",
    );
    assert.equal(
      await ask(server, header("2001:db8::7")),
      "2001:db8::7 1234 proxy",
    );
    for (const denied of ["192.0.2.66", "198.51.100.1"]) {
      await using client = await connect({ port: server.addr.port });
      await client.send(header(denied));
      await assertClosed(client);
    }
    await using own = await connect({ port: server.addr.port });
    await own.send(encodeProxyHeader({ command: "local" }));
    await assertClosed(own);
    assert.deepEqual(drops.seen, [
      ["192.0.2.66", "deny"],
      ["198.51.100.1", "deny"],
      ["127.0.0.1", "deny"],
    ]);
  },
);

test(
  "SV34 maxConnectionsPerIp counts the address that the header names, IPv6 per /64",
  NEEDS,
  async () => {
    const drops = new Drops();
    await using server = await proxied(drops, { maxConnectionsPerIp: 1 });
    const open = async (from: string) => {
      const client = await connect({ port: server.addr.port });
      await client.send(header(from));
      return client;
    };
    await using first = await open("2001:db8::1");
    assert.ok(await first.reader.readLine());
    await using other = await open("2001:db8:0:1::1");
    assert.ok(await other.reader.readLine(), "another /64");
    await using second = await open("2001:db8::ffff");
    await assertClosed(second);
    assert.deepEqual(drops.seen, [["2001:db8::ffff", "per-ip"]]);
    await first.closeWrite();
    assert.equal(await first.recv(), null);
    await first.close();
    // Its place is free by the time that it has its end of stream.
    await using third = await open("2001:db8::2");
    assert.ok(await third.reader.readLine());
  },
);

test(
  "SV34 rateLimit counts the address that the header names",
  NEEDS,
  async () => {
    const drops = new Drops();
    await using server = await proxied(drops, {
      rateLimit: { perSecond: 0.001, burst: 1 },
    });
    assert.ok(await ask(server, header("192.0.2.7")));
    assert.ok(await ask(server, header("192.0.2.8")));
    await using client = await connect({ port: server.addr.port });
    await client.send(header("192.0.2.7"));
    await assertClosed(client);
    assert.deepEqual(drops.seen, [["192.0.2.7", "rate-limit"]]);
  },
);

test("proxyProtocol on a Unix socket, with a Unix client", {
  ...NEEDS,
  read: true,
  write: true,
}, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/s`;
    const seen: unknown[] = [];
    await using _server = await serve({
      transport: "unix",
      path,
      proxyProtocol: { trusted: [] },
    }, (conn) => {
      seen.push(conn.remoteAddr);
    });
    for (
      const ends of [
        { source: tcp("192.0.2.7", 1), destination: tcp("192.0.2.8", 2) },
        {
          source: { transport: "unix", path: "/client" },
          destination: { transport: "unix", path: "/server" },
        },
      ] as const
    ) {
      await using client = await connect({ transport: "unix", path });
      await client.send(encodeProxyHeader(ends));
      assert.equal(await client.recv(), null);
    }
    assert.deepEqual(seen, [
      tcp("192.0.2.7", 1),
      { transport: "unix", path: "/client" },
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("proxyProtocol before TLS", { ...NEEDS, read: true }, async () => {
  const drops = new Drops();
  await using server = await serve({
    ...serverCertificate(),
    transport: "tls",
    port: 0,
    alpnProtocols: ["whoami"],
    proxyProtocol: LOOPBACK,
    handshakeTimeout: 300,
    onDrop: drops.onDrop,
  }, whoami);
  const start = async (bytes: Uint8Array) => {
    const client = await connect({ port: server.addr.port });
    await client.send(bytes);
    return client;
  };
  await using client = await start(header("192.0.2.7"));
  await client.startTls({
    serverName: "localhost",
    caCerts: [authority()],
    alpnProtocols: ["whoami"],
  });
  assert.equal(client.tls?.alpnProtocol, "whoami");
  assert.equal(await client.reader.readLine(), "192.0.2.7 1234 proxy");

  await using plain = await start(
    new Uint8Array([...header("192.0.2.8"), ...new Uint8Array(50)]),
  );
  const alert = await plain.recv();
  assert.equal(alert?.[0], 21, "it is told in TLS (RFC 8446 section 6)");
  await assertClosed(plain);
  const dropped = drops.next();
  await using silent = await start(header("192.0.2.9"));
  await dropped;
  await assertClosed(silent);
  assert.deepEqual(drops.seen, [
    ["192.0.2.8", "handshake"],
    ["192.0.2.9", "handshake"],
  ]);
});

test("proxyProtocol: bad options are refused", NEEDS, async () => {
  const bad: unknown[] = [
    true,
    {},
    { trusted: "127.0.0.1" },
    { trusted: ["x"] },
    { trusted: [], mode: "maybe" },
    { trusted: [], modus: "require" },
  ];
  for (const proxyProtocol of bad) {
    await assert.rejects(
      serve(
        { port: 0, proxyProtocol: proxyProtocol as ProxyProtocolOptions },
        whoami,
      ),
      (error) => error instanceof TypeError || error instanceof SyntaxError,
    );
  }
});

test(
  "proxyProtocol: a drain ends a loop over lines",
  NEEDS,
  async () => {
    const server = await proxied(new Drops(), { lingerTimeout: 0 });
    await using client = await connect({ port: server.addr.port });
    await client.send(header("192.0.2.7"));
    assert.equal(await client.reader.readLine(), "192.0.2.7 1234 proxy");
    assert.equal((await server.shutdown({ timeout: 5000 })).completed, 1);
  },
);

test("proxyProtocol: socket options reach the socket", NEEDS, async () => {
  using options = await SocketOptions.watch();
  await using server = await serve(
    { port: 0, proxyProtocol: LOOPBACK },
    (conn) => {
      options.taken();
      conn.setNoDelay(false);
      conn.setKeepAlive(false);
    },
  );
  await using client = await connect({ port: server.addr.port });
  await client.send(header("192.0.2.7"));
  assert.equal(await client.recv(), null);
  assert.deepEqual(options.taken(), ["setNoDelay false", "setKeepAlive false"]);
});

test(
  "proxyProtocol: reading goes through the slot gate of the connection below",
  {},
  () => {
    const turn = { ask: () => true, done: () => {} };
    const below = { turn } as unknown as Transport;
    const above = new ReplayedTransport(below, undefined, new Uint8Array(0));
    assert.equal(above.turn, turn);
  },
);
