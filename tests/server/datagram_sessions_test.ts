/** Where one session of a peer ends and the next begins. */
import assert from "node:assert/strict";
import { serveSessions } from "../../lib/server/serve_sessions.ts";
import type { DatagramServer } from "../../lib/server/datagram_server.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { test } from "../support/permissions.ts";

const NET = { net: true };

/** Wait until the server has received so many datagrams. */
async function received(server: DatagramServer, count: number): Promise<void> {
  while (server.stats.received < count) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test(
  "what a session leaves unread is not counted again in the next",
  NET,
  async () => {
    const allCame = Promise.withResolvers<void>();
    const done = Promise.withResolvers<void>();
    let calls = 0;
    await using server = await serveSessions(
      { onError() {} },
      async (session) => {
        await allCame.promise;
        for await (const _data of session) break;
        if (++calls === 5) done.resolve();
        // As much as it may: until it is refused.
        for (;;) await session.send("");
      },
    );
    await using client = await listenDatagram();
    for (let i = 0; i < 5; i++) {
      await client.send(
        new Uint8Array(0),
        server.addr,
      );
    }
    await received(server, 5);
    allCame.resolve();
    await done.promise;
    await server.shutdown();
    assert.equal(server.stats.sent, 15, "three for each that came");
  },
);

test("what no session has read is counted, and told", NET, async () => {
  const allCame = Promise.withResolvers<void>();
  const dropped: string[] = [];
  const closed = Promise.withResolvers<void>();
  await using server = await serveSessions({
    onDrop: (addr, reason) => dropped.push(`${addr.port} ${reason}`),
    onClose: () => queueMicrotask(closed.resolve),
  }, () => allCame.promise);
  await using client = await listenDatagram();
  for (let i = 0; i < 3; i++) await client.send(new Uint8Array(1), server.addr);
  await received(server, 3);
  allCame.resolve();
  await closed.promise;
  assert.deepEqual(server.stats.drops, { unread: 3 });
  assert.deepEqual(dropped, Array(3).fill(`${client.addr.port} unread`));
});

test("no session begins once onClose has closed the server", NET, async () => {
  const allCame = Promise.withResolvers<void>();
  const server: DatagramServer = await serveSessions({
    onClose: () => void server.close(),
  }, async (session) => {
    await allCame.promise;
    for await (const _data of session) break;
  });
  await using client = await listenDatagram();
  for (let i = 0; i < 3; i++) await client.send(new Uint8Array(1), server.addr);
  await received(server, 3);
  allCame.resolve();
  await server.finished;
  assert.equal(server.stats.handled, 1);
  assert.equal(server.stats.active, 0);
  assert.deepEqual(server.stats.drops, { unread: 2 });
});

test(
  "close() of a session ends it after what was queued, whatever comes then",
  NET,
  async () => {
    const texts: string[][] = [];
    const queued = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const later = Promise.withResolvers<void>();
    await using server = await serveSessions({}, async (session) => {
      const seen: string[] = [];
      texts.push(seen);
      await queued.promise;
      for await (const data of session) {
        seen.push(new TextDecoder().decode(data));
        if (seen.length > 1 || texts.length > 1) continue;
        session.close();
        closed.resolve();
        await later.promise;
      }
    });
    await using client = await listenDatagram();
    const send = (text: string) =>
      client.send(new TextEncoder().encode(text), server.addr);
    await send("1");
    await send("2");
    await received(server, 2);
    queued.resolve();
    await closed.promise;
    await send("3");
    await send("4");
    await received(server, 4);
    later.resolve();
    while (texts[1]?.length !== 2) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await server.shutdown();
    assert.deepEqual(texts, [["1", "2"], ["3", "4"]]);
  },
);

test(
  "an iteration of a session that is left in a step that waits swallows nothing",
  NET,
  async () => {
    const heard = Promise.withResolvers<number[]>();
    await using server = await serveSessions({ port: 0 }, async (session) => {
      const first = session[Symbol.asyncIterator]();
      const numbers = [(await first.next()).value![0]!];
      const step = first.next();
      await session.send("next");
      await first.return!();
      assert.equal((await step).done, true);
      assert.equal((await first.next()).done, true);
      await session.send("next");
      for await (const [number] of session) {
        numbers.push(number!);
        if (numbers.length === 3) break;
      }
      heard.resolve(numbers);
    });
    await using client = await listenDatagram();
    client.connect(server.addr);
    await client.send(new Uint8Array([1]));
    await client.receive();
    await client.receive();
    await client.send(new Uint8Array([2]));
    await client.send(new Uint8Array([3]));
    assert.deepEqual(await heard.promise, [1, 2, 3]);
  },
);
