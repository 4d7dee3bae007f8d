/**
 * examples/forward.ts: both directions, half-close, TCP and Unix on either side, and its limits.
 */
import assert from "node:assert/strict";
import { forward, placeOf } from "../../examples/forward.ts";
import {
  connect,
  type ConnectOptions,
  listen,
  serve,
  type StreamSocket,
} from "../../mod.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, read: true, write: true };

/** Answers, after the end of the question, with all of it. */
function echoAll(where: string) {
  const place = placeOf(where);
  const handler = async (conn: StreamSocket) => {
    await conn.send(await conn.reader.readAll());
  };
  return place.transport === "unix"
    ? serve(place, handler)
    : serve(place, handler);
}

async function ask(options: ConnectOptions, size: number): Promise<void> {
  await using client = await connect(options);
  const data = new Uint8Array(size).map((_, i) => i % 251);
  const answer = client.reader.readAll();
  await client.send(data);
  await client.closeWrite();
  assert.deepEqual(await answer, data);
}

test(
  "forward.ts passes on questions, their end, and answers",
  NEEDS,
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using tcp = await echoAll("0");
      await using _unix = await echoAll(`unix:${folder}/echo`);
      assert.ok("port" in tcp.addr);
      await using toUnix = await forward(
        placeOf("0"),
        placeOf(`unix:${folder}/echo`),
      );
      await using toTcp = await forward(
        placeOf(`unix:${folder}/in`),
        placeOf(`127.0.0.1:${tcp.addr.port}`),
      );
      assert.ok("port" in toUnix.addr);
      await ask({ port: toUnix.addr.port }, 5_000_000);
      await ask({ transport: "unix", path: `${folder}/in` }, 5_000_000);
      await Promise.all(
        Array.from(
          { length: 20 },
          () => ask({ transport: "unix", path: `${folder}/in` }, 1000),
        ),
      );
      assert.equal(toTcp.connections.size, 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

test(
  "forward.ts closes the client when the target is not there",
  NEEDS,
  async () => {
    const gone = await listen({ port: 0 });
    gone.close();
    const failures: unknown[] = [];
    const handled = Promise.withResolvers<void>();
    const { forwardTo } = await import("../../examples/forward.ts");
    await using server = await serve({
      port: 0,
      onError: (error) => {
        failures.push(error);
        handled.resolve();
      },
    }, forwardTo({ port: gone.addr.port }));
    await using client = await connect({ port: server.addr.port });
    assert.equal(await client.recv(), null);
    await handled.promise;
    assert.ok(failures[0] instanceof Deno.errors.ConnectionRefused);
  },
);

test(
  "forward.ts cuts a connection in which nobody says anything",
  NEEDS,
  async () => {
    await using target = await listen({ port: 0 });
    await using forwarder = await forward(
      placeOf("0"),
      placeOf(`${target.addr.port}`),
      { idleTimeout: 30 },
    );
    assert.ok("port" in forwarder.addr);
    await using client = await connect({ port: forwarder.addr.port });
    await using upstream = await target.accept();
    assert.equal(await upstream.recv().catch(() => null), null);
    assert.equal(await client.recv().catch(() => null), null);
  },
);

test("placeOf() reads places", {}, () => {
  assert.deepEqual(placeOf("80"), { transport: "tcp", port: 80 });
  assert.deepEqual(placeOf("[::1]:80"), {
    transport: "tcp",
    hostname: "::1",
    port: 80,
  });
  assert.deepEqual(placeOf("unix:/a"), { transport: "unix", path: "/a" });
  assert.throws(() => placeOf("example.com"));
});
