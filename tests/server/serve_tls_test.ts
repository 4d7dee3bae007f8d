/** Servers that speak TLS: through Deno.listenTls, and through node:tls where that cannot do it. */
import assert from "node:assert/strict";
import {
  connect,
  type Connection,
  ProtocolError,
  serve,
  type StreamServer,
  type StreamSocket,
  type TlsServeOptions,
} from "../../mod.ts";
import {
  authority,
  certificatePath,
  clientCertificate,
  selfSigned,
  serverCertificate,
} from "../support/certificates.ts";
import { unexpected } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { python } from "../support/programs.ts";

const NEEDS = { net: true, read: true };

/** A fatal alert, up to its number (RFC 8446 section 6). */
const ALERT = new Uint8Array([21, 3, 3, 0, 2, 2]);

/** The two ways, with the options that choose them. */
const WAYS: [name: string, options: Partial<TlsServeOptions>][] = [
  ["listenTls", {}],
  ["node:tls", { tlsBackend: "node" }],
];

async function echo(conn: Connection): Promise<void> {
  for await (const line of conn.lines()) await conn.send(`${line}\n`);
}

function serveTls(
  options: Partial<TlsServeOptions>,
  handler: (conn: Connection) => unknown = echo,
): Promise<StreamServer> {
  return serve({
    ...serverCertificate(),
    transport: "tls",
    port: 0,
    onError: unexpected,
    ...options,
  }, handler);
}

function dial(server: StreamServer, options: object = {}) {
  const { port } = server.addr;
  return connect({
    transport: "tls",
    hostname: "localhost",
    port,
    caCerts: [authority()],
    ...options,
  });
}

async function assertEchoes(client: StreamSocket, text: string): Promise<void> {
  await client.send(`${text}\n`);
  assert.equal(await client.reader.readLine(), text);
}

/** Resolves when that many connections have been dropped. */
function drops(count: number) {
  const seen: string[] = [];
  const done = Promise.withResolvers<string[]>();
  return {
    done: done.promise,
    onDrop: (_addr: Deno.Addr, reason: string) => {
      if (seen.push(reason) === count) done.resolve(seen);
    },
  };
}

for (const [way, options] of WAYS) {
  test(`SV01 serve over TLS (${way}): 3 clients echo`, NEEDS, async () => {
    await using server = await serveTls(options);
    assert.equal(server.addr.transport, "tcp");
    for (let i = 0; i < 3; i++) {
      await using client = await dial(server);
      await assertEchoes(client, `line ${i}`);
      await client.closeWrite();
      assert.equal(await client.recv(), null);
    }
    assert.deepEqual(server.stats.drops, {});
  });

  test(`TL01 TLS (${way}): ALPN is known to the handler`, NEEDS, async () => {
    const seen: unknown[] = [];
    await using server = await serveTls(
      { ...options, alpnProtocols: ["b", "a"] },
      (conn) => {
        seen.push(conn.tls?.alpnProtocol);
      },
    );
    await using one = await dial(server, { alpnProtocols: ["a"] });
    assert.equal(one.tls?.alpnProtocol, "a");
    assert.equal(await one.recv(), null);
    await using other = await dial(server);
    assert.equal(await other.recv(), null);
    assert.deepEqual(seen, ["a", null]);
  });

  test(
    `TL01 TLS (${way}): plain text, silent and untrusting clients beside a good one`,
    NEEDS,
    async () => {
      const dropped = drops(3);
      await using server = await serveTls({
        ...options,
        handshakeTimeout: 200,
        onDrop: dropped.onDrop,
      });
      await using good = await dial(server);
      await using silent = await connect({ port: server.addr.port });
      await assertEchoes(good, "beside a silent one");
      await using plain = await connect({ port: server.addr.port });
      await plain.send("GET / HTTP/1.1\r\n\r\n");
      const alert = await plain.recv();
      assert.deepEqual(alert?.subarray(0, 6), ALERT, "it is told in TLS");
      await assertEchoes(good, "beside plain text");
      await assert.rejects(dial(server, { caCerts: [] }));
      await assertEchoes(good, "beside one who does not trust");
      assert.deepEqual(await dropped.done, [
        "handshake",
        "handshake",
        "handshake",
      ]);
      // Deno.listenTls does not let go of a handshake before its client does.
      if (way === "node:tls") assert.equal(await silent.recv(), null);
      await assertEchoes(good, "after all");
      assert.equal(server.stats.drops.handshake, 3);
      assert.equal(server.stats.active, 1);
      assert.equal(server.stats.handlerErrors, 0);
    },
  );

  for (const version of ["TLSv1_2", "TLSv1_3"]) {
    test(`TL01 TLS (${way}): Python speaks ${version}`, {
      ...NEEDS,
      run: ["python3"],
    }, async () => {
      await using server = await serveTls(options);
      await using peer = python(
        `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
context.minimum_version = context.maximum_version = ssl.TLSVersion.${version}
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as raw:
    with context.wrap_socket(raw, server_hostname="localhost") as s:
        s.sendall(b"hello\\n")
        assert s.recv(100) == b"hello\\n"
        print(s.version())
`,
        server.addr.port,
        certificatePath("ca.pem"),
      );
      assert.equal(await peer.line(), version.replace("_", "."));
      await peer.ended();
    });
  }

  test(
    `TLS (${way}): shutdown and close end silent handshakes at once`,
    NEEDS,
    async () => {
      const server = await serveTls({ ...options, handshakeTimeout: 60_000 });
      await using silent = await connect({ port: server.addr.port });
      await using good = await dial(server);
      await assertEchoes(good, "hello");
      await server.close();
      if (way === "node:tls") assert.equal(await silent.recv(), null);
      assert.equal(await good.recv().catch(() => null), null);
    },
  );

  test(
    `TLS (${way}): setCertificate on a running server; connections go on`,
    NEEDS,
    async () => {
      await using server = await serveTls(options);
      const { port } = server.addr;
      await using before = await dial(server);
      await assertEchoes(before, "before");
      const other = selfSigned();
      await server.setCertificate(other);
      assert.equal(server.addr.port, port);
      await assert.rejects(dial(server), "the old authority does not know it");
      await assertEchoes(before, "goes on");
      // Of no use: the key is somebody else's. What was there stays.
      for (
        const bad of [
          { cert: other.cert, key: serverCertificate().key },
          { cert: "x", key: other.key },
          {
            cert: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
            key: other.key,
          },
        ]
      ) {
        await assert.rejects(server.setCertificate(bad), TypeError);
      }
      await server.setCertificate(serverCertificate());
      await using after = await dial(server);
      await assertEchoes(after, "after");
    },
  );

  test(
    `TLS (${way}): suspend, resume, and a new certificate meanwhile`,
    NEEDS,
    async () => {
      await using server = await serveTls({ ...options, ...selfSigned() });
      await server.suspend();
      await assert.rejects(
        dial(server),
        Deno.errors.ConnectionRefused,
      );
      await server.setCertificate(serverCertificate());
      assert.equal(server.state, "suspended");
      await server.resume();
      await using client = await dial(server);
      await assertEchoes(client, "hello");
    },
  );

  test(`TLS (${way}): a key that is not the certificate's`, NEEDS, async () => {
    await assert.rejects(
      serveTls({ ...options, key: selfSigned().key }),
    );
  });

  test(`TLS (${way}): one file for certificate and key`, NEEDS, async () => {
    const { cert, key } = serverCertificate();
    const file = `\ufeff${key}${cert}`.replaceAll("\n", "\r\n");
    await using server = await serveTls({ ...options, cert: file, key: file });
    await using client = await dial(server, { caCerts: [file + authority()] });
    await assertEchoes(client, "first");
    await server.setCertificate({ cert: file, key: file });
    await using next = await dial(server);
    await assertEchoes(next, "second");
  });
}

test(
  "TLS: silent clients that Deno does not let go of make the server go on through node:tls",
  NEEDS,
  async () => {
    const listening = Promise.withResolvers<void>();
    let times = 0;
    const { cert, key } = serverCertificate();
    await using server = await serveTls({
      // As one file, which node: alone would not take.
      cert: cert + key,
      key: cert + key,
      handshakeTimeout: 50,
      maxConnectionsPerIp: 100,
      onListen: () => {
        if (++times === 2) listening.resolve();
      },
    });
    const { port } = server.addr;
    await using before = await dial(server);
    await assertEchoes(before, "before");
    const silent: StreamSocket[] = [];
    try {
      for (let i = 0; i < 64; i++) silent.push(await connect({ port }));
      await listening.promise;
      assert.equal(server.addr.port, port);
      // Now they are closed indeed.
      await using late = await connect({ port });
      assert.equal(await late.recv(), null);
      assert.deepEqual(server.stats.drops, { handshake: 65 });
      await assertEchoes(before, "goes on");
      await using after = await dial(server);
      await assertEchoes(after, "after");
      // Those that hang still count against their address.
      server.setOptions({ maxConnectionsPerIp: 66 });
      await using refused = await connect({ port });
      assert.equal(await refused.recv().catch(() => null), null);
      assert.equal(
        Object.entries(server.stats.drops).join(),
        "handshake,65,per-ip,1",
      );
      await server.setCertificate(selfSigned());
      assert.equal(times, 2, "without a gap");
    } finally {
      for (const client of silent) await client.close();
    }
  },
);

test("setCertificate without TLS is refused", NEEDS, async () => {
  await using server = await serve({ port: 0 }, echo);
  await assert.rejects(server.setCertificate(serverCertificate()), TypeError);
});

test(
  "mutual TLS: who shows a certificate is known by its subject, others are dropped",
  NEEDS,
  async () => {
    const dropped = drops(3);
    const subjects: unknown[] = [];
    await using server = await serveTls({
      caCerts: [authority()],
      requestCert: true,
      onDrop: dropped.onDrop,
    }, (conn) => {
      subjects.push(conn.tls?.peerSubject?.CN);
      return echo(conn);
    });
    await using client = await dial(server, clientCertificate());
    await assertEchoes(client, "hello");
    // TLS 1.3: the client learns of its refusal with its first read.
    const refused = async (options: object) => {
      await assert.rejects(async () => {
        await using stranger = await dial(server, options);
        await stranger.recv();
        throw new Error("was let in, or left without a word");
      });
    };
    await refused({});
    await refused(selfSigned());
    await using plain = await connect({ port: server.addr.port });
    await plain.send("hello\n");
    assert.deepEqual(await dropped.done, [
      "handshake",
      "handshake",
      "handshake",
    ]);
    assert.deepEqual(subjects, ["client-one"]);
    await assertEchoes(client, "goes on");
  },
);

test("mutual TLS: setCertificate leaves no gap", NEEDS, async () => {
  const dropped = drops(1);
  let times = 0;
  await using server = await serveTls({
    caCerts: [authority()],
    requestCert: true,
    ...selfSigned(),
    onDrop: dropped.onDrop,
    onListen: () => times++,
  });
  const dialled = connect({ port: server.addr.port });
  await server.setCertificate(serverCertificate());
  await using client = await dialled;
  await client.startTls({
    serverName: "localhost",
    caCerts: [authority()],
    ...clientCertificate(),
  });
  await assertEchoes(client, "hello");
  assert.equal(times, 1);
  await assert.rejects(async () => {
    await using stranger = await dial(server);
    await stranger.recv();
    throw new Error("was let in, or left without a word");
  });
  assert.deepEqual(await dropped.done, ["handshake"]);
});

test("mutual TLS without caCerts is refused", NEEDS, async () => {
  await assert.rejects(serveTls({ requestCert: true }), TypeError);
});

/** Echoes lines; "STARTTLS" upgrades. */
function upgrading(
  options: Parameters<Connection["startTls"]>[0],
): (conn: Connection) => Promise<void> {
  return async (conn) => {
    for await (const line of conn.lines()) {
      if (line === "STARTTLS") {
        await conn.send("go ahead\n");
        await conn.startTls(options);
      } else await conn.send(`${line} ${conn.tls ? "secret" : "plain"}\n`);
    }
  };
}

const asClient = () => ({ serverName: "localhost", caCerts: [authority()] });

test("conn.startTls: the server's side of STARTTLS", NEEDS, async () => {
  await using server = await serve(
    { port: 0 },
    upgrading({
      ...serverCertificate(),
      alpnProtocols: ["x"],
      caCerts: [authority()],
      requestCert: true,
    }),
  );
  for (let i = 0; i < 2; i++) {
    await using client = await connect({ port: server.addr.port });
    await client.send("hello\n");
    assert.equal(await client.reader.readLine(), "hello plain");
    await client.send("STARTTLS\n");
    assert.equal(await client.reader.readLine(), "go ahead");
    await client.startTls({
      ...asClient(),
      ...clientCertificate(),
      alpnProtocols: ["x"],
    });
    assert.equal(client.tls?.alpnProtocol, "x");
    await client.send("hello\n");
    assert.equal(await client.reader.readLine(), "hello secret");
    await client.closeWrite();
    assert.equal(await client.recv(), null);
  }
});

test(
  "conn.startTls is refused while input is buffered, and the connection goes on",
  NEEDS,
  async () => {
    const faults: unknown[] = [];
    const options = serverCertificate();
    await using server = await serve({ port: 0 }, async (conn) => {
      for await (const line of conn.lines()) {
        if (line === "STARTTLS") {
          await conn.startTls(options).catch((error) => faults.push(error));
        }
        await conn.send(`${line}\n`);
      }
    });
    await using client = await connect({ port: server.addr.port });
    // What an attacker slips in before the handshake must not count as encrypted.
    await client.send("STARTTLS\ninjected\n");
    assert.equal(await client.reader.readLine(), "STARTTLS");
    assert.equal(await client.reader.readLine(), "injected");
    assert.equal(client.tls, undefined);
    assert.ok(faults[0] instanceof ProtocolError);
  },
);

test(
  "conn.startTls: a silent client and one who speaks plain text end with a reason, and no error",
  NEEDS,
  async () => {
    const reasons: string[] = [];
    const ended = Promise.withResolvers<void>();
    await using server = await serve({
      port: 0,
      handshakeTimeout: 50,
      onClose: (_conn, reason) => {
        if (reasons.push(reason) === 2) ended.resolve();
      },
      onError: unexpected,
    }, upgrading(serverCertificate()));
    const alert = new Uint8Array([...ALERT, 50]);
    for (const next of ["", "not a handshake at all\n"]) {
      await using client = await connect({ port: server.addr.port });
      await client.send("STARTTLS\n");
      assert.equal(await client.reader.readLine(), "go ahead");
      if (next !== "") {
        await client.send(next);
        assert.deepEqual(await client.reader.readExactly(7), alert);
      }
      assert.equal(await client.recv().catch(() => null), null);
    }
    await ended.promise;
    assert.deepEqual(reasons, ["handshake", "handshake"]);
    assert.equal(server.stats.handlerErrors, 0);
  },
);

test("conn.startTls: shutdown drains, close cuts", NEEDS, async () => {
  const server = await serve({ port: 0 }, upgrading(serverCertificate()));
  await using client = await connect({ port: server.addr.port });
  await client.send("STARTTLS\n");
  assert.equal(await client.reader.readLine(), "go ahead");
  await client.startTls(asClient());
  await client.send("last\n");
  const report = server.shutdown();
  assert.equal(await client.reader.readLine(), "last secret");
  assert.equal(await client.recv(), null);
  await client.close();
  assert.equal((await report).aborted, 0);
});

test("a listener of Deno.listenTls is one that speaks TLS", NEEDS, async () => {
  const dropped = Promise.withResolvers<string>();
  const protocols: unknown[] = [];
  await using server = await serve({
    listener: Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      alpnProtocols: ["echo"],
      ...serverCertificate(),
    }),
    handshakeTimeout: 100,
    onDrop: (_addr, reason) => dropped.resolve(reason),
  }, async (conn) => {
    protocols.push(conn.tls?.alpnProtocol);
    await echo(conn as Connection);
  });
  const { port } = server.addr as Deno.NetAddr;
  const silent = await Deno.connect({ port });
  assert.equal(await dropped.promise, "handshake");
  silent.close();
  await using client = await connect({
    transport: "tls",
    hostname: "localhost",
    port,
    caCerts: [authority()],
    alpnProtocols: ["echo"],
  });
  await client.send("hello\n");
  assert.equal(await client.reader.readLine(), "hello");
  assert.deepEqual(protocols, ["echo"]);
});

test(
  "a key of another certificate is refused in the same words everywhere",
  NEEDS,
  async () => {
    const { cert } = serverCertificate();
    const { key } = clientCertificate();
    for (const [, options] of WAYS) {
      await assert.rejects(serveTls({ cert, key, ...options }), {
        name: "TypeError",
        message: "Cannot use key: does not belong to the certificate",
      });
    }
  },
);
