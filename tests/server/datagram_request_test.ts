/** What handlers read from a datagram and write in answer, byte for byte. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { DatagramRequestHandler } from "../../lib/server/datagram_request_handler.ts";
import {
  type DatagramHandler,
  serveDatagram,
} from "../../lib/server/serve_datagram.ts";
import { serveSessions } from "../../lib/server/serve_sessions.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { test } from "../support/permissions.ts";

const NET = { net: true };

/** What the handler answers. */
async function answer(
  handler: DatagramHandler,
  question: string,
): Promise<Uint8Array> {
  await using server = await serveDatagram({ port: 0 }, handler);
  await using client = await listenDatagram();
  await client.send(new TextEncoder().encode(question), server.addr);
  return (await client.receive()).data;
}

test("text() keeps a leading U+FEFF", NET, async () => {
  const reply = await answer((request) => request.text(), "\ufeffhello");
  assert.equal(reply.length, 8);
});

test("wfile.write() copies, a Buffer of node:buffer too", NET, async () => {
  class Twice extends DatagramRequestHandler {
    override handle(): void {
      for (const part of [Buffer.alloc(3), new Uint8Array(3)]) {
        for (const text of ["one", "two"]) {
          new TextEncoder().encodeInto(text, part);
          this.wfile.write(part);
        }
      }
    }
  }
  const reply = await answer(Twice, "question");
  assert.equal(new TextDecoder().decode(reply), "onetwoonetwo");
});

test(
  "a DatagramRequest and a DatagramSession print as what they are",
  NET,
  async () => {
    await using client = await listenDatagram();
    const from = `127.0.0.1:${client.addr.port}`;
    const show = (value: unknown) => `${Deno.inspect(value)}, ${value}`;
    await using requests = await serveDatagram(
      { maxAmplification: Infinity },
      show,
    );
    await using sessions = await serveSessions(
      { maxAmplification: Infinity },
      (session) => session.send(show(session)),
    );
    const shown: string[] = [];
    for (const { addr } of [requests, sessions]) {
      await client.send(new Uint8Array(3), addr);
      shown.push(new TextDecoder().decode((await client.receive()).data));
    }
    assert.deepEqual(shown, [
      `DatagramRequest 3 bytes from ${from}, 3 bytes from ${from}`,
      `DatagramSession ${from}, ${from}`,
    ]);
  },
);

test(
  "a handler that closes its server hears of it at once, and fails nothing",
  NET,
  async () => {
    const errors: unknown[] = [];
    const aborted = Promise.withResolvers<unknown>();
    const server = await serveDatagram({
      port: 0,
      requestTimeout: 60_000,
      onError: (error) => errors.push(error),
    }, async (request) => {
      request.server.close();
      await undefined;
      if (request.signal.aborted) aborted.resolve(request.signal.reason);
      request.signal.addEventListener(
        "abort",
        () => aborted.resolve(undefined),
      );
      return "too late";
    });
    await using client = await listenDatagram();
    await client.send(new Uint8Array(1), server.addr);
    await aborted.promise;
    await server.finished;
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(errors, []);
  },
);
