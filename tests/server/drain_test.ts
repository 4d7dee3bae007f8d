import assert from "node:assert/strict";
import {
  connect,
  type Connection,
  lengthPrefixedCodec,
  memoryListener,
  serve,
} from "../../mod.ts";
import { HookLog } from "../support/hook_log.ts";
import { test } from "../support/permissions.ts";
import { net } from "../support/visits.ts";

/** More than one turn of the event loop serves. */
const CLIENTS = 300;

test(
  "SV29 lines() gives the lines that are buffered, finishes a half one, then ends",
  net,
  async () => {
    const log = new HookLog();
    const gate = Promise.withResolvers<void>();
    const got: string[] = [];
    const server = await serve({ port: 0, ...log.hooks }, async (conn) => {
      for await (const line of conn.lines()) {
        got.push(line);
        await conn.send(`${line}\n`);
        if (line === "first") await gate.promise;
      }
      got.push("end");
    });
    await using client = await connect({ port: server.addr.port });
    await client.send("first\nsecond\nthird\nfour");
    assert.equal(await client.reader.readLine(), "first");
    const draining = server.shutdown();
    assert.equal(log.connections[0]!.draining, true);
    assert.equal(log.connections[0]!.state, "draining");
    gate.resolve();
    assert.equal(await client.reader.readLine(), "second");
    assert.equal(await client.reader.readLine(), "third");
    // The drain has begun long ago for the handler, which still waits for the rest.
    for (const piece of ["t", "h", "\n"]) await client.send(piece);
    assert.equal(await client.reader.readLine(), "fourth");
    assert.equal(await client.recv(), null);
    await client.close();
    const { completed, aborted } = await draining;
    assert.deepEqual({ completed, aborted }, { completed: 1, aborted: 0 });
    assert.deepEqual(got, ["first", "second", "third", "fourth", "end"]);
    assert.deepEqual(log.reasons, ["drained"]);
  },
);

test(
  "SV29 messages(codec) gives the messages that are buffered, finishes a half one, then ends",
  net,
  async () => {
    const codec = lengthPrefixedCodec();
    const gate = Promise.withResolvers<void>();
    const server = await serve({ port: 0 }, async (conn) => {
      for await (const message of conn.messages(codec)) {
        await conn.writer.writeMessage(codec, message);
        await gate.promise;
      }
    });
    await using client = await connect({ port: server.addr.port });
    const message = (text: string) =>
      codec.encode(new TextEncoder().encode(text));
    const third = message("third");
    await client.send(message("first"));
    await client.send(message("second"));
    await client.send(third.subarray(0, 3));
    const read = async () => {
      const bytes = await client.reader.readMessage(codec);
      return bytes && new TextDecoder().decode(bytes);
    };
    assert.equal(await read(), "first");
    const draining = server.shutdown();
    gate.resolve();
    assert.equal(await read(), "second");
    await client.send(third.subarray(3));
    assert.equal(await read(), "third");
    assert.equal(await read(), null);
    await client.close();
    assert.equal((await draining).completed, 1);
  },
);

test(
  "SV29 a half line whose rest never comes holds the drain up to its deadline",
  net,
  async () => {
    const log = new HookLog();
    const server = await serve({ port: 0, ...log.hooks }, async (conn) => {
      for await (const line of conn.lines()) await conn.send(`${line}\n`);
    });
    await using client = await connect({ port: server.addr.port });
    await client.send("whole\nhal");
    assert.equal(await client.reader.readLine(), "whole");
    const { aborted } = await server.shutdown({ timeout: 60 });
    assert.equal(aborted, 1);
    assert.deepEqual(log.reasons, ["cut"]);
  },
);

test(
  "SV29 requests that are in the kernel when the drain begins are answered",
  net,
  async () => {
    for (const loop of ["lines", "waitForInput"]) {
      const log = new HookLog();
      const server = await serve({ port: 0, ...log.hooks }, async (conn) => {
        if (loop === "lines") {
          for await (const line of conn.lines()) await conn.send(`${line}\n`);
        } else {
          while (await conn.waitForInput()) {
            await conn.send(`${await conn.reader.readLine()}\n`);
          }
        }
      });
      const clients = [];
      for (let i = 0; i < CLIENTS; i++) {
        clients.push(await Deno.connect({ port: server.addr.port }));
      }
      await log.connected(CLIENTS);
      const bytes = new TextEncoder().encode("hello\n");
      const reply = new Uint8Array(64);
      // A first round makes them wait for their turn at the slot gate from now on.
      for (const client of clients) await client.write(bytes);
      for (const client of clients) await client.read(reply);
      await Promise.all(clients.map((client) => client.write(bytes)));
      const draining = server.shutdown();
      let answered = 0;
      for (const client of clients) {
        if (await client.read(reply) === bytes.length) answered++;
        client.close();
      }
      assert.equal(answered, CLIENTS, loop);
      const { completed, aborted } = await draining;
      assert.deepEqual(
        { completed, aborted },
        { completed: CLIENTS, aborted: 0 },
      );
    }
  },
);

test(
  "SV30 a request of several lines is finished, then the loop ends",
  net,
  async () => {
    const log = new HookLog();
    const inside = Promise.withResolvers<void>();
    const server = await serve(
      { port: 0, drainIdleTimeout: 20, ...log.hooks },
      async (conn: Connection) => {
        if (conn.id === 2) return void await conn.recv();
        while (await conn.waitForInput()) {
          const first = await conn.reader.readLine();
          inside.resolve();
          const second = await conn.reader.readLine();
          await conn.send(`${first} ${second}\n`);
        }
      },
    );
    await using client = await connect({ port: server.addr.port });
    await client.send("say\n");
    await inside.promise;
    await using clock = await connect({ port: server.addr.port });
    await log.connected(2);
    const draining = server.shutdown();
    // When an idle read has been ended, the read inside the request has waited as long.
    assert.equal(await clock.recv(), null);
    await clock.close();
    await client.send("hello\n");
    assert.equal(await client.reader.readLine(), "say hello");
    assert.equal(await client.recv(), null);
    await client.close();
    assert.equal((await draining).completed, 2);
    assert.deepEqual(log.reasons, ["drained", "drained"]);
  },
);

test(
  "SV30 waitForInput() is false at end of stream, and can time out",
  net,
  async () => {
    const answers: unknown[] = [];
    await using server = await serve({ port: 0 }, async (conn) => {
      const error = await conn.waitForInput({ timeout: 5 }).catch((e) =>
        e.name
      );
      answers.push(error);
      await conn.send("ready\n");
      answers.push(await conn.waitForInput());
      answers.push(await conn.waitForInput(), await conn.reader.readLine());
      answers.push(await conn.waitForInput());
    });
    await using client = await connect({ port: server.addr.port });
    await client.reader.readLine();
    await client.send("x\n");
    await client.closeWrite();
    assert.equal(await client.recv(), null);
    assert.deepEqual(answers, ["TimeoutError", true, true, "x", false]);
  },
);

for (
  const [name, read] of [
    ["recv", (conn: Connection) => conn.recv()],
    ["recvInto", (conn: Connection) => conn.recvInto(new Uint8Array(64))],
    ["readExactly", (conn: Connection) => conn.reader.readExactly(4)],
    ["readLine", (conn: Connection) => conn.reader.readLine()],
    ["chunks", (conn: Connection) => conn.reader.chunks().next()],
  ] as const
) {
  test(
    `SV31 an idle ${name} is rejected after drainIdleTimeout, never a false end`,
    net,
    async () => {
      const log = new HookLog();
      let outcome: unknown;
      const server = await serve(
        { port: 0, drainIdleTimeout: 40, ...log.hooks },
        async (conn) => {
          try {
            outcome = await read(conn);
          } catch (error) {
            outcome = error;
            throw error;
          }
        },
      );
      await using client = await connect({ port: server.addr.port });
      await log.connected();
      const draining = server.shutdown();
      const { drainSignal } = log.connections[0]!;
      assert.equal(drainSignal.aborted, true);
      assert.equal(await client.recv(), null);
      await client.close();
      const { completed, aborted, duration } = await draining;
      assert.equal(outcome, drainSignal.reason);
      assert.deepEqual({ completed, aborted }, { completed: 1, aborted: 0 });
      assert.ok(duration >= 35 && duration < 5000, `${duration} ms`);
      assert.deepEqual(log.reasons, ["drained"]);
      assert.deepEqual(log.errors, []);
    },
  );
}

test(
  "SV31 a bare read that has received something since the drain began is left alone",
  net,
  async () => {
    const log = new HookLog();
    const server = await serve(
      { port: 0, drainIdleTimeout: 40, ...log.hooks },
      async (conn) => {
        for await (const chunk of conn.reader.chunks()) await conn.send(chunk);
      },
    );
    await using client = await connect({ port: server.addr.port });
    await client.send("a");
    await client.recv();
    await using clock = await connect({ port: server.addr.port });
    await log.connected(2);
    const draining = server.shutdown();
    await client.send("b");
    await client.recv();
    assert.equal(await clock.recv(), null, "the idle one is ended");
    await clock.close();
    await client.send("c");
    assert.ok(await client.recv());
    await client.close();
    const { completed, aborted } = await draining;
    assert.deepEqual({ completed, aborted }, { completed: 2, aborted: 0 });
  },
);

test(
  "a connection that is closed stays so when a drain begins",
  net,
  async () => {
    const states: string[] = [];
    await using server = await serve(
      { port: 0, lingerTimeout: 0 },
      async (conn) => {
        await conn.close();
        states.push(conn.state);
        const { promise, resolve } = Promise.withResolvers<void>();
        conn.drainSignal.addEventListener("abort", () => resolve());
        await promise;
        states.push(conn.state);
      },
    );
    await using client = await connect({ port: server.addr.port });
    assert.equal(await client.recv(), null);
    assert.equal((await server.shutdown()).completed, 1);
    assert.deepEqual(states, ["closed", "closed"]);
  },
);

test("drainSignal aborts also for who asks afterwards", net, async () => {
  const log = new HookLog();
  const gate = Promise.withResolvers<void>();
  const server = await serve({ port: 0, ...log.hooks }, async (conn) => {
    await gate.promise;
    assert.equal(conn.draining, true);
    assert.equal(conn.drainSignal.aborted, true);
    assert.equal(conn.signal.aborted, false);
    await conn.send("late\n");
  });
  await using client = await connect({ port: server.addr.port });
  await log.connected();
  const draining = server.shutdown();
  gate.resolve();
  assert.equal(await client.reader.readLine(), "late");
  await client.close();
  await draining;
  assert.deepEqual(log.errors, []);
});

test("a drain works in memory, byte by byte", {}, async () => {
  const listener = memoryListener({ chunkSize: 1 });
  const server = await serve({ listener }, async (conn) => {
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  });
  await using client = await listener.connect();
  await client.send("one\ntwo\n");
  assert.equal(await client.reader.readLine(), "one");
  const draining = server.shutdown();
  assert.equal(await client.reader.readLine(), "two");
  assert.equal(await client.recv(), null);
  await client.close();
  assert.equal((await draining).aborted, 0);
});
