/** `serve({ fd })` on a socket that the process was started with, and `listenFds`. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  connect,
  listenFds,
  serve,
  type StreamServerStats,
  type StreamSocket,
} from "../../mod.ts";
import { test } from "../support/permissions.ts";
import { type Program, start } from "../support/programs.ts";

const NEEDS = {
  net: true,
  read: true,
  write: true,
  env: true,
  run: ["python3", Deno.execPath()],
};

function path(name: string): string {
  return fileURLToPath(new URL(`../support/${name}`, import.meta.url));
}

/** Start the server of tests/support with a socket of its own; gives the place that it has. */
async function inherit(
  place: string,
  args: string[] = [],
  permissions: string[] = [
    "--allow-net",
    "--allow-env=LISTEN_PID,LISTEN_FDS,LISTEN_FDNAMES",
  ],
): Promise<{ program: Program; at: string } & AsyncDisposable> {
  const program = start(
    "python3",
    path("inherit.py"),
    place,
    Deno.execPath(),
    ...["run", "--no-prompt", "--quiet", ...permissions],
    path("inheriting_server.ts"),
    ...args,
  );
  return {
    program,
    at: (await program.line())!,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

async function statsOf(client: StreamSocket): Promise<StreamServerStats> {
  await client.send("stats\n");
  return JSON.parse((await client.reader.readLine())!);
}

test("serve({ fd }) takes an inherited TCP socket over", NEEDS, async () => {
  await using parent = await inherit("tcp");
  const { program, at } = parent;
  const port = Number(at);
  // The kernel takes clients in before the server has begun.
  await using early = await connect({ port });
  await early.send("early\n");
  assert.equal(
    await program.line(),
    `serving echo on {"transport":"tcp","hostname":"127.0.0.1","port":${port}}`,
  );
  assert.match((await program.line())!, /^suspend: TypeError: Cannot suspend/);
  assert.equal(await early.reader.readLine(), "early");
  const big = "x".repeat(60_000);
  for (let i = 0; i < 5; i++) {
    await using client = await connect({ port });
    await client.send(`${big}\n`);
    assert.equal(await client.reader.readLine(), big);
    await client.send("who\n");
    const who = JSON.parse((await client.reader.readLine())!);
    assert.deepEqual(who, client.localAddr);
    await client.send("later\n");
    await client.closeWrite();
    assert.equal(await client.reader.readLine(), "later", "half-close");
    assert.equal(await client.recv(), null);
  }
  await early.send("before the end\n");
  program.kill("SIGTERM");
  assert.equal(await early.reader.readLine(), "before the end");
  assert.equal(await early.recv(), null);
  await early.close();
  assert.equal(await program.line(), "finished");
  await program.ended();
});

test("serve({ fd }) takes an inherited Unix socket over", NEEDS, async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using parent = await inherit(`${folder}/s`);
    assert.match(
      (await parent.program.line())!,
      /^serving echo on {"transport":"unix"/,
    );
    await using client = await connect({
      transport: "unix",
      path: `${folder}/s`,
    });
    await client.send("hello\n");
    assert.equal(await client.reader.readLine(), "hello");

    await using other = await inherit(`${folder}/t`, ["9", "wait", "::/0"]);
    assert.match(
      (await other.program.line())!,
      /^TypeError: Cannot use deny .* no address$/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test(
  'serve({ fd }) with overflow "wait" holds clients unread until there is room',
  NEEDS,
  async () => {
    await using parent = await inherit("tcp", ["1"]);
    const port = Number(parent.at);
    await using first = await connect({ port });
    await first.send("one\n");
    assert.equal(await first.reader.readLine(), "one");
    await using second = await connect({ port });
    await second.send("two\n");
    await using third = await connect({ port });
    await third.send("three\n");
    const stats = await statsOf(first);
    assert.equal(stats.active, 1);
    assert.equal(stats.peak, 1);
    await first.closeWrite();
    assert.equal(await first.recv(), null);
    await first.close();
    assert.equal(await second.reader.readLine(), "two");
    const { active, peak, drops } = await statsOf(second);
    assert.deepEqual({ active, peak, drops }, {
      active: 1,
      peak: 1,
      drops: {},
    });
  },
);

test("serve({ fd }) holds at most 512 and closes the rest", {
  ...NEEDS,
  timeout: 30_000,
}, async () => {
  await using parent = await inherit("tcp", ["1"]);
  const port = Number(parent.at);
  await using first = await connect({ port });
  await first.send("one\n");
  assert.equal(await first.reader.readLine(), "one");
  const clients: StreamSocket[] = [];
  try {
    for (let i = 0; i < 514; i++) clients.push(await connect({ port }));
    // The last ones: held are the first 512.
    assert.equal(await clients[513]!.recv().catch(() => null), null);
    assert.equal(await clients[512]!.recv().catch(() => null), null);
    assert.deepEqual((await statsOf(first)).drops, { overflow: 2 });
  } finally {
    for (const client of clients) await client.close();
  }
});

test('serve({ fd }) with overflow "close"', NEEDS, async () => {
  await using parent = await inherit("tcp", ["1", "close"]);
  const port = Number(parent.at);
  await using first = await connect({ port });
  await first.send("one\n");
  assert.equal(await first.reader.readLine(), "one");
  await using second = await connect({ port });
  assert.equal(await second.recv().catch(() => null), null);
  assert.deepEqual((await statsOf(first)).drops, { overflow: 1 });
});

test(
  "listenFds() never prompts: without permission there are none",
  NEEDS,
  async () => {
    await using parent = await inherit("tcp", [], ["--allow-net"]);
    assert.equal(await parent.program.line(), "nothing was inherited");
  },
);

test("listenFds() leaves what is meant for another process", {
  env: true,
}, () => {
  const before = Deno.env.get("LISTEN_PID");
  try {
    Deno.env.set("LISTEN_FDS", "2");
    Deno.env.set("LISTEN_FDNAMES", "a:b");
    Deno.env.set("LISTEN_PID", String(Deno.pid + 1));
    assert.deepEqual(listenFds(), []);
    Deno.env.set("LISTEN_PID", String(Deno.pid));
    assert.deepEqual(listenFds(), [
      { fd: 3, name: "a" },
      { fd: 4, name: "b" },
    ]);
    Deno.env.delete("LISTEN_FDNAMES");
    assert.equal(listenFds()[1]!.name, undefined);
    for (const bad of ["0", "-1", "x", "1.5", "", "65537"]) {
      Deno.env.set("LISTEN_FDS", bad);
      assert.deepEqual(listenFds(), []);
    }
  } finally {
    for (const name of ["LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"]) {
      Deno.env.delete(name);
    }
    if (before !== undefined) Deno.env.set("LISTEN_PID", before);
  }
});

test("serve({ fd }) refuses what is no listening socket", {
  net: true,
}, async () => {
  const rows: [fd: unknown, name: string, message: RegExp][] = [
    ["3", "TypeError", /^Cannot use fd "3":/],
    [{}, "TypeError", /^Cannot use fd of type Object:/],
    [-1, "RangeError", /^Cannot use fd -1:/],
    [1.5, "RangeError", /^Cannot use fd 1\.5:/],
    [99_999, "BadResource", /^Cannot listen on fd 99999:/],
  ];
  for (const [fd, name, message] of rows) {
    const serving = serve({ fd: fd as number }, () => {});
    await assert.rejects(serving, { name, message });
  }
  await assert.rejects(
    serve({ fd: 3, port: 1 } as { fd: number }, () => {}),
    TypeError,
  );
});
