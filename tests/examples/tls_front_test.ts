/** examples/tls_front.ts, as a module and as a newcomer starts it. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { backendOf, forwardTo } from "../../examples/tls_front.ts";
import {
  connect,
  type Connection,
  type ProxyHeader,
  serve,
  type StreamServer,
} from "../../mod.ts";
import {
  authority,
  certificatePath,
  clientCertificate,
  serverCertificate,
} from "../support/certificates.ts";
import { test } from "../support/permissions.ts";
import { start } from "../support/programs.ts";

const NEEDS = { net: true, read: true };

/** The server behind: tells each client who it is, then echoes to the end. */
async function backend(conn: Connection): Promise<void> {
  await conn.send(`${conn.remoteAddr.port}\n`);
  await conn.writer.pipeFrom(conn.reader);
}

function serveBackend(seen: ProxyHeader[] = []): Promise<StreamServer> {
  return serve({
    port: 0,
    proxyProtocol: { trusted: ["127.0.0.1"] },
    onConnect: (conn) => seen.push(conn.proxy!),
  }, backend);
}

function front(
  port: number,
  options: object = {},
): Promise<StreamServer> {
  return serve({
    transport: "tls",
    port: 0,
    ...serverCertificate(),
    ...options,
  }, forwardTo({ transport: "tcp", hostname: "127.0.0.1", port }));
}

function dial(port: number, options: object = {}) {
  return connect({
    transport: "tls",
    hostname: "localhost",
    port,
    caCerts: [authority()],
    ...options,
  });
}

test(
  "tls_front.ts tells the backend who the client is, and passes half-closes on",
  NEEDS,
  async () => {
    const seen: ProxyHeader[] = [];
    await using behind = await serveBackend(seen);
    await using server = await front(behind.addr.port, {
      alpnProtocols: ["echo"],
    });
    await using client = await dial(server.addr.port, {
      alpnProtocols: ["echo"],
    });
    assert.equal(
      await client.reader.readLine(),
      String(client.localAddr.port),
    );
    await client.send("hello");
    await client.closeWrite();
    assert.equal(
      new TextDecoder().decode(await client.reader.readAll()),
      "hello",
    );
    assert.equal(seen[0]?.version, 2);
    assert.equal(seen[0]?.alpn, "echo");
    assert.equal(seen[0]?.ssl?.overTls, true);
    assert.equal(seen[0]?.ssl?.verified, false);
  },
);

test("tls_front.ts names the client certificate", NEEDS, async () => {
  const seen: ProxyHeader[] = [];
  await using behind = await serveBackend(seen);
  await using server = await front(behind.addr.port, {
    caCerts: [authority()],
    requestCert: true,
  });
  await using client = await dial(server.addr.port, clientCertificate());
  assert.ok(await client.reader.readLine());
  assert.equal(seen[0]?.ssl?.commonName, "client-one");
  assert.equal(seen[0]?.ssl?.verified, true);
});

test("tls_front.ts carries megabytes both ways", NEEDS, async () => {
  await using behind = await serveBackend();
  await using server = await front(behind.addr.port);
  await using client = await dial(server.addr.port);
  assert.ok(await client.reader.readLine());
  const data = crypto.getRandomValues(new Uint8Array(65_536));
  const rounds = 64;
  const sending = (async () => {
    for (let i = 0; i < rounds; i++) await client.send(data);
    await client.closeWrite();
  })();
  for (let i = 0; i < rounds; i++) {
    const got = await client.reader.readExactly(data.length);
    assert.ok(got.every((byte, at) => byte === data[at]));
  }
  assert.equal(await client.recv(), null);
  await sending;
});

test("tls_front.ts: the backend is gone", NEEDS, async () => {
  const behind = await serveBackend();
  const { port } = behind.addr;
  const told = Promise.withResolvers<unknown>();
  await using server = await front(port, { onError: told.resolve });
  await using client = await dial(server.addr.port);
  assert.ok(await client.reader.readLine());
  await behind.close();
  assert.equal(await client.recv().catch(() => null), null);
  await using next = await dial(server.addr.port);
  assert.equal(await next.recv().catch(() => null), null);
  assert.ok(await told.promise instanceof Deno.errors.ConnectionRefused);
});

test("tls_front.ts reads places", {}, () => {
  const tcp = (hostname: string, port: number) => ({
    transport: "tcp",
    hostname,
    port,
  });
  assert.deepEqual(backendOf("7007"), tcp("127.0.0.1", 7007));
  assert.deepEqual(backendOf("10.0.0.1:80"), tcp("10.0.0.1", 80));
  assert.deepEqual(backendOf("[::1]:80"), tcp("::1", 80));
  assert.deepEqual(backendOf("unix:/s"), { transport: "unix", path: "/s" });
  assert.throws(() => backendOf("example.org"), TypeError);
});

const PROGRAM = { ...NEEDS, run: [Deno.execPath()], env: true, write: true };

test(
  "tls_front.ts with the least permissions: SIGHUP reads the certificate again if it can, SIGTERM ends it",
  PROGRAM,
  async () => {
    if (Deno.build.os === "windows") return;
    await using behind = await serveBackend();
    const folder = await Deno.makeTempDir();
    try {
      const copy = (from: string, to: string) =>
        Deno.copyFile(certificatePath(from), `${folder}/${to}`);
      const use = async (name: string) => {
        await copy(`${name}.pem`, "c.pem");
        await copy(`${name}.key`, "c.key");
      };
      await use("self");
      await using program = start(
        Deno.execPath(),
        ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
        `--allow-read=${folder}`,
        fileURLToPath(
          new URL("../../examples/tls_front.ts", import.meta.url),
        ),
        ...["--cert", `${folder}/c.pem`, "--key", `${folder}/c.key`],
        ...["--port", "0", "--backend", String(behind.addr.port)],
      );
      const port = Number((await program.line())!.match(/port (\d+)/)![1]);
      await assert.rejects(dial(port));
      await use("server");
      program.kill("SIGHUP");
      assert.equal(await program.line(), "Read the certificate again.");
      const keepsTheOldOne = async () => {
        program.kill("SIGHUP");
        assert.match((await program.errorLine())!, /kept the old certificate/);
      };
      await Deno.remove(`${folder}/c.pem`);
      await keepsTheOldOne();
      await copy("self.pem", "c.pem"); // Not the key's.
      await keepsTheOldOne();
      const client = await dial(port);
      assert.ok(await client.reader.readLine());
      program.kill("SIGTERM");
      await client.send("last words");
      await client.closeWrite();
      assert.equal(
        new TextDecoder().decode(await client.reader.readAll()),
        "last words",
      );
      await client.close();
      await program.ended();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

for (const bad of [["--key", "k"], ["--prot", "1"]]) {
  test(`tls_front.ts ${bad.join(" ")} ends with code 2`, PROGRAM, async () => {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        new URL("../../examples/tls_front.ts", import.meta.url).href,
        ...bad,
      ],
      stdout: "null",
      stderr: "null",
    }).output();
    assert.equal(code, 2);
  });
}
