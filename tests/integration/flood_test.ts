/**
 * Floods of connections against servers in a process of their own, from processes of their own: good clients are served
 * all the time, memory stays bounded, and each attacker is counted under its reason.
 */
import assert from "node:assert/strict";
import {
  connect,
  lengthPrefixedCodec,
  type StreamServerStats,
} from "../../mod.ts";
import {
  type BesiegedReport,
  type BesiegedServer,
  startBesiegedServer,
} from "../support/besieged_server.ts";
import { test } from "../support/permissions.ts";
import { attack, during, FLOOD_NEEDS, MOST_MEMORY } from "../support/flood.ts";
import { python } from "../support/programs.ts";

const STREAM_PRELUDE = `
import socket, sys, threading
port, count = int(sys.argv[1]), int(sys.argv[2])
def rest_of(s):
    data = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece: break
            data += piece
    except OSError:
        pass
    return data
def crowd(visit):
    left = iter(range(count))
    lock = threading.Lock()
    def run():
        while True:
            with lock:
                i = next(left, None)
            if i is None: return
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.settimeout(20)
                visit(s, i)
    threads = [threading.Thread(target=run) for _ in range(32)]
    for t in threads: t.start()
    for t in threads: t.join()
`;

/** What it reports when all but one connection of each server have ended and been counted. */
async function allGone(server: BesiegedServer): Promise<BesiegedReport> {
  for (;;) {
    const report = await server.report();
    const { lines, frames } = report.stats;
    if (left(lines) === 1 && left(frames) === 1) return report;
  }
}

function left({ accepted, closes }: StreamServerStats): number {
  return Object.values(closes).reduce((sum, n) => sum - n, accepted);
}

const frames = lengthPrefixedCodec({ maxLength: 65_536 });

test(
  "600 oversized lines and 600 oversized frames: each ends with its own connection",
  FLOOD_NEEDS,
  async () => {
    await using server = await startBesiegedServer();
    const { ports } = server;
    await using liner = await connect({ port: ports.lines });
    await using framer = await connect({ port: ports.frames });
    const before = await server.report();
    let most = before.rss;
    const lines = attack(
      STREAM_PRELUDE + `
def visit(s, i):
    try:
        # Never a line ending: 64 KiB are allowed, a megabyte comes.
        for _ in range(16): s.sendall(b"x" * 65536)
    except OSError:
        return
    assert rest_of(s) == b""
crowd(visit)
`,
      ports.lines,
      600,
    );
    const announced = attack(
      STREAM_PRELUDE + `
def visit(s, i):
    try:
        # 4 GiB, one byte too many, or that with its bytes.
        s.sendall([b"\\xff" * 4, b"\\0\\1\\0\\1", b"\\0\\1\\0\\1" + b"x" * 65537][i % 3])
    except OSError:
        return
    assert rest_of(s) == b""
crowd(visit)
`,
      ports.frames,
      600,
    );
    const both = Promise.all([lines, announced]).then(() => {});
    const message = new TextEncoder().encode("a frame");
    await during(both, async () => {
      await liner.send("a line\n");
      assert.equal(await liner.reader.readLine(), "a line");
      await framer.writer.writeMessage(frames, message);
      assert.deepEqual(await framer.reader.readMessage(frames), message);
      most = Math.max(most, (await server.report()).rss);
    });
    const { stats, errors } = await allGone(server);
    for (
      const { closes, handlerErrors, active, drops } of [
        stats.lines,
        stats.frames,
      ]
    ) {
      assert.deepEqual(closes, { limit: 600 });
      assert.deepEqual(drops, {});
      assert.equal(handlerErrors, 0);
      assert.equal(active, 1);
    }
    assert.deepEqual(errors, []);
    assert.ok(most - before.rss < MOST_MEMORY, `${most - before.rss} bytes`);
  },
);

test(
  "announced frames that never come cost no memory before their bytes do",
  FLOOD_NEEDS,
  async () => {
    await using server = await startBesiegedServer();
    const { ports } = server;
    const before = await server.report();
    await using attacker = python(
      STREAM_PRELUDE + `
waiting = []
for i in range(count):
    s = socket.create_connection(("127.0.0.1", port))
    s.sendall(b"\\0\\1\\0\\0" + b"x")
    waiting.append(s)
print("waiting")
sys.stdin.read()
`,
      ports.frames,
      500,
    );
    assert.equal(await attacker.line(), "waiting");
    await using good = await connect({ port: ports.frames });
    const message = new TextEncoder().encode("a frame");
    await good.writer.writeMessage(frames, message);
    assert.deepEqual(await good.reader.readMessage(frames), message);
    const { stats, rss } = await server.report();
    assert.equal(stats.frames.active, 501);
    // 500 × 64 KiB would be 32 MB.
    assert.ok(rss - before.rss < 24 * 1024 * 1024, `${rss - before.rss} bytes`);
  },
);

test(
  "800 clients of a full server are told so, or closed, and those inside are served",
  FLOOD_NEEDS,
  async () => {
    await using server = await startBesiegedServer();
    const { ports } = server;
    await using one = await connect({ port: ports.full });
    await using other = await connect({ port: ports.full });
    const inside = [one, other];
    const serve = async () => {
      for (const client of inside) {
        await client.send("still here\n");
        assert.equal(await client.reader.readLine(), "still here");
      }
    };
    await serve();
    const before = await server.report();
    let most = before.rss;
    const flood = attack(
      STREAM_PRELUDE + `
def visit(s, i):
    assert rest_of(s) in (b"busy\\n", b"")
crowd(visit)
`,
      ports.full,
      800,
    );
    await during(flood, async () => {
      await serve();
      most = Math.max(most, (await server.report()).rss);
    });
    const { stats: { full }, errors } = await server.report();
    assert.deepEqual(full.drops, { overflow: 800 });
    assert.equal(full.peak, 2);
    assert.equal(full.active, 2);
    assert.deepEqual(full.closes, {});
    assert.deepEqual(errors, []);
    assert.ok(most - before.rss < MOST_MEMORY, `${most - before.rss} bytes`);
  },
);
