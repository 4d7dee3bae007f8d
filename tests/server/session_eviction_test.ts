/** When there are `maxSessions`: whose place a new peer takes, and whose not. */
import assert from "node:assert/strict";
import {
  type DatagramSession,
  type DatagramSocket,
  listenDatagram,
  serveSessions,
} from "../../mod.ts";
import { test } from "../support/permissions.ts";

const NET = { net: true };

/** Send a datagram, wait for the answer. */
async function ask(
  client: DatagramSocket,
  server: { addr: Deno.NetAddr },
  question: string,
): Promise<string> {
  await client.send(new TextEncoder().encode(question), server.addr);
  const { data } = await client.receive({ timeout: 5000 });
  return new TextDecoder().decode(data);
}

/** Answers each datagram with how many have come. */
async function count(session: DatagramSession): Promise<void> {
  let heard = 0;
  for await (const _data of session) await session.send(`${++heard}`);
}

/** A clock that can be put forward. */
class Clock implements Disposable {
  readonly #real = performance.now;
  #ahead = 0;

  constructor() {
    performance.now = () => this.#real.call(performance) + this.#ahead;
  }

  pass(ms: number): void {
    this.#ahead += ms;
  }

  [Symbol.dispose](): void {
    performance.now = this.#real;
  }
}

test("a peer heard once keeps its place for a second", NET, async () => {
  using clock = new Clock();
  await using server = await serveSessions({ maxSessions: 1 }, count);
  await using one = await listenDatagram();
  await using late = await listenDatagram();
  assert.equal(await ask(one, server, "a"), "1");
  await late.send(new Uint8Array(1), server.addr);
  while (server.stats.drops["max-sessions"] !== 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  clock.pass(1000);
  assert.equal(await ask(late, server, "b"), "1");
  assert.deepEqual(server.stats.closes, { evicted: 1 });
});

test(
  "a new peer takes the place of the oldest one that was heard only once",
  NET,
  async () => {
    using clock = new Clock();
    const closes: [number, string][] = [];
    await using server = await serveSessions({
      maxSessions: 3,
      onClose: ({ remoteAddr }, reason) =>
        closes.push([remoteAddr.port, reason]),
    }, count);
    await using known = await listenDatagram();
    assert.equal(await ask(known, server, "a"), "1");
    assert.equal(await ask(known, server, "b"), "2");
    const evicted: number[] = [];
    // All of them are answered, though only two places are left.
    for (let i = 0; i < 20; i++) {
      await using stranger = await listenDatagram();
      assert.equal(await ask(stranger, server, "hello"), "1");
      evicted.push(stranger.addr.port);
      clock.pass(1000);
    }
    assert.equal(await ask(known, server, "c"), "3");
    assert.deepEqual(
      closes,
      evicted.slice(0, 18).map((port) => [port, "evicted"]),
    );
    assert.equal(server.stats.peak, 3);
    assert.deepEqual(server.stats.drops, {});
  },
);

test("peers that were heard twice keep their place", NET, async () => {
  using clock = new Clock();
  await using server = await serveSessions({ maxSessions: 2 }, count);
  await using one = await listenDatagram();
  await using other = await listenDatagram();
  for (const client of [one, other]) {
    assert.equal(await ask(client, server, "a"), "1");
    assert.equal(await ask(client, server, "b"), "2");
  }
  clock.pass(1000);
  await using late = await listenDatagram();
  await late.send(new Uint8Array(1), server.addr);
  for (const client of [one, other]) {
    assert.equal(await ask(client, server, "c"), "3");
  }
  assert.deepEqual(server.stats.drops, { "max-sessions": 1 });
  assert.deepEqual(server.stats.closes, {});
});

test("a handler that does not leave keeps its place", NET, async () => {
  using clock = new Clock();
  const release = Promise.withResolvers<void>();
  const signals: AbortSignal[] = [];
  await using server = await serveSessions({ maxSessions: 1 }, (session) => {
    signals.push(session.signal);
    return signals.length === 1 ? release.promise : session.send("next");
  });
  await using stubborn = await listenDatagram();
  await using late = await listenDatagram();
  await stubborn.send(new Uint8Array(1), server.addr);
  while (signals.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  clock.pass(1000);
  await late.send(new Uint8Array(1), server.addr);
  while (server.stats.drops["max-sessions"] !== 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(signals[0]!.aborted, true, "though it was told to");
  assert.equal(server.stats.peak, 1);
  release.resolve();
  while (server.stats.active > 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(await ask(late, server, "again"), "next");
});
