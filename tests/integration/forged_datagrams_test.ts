/**
 * Floods of datagrams with forged senders against servers in a process of their own: good peers are
 * answered all the time, memory stays bounded, and what is dropped is counted under its reason.
 */
import assert from "node:assert/strict";
import { type DatagramSocket, listenDatagram } from "../../mod.ts";
import { startBesiegedServer } from "../support/besieged_server.ts";
import { attack, during, FLOOD_NEEDS, MOST_MEMORY } from "../support/flood.ts";
import { test } from "../support/permissions.ts";

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
  FLOOD_NEEDS,
  async () => {
    await using server = await startBesiegedServer();
    const port = server.ports.sessions;
    await using known = await listenDatagram();
    await ask(known, port, "one");
    await ask(known, port, "two");
    const before = await server.report();
    let most = before.rss;
    const flood = floodDatagrams(port, 12_000, 0, "forged");
    await during(flood, async () => {
      await ask(known, port, "three");
      await using newcomer = await listenDatagram();
      await ask(newcomer, port, "hello");
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
    assert.ok(evicted > 0, "places were made");
    // Who comes while all places are younger than a second is not let in yet, and asks again.
    const { "max-sessions": _full, ...others } = sessions.drops;
    assert.deepEqual(others, {});
    assert.deepEqual(errors, []);
    assert.ok(
      most - before.rss < MOST_MEMORY,
      `${most - before.rss} bytes for 10,000 sessions`,
    );
  },
);

test(
  "forged senders get no answer from denied ports, and none that is amplified",
  FLOOD_NEEDS,
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
