/** Servers on Unix sockets: what becomes of the file, and who may take it over. */
import assert from "node:assert/strict";
import {
  connect,
  type Connection,
  serve,
  type StreamServer,
} from "../../mod.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, read: true, write: true };

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Answers each line with a name, so that clients see whose socket it is. */
function named(name: string) {
  return async (conn: Connection<Deno.UnixAddr>) => {
    for await (const line of conn.lines()) await conn.send(`${name} ${line}\n`);
  };
}

function serveUnix(
  path: string,
  name = "one",
  options: { unlinkStale?: boolean; mode?: number } = {},
): Promise<StreamServer<Deno.UnixAddr>> {
  return serve({ transport: "unix", path, ...options }, named(name));
}

async function ask(path: string): Promise<string | null> {
  await using client = await connect({ transport: "unix", path });
  await client.send("hello\n");
  return await client.reader.readLine();
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

test(
  "SV01 serve on a Unix socket: 3 clients echo",
  NEEDS,
  () =>
    inFolder(async (folder) => {
      const path = `${folder}/s`;
      await using server = await serveUnix(path);
      assert.deepEqual(server.addr, { transport: "unix", path });
      for (let i = 0; i < 3; i++) assert.equal(await ask(path), "one hello");
    }),
);

test("UX01 serve on an abstract name", NEEDS, async () => {
  if (Deno.build.os !== "linux") return;
  const path = `\0deno-socket-${crypto.randomUUID()}`;
  await using server = await serveUnix(path);
  assert.equal(server.addr.path, path);
  assert.equal(await ask(path), "one hello");
});

test(
  "UX03 UX04 close removes the file, but nobody else's",
  NEEDS,
  () =>
    inFolder(async (folder) => {
      const path = `${folder}/s`;
      const first = await serveUnix(path);
      await first.close();
      assert.equal(exists(path), false);

      const gone = await serveUnix(path);
      Deno.removeSync(path);
      await gone.close();

      const old = await serveUnix(path, "old");
      Deno.removeSync(path);
      await using _successor = await serveUnix(path, "new");
      await old.close();
      assert.equal(await ask(path), "new hello");
    }),
);

test(
  "UX05 serve on a path that is taken, or stale",
  NEEDS,
  () =>
    inFolder(async (folder) => {
      const path = `${folder}/s`;
      {
        await using _live = await serveUnix(path);
        await assert.rejects(serveUnix(path), Deno.errors.AddrInUse);
        await assert.rejects(
          serveUnix(path, "two", { unlinkStale: true }),
          Deno.errors.AddrInUse,
        );
        assert.equal(await ask(path), "one hello");
      }
      leaveStale(path);
      await assert.rejects(serveUnix(path), Deno.errors.AddrInUse);
      await using _server = await serveUnix(path, "two", { unlinkStale: true });
      assert.equal(await ask(path), "two hello");
    }),
);

/** A socket file as a crash leaves it: bound under another name, which its owner removes. */
function leaveStale(path: string): void {
  const listener = Deno.listen({ transport: "unix", path: `${path}.bound` });
  Deno.renameSync(`${path}.bound`, path);
  listener.close();
}

test("serve on a Unix socket: mode", NEEDS, () =>
  inFolder(async (folder) => {
    const path = `${folder}/s`;
    await using _server = await serveUnix(path, "one", { mode: 0o620 });
    assert.equal(Deno.lstatSync(path).mode! & 0o777, 0o620);
    await assert.rejects(
      serveUnix(`${folder}/t`, "one", { mode: 0o1777 }),
      RangeError,
    );
    assert.equal(exists(`${folder}/t`), false);
  }));

test(
  "serve on a relative path resumes there, wherever the process has gone",
  NEEDS,
  () =>
    inFolder(async (folder) => {
      const before = Deno.cwd();
      try {
        Deno.chdir(folder);
        await using server = await serveUnix("s");
        await server.suspend();
        await server.resume();
        assert.equal(server.addr.path, "s");
        await server.suspend();
        Deno.chdir("/");
        await server.resume();
        assert.equal(await ask(`${folder}/s`), "one hello");
        assert.equal(exists("/s"), false);
        await server.close();
        assert.equal(exists(`${folder}/s`), false);
      } finally {
        Deno.chdir(before);
      }
    }),
);

/** Connects from a socket whose name is not UTF-8, eight times. */
const NAMED_IN_BYTES = `
import os, socket, sys
name = sys.argv[1].encode() + b"/\\xff"
for _ in range(8):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(name)
        s.connect(sys.argv[1] + "/s")
    os.unlink(name)
`;

test(
  "clients whose names are not UTF-8 hold up no server",
  { ...NEEDS, run: ["python3"] },
  () =>
    inFolder(async (folder) => {
      const errors: unknown[] = [];
      await using server = await serve({
        transport: "unix",
        path: `${folder}/s`,
        onError: (error) => errors.push(error),
      }, named("one"));
      const args = ["-c", NAMED_IN_BYTES, folder];
      const { success } = await new Deno.Command("python3", { args }).output();
      assert.equal(success, true);
      assert.equal(await ask(`${folder}/s`), "one hello");
      assert.equal(server.stats.acceptErrors, 8);
      // A pause would have been told.
      assert.deepEqual(errors, []);
    }),
);

test(
  "serve on a Unix socket: suspend and resume at the path",
  NEEDS,
  () =>
    inFolder(async (folder) => {
      const path = `${folder}/s`;
      await using server = await serveUnix(path);
      await server.suspend();
      assert.equal(exists(path), false);
      await assert.rejects(ask(path), Deno.errors.NotFound);
      await server.resume();
      assert.equal(await ask(path), "one hello");
    }),
);

test(
  "UX02 serve refuses a path that is too long",
  NEEDS,
  () =>
    inFolder(async (folder) => {
      await assert.rejects(
        serveUnix(`${folder}/${"x".repeat(120)}`),
        TypeError,
      );
    }),
);

test(
  "the lists of addresses cannot be set on a Unix server later either",
  NEEDS,
  () =>
    inFolder(async (folder) => {
      await using server = await serveUnix(`${folder}/s`);
      assert.throws(
        () => server.setOptions({ allow: ["127.0.0.1"] }),
        { name: "TypeError", message: /no address/ },
      );
      server.setOptions({ allow: undefined, maxConnections: 7 });
      assert.equal(await ask(`${folder}/s`), "one hello");
    }),
);

test(
  "the peers of a Unix server share one rate, whatever it is counted by",
  NEEDS,
  () =>
    inFolder(async (folder) => {
      for (const per of ["ip", "server"] as const) {
        const path = `${folder}/${per}`;
        await using server = await serve({
          transport: "unix",
          path,
          rateLimit: { perSecond: 0.001, burst: 2, per },
          // One client has one address, and is not held to this.
          maxConnectionsPerIp: 1,
        }, named("one"));
        assert.equal(await ask(path), "one hello");
        assert.equal(await ask(path), "one hello");
        // It is closed before or while it asks.
        assert.ok(await ask(path).catch(() => null) === null);
        assert.equal(server.stats.drops["rate-limit"], 1);
      }
    }),
);

test(
  "serve takes a transport that is known at run time only",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      const places = [
        { port: 0 },
        { transport: "unix", path: `${folder}/socket` },
      ] as const;
      for (const place of places) {
        await using server = await serve(place, async (conn) => {
          await conn.send(`${conn.remoteAddr.transport}\n`);
        });
        const { addr } = server;
        await using client = await ("path" in addr
          ? connect({ transport: "unix", path: addr.path! })
          : connect({ port: (addr as Deno.NetAddr).port }));
        assert.equal(await client.reader.readLine(), addr.transport);
      }
    });
  },
);
