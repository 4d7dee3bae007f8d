/** serveDatagram on a Unix socket with clients that do not read, and handlers that do not end. Needs the flag. */
import assert from "node:assert/strict";
import { serveDatagram } from "../../lib/server/serve_datagram.ts";
import type { DatagramSocket } from "../../lib/socket/datagram_socket.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { hasUnstableNet } from "../../lib/socket/open_datagram.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: hasUnstableNet(), read: true, write: true };
const UNIX = "unixpacket";
const REQUEST = new Uint8Array([1]);

/** A fresh folder with a short name, removed at the end. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dg" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A Unix datagram socket in the folder. */
function clientIn(
  folder: string,
  name: string,
): Promise<DatagramSocket<Deno.UnixAddr>> {
  return listenDatagram({ transport: UNIX, path: `${folder}/${name}` });
}

/** A client whose queue is full, so that a reply to it hangs until it closes. */
async function fullClientIn(
  folder: string,
  name: string,
): Promise<DatagramSocket<Deno.UnixAddr>> {
  const client = await clientIn(folder, name);
  await using filler = await clientIn(folder, `${name}-filler`);
  for (;;) {
    try {
      await filler.send(REQUEST, client.addr, { timeout: 500 });
    } catch (error) {
      assert.equal((error as Error).name, "TimeoutError");
      return client;
    }
  }
}

for (const end of ["close", "shutdown"] as const) {
  test(
    `${end}() of a Unix server does not wait for a stuck handler`,
    NEEDS,
    async () => {
      await inFolder(async (folder) => {
        const started = Promise.withResolvers<AbortSignal>();
        const server = await serveDatagram(
          { transport: UNIX, path: `${folder}/s`, shutdownTimeout: 20 },
          ({ signal }) => {
            started.resolve(signal);
            return new Promise<void>(() => {});
          },
        );
        await using client = await clientIn(folder, "c");
        await client.send(REQUEST, server.addr);
        const signal = await started.promise;
        await server[end]();
        await server.finished;
        assert.equal(signal.aborted, true);
      });
    },
  );

  test(
    `${end}() of a Unix server does not wait for a reply that hangs`,
    NEEDS,
    async () => {
      await inFolder(async (folder) => {
        const started = Promise.withResolvers<void>();
        const server = await serveDatagram(
          { transport: UNIX, path: `${folder}/s`, shutdownTimeout: 20 },
          ({ data }) => {
            started.resolve();
            return data;
          },
        );
        await using client = await fullClientIn(folder, "c");
        await client.send(REQUEST, server.addr);
        await started.promise;
        await server[end]();
        await server.finished;
      });
    },
  );
}
