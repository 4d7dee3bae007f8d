/** With a thousand active connections everybody is served. */
import assert from "node:assert/strict";
import { serve } from "../../mod.ts";
import { test } from "../support/permissions.ts";
import { python } from "../support/programs.ts";

const CLIENT = `
import selectors, socket, sys, time
ports = [int(p) for p in sys.argv[2:]]
count, rounds = 1000, int(sys.argv[1])
selector = selectors.DefaultSelector()
served = [0] * count
message = b"x" * 63 + b"\\n"
clients = []
for i in range(count):
    s = socket.create_connection(("127.0.0.1", ports[i % len(ports)]))
    s.setblocking(False)
    selector.register(s, selectors.EVENT_READ, i)
    clients.append(s)
for s in clients: s.send(message)
total, deadline = 0, time.monotonic() + 15
while total < rounds * count and time.monotonic() < deadline:
    for key, _ in selector.select(1):
        if key.fileobj.recv(64) != message: raise SystemExit("wrong echo")
        served[key.data] += 1
        total += 1
        key.fileobj.send(message)
square = sum(n * n for n in served)
print(min(served), max(served), total, total * total / (count * square))
`;

for (const servers of [1, 2]) {
  test(`1000 active connections of ${servers} server(s) are all served alike`, {
    net: true,
    run: ["python3"],
  }, async () => {
    const running = [];
    for (let i = 0; i < servers; i++) {
      running.push(
        await serve({ port: 0 }, async (conn) => {
          for await (const chunk of conn.reader.chunks()) {
            await conn.send(chunk);
          }
        }),
      );
    }
    await using client = python(
      CLIENT,
      20,
      ...running.map((server) => server.addr.port),
    );
    const [least, most, total, jain] = (await client.line())!.split(" ")
      .map(Number) as [number, number, number, number];
    await client.ended();
    for (const server of running) await server.close();
    assert.ok(total >= 20_000, `${total} requests in time`);
    assert.ok(least > 0, "nobody starved");
    assert.ok(jain > 0.9, `fairness ${jain}, from ${least} to ${most}`);
  });
}
