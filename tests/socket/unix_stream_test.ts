/**
 * Unix stream sockets: paths, abstract names, and what happens to the file. The datagram side of
 * the rows UX is in the datagram tests.
 */
import assert from "node:assert/strict";
import { connect, listen, StreamSocket } from "../../mod.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, read: true, write: true };

async function temporaryFolder() {
  const path = await Deno.makeTempDir({ prefix: "ux" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function talk(path: string): Promise<void> {
  await using client = await connect({ transport: "unix", path });
  await client.send("hello");
  await client.closeWrite();
  assert.equal((await client.reader.readAll()).length, 5);
}

async function echoOne(listener: Awaited<ReturnType<typeof listen>>) {
  await using socket = await listener.accept();
  await socket.send(await socket.reader.readAll());
}

test("UX01 paths and abstract names carry streams", NEEDS, async () => {
  await using folder = await temporaryFolder();
  const long = `${folder.path}/`;
  const names = [
    `${folder.path}/short`,
    long + "x".repeat(107 - long.length),
    // No room for a temporary name beside it.
    `${long}${"f".repeat(105 - long.length)}/s`,
    ...(Deno.build.os === "linux" ? ["\0ux-test", "\0" + "y".repeat(106)] : []),
  ];
  await Deno.mkdir(names[2]!.slice(0, -2));
  for (const path of names) {
    await using listener = await listen({ transport: "unix", path });
    assert.deepEqual(listener.addr, { transport: "unix", path });
    await Promise.all([talk(path), echoOne(listener)]);
  }
});

test("UX01 a Unix client knows where it is connected", NEEDS, async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/s`;
  await using listener = await listen({ transport: "unix", path });
  await using client = await connect({ transport: "unix", path });
  await using _server = await listener.accept();
  assert.equal(client.remoteAddr.path, path);
});

test("UX02 a path that is too long is refused clearly", NEEDS, async () => {
  for (const path of ["/tmp/" + "x".repeat(103), "", "\0", "/a\0b"]) {
    const options = { transport: "unix", path } as const;
    for (const open of [() => listen(options), () => connect(options)]) {
      await assert.rejects(open, (error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, /Unix path/);
        return true;
      });
    }
  }
});

test(
  "UX03 close() removes the path, and does not mind if it is gone",
  NEEDS,
  async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/s`;
    const first = await listen({ transport: "unix", path });
    assert.equal((await Deno.lstat(path)).isSocket, true);
    await first[Symbol.asyncDispose]();
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    const second = await listen({ transport: "unix", path });
    await Deno.remove(path);
    await second[Symbol.asyncDispose]();
    assert.deepEqual([...Deno.readDirSync(folder.path)], []);
  },
);

test("UX04 close() leaves a successor's path alone", NEEDS, async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/s`;
  const old = await listen({ transport: "unix", path });
  await Deno.remove(path);
  await using successor = await listen({ transport: "unix", path });
  await old[Symbol.asyncDispose]();
  await Promise.all([talk(path), echoOne(successor)]);
});

test("UX05 unlinkStale takes over from the dead only", NEEDS, async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/s`;
  const unlinkStale = true;
  {
    await using live = await listen({ transport: "unix", path });
    await assert.rejects(listen({ transport: "unix", path, unlinkStale }), {
      name: "AddrInUse",
      code: "EADDRINUSE",
    });
    const probe = await live.accept();
    await probe.close();
    await Promise.all([talk(path), echoOne(live)]);
    // What a crash leaves behind.
    await Deno.link(path, `${path}.stale`);
  }
  await Deno.rename(`${path}.stale`, path);
  await assert.rejects(listen({ transport: "unix", path }), {
    name: "AddrInUse",
  });
  await using taken = await listen({ transport: "unix", path, unlinkStale });
  await Promise.all([talk(path), echoOne(taken)]);
});

test("mode is the socket file's", { ...NEEDS }, async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/s`;
  await using _listener = await listen({
    transport: "unix",
    path,
    mode: 0o600,
  });
  assert.equal((await Deno.lstat(path)).mode! & 0o777, 0o600);
});

test("connect() to nobody says which kind of nobody", NEEDS, async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/s`;
  await assert.rejects(
    connect({ transport: "unix", path }),
    Deno.errors.NotFound,
  );
  const signal = AbortSignal.abort(new Error("no more"));
  await assert.rejects(connect({ transport: "unix", path, signal }), /no more/);
});

test("a peer's name is escaped where its socket prints", {}, () => {
  const socket = new StreamSocket({
    localAddr: { transport: "unix", path: "/run/x" },
    // A client may bind to any bytes that it likes before it connects.
    remoteAddr: { transport: "unix", path: "\0x\x1b[31m\nFAKE" },
    read: () => Promise.resolve(null),
    write: (data) => Promise.resolve(data.length),
    closeWrite: () => Promise.resolve(),
    close() {},
  });
  const text = "/run/x - \\x00x\\x1b[31m\\nFAKE";
  assert.equal(Deno.inspect(socket), `StreamSocket ${text}`);
  assert.equal(String(socket), text);
});
