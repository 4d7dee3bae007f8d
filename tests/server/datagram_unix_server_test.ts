/** serveDatagram on a Unix socket with clients that do not read, and handlers that do not end. Needs the flag. */
import assert from "node:assert/strict";
import { serveDatagram } from "../../lib/server/serve_datagram.ts";
import type { DatagramSocket } from "../../lib/socket/datagram_socket.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, unstableNet: true, read: true, write: true };
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

test(
  "a Unix client that does not read holds up the others once",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      const failed = [0, 1].map(() => Promise.withResolvers<unknown>());
      let errors = 0;
      await using server = await serveDatagram({
        transport: UNIX,
        path: `${folder}/s`,
        mode: 0o600,
        requestTimeout: 100,
        onError: (error) => failed[errors++]!.resolve(error),
      }, ({ data }) => data);
      await using other = await clientIn(folder, "other");
      {
        await using full = await fullClientIn(folder, "full");
        await full.send(REQUEST, server.addr);
        const first = await failed[0]!.promise;
        assert.equal((first as Error).name, "TimeoutError");
        await full.send(REQUEST, server.addr);
        assert.ok(await failed[1]!.promise instanceof Deno.errors.WouldBlock);
        await other.send(REQUEST, server.addr);
        const { data, from } = await other.receive();
        assert.deepEqual(data, REQUEST);
        assert.deepEqual(from, server.addr);
      }
      assert.equal(Deno.statSync(server.addr.path!).mode! & 0o777, 0o600);
      assert.equal(server.stats.sendErrors, 2);
      assert.equal(server.stats.receiveErrors, 0);
      await server.close();
      assert.deepEqual(
        [...Deno.readDirSync(folder)].map(({ name }) => name),
        ["other"],
      );
    });
  },
);

test(
  "a relative path is bound anew where it was, wherever the process has gone",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      const failed = Promise.withResolvers<unknown>();
      const before = Deno.cwd();
      await using full = await fullClientIn(folder, "full");
      try {
        Deno.chdir(folder);
        await using server = await serveDatagram({
          transport: UNIX,
          path: "s",
          requestTimeout: 100,
          onError: failed.resolve,
        }, ({ data }) => data);
        Deno.chdir("/");
        const path = `${folder}/s`;
        await full.send(REQUEST, { path });
        assert.equal((await failed.promise as Error).name, "TimeoutError");
        await using other = await clientIn(folder, "other");
        await other.send(REQUEST, { path });
        const { data, from } = await other.receive();
        assert.deepEqual(data, REQUEST);
        // From there everybody can answer it.
        assert.equal(from.path, path);
        assert.equal(server.addr.path, "s");
        await server.close();
        await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
      } finally {
        Deno.chdir(before);
      }
    });
  },
);

test("a reply that nobody awaits may hang, too", NEEDS, async () => {
  await inFolder(async (folder) => {
    const failed = Promise.withResolvers<unknown>();
    await using server = await serveDatagram({
      transport: UNIX,
      path: `${folder}/s`,
      requestTimeout: 100,
      onError: failed.resolve,
    }, (request) => {
      request.reply("one");
      return "two";
    });
    await using full = await fullClientIn(folder, "full");
    await full.send(REQUEST, server.addr);
    assert.ok(await failed.promise instanceof Deno.errors.WouldBlock);
    assert.equal(server.stats.sendErrors, 2);
    await using other = await clientIn(folder, "other");
    await other.send(REQUEST, server.addr);
    for (const reply of ["one", "two"]) {
      const { data } = await other.receive();
      assert.equal(new TextDecoder().decode(data), reply);
    }
  });
});

test(
  "a server with an abstract name goes on when the client has gone",
  NEEDS,
  async () => {
    if (Deno.build.os !== "linux") return;
    await inFolder(async (folder) => {
      const failed = Promise.withResolvers<void>();
      await using server = await serveDatagram({
        transport: UNIX,
        path: `\0${crypto.randomUUID()}`,
        requestTimeout: 100,
        onError(_error, { phase }) {
          if (phase === "receive") failed.resolve();
        },
      }, ({ data }) => data);
      {
        await using full = await fullClientIn(folder, "full");
        await full.send(REQUEST, server.addr);
        await failed.promise;
      }
      // Until the name is bound again, which takes up to a second, nobody is there, or nobody who reads.
      let isServed = false;
      while (!isServed) {
        await using client = await clientIn(folder, "client");
        isServed = await client.send(REQUEST, server.addr)
          .then(() => client.receive({ timeout: 200 }))
          .then(() => true, () => false);
      }
    });
  },
);

test(
  "server.send() on a Unix socket between requests says what to do",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      await using server = await serveDatagram(
        { transport: UNIX, path: `${folder}/s` },
        () => {},
      );
      await assert.rejects(server.send(REQUEST, server.addr), (error) => {
        assert.ok(error instanceof Deno.errors.Busy);
        assert.match(error.message, /receive is outstanding/);
        return true;
      });
    });
  },
);

test(
  "serveDatagram takes a transport that is known at run time only",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      const places = [
        { port: 0 },
        { transport: UNIX, path: `${folder}/s` },
      ] as const;
      for (const place of places) {
        await using server = await serveDatagram(
          place,
          ({ remoteAddr }) => remoteAddr.transport,
        );
        await using client = await ("path" in server.addr
          ? clientIn(folder, "c")
          : listenDatagram());
        await client.send(REQUEST, server.addr as never);
        const { data } = await client.receive({ timeout: 2000 });
        assert.equal(new TextDecoder().decode(data), server.addr.transport);
      }
    });
  },
);
