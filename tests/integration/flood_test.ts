/**
 * Floods against servers in a process of their own, from processes of their own: good clients are served
 * all the time, memory stays bounded, and each attacker is counted under its reason.
 */
import assert from "node:assert/strict";
import {
  connect,
  type DatagramSocket,
  lengthPrefixedCodec,
  listenDatagram,
  type StreamServerStats,
} from "../../mod.ts";
import {
  type BesiegedReport,
  type BesiegedServer,
  startBesiegedServer,
} from "../support/besieged_server.ts";
import { test } from "../support/permissions.ts";
import { python } from "../support/programs.ts";

const NEEDS = {
  net: true,
  read: true,
  env: true,
  run: [Deno.execPath(), "python3"],
  timeout: 60_000,
};

/** What a flood may cost besides: most of it is garbage that nobody was in a hurry to collect. */
const MOST_MEMORY = 128 * 1024 * 1024;

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

/** Do something again and again while the attack lasts, and once at least; gives how often. */
async function during(
  attack: Promise<void>,
  once: () => Promise<void>,
): Promise<number> {
  let over = false;
  const done = attack.finally(() => over = true);
  done.catch(() => {});
  let rounds = 0;
  for (; !over || rounds === 0; rounds++) await once();
  await done;
  return rounds;
}

async function attack(script: string, ...args: number[]): Promise<void> {
  await using program = python(script, ...args);
  await program.ended();
}

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
  NEEDS,
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
  NEEDS,
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
  NEEDS,
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

const DATAGRAM_PRELUDE = `
import random, socket, sys
target, count, source_port = ("127.0.0.1", int(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
random.seed(1)
def forged():
    return "127.%d.%d.%d" % tuple(random.randint(1, 254) for _ in range(3))
pace = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
pace.settimeout(0.2)
for i in range(count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.bind((forged(), source_port))
    except OSError:
        continue # the same address twice
    s.sendto(sys.argv[4].encode(), target)
    s.close()
    if i % 64 == 63:
        # No faster than it is received, or the kernel drops most of it.
        pace.sendto(b"pace", target)
        try: pace.recv(100)
        except TimeoutError: pass
`;

function floodDatagrams(
  port: number,
  count: number,
  sourcePort: number,
  text: string,
): Promise<void> {
  const script = DATAGRAM_PRELUDE.replace("sys.argv[4]", JSON.stringify(text));
  return attack(script, port, count, sourcePort);
}

/** Ask as clients of UDP do: again, if no answer comes. */
async function ask(
  client: DatagramSocket,
  port: number,
  question: string,
): Promise<void> {
  const data = new TextEncoder().encode(question);
  for (let attempt = 0; attempt < 50; attempt++) {
    await client.send(data, { hostname: "127.0.0.1", port });
    try {
      const answer = await client.receive({ timeout: 200 });
      assert.deepEqual(answer.data, data);
      return;
    } catch (error) {
      if ((error as Error).name !== "TimeoutError") throw error;
    }
  }
  assert.fail("not answered 50 times");
}

test(
  "12,000 forged senders fill all sessions, and good peers, old and new, are answered",
  NEEDS,
  async () => {
    await using server = await startBesiegedServer();
    const port = server.ports.sessions;
    await using known = await listenDatagram();
    await ask(known, port, "one");
    await ask(known, port, "two");
    const before = await server.report();
    let most = before.rss;
    let newcomers = 0;
    const flood = floodDatagrams(port, 12_000, 0, "forged");
    await during(flood, async () => {
      await ask(known, port, "three");
      await using newcomer = await listenDatagram();
      await ask(newcomer, port, "hello");
      newcomers++;
      most = Math.max(most, (await server.report()).rss);
    });
    // The table is full now: still somebody new is answered, and the old one is known.
    await using last = await listenDatagram();
    await ask(last, port, "hello");
    await ask(known, port, "four");
    const { stats: { sessions }, errors } = await server.report();
    assert.equal(sessions.peak, 10_000, "as many as may be, and no more");
    const { evicted = 0 } = sessions.closes;
    assert.equal(evicted, sessions.handled - sessions.active);
    assert.ok(evicted > newcomers / 2, "places were made");
    assert.deepEqual(sessions.drops, {});
    assert.deepEqual(errors, []);
    assert.ok(
      most - before.rss < MOST_MEMORY,
      `${most - before.rss} bytes for 10,000 sessions`,
    );
  },
);

test(
  "forged senders get no answer from denied ports, and none that is amplified",
  NEEDS,
  async () => {
    const { port: deniedPort } = freePort();
    await using server = await startBesiegedServer(deniedPort);
    const port = server.ports.datagrams;
    await using good = await listenDatagram();
    await ask(good, port, "hello");
    const before = await server.report();
    let most = before.rss;
    const floods = Promise.all([
      floodDatagrams(port, 3000, deniedPort, "denied"),
      // One byte, for which the handler wants to send a thousand.
      floodDatagrams(port, 3000, 0, "1"),
    ]).then(() => {});
    await during(floods, async () => {
      await ask(good, port, "hello");
      most = Math.max(most, (await server.report()).rss);
    });
    const { stats: { datagrams }, errors } = await server.report();
    const { amplification = 0, "source-port": denied = 0 } = datagrams.drops;
    // Some of it the kernel may have dropped before the server saw it.
    assert.ok(amplification > 1000, `${amplification} amplified`);
    assert.ok(denied > 1000, `${denied} denied`);
    assert.equal(
      datagrams.received,
      datagrams.sent + amplification + denied,
      "each is answered or counted",
    );
    assert.ok(datagrams.bytesWritten <= datagrams.bytesRead);
    assert.equal(errors.length, 1, "one hint for all refused replies");
    assert.match(errors[0]!, /maxAmplification/);
    assert.ok(most - before.rss < MOST_MEMORY, `${most - before.rss} bytes`);
  },
);

/** A port that nobody uses; forged senders bind it on addresses of their own. */
function freePort(): { port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return { port };
}
