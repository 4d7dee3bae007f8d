/**
 * TLS: Deno's own and node:tls' beneath the same sockets, good peers and bad ones beside each other.
 */
import assert from "node:assert/strict";
import {
  connect,
  listen,
  type ServerTlsOptions,
  StreamSocket,
  type TlsConnectOptions,
} from "../../mod.ts";
import { serverTls } from "../../lib/socket/server_tls.ts";
import { transportOf } from "../../lib/socket/stream_socket.ts";
import {
  ambiguousCertificate,
  authority,
  certificatePath,
  clientCertificate,
  selfSigned,
  serverCertificate,
} from "../support/certificates.ts";
import { test } from "../support/permissions.ts";
import { python } from "../support/programs.ts";

const NEEDS = { net: true, read: true };

/** An echo server over Deno's TLS, or node:tls'; it tells how each handshake ended. */
async function echoServer(
  kind: "deno" | "node",
  options: Partial<ServerTlsOptions> = {},
) {
  const settings = { ...serverCertificate(), ...options };
  const listener = kind === "deno"
    ? await listen({ ...settings, transport: "tls", port: 0 })
    : await listen({ port: 0 });
  const handshakes: unknown[] = [];
  const tasks: Promise<void>[] = [];
  const waiters: (() => void)[] = [];
  const serveOne = async (accepted: StreamSocket) => {
    const transport = kind === "deno"
      ? transportOf(accepted)
      : await serverTls(transportOf(accepted), settings);
    await using socket = new StreamSocket(transport);
    try {
      await transport.handshake!();
      handshakes.push(socket.tls);
    } catch (error) {
      handshakes.push(error);
      return;
    } finally {
      waiters.forEach((wake) => wake());
    }
    for await (const line of socket.lines()) await socket.send(`${line}\n`);
    await socket.closeWrite();
  };
  const accepting = (async () => {
    for await (const socket of listener) {
      tasks.push(serveOne(socket).catch(() => {}));
    }
  })();
  return {
    port: listener.addr.port,
    handshakes,
    async handshakeDone(count: number) {
      while (handshakes.length < count) {
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await accepting;
      await Promise.all(tasks);
    },
  };
}

function trusting(port: number): TlsConnectOptions {
  return { transport: "tls", port, caCerts: [authority()], timeout: 10_000 };
}

/** A good client: its line comes back. */
async function ask(options: TlsConnectOptions): Promise<StreamSocket["tls"]> {
  await using client = await connect(options);
  await client.send("hello\n");
  assert.equal(await client.reader.readLine(), "hello");
  await client.closeWrite();
  assert.equal(await client.recv(), null);
  return client.tls;
}

for (const kind of ["deno", "node"] as const) {
  test(`TL01 echo over ${kind}'s TLS, with ALPN`, NEEDS, async () => {
    await using server = await echoServer(kind, {
      alpnProtocols: ["echo", "other"],
    });
    const tls = await ask({
      ...trusting(server.port),
      alpnProtocols: ["none", "echo"],
    });
    assert.equal(tls?.alpnProtocol, "echo");
    assert.deepEqual(server.handshakes, [{ alpnProtocol: "echo" }]);
    const plain = await ask(trusting(server.port));
    assert.equal(plain?.alpnProtocol, null);
  });

  test(
    `TL01 bad clients beside good ones over ${kind}'s TLS`,
    NEEDS,
    async () => {
      await using server = await echoServer(kind, { alpnProtocols: ["echo"] });
      const { port } = server;
      await using silent = await connect({ port });
      await ask(trusting(port));

      await using plain = await connect({ port });
      await plain.send("GET / HTTP/1.1\r\n\r\n");
      await server.handshakeDone(2);
      assert.ok(server.handshakes[1] instanceof Deno.errors.InvalidData);
      // Why, as an alert: fatal, decode_error (RFC 8446 section 6.2).
      const alert = new Uint8Array([21, 3, 3, 0, 2, 2, 50]);
      assert.deepEqual(await plain.reader.readExactly(7), alert);
      await ask(trusting(port));

      await assert.rejects(
        connect({ transport: "tls", port }),
        Deno.errors.InvalidData,
      );
      await server.handshakeDone(4);
      assert.ok(server.handshakes[3] instanceof Deno.errors.InvalidData);
      await ask(trusting(port));

      await assert.rejects(
        connect({ ...trusting(port), alpnProtocols: ["unknown"] }),
        /NoApplicationProtocol/,
      );
      const vanishing = await connect({ port });
      await vanishing.send(new Uint8Array([22, 3, 1]));
      await vanishing.close();
      await server.handshakeDone(7);
      assert.ok(server.handshakes[5] instanceof Error);
      assert.ok(server.handshakes[6] instanceof Error);
      await ask(trusting(port));
      await silent.close();
    },
  );

  for (const version of ["TLSv1_2", "TLSv1_3"]) {
    test(`TL01 Python's ssl with ${version} and ${kind}'s TLS`, {
      ...NEEDS,
      run: ["python3"],
    }, async () => {
      await using server = await echoServer(kind, { alpnProtocols: ["echo"] });
      await using client = python(
        `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
version = getattr(ssl.TLSVersion, sys.argv[3])
context.minimum_version = context.maximum_version = version
context.set_alpn_protocols(["echo"])
raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
with context.wrap_socket(raw, server_hostname="server.test") as s:
    s.sendall(b"from python\\n")
    print(s.recv(100).decode().strip(), s.version(), s.selected_alpn_protocol())
`,
        server.port,
        certificatePath("ca.pem"),
        version,
      );
      const shown = version.replace("_", ".");
      assert.equal(await client.line(), `from python ${shown} echo`);
      await client.ended();
    });
  }

  for (
    const [promise, deed, failure] of [
      [
        "a stream that is cut short is no end of stream",
        "shutdown(socket.SHUT_WR)",
        Deno.errors.UnexpectedEof,
      ],
      [
        "plain text within a session is its end",
        'sendall(b"no TLS at all")',
        Deno.errors.InvalidData,
      ],
    ] as const
  ) {
    test(`${promise} over ${kind}'s TLS`, {
      ...NEEDS,
      run: ["python3"],
    }, async () => {
      const { cert, key } = serverCertificate();
      await using listener = await listen(
        kind === "deno"
          ? { transport: "tls", port: 0, cert, key }
          : { port: 0 },
      );
      await using client = python(
        `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
context.maximum_version = ssl.TLSVersion.TLSv1_2
raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s = context.wrap_socket(raw, server_hostname="localhost")
s.sendall(b"half a messa")
raw = socket.socket(fileno=s.detach())
raw.${deed}
sys.stdin.read()
`,
        listener.addr.port,
        certificatePath("ca.pem"),
      );
      const accepted = await listener.accept();
      const transport = kind === "deno"
        ? transportOf(accepted)
        : await serverTls(transportOf(accepted), { cert, key });
      await using socket = new StreamSocket(transport);
      assert.equal((await socket.reader.readExactly(12)).length, 12);
      await assert.rejects(socket.recv(), failure);
      await client.stdin.close();
      await client.ended();
    });
  }
}

test("ST08 writing to a TLS peer that has closed rejects soon", {
  ...NEEDS,
  run: ["python3"],
}, async () => {
  await using listener = await listen({
    transport: "tls",
    port: 0,
    ...serverCertificate(),
  });
  await using client = python(
    `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s = context.wrap_socket(raw, server_hostname="localhost")
s.sendall(b"x")
s.close()
`,
    listener.addr.port,
    certificatePath("ca.pem"),
  );
  await using socket = await listener.accept();
  assert.equal((await socket.recv())?.length, 1);
  await client.ended();
  let writes = 0;
  await assert.rejects(async () => {
    for (; writes < 1000; writes++) await socket.send(new Uint8Array(4096));
  });
});

test("mutual TLS tells who the client is", NEEDS, async () => {
  const caCerts = [authority()];
  await using server = await echoServer("node", { requestCert: true, caCerts });
  const options = trusting(server.port);
  const tls = await ask({ ...options, ...clientCertificate() });
  assert.deepEqual(server.handshakes, [{
    alpnProtocol: null,
    peerSubject: { CN: "client-one", O: "deno-socket" },
  }]);
  assert.equal(tls?.peerSubject?.CN, "localhost");

  for (const bad of [{}, selfSigned(), serverCertificate()]) {
    await assert.rejects(ask({ ...options, ...bad }));
  }
  assert.equal(server.handshakes.length, 4);
  for (const failure of server.handshakes.slice(1)) {
    assert.ok(failure instanceof Deno.errors.InvalidData, `${failure}`);
  }
});

test("a subject's attribute that occurs twice is one text", NEEDS, async () => {
  const odd = ambiguousCertificate();
  await using server = await echoServer("node", {
    requestCert: true,
    caCerts: [odd.cert],
  });
  await ask({ ...trusting(server.port), ...odd });
  assert.deepEqual(server.handshakes, [{
    alpnProtocol: null,
    peerSubject: { CN: "one, two" },
  }]);
});

test(
  "connect() trusts no certificate one name of which reads as two",
  NEEDS,
  async () => {
    const odd = ambiguousCertificate();
    await using server = await echoServer("deno", odd);
    const options = { ...trusting(server.port), caCerts: [odd.cert] };
    for (const own of [{}, clientCertificate()]) {
      await assert.rejects(
        ask({ ...options, ...own, serverName: "localhost" }),
        Deno.errors.InvalidData,
      );
    }
    await ask({ ...options, serverName: "server.test" });
  },
);

test(
  "serverTls() refuses requestCert without caCerts, and what is no PEM",
  NEEDS,
  async () => {
    await using listener = await listen({ port: 0 });
    await using client = await connect({ port: listener.addr.port });
    const transport = transportOf(client);
    const good = serverCertificate();
    for (
      const bad of [
        { ...good, requestCert: true },
        { ...good, cert: "x" },
        { ...good, key: undefined },
        { ...good, requestCert: "yes" },
        { ...good, caCerts: [good.cert.slice(0, 200) + good.cert.slice(300)] },
      ]
    ) {
      await assert.rejects(
        serverTls(transport, bad as unknown as ServerTlsOptions),
        TypeError,
      );
    }
  },
);

test(
  "connect() checks the server's name, with and without a client certificate",
  NEEDS,
  async () => {
    await using server = await echoServer("deno");
    const options = trusting(server.port);
    for (const own of [{}, clientCertificate()]) {
      for (const hostname of ["127.0.0.1", "127.1", "localhost"]) {
        await ask({ ...options, ...own, hostname });
      }
      await ask({ ...options, ...own, serverName: "server.test" });
      await assert.rejects(
        ask({ ...options, ...own, serverName: "evil.test" }),
        Deno.errors.InvalidData,
      );
      await assert.rejects(
        ask({ ...options, ...own, caCerts: undefined }),
        Deno.errors.InvalidData,
      );
    }
  },
);

test(
  "connect() judges addresses and still verifies the name",
  NEEDS,
  async () => {
    await using server = await echoServer("deno");
    const resolver = {
      lookup: () => Promise.resolve([{ address: "127.0.0.1" }]),
    };
    const options = { ...trusting(server.port), resolver };
    await ask({ ...options, hostname: "server.test" });
    await assert.rejects(
      ask({ ...options, hostname: "evil.test" }),
      Deno.errors.InvalidData,
    );
    await assert.rejects(
      ask({ ...options, hostname: "server.test", deny: ["127.0.0.0/8"] }),
      Deno.errors.PermissionDenied,
    );
  },
);

test(
  "one deadline covers the handshake with a silent server",
  NEEDS,
  async () => {
    await using listener = await listen({ port: 0 });
    const { port } = listener.addr;
    for (const own of [{}, clientCertificate()]) {
      await assert.rejects(
        connect({ ...trusting(port), ...own, timeout: 50 }),
        { name: "TimeoutError" },
      );
      const controller = new AbortController();
      const { signal } = controller;
      const dialling = connect({ ...trusting(port), ...own, signal });
      await using _accepted = await listener.accept();
      controller.abort(new Error("no more"));
      await assert.rejects(dialling, /no more/);
    }
  },
);

test("a TLS transport tells whether its handshake goes on", NEEDS, async () => {
  await using listener = await listen({
    transport: "tls",
    port: 0,
    ...serverCertificate(),
  });
  const dialled = connect({ port: listener.addr.port });
  await using server = await listener.accept();
  const transport = transportOf(server);
  assert.equal(transport.handshaking, true);
  await using client = await dialled;
  await client.startTls({ serverName: "server.test", caCerts: [authority()] });
  await transport.handshake?.();
  assert.equal(transport.handshaking, false);
});

test("the addresses of a TLS client are those of TCP", NEEDS, async () => {
  await using listener = await listen({
    transport: "tls",
    port: 0,
    ...serverCertificate(),
  });
  const { port } = listener.addr;
  const dialling = connect({
    transport: "tls",
    hostname: "localhost",
    port,
    caCerts: [authority()],
  });
  await using server = await listener.accept();
  const greeting = server.send("hello\n");
  await using client = await dialling;
  await greeting;
  assert.deepEqual(client.remoteAddr, {
    transport: "tcp",
    hostname: "127.0.0.1",
    port,
  });
  assert.deepEqual(client.localAddr, server.remoteAddr);
  assert.match(String(client), /^127\.0\.0\.1:\d+ - 127\.0\.0\.1:\d+$/);
});

test(
  "CN09 listen() with TLS on a used port is AddrInUse, too",
  NEEDS,
  async () => {
    await using listener = await listen({ port: 0 });
    const { port } = listener.addr;
    await assert.rejects(
      listen({ ...serverCertificate(), transport: "tls", port }),
      { name: "AddrInUse", code: "EADDRINUSE" },
    );
  },
);
