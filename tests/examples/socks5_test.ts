import assert from "node:assert/strict";
import {
  NOT_PUBLIC,
  socks5,
  type SocksOptions,
} from "../../examples/socks5.ts";
import { connect, IPSet, serve, type StreamServer } from "../../mod.ts";
import { startExample } from "../support/example_process.ts";
import { test } from "../support/permissions.ts";

const CURL = { net: true, read: true, env: true, run: ["curl"] };

function start(options: SocksOptions): Promise<StreamServer> {
  return serve({ port: 0 }, socks5(options));
}

/** A web server that answers with the path that it was asked for. */
function startWeb(): Promise<StreamServer> {
  return serve({ port: 0 }, async (conn) => {
    const request = await conn.reader.readUntil("\r\n\r\n");
    const path = new TextDecoder().decode(request).split(" ")[1]!;
    await conn.send(
      `HTTP/1.0 200 OK\r\ncontent-length: ${path.length}\r\n\r\n${path}`,
    );
  });
}

async function curl(args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout } = await new Deno.Command("curl", {
    args: ["-sS", "--max-time", "10", "--noproxy", "", ...args],
    stdout: "piped",
    stderr: "null",
  }).output();
  return { code, text: new TextDecoder().decode(stdout) };
}

/** Say these bytes and give back as many as are expected. */
async function say(
  server: StreamServer,
  bytes: number[],
  length: number,
): Promise<number[]> {
  await using client = await connect({ port: server.addr.port });
  await client.send(new Uint8Array(bytes));
  return [...await client.reader.readExactly(length)];
}

const HELLO = [5, 1, 0];

test("curl goes through, by address and by name", CURL, async () => {
  await using web = await startWeb();
  await using proxy = await start({ deny: [] });
  for (const option of ["--socks5", "--socks5-hostname"]) {
    for (const host of ["127.0.0.1", "localhost"]) {
      const url = `http://${host}:${web.addr.port}/${host}`;
      assert.deepEqual(
        await curl([option, `127.0.0.1:${proxy.addr.port}`, url]),
        { code: 0, text: `/${host}` },
      );
    }
  }
});

test("curl needs the right password where one is set", CURL, async () => {
  await using web = await startWeb();
  await using proxy = await start({ deny: [], user: "me:secret" });
  const url = `http://127.0.0.1:${web.addr.port}/x`;
  const ask = (user: string) =>
    curl(["--socks5", `${user}127.0.0.1:${proxy.addr.port}`, url]);
  assert.deepEqual(await ask("me:secret@"), { code: 0, text: "/x" });
  // 97 is CURLE_PROXY.
  assert.equal((await ask("me:wrong@")).code, 97);
  assert.equal((await ask("")).code, 97);
});

test("addresses that are not public are refused, in whatever spelling", {
  net: true,
}, async () => {
  await using web = await startWeb();
  await using proxy = await start({});
  const port = [web.addr.port >> 8, web.addr.port & 255];
  const name = (text: string) => [
    3,
    text.length,
    ...new TextEncoder().encode(text),
  ];
  const targets = [
    [1, 127, 0, 0, 1],
    [4, ...new Array(10).fill(0), 255, 255, 127, 0, 0, 1],
    [4, ...new Array(15).fill(0), 1],
    [1, 169, 254, 169, 254],
    name("localhost"),
    name("127.1"),
    name("0x7f.1"),
    name("2130706433"),
    name("::ffff:127.0.0.1"),
  ];
  for (const target of targets) {
    const request = [5, 1, 0, ...target, ...port];
    const answer = await say(proxy, [...HELLO, ...request], 12);
    assert.equal(answer[3], 2, String(target));
  }
  assert.equal(web.stats.accepted, 0);
});

test("NOT_PUBLIC covers what is not public, and not what is", {}, () => {
  const set = IPSet.from(NOT_PUBLIC);
  const inside = [
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254"],
    ...["192.168.1.1", "224.0.0.1", "255.255.255.255", "::ffff:10.0.0.1"],
    ...["::", "::1", "fe80::1", "fd00::1", "ff02::1", "64:ff9b::7f00:1"],
    "2002:7f00:1::",
  ];
  for (const address of inside) assert.equal(set.has(address), true, address);
  const outside = ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:1.1.1.1"];
  for (const address of outside) {
    assert.equal(set.has(address), false, address);
  }
});

test("what the proxy does not do it says", { net: true }, async () => {
  await using proxy = await start({ deny: [] });
  const address = [127, 0, 0, 1, 0, 9];
  const rows: [request: number[], code: number, why: string][] = [
    [[5, 2, 0, 1, ...address], 7, "BIND"],
    [[5, 3, 0, 1, ...address], 7, "UDP ASSOCIATE"],
    [[5, 1, 0, 2, ...address], 8, "no such address type"],
    [[5, 1, 0, 1, 127, 0, 0, 1, 0, 1], 5, "nothing listens there"],
  ];
  for (const [request, code, why] of rows) {
    const answer = await say(proxy, [...HELLO, ...request], 12);
    assert.equal(answer[3], code, why);
  }
  assert.deepEqual(await say(proxy, [5, 1, 2], 2), [5, 0xff]);
});

test("whoever does not speak SOCKS5 is cut without an error being reported", {
  net: true,
}, async () => {
  await using proxy = await start({ deny: [] });
  for (const text of ["GET / HTTP/1.1\r\n\r\n", "\x04\x01", "\x05", ""]) {
    await using client = await connect({ port: proxy.addr.port });
    await client.send(text);
    await client.closeWrite();
    assert.equal((await client.reader.readAll()).length, 0);
  }
  assert.equal(proxy.stats.handlerErrors, 0);
});

test(
  "half-close passes through in both directions",
  { net: true },
  async () => {
    await using backend = await serve({ port: 0 }, async (conn) => {
      const all = await conn.reader.readAll();
      await conn.send(`got ${all.length}`);
    });
    await using proxy = await start({ deny: [] });
    await using client = await connect({ port: proxy.addr.port });
    const port = [backend.addr.port >> 8, backend.addr.port & 255];
    const request = [5, 1, 0, 1, 127, 0, 0, 1, ...port];
    await client.send(new Uint8Array([...HELLO, ...request]));
    const answer = [...await client.reader.readExactly(12)];
    assert.deepEqual(answer.slice(0, 6), [5, 0, 5, 0, 0, 1]);
    await client.send(new Uint8Array(300_000));
    await client.closeWrite();
    assert.equal(await client.reader.readLine(), "got 300000");
  },
);

const PROGRAM = { ...CURL, run: [Deno.execPath(), "curl"] };

test(
  "socks5.ts runs with the permissions in its head, and ends on SIGTERM",
  PROGRAM,
  async () => {
    await using web = await startWeb();
    await using program = await startExample(
      ["--allow-net", "--allow-read=/etc/hosts,/etc/resolv.conf"],
      "socks5.ts",
      ["--port", "0", "--allow-private"],
      /^Listening on 127\.0\.0\.1:(\d+)$/m,
    );
    const proxy = `127.0.0.1:${program.match[1]}`;
    const url = `http://localhost:${web.addr.port}/x`;
    assert.deepEqual(await curl(["--socks5-hostname", proxy, url]), {
      code: 0,
      text: "/x",
    });
    program.kill("SIGTERM");
    assert.equal(await program.exitCode, 0);
  },
);
