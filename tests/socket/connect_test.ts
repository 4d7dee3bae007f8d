/**
 * `connect`: the rows CN of the behaviour list, the guard against requests to inner hosts, names
 * that are none, and several addresses of one name.
 */
import assert from "node:assert/strict";
import {
  connect,
  type ConnectOptions,
  LimitExceededError,
  listen,
  LookupError,
} from "../../mod.ts";
import { test } from "../support/permissions.ts";
import { openDescriptors } from "../support/descriptors.ts";
import { SocketOptions } from "../support/socket_options.ts";

const NET = { net: true };

/** A port where nobody listens. */
function closedPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** A resolver that knows one name. */
function resolverOf(...addresses: string[]) {
  return {
    asked: [] as string[],
    lookup(name: string) {
      this.asked.push(name);
      return Promise.resolve(addresses.map((address) => ({ address })));
    },
  };
}

/** A listener of 127.0.0.x with its backlog full: dialling it hangs, as a dead host does. */
async function fullListener(hostname: string) {
  const listener = Deno.listen({ hostname, port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const fillers: Deno.Conn[] = [];
  const controller = new AbortController();
  const waiting: Promise<unknown>[] = [];
  for (let i = 0; i < 3; i++) {
    const filler = Deno.connect({ hostname, port, signal: controller.signal });
    waiting.push(filler.then((conn) => fillers.push(conn), () => {}));
  }
  // A backlog of one holds two on Linux; the third shows that it is full.
  await Promise.all(waiting.slice(0, 2));
  return {
    port,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await Promise.all(waiting);
      for (const conn of fillers) conn.close();
      listener.close();
    },
  };
}

test("CN01 connect() to a closed port is ConnectionRefused", NET, async () => {
  await assert.rejects(connect({ port: closedPort() }), (error) => {
    assert.ok(error instanceof Deno.errors.ConnectionRefused);
    assert.equal((error as Error & { code?: string }).code, "ECONNREFUSED");
    return true;
  });
});

test("CN02 connect() has each address's own error", NET, async () => {
  const port = closedPort();
  const hostname = "several.test";
  const resolver = resolverOf("127.0.0.1", "::1", "127.0.0.2");
  await assert.rejects(connect({ hostname, port, resolver }), (error) => {
    assert.ok(error instanceof AggregateError);
    assert.equal(error.errors.length, 3);
    for (const each of error.errors) assert.ok(each instanceof Error);
    assert.match(error.message, /127\.0\.0\.2/);
    return true;
  });
  assert.deepEqual(resolver.asked, [hostname]);
  await assert.rejects(
    connect({ hostname, port, resolver: resolverOf("127.0.0.1") }),
    Deno.errors.ConnectionRefused,
  );
});

test("CN03 a time-out inside connect() stays one", NET, async () => {
  const resolver = { lookup: () => new Promise<never>(() => {}) };
  await assert.rejects(
    connect({ hostname: "slow.test", port: 9, resolver, timeout: 20 }),
    (error) => error instanceof DOMException && error.name === "TimeoutError",
  );
});

test("CN04 connect() to a full backlog times out", NET, async () => {
  await using full = await fullListener("127.0.0.1");
  const begun = performance.now();
  for (const deny of [undefined, ["192.0.2.0/24"]]) {
    await assert.rejects(connect({ port: full.port, timeout: 50, deny }), {
      name: "TimeoutError",
    });
  }
  assert.ok(performance.now() - begun < 2000);
});

test("CN05 connect() refuses what is no port", NET, async () => {
  for (const port of [-1, 0, 65536, 1.5, NaN, "80x", "80", undefined, null]) {
    const options = { port } as unknown as ConnectOptions;
    await assert.rejects(
      connect(options),
      typeof port === "number" ? RangeError : TypeError,
    );
  }
});

test("CN06 connects that fail leave no descriptor", {
  ...NET,
  read: true,
}, async () => {
  await using full = await fullListener("127.0.0.1");
  const port = closedPort();
  const before = openDescriptors();
  for (let i = 0; i < 100; i++) {
    await assert.rejects(connect({ port }));
    const controller = new AbortController();
    const dialling = connect({ port: full.port, signal: controller.signal });
    controller.abort(new Error("no more"));
    await assert.rejects(dialling, /no more/);
  }
  assert.equal(openDescriptors(), before);
});

test("CN07 connect() with an aborted signal dials nothing", NET, async () => {
  await using listener = await listen({ port: 0 });
  const { port } = listener.addr;
  const resolver = resolverOf("127.0.0.1");
  const reason = new Error("before");
  const signal = AbortSignal.abort(reason);
  const options = { hostname: "a.test", port, resolver, signal };
  await assert.rejects(connect(options), reason);
  assert.deepEqual(resolver.asked, []);
  await assert.rejects(listener.accept({ timeout: 20 }), {
    name: "TimeoutError",
  });
});

test("connect() takes every spelling of an address", NET, async () => {
  await using listener = await listen({ port: 0 });
  const { port } = listener.addr;
  for (
    const hostname of [
      "127.1",
      "0x7f.1",
      "017700000001",
      "2130706433",
      "１２７.0.0.1",
      "::ffff:127.0.0.1",
      "[::ffff:7f00:1]",
      "localhost",
    ]
  ) {
    await using client = await connect({ hostname, port });
    await using server = await listener.accept();
    assert.equal(client.remoteAddr.hostname, "127.0.0.1", hostname);
    assert.deepEqual(server.remoteAddr, client.localAddr);
  }
});

test("connect() judges every spelling of an address", NET, async () => {
  await using listener = await listen({ port: 0 });
  const { port } = listener.addr;
  const deny = ["127.0.0.0/8", "::1"];
  const spellings = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "１２７.0.0.1",
    "::ffff:127.0.0.1",
    "[::ffff:7f00:1]",
    "[::1]",
    "::1",
    // Dialling the unspecified address reaches this host, too.
    "0",
    "0.0.0.0",
    "::",
    "::ffff:0.0.0.0",
  ];
  for (const hostname of spellings) {
    await assert.rejects(connect({ hostname, port, deny }), (error) => {
      assert.ok(error instanceof Deno.errors.PermissionDenied, hostname);
      assert.equal((error as Error & { code?: string }).code, "EACCES");
      return true;
    });
  }
  await assert.rejects(listener.accept({ timeout: 20 }), {
    name: "TimeoutError",
  });
});

test("connect() judges what names resolve to", NET, async () => {
  await using listener = await listen({ port: 0 });
  const { port } = listener.addr;
  const deny = ["127.0.0.0/8", "::1"];
  await assert.rejects(connect({ hostname: "localhost", port, deny }));
  const resolver = resolverOf("127.0.0.1", "::ffff:127.0.0.2");
  await assert.rejects(
    connect({ hostname: "inner.test", port, deny, resolver }),
    (error) => {
      assert.ok(error instanceof AggregateError);
      assert.equal(error.errors.length, 2);
      return error.errors.every((each) =>
        each instanceof Deno.errors.PermissionDenied
      );
    },
  );
  await assert.rejects(listener.accept({ timeout: 20 }), {
    name: "TimeoutError",
  });
});

test("connect() dials the addresses that are allowed", NET, async () => {
  await using listener = await listen({ hostname: "127.0.0.2", port: 0 });
  const { port } = listener.addr;
  const resolver = resolverOf("127.0.0.1", "127.0.0.2");
  const hostname = "two.test";
  await using client = await connect({
    hostname,
    port,
    resolver,
    allow: ["127.0.0.2/32"],
  });
  assert.equal(client.remoteAddr.hostname, "127.0.0.2");
  await assert.rejects(
    connect({ hostname, port, resolver, allow: [], timeout: 1000 }),
    AggregateError,
  );
});

test("connect() refuses lists that are none", NET, async () => {
  for (const deny of ["10.0.0.0/8", 5, null]) {
    const options = { port: 9, deny } as unknown as ConnectOptions;
    await assert.rejects(connect(options), TypeError);
  }
  await assert.rejects(connect({ port: 9, deny: ["10.0.0.0/33"] }), {
    name: "AddressSyntaxError",
  });
});

test(
  "connect() to a dead and a live address takes under 300 ms",
  NET,
  async () => {
    await using full = await fullListener("127.0.0.2");
    await using _live = await listen({
      hostname: "127.0.0.1",
      port: full.port,
    });
    const begun = performance.now();
    await using client = await connect({
      hostname: "half.test",
      port: full.port,
      resolver: resolverOf("127.0.0.2", "127.0.0.1"),
    });
    assert.equal(client.remoteAddr.hostname, "127.0.0.1");
    const took = performance.now() - begun;
    // 250 ms is the delay between attempts; the rest is room for a busy machine.
    assert.ok(took > 200 && took < 1000, `${took} ms`);
  },
);

test("connect() has a LookupError for names", NET, async () => {
  const bad = [
    "",
    "a b",
    "a..b",
    "-\0",
    "[1.2.3.4]",
    "1.2.3.4.5",
    "a%41",
    "x/y",
  ];
  for (const hostname of bad) {
    await assert.rejects(connect({ hostname, port: 9 }), (error) => {
      assert.ok(error instanceof LookupError, hostname);
      return error.code === "EBADNAME";
    });
  }
  for (const deny of [undefined, ["192.0.2.0/24"]]) {
    const options = { hostname: "испытание.invalid", port: 9, deny };
    await assert.rejects(connect(options), (error) => {
      assert.ok(error instanceof LookupError);
      assert.equal(error.host, "xn--80akhbyknj4f.invalid");
      return ["ENOTFOUND", "ESERVFAIL"].includes(error.code);
    });
  }
});

test(
  "connect() asks the resolver for A-labels, and believes no nonsense",
  NET,
  async () => {
    const resolver = resolverOf();
    const options = { hostname: "bücher.test", port: 9, resolver };
    await assert.rejects(connect(options), { code: "ENODATA" });
    assert.deepEqual(resolver.asked, ["xn--bcher-kva.test"]);
    await assert.rejects(
      connect({ ...options, resolver: resolverOf("garbage") }),
      { name: "AddressSyntaxError" },
    );
  },
);

test("connect() names the option that it does not know", NET, async () => {
  const bad: [object, RegExp][] = [
    [{ port: 9, timeOut: 5 }, /timeOut/],
    [{ port: 9, path: "/x" }, /path/],
    [{ port: 9, cert: "x" }, /cert/],
    [{ transport: "unix", path: "/x", port: 9 }, /port/],
    [{ transport: "sctp", port: 9 }, /sctp/],
    [{ port: 9, resolver: {} }, /resolver/],
    [{ port: 9, hostname: 5 }, /hostname/],
    [{ transport: "tls", port: 9, cert: "x" }, /cert/],
    [{ transport: "tls", port: 9, caCerts: "x" }, /caCerts/],
    [{ transport: "tls", port: 9, serverName: "" }, /serverName/],
    [{ transport: "unix" }, /path/],
  ];
  for (const [options, message] of bad) {
    await assert.rejects(connect(options as ConnectOptions), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      return true;
    });
  }
  for (const timeout of [0, -1, NaN]) {
    await assert.rejects(connect({ port: 9, timeout }), RangeError);
  }
  for (const limit of [0, -1, 1.5]) {
    await assert.rejects(connect({ port: 9, limit }), RangeError);
  }
});

test("CN06 1,000 connects, half of them refused or aborted, leave nothing", {
  ...NET,
  read: true,
}, async () => {
  await using listener = await listen({ port: 0 });
  const { port } = listener.addr;
  const gone = closedPort();
  const accepting = (async () => {
    for await (const socket of listener) await socket.close();
  })();
  const before = openDescriptors();
  const counts: Record<string, number> = {};
  for (let i = 0; i < 250; i++) {
    const controller = new AbortController();
    const dialling = [
      connect({ port, timeout: 60_000 }),
      connect({ port, deny: ["192.0.2.0/24"], timeout: 60_000 }),
      connect({ port: gone, timeout: 60_000 }),
      connect({ port, signal: controller.signal }),
    ];
    controller.abort();
    for (const { status, ...rest } of await Promise.allSettled(dialling)) {
      if ("value" in rest) await rest.value.close();
      counts[status] = (counts[status] ?? 0) + 1;
    }
  }
  listener.close();
  await accepting;
  assert.deepEqual(counts, { fulfilled: 500, rejected: 500 });
  // The listener's own descriptor is closed now; a timer that was left would fail the sanitizer.
  assert.ok(openDescriptors() <= before);
});

test(
  "connect() sets noDelay unless told, and keepAlive when told",
  NET,
  async () => {
    await using listener = await listen({ port: 0 });
    const { port } = listener.addr;
    using options = await SocketOptions.watch();
    for (
      const [given, calls] of [
        [{}, ["setNoDelay true"]],
        [{ noDelay: false }, []],
        [{ keepAlive: true }, ["setNoDelay true", "setKeepAlive true"]],
      ] as const
    ) {
      const client = await connect({ port, ...given });
      assert.deepEqual(options.taken(), calls);
      await client.close();
    }
  },
);

test("connect() gives its limits to reader and writer", NET, async () => {
  await using listener = await listen({ port: 0 });
  await using client = await connect({
    port: listener.addr.port,
    limit: 5,
    maxWriteBuffer: 5,
  });
  await using server = await listener.accept();
  await server.send("123456\n");
  await assert.rejects(client.reader.readLine(), LimitExceededError);
  const sending = client.send(new Uint8Array(20_000_000));
  assert.equal(client.writer.tryWrite("123456"), false);
  assert.equal(client.writer.tryWrite("12345"), true);
  await server.reader.skip(20_000_005);
  await sending;
});
