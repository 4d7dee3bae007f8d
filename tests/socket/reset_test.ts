/**
 * ST09: a peer that resets. Deno cannot send a reset on purpose, Python can.
 */
import assert from "node:assert/strict";
import { listen } from "../../mod.ts";
import { test } from "../support/permissions.ts";
import { python } from "../support/programs.ts";

const NEEDS = { net: true, run: ["python3"] };

const RESETTING = `
import socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"before")
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
sys.stdin.readline()
s.close()
`;

test(
  "ST09 a reset rejects the read that waits, and close() is fine",
  NEEDS,
  async () => {
    await using listener = await listen({ port: 0 });
    await using peer = python(RESETTING, listener.addr.port);
    await using server = await listener.accept();
    await server.reader.readExactly(6);
    const reading = assert.rejects(server.recv(), (error) => {
      assert.ok(error instanceof Deno.errors.ConnectionReset);
      return (error as Error & { code?: string }).code === "ECONNRESET";
    });
    await peer.stdin.write(new TextEncoder().encode("\n"));
    await reading;
    await assert.rejects(server.recv(), Deno.errors.ConnectionReset);
    await assert.rejects(server.send("x"));
    await server.close();
    await server.closed;
    await peer.ended();
  },
);

test("ST09 a reset rejects the write that waits", NEEDS, async () => {
  await using listener = await listen({ port: 0 });
  await using peer = python(RESETTING, listener.addr.port);
  await using server = await listener.accept();
  const writing = assert.rejects(
    server.send(new Uint8Array(50_000_000)),
    (error) =>
      error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe,
  );
  await peer.stdin.write(new TextEncoder().encode("\n"));
  await writing;
  await peer.ended();
});
