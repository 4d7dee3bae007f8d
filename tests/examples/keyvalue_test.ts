import assert from "node:assert/strict";
import { encodeReply, requestCodec } from "../../examples/keyvalue/resp.ts";
import { keyvalue } from "../../examples/keyvalue.ts";
import { Store } from "../../examples/keyvalue/store.ts";
import {
  connect,
  LimitExceededError,
  ProtocolError,
  serve,
  type StreamServer,
} from "../../mod.ts";
import {
  assertDecodes,
  assertRefuses,
  bytes,
  concat,
  decodeChunked,
  randomBytes,
  randomFrom,
} from "../support/codec_driver.ts";
import { startExample } from "../support/example_process.ts";
import { test } from "../support/permissions.ts";

const CLI = { net: true, read: true, env: true, run: ["redis-cli"] };
const BENCHMARK = { ...CLI, run: ["redis-benchmark"], timeout: 60_000 };

function start(store: Store = new Store()): Promise<StreamServer> {
  return serve({ port: 0 }, keyvalue(store));
}

/** Run a program against the server and give its output. */
async function run(
  program: string,
  server: StreamServer,
  { args, stdin = "" }: { args: string[]; stdin?: string },
): Promise<string> {
  const child = new Deno.Command(program, {
    args: ["-h", "127.0.0.1", "-p", String(server.addr.port), ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(bytes(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Send raw bytes and read `length` bytes, or all up to the end of the stream. */
async function exchange(
  server: StreamServer,
  input: string,
  length?: number,
): Promise<string> {
  await using client = await connect({ port: server.addr.port });
  await client.send(input);
  const reply = length === undefined
    ? await client.reader.readAll()
    : await client.reader.readExactly(length);
  return new TextDecoder().decode(reply);
}

test("keyvalue: a client that leaves inside a request is no error of ours", {
  net: true,
}, async () => {
  const ended = Promise.withResolvers<string>();
  await using server = await serve(
    {
      port: 0,
      onError: ended.reject,
      onClose: (_conn, reason) => ended.resolve(reason),
    },
    keyvalue(new Store()),
  );
  await using client = await connect({ port: server.addr.port });
  await client.send("*2\r\n$3\r\nGET\r\n$5\r\nhal");
  await client.closeWrite();
  assert.equal(await client.recv(), null);
  assert.equal(await ended.promise, "done");
});

test(
  "requestCodec brings random requests back, whatever the chunking",
  {},
  () => {
    const random = randomFrom(7);
    const requests = Array.from(
      { length: 60 },
      () =>
        Array.from(
          { length: random(6) },
          () => randomBytes(random, { length: random(40) }),
        ),
    );
    const input = concat(
      requests.map((request) => requestCodec.encode(request)),
    );
    for (const sizes of [[1], [2], [9, 100, 3], [input.length]]) {
      assert.deepEqual(decodeChunked(requestCodec, input, sizes), {
        messages: requests,
        rest: 0,
      });
    }
  },
);

test("requestCodec takes lines typed by hand", {}, () => {
  assertDecodes(requestCodec, bytes("SET a  b\r\n\r\nPING\n"), {
    messages: [["SET", "a", "b"].map(bytes), [], [bytes("PING")]],
    rest: 0,
  });
});

test(
  "requestCodec refuses what is no request, and what is too long, on its header",
  {},
  () => {
    const bad = [
      "*x\r\n",
      "*\r\n",
      "*1025\r\n",
      "*1\r\n+PING\r\n",
      "*1\r\n$x\r\n",
      "*1\r\n$-1\r\n",
      "*1\r\n$1\r\nabc",
    ];
    for (const text of bad) {
      assertRefuses(requestCodec, bytes(text), ProtocolError);
    }
    const long = ["*1\r\n$1048577\r\n", "*2\r\n$1\r\na\r\n$1048576\r\n"];
    for (const text of long) {
      assertRefuses(requestCodec, bytes(text), LimitExceededError);
    }
    assert.throws(
      () => requestCodec.decode(new Uint8Array(65_537).fill(65), false, 0),
      LimitExceededError,
    );
  },
);

test("encodeReply writes RESP2", {}, () => {
  const reply = encodeReply(["OK", 7, -1n, bytes("é"), null, [], "PONG"]);
  assert.equal(
    new TextDecoder().decode(reply),
    "*7\r\n+OK\r\n:7\r\n:-1\r\n$2\r\né\r\n$-1\r\n*0\r\n+PONG\r\n",
  );
});

test("Store keeps to its memory, and gives it back", {}, () => {
  const store = new Store(1000);
  store.set("a", new Uint8Array(500), Infinity);
  assert.throws(() => store.set("b", new Uint8Array(400), Infinity), {
    text: /^OOM/,
  });
  store.set("a", new Uint8Array(10), Infinity);
  store.set("b", new Uint8Array(400), Infinity);
  store.delete("a");
  store.delete("b");
  assert.equal(store.memory, 0);
});

test(
  "Store forgets keys whose time is up although nobody asks for them",
  {},
  () => {
    const store = new Store();
    for (let i = 0; i < 100; i++) {
      store.set(`old${i}`, new Uint8Array(1), Date.now() - 1);
    }
    for (let i = 0; i < 100; i++) {
      store.set(`new${i}`, new Uint8Array(1), Infinity);
    }
    assert.equal(store.size, 100);
  },
);

/** What is typed and what redis-cli prints. */
const SESSION: [command: string, answer: string][] = [
  ["PING", "PONG"],
  ["PING hello", "hello"],
  ["ECHO hi", "hi"],
  ["SET greeting hello", "OK"],
  ["GET greeting", "hello"],
  ["GET nothing", ""],
  ["SET greeting other NX", ""],
  ["SET missing other XX", ""],
  ["SET greeting other XX", "OK"],
  ["SET greeting x EX 0", "ERR invalid expire time in 'set' command"],
  ["SET greeting x EX", "ERR syntax error"],
  ["SET greeting x NX XX", "ERR syntax error"],
  ["STRLEN greeting", "5"],
  ["APPEND greeting !!", "7"],
  ["EXISTS greeting greeting missing", "2"],
  ["INCR hits", "1"],
  ["INCRBY hits 41", "42"],
  ["DECR hits", "41"],
  ["DECRBY hits 1", "40"],
  ["INCR greeting", "ERR value is not an integer or out of range"],
  ["SET big 9223372036854775807", "OK"],
  ["INCR big", "ERR increment or decrement would overflow"],
  ["MSET a 1 b 2", "OK"],
  ["MGET a b nothing", "1\n2\n"],
  ["TTL a", "-1"],
  ["TTL nothing", "-2"],
  ["EXPIRE a 100", "1"],
  ["TTL a", "100"],
  ["PERSIST a", "1"],
  ["TTL a", "-1"],
  ["SET short x PX 100000", "OK"],
  ["TTL short", "100"],
  ["PEXPIRE short 0", "1"],
  ["EXISTS short", "0"],
  ["KEYS ?", "a\nb"],
  ["KEYS gr*ing", "greeting"],
  ["DBSIZE", "5"],
  ["DEL a b nothing", "2"],
  ["SELECT 0", "OK"],
  ["SELECT 1", "ERR DB index is out of range"],
  ["CONFIG GET save", "save\n"],
  ["CLIENT SETNAME me", "OK"],
  ["GET", "ERR wrong number of arguments for 'get' command"],
  ["NOSUCH x", "ERR unknown command 'NOSUCH'"],
  ["FLUSHALL", "OK"],
  ["DBSIZE", "0"],
];

test("redis-cli drives every command", CLI, async () => {
  await using server = await start();
  const stdin = SESSION.map(([command]) => `${command}\n`).join("");
  const output = await run("redis-cli", server, { args: [], stdin });
  // redis-cli puts an empty line after each error.
  const expected = SESSION.map(([, answer]) =>
    `${answer}\n${answer.startsWith("ERR") ? "\n" : ""}`
  ).join("");
  assert.equal(output, expected);
  assert.match(
    await run("redis-cli", server, { args: ["INFO"] }),
    /total_connections_received:2\r\n/,
  );
});

test("redis-cli brings binary values back", CLI, async () => {
  await using server = await start();
  const set = { args: ["-x", "SET", "k"], stdin: "é\0\r\n\x01" };
  assert.equal(await run("redis-cli", server, set), "OK\n");
  const get = { args: ["GET", "k"] };
  assert.equal(await run("redis-cli", server, get), "é\0\r\n\x01\n");
});

test(
  "a key with an expiry is gone when its time is up",
  { net: true },
  async () => {
    await using server = await start();
    await using client = await connect({ port: server.addr.port });
    await client.send("SET k v PX 1\r\n");
    assert.equal(await client.reader.readLine(), "+OK");
    for (let answer = ""; answer !== ":0";) {
      await client.send("EXISTS k\r\n");
      answer = (await client.reader.readLine())!;
    }
    await client.send("GET k\r\n");
    assert.equal(await client.reader.readLine(), "$-1");
  },
);

test(
  "redis-benchmark gets every reply, with and without pipelining",
  BENCHMARK,
  async () => {
    await using server = await start();
    for (const pipeline of ["1", "16"]) {
      const load = ["-n", "4000", "-c", "20", "-P", pipeline];
      const output = await run("redis-benchmark", server, {
        args: ["-t", "ping,set,get,incr,mset", ...load, "--csv", "-e"],
      });
      const names = output.trim().split("\n").slice(1)
        .map((line) => line.split(",")[0]);
      assert.deepEqual(names, [
        '"PING_INLINE"',
        '"PING_MBULK"',
        '"SET"',
        '"GET"',
        '"INCR"',
        '"MSET (10 keys)"',
      ]);
    }
    assert.equal(server.stats.handlerErrors, 0);
  },
);

test("a pipelined batch is answered in order", { net: true }, async () => {
  await using server = await start();
  const input = "INCR n\r\n".repeat(1000) + "QUIT\r\n";
  const replies = Array.from({ length: 1000 }, (_, i) => `:${i + 1}\r\n`);
  assert.equal(await exchange(server, input), replies.join("") + "+OK\r\n");
});

test("a peer is told why it is cut", { net: true }, async () => {
  await using server = await start();
  const rows: [input: string, reason: string][] = [
    ["*1\r\n+x", "expected '$', got '+'"],
    ["*99999\r\n", "invalid multibulk length"],
    ["*1\r\n$9999999\r\n", "invalid bulk length"],
    ["x".repeat(70_000), "too big inline request"],
  ];
  for (const [input, reason] of rows) {
    assert.equal(
      await exchange(server, input),
      `-ERR Protocol error: ${reason}\r\n`,
    );
  }
  assert.equal(server.stats.handlerErrors, 0);
});

test("memory is bounded, and the client is told", { net: true }, async () => {
  await using server = await start(new Store(1000));
  const error = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  const long = `SET k ${"x".repeat(2000)}\r\n`;
  assert.equal(await exchange(server, long, error.length), error);
  assert.equal(await exchange(server, "SET k x\r\n", 5), "+OK\r\n");
  const many = `MSET k y new z big ${"x".repeat(2000)}\r\n`;
  assert.equal(await exchange(server, many, error.length), error);
  assert.equal(await exchange(server, "GET k\r\n", 7), "$1\r\nx\r\n");
  assert.equal(await exchange(server, "EXISTS new\r\n", 4), ":0\r\n");
});

const PROGRAM = { net: true, read: true, env: true, run: [Deno.execPath()] };

test(
  "keyvalue.ts runs with the least permissions, and drains on SIGINT",
  PROGRAM,
  async () => {
    await using program = await startExample(
      ["--allow-net=127.0.0.1"],
      "keyvalue.ts",
      ["--port", "0"],
      /^Listening on 127\.0\.0\.1:(\d+)$/m,
    );
    const client = await connect({ port: Number(program.match[1]) });
    await client.send("PING\r\n*1\r\n$4\r\nPI");
    assert.equal(await client.reader.readLine(), "+PONG");
    program.kill("SIGINT");
    // The half-sent request is finished and answered, then the stream ends.
    await client.send("NG\r\n");
    assert.equal(await client.reader.readLine(), "+PONG");
    assert.equal(await client.reader.readLine(), null);
    await client.close();
    assert.equal(await program.exitCode, 0);
  },
);

for (const bad of [["--port", "x"], ["--max-memory", "0"], ["--nosuch"]]) {
  test(`keyvalue.ts ${bad.join(" ")} ends with code 2`, PROGRAM, async () => {
    const url = new URL("../../examples/keyvalue.ts", import.meta.url).href;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", url, ...bad],
    }).output();
    assert.equal(code, 2);
    assert.match(new TextDecoder().decode(stderr), /^Usage: /m);
  });
}
