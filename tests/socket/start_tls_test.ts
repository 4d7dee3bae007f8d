/**
 * StreamSocket.startTls: in the middle of a conversation, over every kind of connection.
 */
import assert from "node:assert/strict";
import {
  connect,
  listen,
  ProtocolError,
  socketpair,
  type StartTlsOptions,
  type StreamSocket,
} from "../../mod.ts";
import {
  authority,
  certificatePath,
  clientCertificate,
  serverCertificate,
} from "../support/certificates.ts";
import { test } from "../support/permissions.ts";
import { python } from "../support/programs.ts";
import { PAIRS } from "../support/socket_pairs.ts";

const NEEDS = { net: true, read: true, write: true };

function asServer() {
  return { serverSide: true, ...serverCertificate() } as const;
}

function asClient(): StartTlsOptions {
  return { serverName: "server.test", caCerts: [authority()] };
}

/** The client asks for TLS, as STARTTLS commands do; both go on with it. */
async function upgrade(
  client: StreamSocket,
  server: StreamSocket,
  options: StartTlsOptions = asClient(),
): Promise<void> {
  await client.send("STARTTLS\n");
  assert.equal(await server.reader.readLine(), "STARTTLS");
  await server.send("go ahead\n");
  assert.equal(await client.reader.readLine(), "go ahead");
  await Promise.all([client.startTls(options), server.startTls(asServer())]);
}

for (const kind of ["tcp", "unix", "memory"]) {
  test(`startTls() on both sides (${kind})`, NEEDS, async () => {
    await using pair = await PAIRS[kind]!();
    const { client, server } = pair;
    await upgrade(client, server);
    assert.equal(client.tls?.alpnProtocol, null);
    assert.equal(server.tls?.alpnProtocol, null);
    await client.send("secret\n");
    await client.closeWrite();
    assert.equal(await server.reader.readLine(), "secret");
    assert.equal(await server.recv(), null);
    await server.send("answer\n");
    assert.equal(await client.reader.readLine(), "answer");
    await server.close();
    assert.equal(await client.recv(), null);
  });
}

test("startTls() byte by byte", NEEDS, async () => {
  const [client, server] = socketpair({ chunkSize: 1 });
  await upgrade(client, server, { ...asClient(), ...clientCertificate() });
  await client.send("slow\n");
  assert.equal(await server.reader.readLine(), "slow");
  await client.close();
  assert.equal(await server.recv(), null);
  await server.close();
});

test("startTls() checks the name that was dialled", NEEDS, async () => {
  await using listener = await listen({ port: 0 });
  await using client = await connect({
    hostname: "localhost",
    port: listener.addr.port,
  });
  await using server = await listener.accept();
  await upgrade(client, server, { caCerts: [authority()] });
  const [a, b] = socketpair();
  await assert.rejects(a.startTls({ caCerts: [authority()] }), TypeError);
  await a.close();
  await b.close();
});

test("startTls() is refused while a read is outstanding", NEEDS, async () => {
  await using pair = await PAIRS.tcp!();
  const { client, server } = pair;
  await assert.rejects(client.recv(1, { timeout: 5 }));
  await assert.rejects(client.startTls(asClient()), Deno.errors.Busy);
  await server.send("still here\n");
  assert.equal(await client.reader.readLine(), "still here");
  await upgrade(client, server);
});

test("startTls() is refused while a write is outstanding", NEEDS, async () => {
  await using pair = await PAIRS.tcp!();
  const { client, server } = pair;
  const sending = client.send(new Uint8Array(20_000_000));
  await assert.rejects(client.startTls(asClient()), Deno.errors.Busy);
  await server.reader.skip(20_000_000);
  await sending;
  await upgrade(client, server);
});

test("startTls() is refused while input is buffered", NEEDS, async () => {
  await using pair = await PAIRS.tcp!();
  const { client, server } = pair;
  await server.send("go ahead\ninjected\n");
  assert.equal(await client.reader.readLine(), "go ahead");
  await assert.rejects(client.startTls(asClient()), ProtocolError);
  assert.equal(await client.reader.readLine(), "injected");
  await upgrade(client, server);
});

test(
  "startTls() is refused when either direction has ended",
  NEEDS,
  async () => {
    await using pair = await PAIRS.tcp!();
    const { client, server } = pair;
    await client.closeWrite();
    await assert.rejects(client.startTls(asClient()), Deno.errors.BrokenPipe);
    assert.equal(await server.recv(), null);
    await assert.rejects(
      server.startTls(asServer()),
      Deno.errors.UnexpectedEof,
    );
    await client.close();
    await assert.rejects(client.startTls(asClient()), Deno.errors.BadResource);
  },
);

test(
  "startTls() refuses options that are none, and leaves the socket usable",
  NEEDS,
  async () => {
    await using pair = await PAIRS.tcp!();
    const { client, server } = pair;
    const bad: object[] = [
      { servername: "x" },
      { ...asClient(), requestCert: true },
      { ...asServer(), cert: "x" },
      { ...asServer(), serverName: "x" },
      { ...asClient(), cert: clientCertificate().cert },
    ];
    for (const options of bad) {
      await assert.rejects(client.startTls(options), TypeError);
    }
    await assert.rejects(
      client.startTls({ ...asClient(), timeout: 0 }),
      RangeError,
    );
    await upgrade(client, server);
  },
);

test(
  "startTls() closes the socket when the handshake fails",
  NEEDS,
  async () => {
    for (const kind of ["tcp", "memory"]) {
      await using pair = await PAIRS[kind]!();
      const { client, server } = pair;
      const serving = server.startTls(asServer()).catch(() => {});
      await assert.rejects(
        client.startTls({ ...asClient(), serverName: "evil.test" }),
        Deno.errors.InvalidData,
      );
      await client.closed;
      await assert.rejects(client.send("x"));
      await server.close();
      await serving;
    }
  },
);

test("startTls() keeps to its deadline with a silent peer", NEEDS, async () => {
  for (const kind of ["tcp", "memory"]) {
    await using pair = await PAIRS[kind]!();
    await assert.rejects(
      pair.client.startTls({ ...asClient(), timeout: 20 }),
      { name: "TimeoutError" },
    );
    await pair.client.closed;
    await assert.rejects(pair.client.recv());
  }
});

test(
  "startTls(): what is sent and read meanwhile goes through TLS",
  NEEDS,
  async () => {
    await using pair = await PAIRS.tcp!();
    const { client, server } = pair;
    const upgrading = [
      client.startTls(asClient()),
      server.startTls(asServer()),
    ];
    await assert.rejects(client.startTls(asClient()), Deno.errors.Busy);
    assert.equal(
      (client.localAddr as Deno.NetAddr).port,
      (server.remoteAddr as Deno.NetAddr).port,
    );
    await client.send("early\n");
    assert.equal(await server.reader.readLine(), "early");
    await Promise.all(upgrading);
  },
);

test("startTls() can be closed in the middle", NEEDS, async () => {
  for (const kind of ["tcp", "memory"]) {
    await using pair = await PAIRS[kind]!();
    const starting = assert.rejects(pair.client.startTls(asClient()));
    await pair.client.close();
    await starting;
  }
});

test(
  "startTls() with an authority that cannot be read closes the socket",
  NEEDS,
  async () => {
    const broken =
      "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
    for (const kind of ["tcp", "memory"]) {
      await using pair = await PAIRS[kind]!();
      await assert.rejects(
        pair.client.startTls({ ...asClient(), caCerts: [broken] }),
        { name: "TypeError", message: /caCerts: one is no certificate/ },
      );
      assert.equal(await pair.server.recv(), null);
    }
  },
);

test("startTls() can be closed while the peer is silent", NEEDS, async () => {
  for (const kind of ["tcp", "memory"]) {
    await using pair = await PAIRS[kind]!();
    const starting = assert.rejects(pair.client.startTls(asClient()), Error);
    assert.ok(await pair.server.recv(), "its greeting");
    await pair.client.close();
    await starting;
  }
});

test("startTls() with Python's ssl as the server", {
  ...NEEDS,
  run: ["python3"],
}, async () => {
  await using peer = python(
    `
import socket, ssl, sys
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[1], sys.argv[2])
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1])
    raw, _ = listener.accept()
    assert raw.recv(100) == b"STARTTLS\\n"
    raw.sendall(b"ok\\n")
    with context.wrap_socket(raw, server_side=True) as s:
        s.sendall(s.recv(100).upper())
        s.unwrap()
`,
    certificatePath("server.pem"),
    certificatePath("server.key"),
  );
  await using client = await connect({ port: Number(await peer.line()) });
  await client.send("STARTTLS\n");
  assert.equal(await client.reader.readLine(), "ok");
  await client.startTls(asClient());
  await client.send("secret\n");
  assert.equal(await client.reader.readLine(), "SECRET");
  assert.equal(await client.recv(), null);
  await client.close();
  await peer.ended();
});
