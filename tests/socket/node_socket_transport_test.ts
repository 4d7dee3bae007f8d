/** A connection of node:net behaves as one of Deno's: `serve({ fd })` has no others. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { NodeSocketTransport } from "../../lib/socket/node_socket_transport.ts";
import { test } from "../support/permissions.ts";
import { python } from "../support/programs.ts";

const NET = { net: true };

interface Accepted extends AsyncDisposable {
  transport: NodeSocketTransport;
  socket: Socket;
}

/** Accept what `dial` dials, as adopt_listener.ts does. */
async function accept<T>(
  dial: (port: number) => Promise<T>,
  path: string | null = null,
): Promise<Accepted & { client: T }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  if (path === null) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  const connection = once(server, "connection");
  const client = await dial((server.address() as AddressInfo)?.port);
  const [socket] = await connection as [Socket];
  return {
    client,
    socket,
    transport: new NodeSocketTransport(socket),
    async [Symbol.asyncDispose]() {
      const gone = once(server, "close");
      socket.destroy();
      server.close();
      await gone;
    },
  };
}

const dial = (port: number) => Deno.connect({ port });

function code(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

test("NodeSocketTransport has the addresses of both ends", NET, async () => {
  await using at = await accept(dial);
  using client = at.client;
  assert.deepEqual(at.transport.localAddr, { ...client.remoteAddr });
  assert.deepEqual(at.transport.remoteAddr, { ...client.localAddr });
});

test("NodeSocketTransport of a Unix socket has addresses without a path", {
  net: true,
  read: true,
  write: true,
}, async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/s`;
  {
    await using at = await accept(
      () => Deno.connect({ transport: "unix", path }),
      path,
    );
    using _client = at.client;
    assert.deepEqual(at.transport.localAddr, { transport: "unix", path: null });
    assert.deepEqual(at.transport.remoteAddr, {
      transport: "unix",
      path: null,
    });
  }
  await Deno.remove(folder, { recursive: true });
});

test(
  "NodeSocketTransport reads in parts, then the end for good",
  NET,
  async () => {
    await using at = await accept(dial);
    using client = at.client;
    const { transport } = at;
    assert.equal(await transport.read(new Uint8Array(0)), 0);
    const buffer = new Uint8Array(4);
    const waiting = transport.read(buffer);
    await client.write(new TextEncoder().encode("0123456789"));
    await client.closeWrite();
    assert.equal(await waiting, 4);
    assert.equal(new TextDecoder().decode(buffer), "0123");
    assert.equal(await transport.read(buffer), 4);
    assert.equal(await transport.read(buffer.subarray(1, 2)), 1);
    assert.equal(new TextDecoder().decode(buffer), "4867");
    assert.equal(await transport.read(buffer), 1);
    assert.equal(new TextDecoder().decode(buffer), "9867");
    assert.equal(await transport.read(buffer), null);
    assert.equal(await transport.read(buffer), null);
    assert.equal(await transport.write(new Uint8Array(1)), 1, "half-close");
    assert.equal(at.socket.listenerCount("readable"), 1, "however many reads");
  },
);

test("NodeSocketTransport takes at most 64 KiB at once", NET, async () => {
  await using at = await accept(dial);
  using client = at.client;
  const { transport } = at;
  assert.equal(await transport.write(new Uint8Array(0)), 0);
  assert.equal(await transport.write(new Uint8Array(65_536)), 65_536);
  const data = crypto.getRandomValues(new Uint8Array(65_536));
  const larger = new Uint8Array(data.length + 1);
  larger.set(data);
  assert.equal(await transport.write(larger), 65_536);
  await transport.closeWrite();
  await transport.closeWrite();
  const got = new Uint8Array(await new Response(client.readable).arrayBuffer());
  assert.equal(got.length, 2 * 65_536);
  assert.deepEqual(got.subarray(65_536), data);
});

test(
  "NodeSocketTransport refuses to write after closeWrite()",
  NET,
  async () => {
    await using at = await accept(dial);
    using _client = at.client;
    await at.transport.closeWrite();
    const error = await at.transport.write(new Uint8Array(1)).catch((e) => e);
    assert.ok(error instanceof Deno.errors.BrokenPipe);
    assert.equal(code(error), "EPIPE");
  },
);

test(
  "NodeSocketTransport close() ends what waits, once and for all",
  NET,
  async () => {
    await using at = await accept(dial);
    using client = at.client;
    const { transport, socket } = at;
    const reading = transport.read(new Uint8Array(1)).catch((e) => e);
    const closed = once(socket, "close");
    transport.close();
    transport.close();
    const error = await reading;
    assert.ok(error instanceof Deno.errors.Interrupted);
    assert.equal(code(error), "EINTR");
    await closed;
    for (
      const late of [
        transport.read(new Uint8Array(1)),
        transport.write(new Uint8Array(1)),
      ]
    ) await assert.rejects(late, Deno.errors.Interrupted);
    assert.equal(await client.read(new Uint8Array(1)), null);
  },
);

test(
  "NodeSocketTransport ends what waits when node:net closes it",
  NET,
  async () => {
    await using at = await accept(dial);
    using _client = at.client;
    const reading = at.transport.read(new Uint8Array(1)).catch((e) => e);
    at.socket.destroy();
    assert.ok(await reading instanceof Deno.errors.Interrupted);
    for (const code of [undefined, "EHOSTUNREACH"]) {
      await using other = await accept(dial);
      using _client = other.client;
      const failing = other.transport.read(new Uint8Array(1)).catch((e) => e);
      const error = Object.assign(new Error("its own"), { code });
      other.socket.destroy(error);
      assert.equal(await failing, error);
    }
  },
);

test(
  "NodeSocketTransport leaves input in the kernel until it is read",
  NET,
  async () => {
    await using at = await accept(dial);
    using client = at.client;
    await client.write(new Uint8Array(100));
    await client.closeWrite();
    // The answer shows that what was sent before it has been through the loop.
    await at.transport.write(new Uint8Array(1));
    assert.equal(await client.read(new Uint8Array(1)), 1);
    assert.equal(at.socket.readableLength, 0);
    assert.equal(await at.transport.read(new Uint8Array(200)), 100);
    assert.equal(await at.transport.read(new Uint8Array(200)), null);
  },
);

test("NodeSocketTransport tells a reset as Deno does (ST09)", {
  net: true,
  run: ["python3"],
}, async () => {
  await using at = await accept((port) =>
    Promise.resolve(python(
      `
import socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sys.stdin.readline()
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
`,
      port,
    ))
  );
  await using peer = at.client;
  const { transport } = at;
  const reading = transport.read(new Uint8Array(1)).catch((e) => e);
  await peer.stdin.write(new TextEncoder().encode("\n"));
  const error = await reading;
  assert.ok(error instanceof Deno.errors.ConnectionReset, String(error));
  assert.equal(code(error), "ECONNRESET");
  await assert.rejects(
    transport.write(new Uint8Array(1)),
    Deno.errors.ConnectionReset,
  );
  await peer.ended();
});

test("NodeSocketTransport passes socket options on", NET, async () => {
  await using at = await accept(dial);
  using _client = at.client;
  const { transport, socket } = at;
  const set: unknown[] = [];
  socket.setNoDelay = (on) => (set.push("noDelay", on), socket);
  socket.setKeepAlive = (on) => (set.push("keepAlive", on), socket);
  transport.setNoDelay(true);
  transport.setKeepAlive(false);
  assert.deepEqual(set, ["noDelay", true, "keepAlive", false]);
});
