/**
 * examples/nc.ts against ncat, socat, openssl and Python, both ways: the same bytes and the same
 * end of the stream, over TCP, TLS, UDP and Unix sockets.
 */
import assert from "node:assert/strict";
import { connect, listen } from "../../mod.ts";
import { certificatePath } from "../support/certificates.ts";
import { test } from "../support/permissions.ts";
import { type Program, python, start } from "../support/programs.ts";

const NEEDS = { net: true, read: true, write: true };
const NC = new URL("../../examples/nc.ts", import.meta.url).pathname;

function nc(...args: (string | number)[]): Program {
  return start(
    Deno.execPath(),
    "run",
    "--no-check",
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--unstable-net",
    NC,
    ...args.map(String),
  );
}

async function freePort(): Promise<number> {
  await using listener = await listen({ port: 0 });
  return listener.addr.port;
}

async function feed(program: Program, text: string): Promise<void> {
  await program.stdin.write(new TextEncoder().encode(text));
}

/** Question and answer, each up to its end: the client half-closes first. */
async function converse(client: Program, server: Program): Promise<void> {
  await feed(client, "question\n");
  await client.stdin.close();
  assert.equal(await server.line(), "question");
  await feed(server, "answer\n");
  await server.stdin.close();
  assert.equal(await client.rest(), "answer\n");
  assert.equal(await server.rest(), "");
  await client.ended();
}

/** Try until it works: the other program says nothing when it listens. */
async function dialled(make: () => Program, port: number): Promise<Program> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return make();
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
  }
}

const CERT = certificatePath("server.pem");
const KEY = certificatePath("server.key");
const TRUST = certificatePath("ca.pem");

const CLIENTS: Record<string, (port: number) => Program> = {
  ncat: (port) => start("ncat", "127.0.0.1", `${port}`),
  socat: (port) => start("socat", "-t5", "-", `TCP:127.0.0.1:${port}`),
  python3: (port) =>
    python(
      `
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(sys.stdin.buffer.read())
s.shutdown(socket.SHUT_WR)
while data := s.recv(1000): sys.stdout.buffer.write(data)
`,
      port,
    ),
};

for (const [program, client] of Object.entries(CLIENTS)) {
  const needs = { ...NEEDS, run: [program] };
  test(`${program} talks to nc.ts -l`, needs, async () => {
    const port = await freePort();
    await using server = nc("-v", "-l", port);
    assert.match((await server.errorLine())!, /^listening/);
    await using peer = client(port);
    await converse(peer, server);
    await server.ended();
  });
}

test("nc.ts talks to ncat -l", { ...NEEDS, run: ["ncat"] }, async () => {
  const port = await freePort();
  await using server = start("ncat", "-k", "-l", "127.0.0.1", `${port}`);
  await using client = await dialled(() => nc("127.0.0.1", port), port);
  await feed(client, "question\n");
  assert.equal(await server.line(), "question");
  await feed(server, "answer\n");
  assert.equal(await client.line(), "answer");
  // Not earlier: ncat -l closes as soon as it reads an end of stream, whatever it was about to send.
  await client.stdin.close();
  assert.equal(await client.rest(), "");
  await client.ended();
  await server.stdin.close();
});

test(
  "nc.ts talks to socat's listener",
  { ...NEEDS, run: ["socat"] },
  async () => {
    const port = await freePort();
    const address = `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`;
    await using _server = start("socat", "-t5", address, "EXEC:rev");
    await using client = await dialled(() => nc("127.0.0.1", port), port);
    await feed(client, "question\n");
    await client.stdin.close();
    assert.equal(await client.rest(), "noitseuq\n");
    await client.ended();
  },
);

test("nc.ts -l -k gives what it has not read yet to the next client", {
  ...NEEDS,
  run: [Deno.execPath()],
}, async () => {
  const port = await freePort();
  await using server = nc("-v", "-l", "-k", port);
  assert.match((await server.errorLine())!, /^listening/);
  await using first = await connect({ port });
  await feed(server, "one\n");
  assert.equal(await first.reader.readLine(), "one");
  await first.closeWrite();
  assert.equal(await first.recv(), null);
  await feed(server, "two\n");
  await using second = await connect({ port });
  assert.equal(await second.reader.readLine(), "two");
});

test("nc.ts -U talks to socat over a Unix socket, both ways", {
  ...NEEDS,
  run: ["socat"],
}, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/s`;
    await using server = nc("-v", "-U", "-l", path);
    assert.match((await server.errorLine())!, /^listening/);
    await using client = start("socat", "-t5", "-", `UNIX-CONNECT:${path}`);
    await converse(client, server);
    await server.ended();

    const other = `${folder}/t`;
    await using listener = start("socat", "-t5", `UNIX-LISTEN:${other}`, "-");
    while (!await Deno.stat(other).catch(() => null));
    await using dialler = nc("-U", other);
    await converse(dialler, listener);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (const version of ["tls1_2", "tls1_3"]) {
  test(`openssl s_client -${version} talks to nc.ts -l --ssl`, {
    ...NEEDS,
    run: ["openssl"],
  }, async () => {
    const port = await freePort();
    await using server = nc(
      "-k",
      "-l",
      port,
      "--ssl",
      "--ssl-cert",
      CERT,
      "--ssl-key",
      KEY,
    );
    await using client = await dialled(
      () =>
        start(
          "openssl",
          "s_client",
          "-quiet",
          "-verify_quiet",
          "-no_ign_eof",
          `-${version}`,
          "-CAfile",
          TRUST,
          "-verify_return_error",
          "-connect",
          `127.0.0.1:${port}`,
        ),
      port,
    );
    await feed(client, "question\n");
    assert.equal(await server.line(), "question");
    await feed(server, "answer\n");
    assert.equal(await client.line(), "answer");
    await server.stdin.close();
    assert.equal(await client.rest(), "");
  });

  test(`nc.ts --ssl talks to openssl s_server -${version}`, {
    ...NEEDS,
    run: ["openssl"],
  }, async () => {
    const port = await freePort();
    await using server = start(
      "openssl",
      "s_server",
      "-quiet",
      `-${version}`,
      "-cert",
      CERT,
      "-key",
      KEY,
      "-accept",
      `127.0.0.1:${port}`,
    );
    await using client = await dialled(
      () => nc("--ssl", "--ssl-trustfile", TRUST, "127.0.0.1", port),
      port,
    );
    await feed(client, "question\n");
    assert.equal(await server.line(), "question");
    await feed(server, "answer\n");
    assert.equal(await client.line(), "answer");
  });
}

test("nc.ts -u talks to Python over UDP, both ways", {
  ...NEEDS,
  run: ["python3"],
}, async () => {
  await using server = python(`
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])
data, peer = s.recvfrom(100)
s.sendto(data.upper(), peer)
`);
  await using client = nc("-u", "127.0.0.1", (await server.line())!);
  await feed(client, "question\n");
  assert.equal(await client.line(), "QUESTION");
  await server.ended();

  const port = await freePort();
  await using listener = nc("-u", "-l", port);
  await using peer = python(
    `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.05)
while True:
    s.sendto(b"question\\n", ("127.0.0.1", int(sys.argv[1])))
    try:
        print(s.recv(100).decode().strip())
        break
    except (TimeoutError, ConnectionRefusedError): pass
`,
    port,
  );
  assert.equal(await listener.line(), "question");
  await feed(listener, "answer\n");
  assert.equal(await peer.line(), "answer");
});

test(
  "nc.ts -z tells by its exit code, --deny judges every spelling",
  NEEDS,
  async () => {
    await using listener = await listen({ port: 0 });
    const { port } = listener.addr;
    await using open = nc("-z", "127.0.0.1", port);
    await open.ended();
    for (
      const args of [
        ["-z", "-w", 5, "127.0.0.1", await freePort()],
        ["-z", "--deny", "127.0.0.0/8", "0x7f.1", port],
        ["-z", "-6", "127.0.0.1", port],
        ["-z", "--allow", "192.0.2.0/24", "localhost", port],
      ]
    ) {
      await using closed = nc(...args);
      await assert.rejects(closed.ended(), /ended with 1/, args.join(" "));
    }
    await using bad = nc("--no-such-option");
    await assert.rejects(bad.ended(), /ended with 2/);
    await using help = nc("--help");
    assert.match(await help.rest(), /^Usage: nc\.ts/);
  },
);
