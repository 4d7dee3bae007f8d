/**
 * serveDatagram and serveSessions over UDP: every test here must pass with the flag
 * `--unstable-net` and without it; the last one sees to that.
 */
import assert from "node:assert/strict";
import { LimitExceededError, LookupError } from "../../lib/errors.ts";
import { DatagramRequestHandler } from "../../lib/server/datagram_request_handler.ts";
import type { UdpServeOptions } from "../../lib/server/datagram_options.ts";
import type { DatagramServer } from "../../lib/server/datagram_server.ts";
import { serveDatagram } from "../../lib/server/serve_datagram.ts";
import { serveSessions } from "../../lib/server/serve_sessions.ts";
import type { DatagramSocket } from "../../lib/socket/datagram_socket.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { hasUnstableNet } from "../../lib/socket/open_datagram.ts";
import { test } from "../support/permissions.ts";

const NET = { net: true };

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

/** Send a question, wait for the answer. */
async function ask(
  client: DatagramSocket,
  server: { addr: Deno.NetAddr },
  question: string,
): Promise<string> {
  await client.send(bytesOf(question), server.addr);
  return textOf((await client.receive({ timeout: 5000 })).data);
}

class Upper extends DatagramRequestHandler {
  override handle(): void {
    this.wfile.write(textOf(this.packet).toUpperCase());
    this.wfile.write(`:${this.clientAddress.port}`);
  }
}

test(
  "SV01 serveDatagram() with a function: bytes, text, a promise or reply()",
  NET,
  async () => {
    await using client = await listenDatagram();
    const handlers = [
      (request: { data: Uint8Array }) => request.data,
      (request: { text(): string }) => request.text(),
      (request: { text(): string }) => Promise.resolve(request.text()),
      async (
        request: { data: Uint8Array; reply(data: Uint8Array): Promise<void> },
      ) => {
        await request.reply(request.data);
      },
    ];
    for (const handler of handlers) {
      await using server = await serveDatagram({ port: 0 }, handler);
      assert.equal(server.state, "listening");
      for (const question of ["one", "two", "three"]) {
        assert.equal(await ask(client, server, question), question);
      }
      await server.shutdown();
      const { stats } = server;
      assert.equal(stats.received, 3);
      assert.equal(stats.sent, 3);
      assert.equal(stats.bytesRead, 11);
      assert.equal(stats.bytesWritten, 11);
      assert.equal(stats.handled, 3);
      assert.equal(stats.active, 0);
    }
  },
);

test("SV01 serveDatagram() with a class", NET, async () => {
  await using server = await serveDatagram({ port: 0 }, Upper);
  await using client = await listenDatagram();
  assert.equal(await ask(client, server, "hi"), `HI:${client.addr.port}`);
});

test("UD04 a handler that writes nothing sends nothing", NET, async () => {
  class Silent extends DatagramRequestHandler {
    override handle(): void {
      if (this.packet.length === 0) this.wfile.write("");
    }
  }
  await using server = await serveDatagram({ port: 0 }, Silent);
  await using client = await listenDatagram();
  await client.send(bytesOf("no answer"), server.addr);
  assert.equal(await ask(client, server, ""), "");
  assert.equal(server.stats.sent, 1);
});

test(
  "SV08 SV09 finish() runs if and only if setup() succeeded",
  NET,
  async () => {
    const calls: string[] = [];
    const errors: string[] = [];
    class Steps extends DatagramRequestHandler {
      override setup(): void {
        calls.push("setup");
        if (textOf(this.packet) === "setup") throw new Error("in setup");
      }
      override handle(): void {
        calls.push("handle");
        this.wfile.write("half");
        if (textOf(this.packet) === "handle") throw new Error("in handle");
      }
      override finish(): void {
        calls.push("finish");
      }
    }
    const onError = (error: unknown) => errors.push((error as Error).message);
    await using server = await serveDatagram({ port: 0, onError }, Steps);
    await using client = await listenDatagram();
    await client.send(bytesOf("setup"), server.addr);
    await client.send(bytesOf("handle"), server.addr);
    assert.equal(await ask(client, server, "neither"), "half");
    assert.equal(calls.filter((call) => call === "setup").length, 3);
    assert.equal(calls.filter((call) => call === "handle").length, 2);
    assert.equal(calls.filter((call) => call === "finish").length, 2);
    assert.deepEqual(errors.sort(), ["in handle", "in setup"]);
  },
);

test(
  "SV05 SV06 a handler that fails reaches onError once, and onError may fail",
  NET,
  async () => {
    const seen: unknown[] = [];
    await using server = await serveDatagram({
      port: 0,
      onError(error, context) {
        seen.push([
          (error as Error).message,
          context.phase,
          context.remoteAddr,
        ]);
        throw new Error("onError fails too");
      },
    }, (request) => {
      const text = request.text();
      if (text === "throw") throw new Error(text);
      if (text === "reject") return Promise.reject(new Error(text));
      if (text === "number") return 7 as unknown as string;
      return text;
    });
    await using client = await listenDatagram();
    for (const text of ["throw", "reject", "number"]) {
      await client.send(bytesOf(text), server.addr);
    }
    assert.equal(await ask(client, server, "ok"), "ok");
    assert.equal(seen.length, 3);
    assert.deepEqual(seen[0], ["throw", "handler", client.addr]);
    assert.equal(server.stats.handlerErrors, 3);
    assert.equal(server.stats.hookErrors, 3);
  },
);

test("without onError the log holds ten lines of a flood", NET, async () => {
  const log = globalThis.console;
  const { error } = log;
  const lines: string[] = [];
  log.error = (line) => lines.push(line);
  try {
    await using server = await serveDatagram({}, () => {
      throw new Error("broken");
    });
    await using client = await listenDatagram();
    for (let sent = 1; sent <= 30; sent++) {
      await client.send(bytesOf("?"), server.addr);
      while (server.stats.handlerErrors < sent) {
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }
  } finally {
    log.error = error;
  }
  // One more in each second that it took.
  assert.ok(lines.length >= 10 && lines.length < 30, `${lines.length} lines`);
  assert.match(
    lines[0]!,
    /^Error in handler for 127\.0\.0\.1:\d+: Error: broken/,
  );
});

test("a DatagramRequest tells all of it", NET, async () => {
  await using client = await listenDatagram();
  const told = Promise.withResolvers<void>();
  const server: DatagramServer = await serveDatagram({ port: 0 }, (request) => {
    assert.deepEqual(request.data, bytesOf("hello"));
    assert.equal(request.text(), "hello");
    assert.deepEqual(request.remoteAddr, client.addr);
    assert.ok(Math.abs(Date.now() - request.receivedAt) < 10_000);
    assert.equal(request.signal.aborted, false);
    assert.equal(request.server, server);
    told.resolve();
  });
  await client.send(bytesOf("hello"), server.addr);
  await told.promise;
  await server.close();
});

test(
  "maxAmplification bounds all replies together, and counts those refused",
  NET,
  async () => {
    const errors: unknown[] = [];
    const drops: unknown[] = [];
    await using server = await serveDatagram({
      port: 0,
      onError: (error) => errors.push(error),
      onDrop: (addr, reason) => drops.push([addr, reason]),
    }, async (request) => {
      // 2 + 28 bytes came: 90 may go, each reply with 28 bytes of headers.
      if (request.text() === "ok") return new Uint8Array(62);
      if (request.text() === "no") return new Uint8Array(63);
      await request.reply(new Uint8Array(20));
      await request.reply(new Uint8Array(15));
    });
    await using client = await listenDatagram();
    assert.equal((await ask(client, server, "ok")).length, 62);
    await client.send(bytesOf("no"), server.addr);
    assert.equal((await ask(client, server, "2x")).length, 20);
    assert.equal((await ask(client, server, "ok")).length, 62);
    assert.deepEqual(drops, [[client.addr, "amplification"], [
      client.addr,
      "amplification",
    ]]);
    assert.deepEqual(server.stats.drops, { amplification: 2 });
    assert.equal(errors.length, 1, "one hint, not one for each forged sender");
    assert.equal(server.stats.handlerErrors, 2);
    assert.ok(errors[0] instanceof LimitExceededError);
    assert.equal(errors[0].limit, 62);
    assert.equal(errors[0].actual, 63);
  },
);

test("maxAmplification: Infinity lifts the bound", NET, async () => {
  await using server = await serveDatagram(
    { port: 0, maxAmplification: Infinity },
    () => new Uint8Array(60_000),
  );
  await using client = await listenDatagram();
  assert.equal((await ask(client, server, "")).length, 60_000);
});

test(
  "a reply that nobody awaits and that fails does no harm",
  NET,
  async () => {
    await using server = await serveDatagram({ port: 0 }, (request) => {
      request.reply(new Uint8Array(5000));
      return "done";
    });
    await using client = await listenDatagram();
    assert.equal(await ask(client, server, "x"), "done");
    assert.equal(server.stats.drops.amplification, 1);
  },
);

test(
  "a reply of another kind is refused, text or bytes are named",
  NET,
  async () => {
    const failed = Promise.withResolvers<unknown>();
    await using server = await serveDatagram(
      { onError: failed.resolve },
      () => 5 as never,
    );
    await using client = await listenDatagram();
    await client.send(new Uint8Array(1), server.addr);
    const error = await failed.promise;
    assert.ok(error instanceof TypeError);
    assert.match(error.message, /number.*text/);
  },
);

test(
  "SV07 deny, allow, denySourcePorts and rateLimit drop, count and tell",
  NET,
  async () => {
    await using client = await listenDatagram();
    const cases: [string, UdpServeOptions][] = [
      ["deny", { deny: ["127.0.0.0/8"] }],
      ["deny", { allow: ["192.0.2.0/24", "::1"] }],
      ["deny", { allow: ["127.0.0.1"], deny: ["127.0.0.1"] }],
      ["source-port", { denySourcePorts: [client.addr.port] }],
      ["rate-limit", { rateLimit: { perSecond: 0.001, burst: 1 } }],
    ];
    for (const [reason, options] of cases) {
      let handled = 0;
      const dropped = Promise.withResolvers<unknown>();
      await using server = await serveDatagram(
        {
          ...options,
          onDrop: (addr, reason) => dropped.resolve([addr, reason]),
        },
        () => {
          handled++;
        },
      );
      await client.send(bytesOf("1"), server.addr);
      if (reason === "rate-limit") await client.send(bytesOf("2"), server.addr);
      assert.deepEqual(await dropped.promise, [client.addr, reason]);
      assert.equal(handled, reason === "rate-limit" ? 1 : 0);
      assert.deepEqual(server.stats.drops, { [reason]: 1 });
    }
  },
);

test(
  "a datagram over the limit is dropped and counted, never cut",
  NET,
  async () => {
    await using server = await serveDatagram(
      { limit: 4 },
      (request) => request.data,
    );
    await using client = await listenDatagram();
    await client.send(bytesOf("12345"), server.addr);
    assert.equal(await ask(client, server, "1234"), "1234");
    assert.deepEqual(server.stats.drops, { "too-long": 1 });
  },
);

test(
  "maxConcurrent bounds the handlers that run; the others wait",
  NET,
  async () => {
    let running = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    const arrived = new Set<() => void>();
    await using server = await serveDatagram(
      { maxConcurrent: 3 },
      async (request) => {
        most = Math.max(most, ++running);
        for (const resolve of arrived) resolve();
        await new Promise<void>((resolve) => gates.push(resolve));
        running--;
        return request.data;
      },
    );
    await using client = await listenDatagram();
    for (let i = 0; i < 9; i++) {
      await client.send(
        bytesOf(String(i)),
        server.addr,
      );
    }
    const replies = new Set<string>();
    while (replies.size < 9) {
      while (gates.length === 0) {
        await new Promise<void>((resolve) => arrived.add(resolve));
      }
      gates.shift()!();
      replies.add(textOf((await client.receive({ timeout: 5000 })).data));
    }
    assert.equal(most, 3);
    assert.equal(server.stats.peak, 3);
  },
);

test(
  "requestTimeout aborts the signal, frees the slot and is no error",
  NET,
  async () => {
    const errors: unknown[] = [];
    await using server = await serveDatagram({
      maxConcurrent: 1,
      requestTimeout: 30,
      onError: (error) => errors.push(error),
    }, async (request) => {
      if (request.text() === "quick") return "quick";
      await new Promise((_, reject) => {
        request.signal.addEventListener(
          "abort",
          () => reject(request.signal.reason),
        );
      });
      return "never";
    });
    await using client = await listenDatagram();
    await client.send(bytesOf("stuck"), server.addr);
    assert.equal(await ask(client, server, "quick"), "quick");
    assert.deepEqual(server.stats.drops, { "request-timeout": 1 });
    assert.deepEqual(errors, []);
  },
);

test(
  "SV02 after close() the port is free and finished resolved",
  NET,
  async () => {
    const server = await serveDatagram({ port: 0 }, () => {});
    await Promise.all([server.close(), server.close()]);
    await server.finished;
    await server.finished;
    assert.equal(server.state, "closed");
    await assert.rejects(
      server.send(bytesOf("x"), server.addr),
      Deno.errors.BadResource,
    );
    await using again = await listenDatagram({ port: server.addr.port });
    assert.equal(again.addr.port, server.addr.port);
  },
);

test("SV03 SV04 20 servers shut down at once, and twice", NET, async () => {
  const servers = await Promise.all(
    Array.from({ length: 20 }, () => serveDatagram({ port: 0 }, () => {})),
  );
  const reports = await Promise.all(
    servers.map(async (server) => {
      const [first, second] = await Promise.all([
        server.shutdown(),
        server.shutdown(),
      ]);
      await server.finished;
      return [first, second];
    }),
  );
  for (const [first, second] of reports) {
    assert.equal(first!.aborted, 0);
    assert.equal(second!.completed, 0);
  }
});

test(
  "shutdown() lets handlers finish and their replies leave",
  NET,
  async () => {
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const server = await serveDatagram({ port: 0 }, async () => {
      started.resolve();
      await release.promise;
      return "late";
    });
    await using client = await listenDatagram();
    await client.send(bytesOf("x"), server.addr);
    await started.promise;
    const report = server.shutdown();
    assert.equal(server.state, "draining");
    release.resolve();
    assert.equal(
      textOf((await client.receive({ timeout: 5000 })).data),
      "late",
    );
    const { completed, aborted } = await report;
    assert.deepEqual([completed, aborted], [1, 0]);
  },
);

test("what comes during a shutdown is dropped, and told", NET, async () => {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const dropped = Promise.withResolvers<string>();
  const server = await serveDatagram(
    { onDrop: (_, reason) => dropped.resolve(reason) },
    async () => {
      started.resolve();
      await release.promise;
    },
  );
  await using client = await listenDatagram();
  await client.send(bytesOf("x"), server.addr);
  await started.promise;
  const report = server.shutdown();
  await client.send(bytesOf("late"), server.addr);
  assert.equal(await dropped.promise, "draining");
  release.resolve();
  assert.equal((await report).completed, 1);
  const { handled, drops } = server.stats;
  assert.deepEqual({ handled, drops }, { handled: 1, drops: { draining: 1 } });
});

test(
  "SV26 shutdown({ timeout }) aborts a stuck handler's signal",
  NET,
  async () => {
    const started = Promise.withResolvers<AbortSignal>();
    const server = await serveDatagram({ port: 0 }, async (request) => {
      started.resolve(request.signal);
      await new Promise(() => {});
    });
    await using client = await listenDatagram();
    await client.send(bytesOf("x"), server.addr);
    const signal = await started.promise;
    const { completed, aborted } = await server.shutdown({ timeout: 20 });
    assert.deepEqual([completed, aborted], [0, 1]);
    assert.equal(signal.aborted, true);
    assert.equal((signal.reason as Error).name, "AbortError");
    await assert.rejects(server.shutdown({ timeout: -1 }), RangeError);
  },
);

test(
  "shutdown() that close() or a shorter one cuts short tells of the cut",
  NET,
  async () => {
    const cuts = [
      (server: DatagramServer) => server.close(),
      (server: DatagramServer) => server.shutdown({ timeout: 1 }),
    ];
    for (const cut of cuts) {
      const started = Promise.withResolvers<void>();
      const server = await serveDatagram({ port: 0 }, async () => {
        started.resolve();
        await new Promise(() => {});
      });
      await using client = await listenDatagram();
      await client.send(bytesOf("x"), server.addr);
      await started.promise;
      const report = server.shutdown();
      await cut(server);
      const { completed, aborted } = await report;
      assert.deepEqual([completed, aborted], [0, 1]);
    }
  },
);

test(
  "SV04 shutdown() inside a handler waits for it until the deadline",
  NET,
  async () => {
    const server = await serveDatagram({ port: 0 }, async (request) => {
      await request.server.shutdown({ timeout: 20 });
    });
    await using client = await listenDatagram();
    await client.send(bytesOf("x"), server.addr);
    await server.finished;
    assert.equal(server.state, "closed");
  },
);

test("the option signal cuts the server", NET, async () => {
  const controller = new AbortController();
  const server = await serveDatagram({ signal: controller.signal }, () => {});
  controller.abort();
  await server.finished;
  await assert.rejects(
    serveDatagram({ signal: controller.signal }, () => {}),
    { name: "AbortError" },
  );
});

test(
  "onListen is told the address; server.send() reaches anybody",
  NET,
  async () => {
    let told: Deno.NetAddr | undefined;
    await using server = await serveDatagram(
      { onListen: (addr) => told = addr },
      () => {},
    );
    assert.deepEqual(told, server.addr);
    await using client = await listenDatagram();
    const news = new TextEncoder().encode("news");
    assert.equal(await server.send(news, client.addr), 4);
    assert.equal(
      textOf((await client.receive({ timeout: 5000 })).data),
      "news",
    );
    const text = "news" as unknown as Uint8Array;
    await assert.rejects(server.send(text, client.addr), TypeError);
    await assert.rejects(
      server.send(news, { hostname: "nosuch.invalid", port: 9 }),
      LookupError,
    );
  },
);

test(
  "serveDatagram() refuses options that it does not know, and bad values",
  NET,
  async () => {
    const bad: [unknown, RegExp, typeof RangeError | typeof TypeError][] = [
      [{ maxConnections: 1 }, /"maxConnections"/, TypeError],
      [{ sessionTimeout: 1 }, /"sessionTimeout"/, TypeError],
      [{ maxConcurrent: 0 }, /maxConcurrent 0/, RangeError],
      [{ maxConcurrent: "1" }, /maxConcurrent "1"/, TypeError],
      [{ requestTimeout: 0 }, /requestTimeout 0/, RangeError],
      [{ maxAmplification: 0 }, /maxAmplification 0/, RangeError],
      [{ maxAmplification: NaN }, /maxAmplification NaN/, RangeError],
      [{ shutdownTimeout: -1 }, /shutdownTimeout -1/, RangeError],
      [{ denySourcePorts: [70000] }, /denySourcePorts with 70000/, RangeError],
      [{ denySourcePorts: 7 }, /denySourcePorts 7/, TypeError],
      [{ deny: ["garbage"] }, /garbage/, TypeError],
      [{ deny: 5 }, /deny 5/, TypeError],
      [{ rateLimit: {} }, /perSecond/, TypeError],
      [{ onError: "log" }, /onError "log"/, TypeError],
      [{ maxAmplification: null }, /maxAmplification null/, TypeError],
      [{ requestTimeout: null }, /requestTimeout null/, TypeError],
      [{ shutdownTimeout: null }, /shutdownTimeout null/, TypeError],
      [{ denySourcePorts: null }, /denySourcePorts null/, TypeError],
      [{ limit: null }, /limit null/, TypeError],
      [{ port: -1 }, /port -1/, RangeError],
      [undefined, /options undefined/, TypeError],
    ];
    for (const [options, message, kind] of bad) {
      await assert.rejects(
        serveDatagram(options as { port: number }, () => {}),
        (error) => {
          const expected = message.source === "garbage" ? SyntaxError : kind;
          assert.ok(
            error instanceof expected,
            `${JSON.stringify(options)}: ${error}`,
          );
          assert.match(error.message, message);
          return true;
        },
      );
    }
    await assert.rejects(
      serveDatagram({}, "handler" as unknown as () => void),
      TypeError,
    );
  },
);

test("serveSessions() gives each peer a session, in order", NET, async () => {
  const closes: string[] = [];
  await using server = await serveSessions({
    onClose: (_session, reason) => closes.push(reason),
  }, async (session) => {
    const seen: string[] = [];
    for await (const data of session) {
      seen.push(textOf(data));
      await session.send(seen.join(""));
      if (textOf(data) === "q") break;
    }
  });
  await using a = await listenDatagram();
  await using b = await listenDatagram();
  assert.equal(await ask(a, server, "x"), "x");
  assert.equal(await ask(b, server, "1"), "1");
  assert.equal(await ask(a, server, "y"), "xy");
  assert.equal(await ask(b, server, "2"), "12");
  assert.equal(server.stats.active, 2);
  assert.equal(await ask(a, server, "q"), "xyq");
  assert.equal(await ask(a, server, "again"), "again");
  assert.equal(server.stats.handled, 3);
  const { completed, aborted } = await server.shutdown();
  assert.deepEqual([completed, aborted], [2, 0]);
  assert.deepEqual(closes, ["done", "drained", "drained"]);
  assert.deepEqual(server.stats.closes, { done: 1, drained: 2 });
});

test("a session that nothing comes for ends", NET, async () => {
  const ended = Promise.withResolvers<string>();
  const after = Promise.withResolvers<boolean>();
  await using server = await serveSessions({
    sessionTimeout: 40,
    onClose: (_session, reason) => ended.resolve(reason),
  }, async (session) => {
    for await (const _data of session);
    after.resolve(session.signal.aborted);
  });
  await using client = await listenDatagram();
  await client.send(bytesOf("x"), server.addr);
  assert.equal(await ended.promise, "idle-timeout");
  assert.equal(await after.promise, true);
  assert.equal(server.stats.active, 0);
});

test(
  "sessionQueue and maxSessions bound what peers can pile up",
  NET,
  async () => {
    const release = Promise.withResolvers<void>();
    const got: string[] = [];
    let dropped = 0;
    await using server = await serveSessions(
      { sessionQueue: 2, maxSessions: 1 },
      async (session) => {
        await release.promise;
        for await (const data of session) {
          got.push(textOf(data));
          if (got.length === 2) break;
        }
        dropped = session.dropped;
        await session.send("done");
      },
    );
    await using slow = await listenDatagram();
    await using other = await listenDatagram();
    for (const text of ["1", "2", "3", "4"]) {
      await slow.send(bytesOf(text), server.addr);
    }
    await other.send(bytesOf("me too"), server.addr);
    while (server.stats.received < 5) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    release.resolve();
    await slow.receive({ timeout: 5000 });
    assert.deepEqual(got, ["1", "2"]);
    assert.equal(dropped, 2);
    assert.deepEqual(server.stats.drops, {
      "session-queue": 2,
      "max-sessions": 1,
    });
  },
);

test(
  "a session sends no more than maxAmplification allows in all",
  NET,
  async () => {
    await using server = await serveSessions({}, async (session) => {
      for await (const _data of session) {
        try {
          await session.send(new Uint8Array(70));
        } catch (error) {
          assert.ok(error instanceof LimitExceededError);
          await session.send("no");
        }
      }
    });
    await using client = await listenDatagram();
    // 29 in, 98 of 87 out: refused; then 58 in, 30 + 98 of 174 out.
    assert.equal(await ask(client, server, "1"), "no");
    assert.equal((await ask(client, server, "2")).length, 70);
  },
);

test(
  "a session whose handler throws is reported, the server goes on",
  NET,
  async () => {
    const errors: unknown[] = [];
    await using server = await serveSessions({
      onError: (error, { remoteAddr }) =>
        errors.push([(error as Error).message, remoteAddr]),
    }, async (session) => {
      for await (const data of session) {
        if (textOf(data) === "throw") throw new Error("thrown");
        await session.send(data);
      }
    });
    await using client = await listenDatagram();
    await client.send(bytesOf("throw"), server.addr);
    assert.equal(await ask(client, server, "ok"), "ok");
    assert.deepEqual(errors, [["thrown", client.addr]]);
  },
);

test(
  "serveSessions() refuses Unix sockets and unknown options",
  NET,
  async () => {
    await assert.rejects(
      serveSessions({ transport: "unixpacket", path: "/x" } as never, () => {}),
      /receive is pending/,
    );
    await assert.rejects(
      serveSessions({ maxConcurrent: 1 } as never, () => {}),
      /"maxConcurrent"/,
    );
    await assert.rejects(
      serveSessions({ maxSessions: 0 }, () => {}),
      RangeError,
    );
  },
);

if (hasUnstableNet()) {
  test("UD06 all of this holds without --unstable-net", {
    ...NET,
    run: ["deno"],
    timeout: 60_000,
  }, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--no-config", "--no-check", "-A", import.meta.url],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, textOf(stdout) + textOf(stderr));
    assert.match(textOf(stdout), / 0 failed/);
  });
}

if (!hasUnstableNet()) {
  test("what the full queue drops is counted and told", NET, async () => {
    const told = new Set<unknown>();
    let drops = 0;
    await using server = await serveDatagram({
      maxConcurrent: 1,
      shutdownTimeout: 0,
      onDrop(addr, reason) {
        drops++;
        told.add(reason).add(addr.port);
      },
    }, () => new Promise(() => {}));
    await using client = await listenDatagram();
    while (drops === 0) await client.send(bytesOf("x"), server.addr);
    assert.deepEqual([...told], ["queue-full", client.addr.port]);
    const { stats } = server;
    assert.deepEqual(stats.drops, { "queue-full": drops });
    assert.ok(stats.received > drops);
    assert.equal(stats.bytesRead, stats.received);
  });
}
