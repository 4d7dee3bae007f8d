/** A server and clients that are not ours, some of which mean no good: what issue it must survive. */
import assert from "node:assert/strict";
import { connect, serve, type StreamServer } from "../../mod.ts";
import { openDescriptors } from "../support/descriptors.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { python, start } from "../support/programs.ts";

const needs = { net: true, read: true, run: ["python3"] };

const PRELUDE = `
import socket, struct, sys, time
port = int(sys.argv[1])
def dial():
    return socket.create_connection(("127.0.0.1", port))
`;

interface Watched {
  server: StreamServer;
  log: HookLog;
  [Symbol.asyncDispose](): Promise<void>;
}

async function lineServer(options: object = {}): Promise<Watched> {
  const log = new HookLog();
  const server = await serve(
    { port: 0, ...log.hooks, ...options },
    async (conn) => {
      for await (const line of conn.lines()) await conn.send(`${line}\n`);
    },
  );
  return {
    server,
    log,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Run a client while a witness, connected before, is served all the time; gives how often. */
async function withWitness(
  port: number,
  attack: () => Promise<void>,
): Promise<number> {
  await using witness = await connect({ port });
  let over = false;
  const done = attack().finally(() => over = true);
  done.catch(() => {});
  let rounds = 0;
  for (; !over || rounds === 0; rounds++) {
    await witness.send(`${rounds}\n`);
    assert.equal(await witness.reader.readLine(), `${rounds}`);
  }
  await done;
  return rounds;
}

test(
  "SV20 400 clients that reset before they are accepted leave the server alive",
  needs,
  async () => {
    await using watched = await lineServer();
    const { server, log } = watched;
    await withWitness(server.addr.port, async () => {
      await using client = python(
        PRELUDE + `
for i in range(400):
    s = dial()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
`,
        server.addr.port,
      );
      await client.ended();
    });
    await using late = await connect({ port: server.addr.port });
    await late.send("late\n");
    assert.equal(await late.reader.readLine(), "late");
    assert.equal(server.state, "listening");
    assert.deepEqual(log.errors, []);
  },
);

test(
  "SV17 200 simultaneous clients of another make are all answered",
  needs,
  async () => {
    await using watched = await lineServer();
    const { port } = watched.server.addr;
    await withWitness(port, async () => {
      await using client = python(
        PRELUDE + `
clients = [dial() for i in range(200)]
for i, s in enumerate(clients):
    s.sendall(b"client %d\\n" % i)
for i, s in enumerate(clients):
    assert s.makefile("rb").readline() == b"client %d\\n" % i
`,
        port,
      );
      await client.ended();
    });
    assert.ok(watched.server.stats.peak >= 200);
  },
);

test("one byte per segment makes the same line", needs, async () => {
  await using watched = await lineServer();
  await using client = python(
    PRELUDE + `
s = dial()
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for b in "häppchenweise ✓\\r\\n".encode():
    s.send(bytes([b]))
    time.sleep(0.001)
assert s.makefile("rb").readline().decode() == "häppchenweise ✓\\n"
`,
    watched.server.addr.port,
  );
  await client.ended();
});

test("half-close, then the reply to the end, from Python", needs, async () => {
  await using watched = await lineServer();
  await using client = python(
    PRELUDE + `
s = dial()
line = b"x" * 60000 + b"\\n"
s.sendall(line * 20)
s.shutdown(socket.SHUT_WR)
data = s.makefile("rb").read()
assert data == line * 20, len(data)
`,
    watched.server.addr.port,
  );
  await client.ended();
  assert.deepEqual(await watched.log.closed(), ["done"]);
});

for (
  const [program, ...args] of [
    ["nc", "-N", "127.0.0.1"],
    ["socat", "-t5", "-"],
  ]
) {
  test(`half-close, then the reply to the end, from ${program}`, {
    net: true,
    read: true,
    run: [program!],
  }, async () => {
    await using watched = await lineServer();
    const { port } = watched.server.addr;
    const target = program === "nc" ? `${port}` : `TCP:127.0.0.1:${port}`;
    await using client = start(program!, ...args, target);
    const text = "a line\n".repeat(20_000);
    const writing = client.stdin.write(new TextEncoder().encode(text))
      .then(() => client.stdin.close());
    assert.equal(await client.rest(), text);
    await writing;
    await client.ended();
  });
}

test(
  "ST03 10 MB are echoed to a client that begins to read late",
  needs,
  async () => {
    const log = new HookLog();
    await using server = await serve(
      { port: 0, ...log.hooks },
      async (conn) => {
        for await (const chunk of conn.reader.chunks()) await conn.send(chunk);
      },
    );
    await using client = python(
      PRELUDE + `
import hashlib, os, threading
data = os.urandom(10_000_000)
s = dial()
sent = threading.Event()
def write():
    s.sendall(data[:3_000_000])
    sent.set()
    s.sendall(data[3_000_000:])
    s.shutdown(socket.SHUT_WR)
threading.Thread(target=write).start()
sent.wait(2)
digest = hashlib.sha256()
total = 0
while True:
    piece = s.recv(65536)
    if not piece: break
    total += len(piece)
    digest.update(piece)
assert total == len(data), total
assert digest.digest() == hashlib.sha256(data).digest()
`,
      server.addr.port,
    );
    await client.ended();
    assert.deepEqual(await log.closed(), ["done"]);
    assert.equal(server.stats.bytesRead, 10_000_000);
    assert.equal(server.stats.bytesWritten, 10_000_000);
  },
);

test(
  "600 connections opened and dropped leave no descriptor behind",
  needs,
  async () => {
    await using watched = await lineServer();
    const { server, log } = watched;
    const before = openDescriptors();
    await using client = python(
      PRELUDE + `
for i in range(600):
    s = dial()
    if i % 3 == 0: s.sendall(b"half a li")
    if i % 3 == 1: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
`,
      server.addr.port,
    );
    await client.ended();
    await client[Symbol.asyncDispose]();
    const { accepted } = await settled(server);
    await log.closed(accepted);
    assert.equal(server.connections.size, 0);
    assert.equal(openDescriptors(), before);
    assert.deepEqual(log.errors, []);
  },
);

/** Wait until everything that waits to be accepted has been; the backlog is served in order. */
async function settled(server: StreamServer) {
  await using last = await connect({ port: server.addr.port });
  await last.send("last\n");
  assert.equal(await last.reader.readLine(), "last");
  return server.stats;
}

test(
  "slowloris: 100 connections that dribble are ended by messageTimeout",
  needs,
  async () => {
    await using watched = await lineServer({ messageTimeout: 400 });
    const { server, log } = watched;
    await withWitness(server.addr.port, async () => {
      await using client = python(
        PRELUDE + `
clients = [dial() for i in range(100)]
alive = set(clients)
deadline = time.monotonic() + 10
while alive and time.monotonic() < deadline:
    for s in list(alive):
        try:
            s.send(b"x")
            s.setblocking(False)
            if s.recv(1) == b"": alive.discard(s)
        except BlockingIOError:
            pass
        except OSError:
            alive.discard(s)
    time.sleep(0.02)
assert not alive, len(alive)
`,
        server.addr.port,
      );
      await client.ended();
    });
    await log.closed(100);
    const { closes } = server.stats;
    assert.equal(closes["message-timeout"], 100);
    assert.deepEqual(log.errors, []);
  },
);
