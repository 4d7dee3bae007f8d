/**
 * What strangers do to a server on the open internet, in numbers that a test can afford: good clients
 * go on, and each attacker ends for a reason that is counted.
 */
import assert from "node:assert/strict";
import {
  connect,
  type Connection,
  serve,
  type StreamServer,
  type StreamSocket,
  type TcpServeOptions,
} from "../../mod.ts";
import { openDescriptors } from "../support/descriptors.ts";
import { unexpected } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, read: true };

async function echo(conn: Connection): Promise<void> {
  for await (const line of conn.lines()) await conn.send(`${line}\n`);
}

interface Siege {
  server: StreamServer;
  attackers: StreamSocket[];
  /** Resolves when so many connections have ended or been dropped. */
  ended(count: number): Promise<void>;
  /** A client that behaves is served. */
  assertGood(): Promise<void>;
}

/** A server, a good client, and a number of others. */
async function siege(
  count: number,
  options: Partial<TcpServeOptions>,
  attack: (siege: Siege) => Promise<void>,
): Promise<void> {
  let gone = 0;
  const waiting = Promise.withResolvers<void>();
  let wanted = Infinity;
  const note = () => {
    if (++gone >= wanted) waiting.resolve();
  };
  const before = openDescriptors();
  const attackers: StreamSocket[] = [];
  {
    await using server = await serve({
      port: 0,
      onClose: note,
      onDrop: note,
      onError: unexpected,
      ...options,
    }, echo);
    await using good = await connect({ port: server.addr.port });
    try {
      for (let i = 0; i < count; i++) {
        attackers.push(await connect({ port: server.addr.port }));
      }
      await attack({
        server,
        attackers,
        ended(count) {
          wanted = count;
          if (gone >= wanted) waiting.resolve();
          return waiting.promise;
        },
        async assertGood() {
          await good.send("hello\n");
          assert.equal(await good.reader.readLine(), "hello");
        },
      });
    } finally {
      for (const attacker of attackers) await attacker.close();
    }
  }
  assert.ok(openDescriptors() <= before, "no descriptor is left open");
}

test(
  "200 messages that are begun and not completed end by messageTimeout, a good client goes on",
  NEEDS,
  () =>
    siege(200, { messageTimeout: 300 }, async (siege) => {
      for (const attacker of siege.attackers) await attacker.send("a");
      await siege.assertGood();
      for (const attacker of siege.attackers) {
        await attacker.send("a").catch(() => {});
      }
      await siege.ended(200);
      await siege.assertGood();
      assert.deepEqual(siege.server.stats.closes, { "message-timeout": 200 });
    }),
);

test(
  "30 lines without end are ended at the limit, a good client goes on",
  NEEDS,
  () =>
    siege(30, { limit: 1000, lingerTimeout: 50 }, async (siege) => {
      const piece = new Uint8Array(1001).fill(97);
      for (const attacker of siege.attackers) {
        await attacker.send(piece).catch(() => {});
      }
      await siege.ended(30);
      await siege.assertGood();
      assert.deepEqual(siege.server.stats.closes, { limit: 30 });
      assert.equal(siege.server.stats.handlerErrors, 0);
    }),
);

test(
  "clients that never read what they asked for end by writeTimeout, a good one goes on",
  NEEDS,
  () =>
    siege(10, { writeTimeout: 200, limit: 1 << 20 }, async (siege) => {
      const line = `${"x".repeat(500_000)}\n`;
      // Asks until nothing more fits into the buffers between the two.
      const asking = Promise.allSettled(
        siege.attackers.map(async (attacker) => {
          for (let i = 0; i < 200; i++) await attacker.send(line);
        }),
      );
      await siege.ended(10);
      await asking;
      await siege.assertGood();
      assert.deepEqual(siege.server.stats.closes, { "write-timeout": 10 });
    }),
);

test(
  "connections of one address above maxConnectionsPerIp are dropped, a good client goes on",
  NEEDS,
  () =>
    siege(500, { maxConnectionsPerIp: 4 }, async (siege) => {
      await siege.ended(497);
      await siege.assertGood();
      assert.deepEqual(siege.server.stats.drops, { "per-ip": 497 });
      assert.equal(siege.server.stats.active, 4);
      assert.equal(siege.server.stats.peak, 4);
    }),
);

test(
  "connections above the rateLimit are dropped, a good client goes on",
  NEEDS,
  () =>
    siege(
      300,
      { rateLimit: { perSecond: 0.001, burst: 10 } },
      async (siege) => {
        await siege.ended(291);
        await siege.assertGood();
        assert.deepEqual(siege.server.stats.drops, { "rate-limit": 291 });
      },
    ),
);

test(
  "100 connections that are silent end by idleTimeout",
  NEEDS,
  () =>
    siege(100, { idleTimeout: 300 }, async (siege) => {
      // The good one, too, must say something before its time is up; it has by then.
      await siege.ended(100);
      assert.equal(siege.server.stats.closes["idle-timeout"]! >= 100, true);
    }),
);
