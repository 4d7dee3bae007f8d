/**
 * DatagramSocket over UDP: every test here must pass with the flag `--unstable-net` (as the project's
 * deno.json sets it) and without, where node:dgram carries the datagrams; the last test sees to that.
 */
import assert from "node:assert/strict";
import { LimitExceededError } from "../../lib/errors.ts";
import { DatagramSocket } from "../../lib/socket/datagram_socket.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { hasUnstableNet } from "../../lib/socket/open_datagram.ts";
import { test } from "../support/permissions.ts";

const NET = { net: true };

const TIMEOUT = { timeout: 5000 };

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

/** Bytes that no shift or cut leaves the same. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255);
}

test(
  "UD01 DatagramSocket carries datagrams of every size whole",
  NET,
  async () => {
    await using a = await listenDatagram();
    await using b = await listenDatagram();
    for (const size of [0, 1, 1024, 1025, 8192, 8193, 65507]) {
      const data = pattern(size);
      assert.equal(await a.send(data, b.addr), size);
      const received = await b.receive(TIMEOUT);
      assert.deepEqual(received, { data, from: a.addr }, `size ${size}`);
    }
  },
);

test(
  "UD02 DatagramSocket.send() of 65508 bytes rejects, the socket lives",
  NET,
  async () => {
    await using a = await listenDatagram();
    await using b = await listenDatagram();
    await assert.rejects(a.send(new Uint8Array(65508), b.addr), {
      code: "EMSGSIZE",
    });
    await a.send(pattern(3), b.addr);
    assert.deepEqual((await b.receive(TIMEOUT)).data, pattern(3));
  },
);

test(
  "DatagramSocket.send() to a literal leaves, though the socket is closed in the next line",
  NET,
  async () => {
    await using b = await listenDatagram();
    const a = await listenDatagram();
    const sent = a.send(pattern(3), b.addr);
    await a.close();
    assert.equal(await sent, 3);
    assert.deepEqual((await b.receive(TIMEOUT)).data, pattern(3));
  },
);

test("DatagramSocket.send() looks names up", NET, async () => {
  await using a = await listenDatagram({ hostname: "localhost" });
  await using b = await listenDatagram({ hostname: "localhost" });
  await a.send(pattern(3), { hostname: "localhost", port: b.addr.port });
  assert.deepEqual(await b.receive(TIMEOUT), {
    data: pattern(3),
    from: a.addr,
  });
});

test("DatagramSocket.send() may broadcast", NET, async () => {
  await using a = await listenDatagram();
  // Without SO_BROADCAST it is EACCES.
  const hostname = Deno.build.os === "linux" ? "127.255.255.255" : "127.0.0.1";
  assert.equal(await a.send(pattern(3), { hostname, port: a.addr.port }), 3);
});

test(
  "UD03 DatagramSocket.send() refuses text, and no receiver, with TypeError",
  NET,
  async () => {
    await using a = await listenDatagram();
    const bad: [unknown, unknown][] = [
      ["text", a.addr],
      [new ArrayBuffer(3), a.addr],
      [[1, 2], a.addr],
      [undefined, a.addr],
      [pattern(1), undefined],
      [pattern(1), null],
      [pattern(1), "127.0.0.1"],
      [pattern(1), {}],
      [pattern(1), { hostname: "127.0.0.1" }],
      [pattern(1), { hostname: "", port: 9 }],
      [pattern(1), { hostname: "127.0.0.1", port: "9" }],
    ];
    for (const [data, to] of bad) {
      await assert.rejects(
        a.send(data as Uint8Array, to as Deno.NetAddr),
        TypeError,
      );
    }
    for (const port of [0, -1, 65536, 1.5, NaN]) {
      await assert.rejects(
        a.send(pattern(1), { hostname: "127.0.0.1", port }),
        RangeError,
      );
    }
  },
);

test(
  "TO05 DatagramSocket.receive() loses nothing when it times out",
  NET,
  async () => {
    await using a = await listenDatagram();
    await using b = await listenDatagram();
    for (let i = 0; i < 20; i++) {
      await assert.rejects(b.receive({ timeout: 1 }), { name: "TimeoutError" });
      await a.send(pattern(i), b.addr);
      assert.deepEqual((await b.receive(TIMEOUT)).data, pattern(i));
    }
  },
);

test(
  "DatagramSocket.receive() that aborts leaves the datagram to the next call",
  NET,
  async () => {
    await using a = await listenDatagram();
    await using b = await listenDatagram();
    const controller = new AbortController();
    const aborted = b.receive({ signal: controller.signal });
    const second = b.receive(TIMEOUT);
    controller.abort(new Error("enough"));
    await assert.rejects(aborted, { message: "enough" });
    await a.send(pattern(7), b.addr);
    assert.deepEqual((await second).data, pattern(7));
    await a.send(pattern(8), b.addr);
    await assert.rejects(b.receive({ signal: controller.signal }), {
      message: "enough",
    });
    assert.deepEqual((await b.receive(TIMEOUT)).data, pattern(8));
  },
);

test("DatagramSocket.receive() serves callers in order", NET, async () => {
  await using a = await listenDatagram();
  await using b = await listenDatagram();
  const waiting = Array.from({ length: 10 }, () => b.receive(TIMEOUT));
  for (let i = 0; i < 10; i++) await a.send(pattern(i), b.addr);
  const sizes = (await Promise.all(waiting)).map(({ data }) => data.length);
  assert.deepEqual(sizes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test(
  "TO03 DatagramSocket.receive() refuses time-outs that are none",
  NET,
  async () => {
    await using a = await listenDatagram();
    for (const timeout of [0, -1, NaN]) {
      await assert.rejects(a.receive({ timeout }), RangeError);
    }
    await assert.rejects(
      a.receive({ timeout: "spam" as unknown as number }),
      TypeError,
    );
  },
);

test(
  "DatagramSocket.receive() gives bytes that are the caller's own",
  NET,
  async () => {
    await using a = await listenDatagram();
    await using b = await listenDatagram();
    const received: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 1; i <= 5; i++) {
      await a.send(new Uint8Array(64).fill(i), b.addr);
      received.push((await b.receive(TIMEOUT)).data);
    }
    received.forEach((data, i) => {
      assert.deepEqual(data, new Uint8Array(64).fill(i + 1));
      // Kept alive with it: the slab that it was cut from, not the buffer that it came into.
      assert.ok(data.buffer.byteLength <= 8192);
    });
  },
);

test(
  "DatagramSocket.receive() rejects what is longer than the limit",
  NET,
  async () => {
    await using a = await listenDatagram();
    await using b = await listenDatagram({ limit: 10 });
    await a.send(pattern(11), b.addr);
    await a.send(pattern(10), b.addr);
    await assert.rejects(b.receive(TIMEOUT), (error) => {
      assert.ok(error instanceof LimitExceededError);
      assert.equal(error.limit, 10);
      return true;
    });
    assert.deepEqual((await b.receive(TIMEOUT)).data, pattern(10));
  },
);

test(
  "DatagramSocket.connect() makes send() need no receiver, and filters",
  NET,
  async () => {
    await using server = await listenDatagram();
    await using stranger = await listenDatagram();
    await using client = await listenDatagram();
    assert.equal(client.remoteAddr, undefined);
    client.connect(server.addr);
    assert.deepEqual(client.remoteAddr, server.addr);
    await client.send(bytesOf("hello"));
    const { data, from } = await server.receive(TIMEOUT);
    assert.equal(textOf(data), "hello");
    await stranger.send(bytesOf("forged"), client.addr);
    await server.send(bytesOf("reply"), from);
    assert.equal(textOf((await client.receive(TIMEOUT)).data), "reply");
  },
);

test(
  "DatagramSocket.connect() forgets what a stranger sent before",
  NET,
  async () => {
    await using server = await listenDatagram();
    await using stranger = await listenDatagram();
    await using client = await listenDatagram();
    await assert.rejects(client.receive({ timeout: 1 }), {
      name: "TimeoutError",
    });
    await stranger.send(bytesOf("forged"), client.addr);
    // Two round trips later the outstanding receive has certainly taken it.
    await client.send(bytesOf("1"), server.addr);
    const { from } = await server.receive(TIMEOUT);
    client.connect({ hostname: "localhost", port: server.addr.port });
    await server.send(bytesOf("reply"), from);
    assert.equal(textOf((await client.receive(TIMEOUT)).data), "reply");
  },
);

test(
  "DatagramSocket.connect() knows a peer in every spelling",
  NET,
  async () => {
    await using server = await listenDatagram({ hostname: "::1" });
    await using client = await listenDatagram({ hostname: "" });
    for (const hostname of ["::1", "[::1]", "0:0::0001"]) {
      client.connect({ hostname, port: server.addr.port });
      await client.send(bytesOf("?"));
      const { from } = await server.receive(TIMEOUT);
      await server.send(bytesOf("!"), from);
      assert.deepEqual((await client.receive(TIMEOUT)).from, server.addr);
    }
    client.connect({ hostname: "::ffff:127.0.0.1", port: 9 });
    assert.equal(client.remoteAddr?.hostname, "127.0.0.1");
  },
);

test(
  "DatagramSocket.connect() to a server on every interface hears its answers",
  NET,
  async () => {
    for (
      const [bound, own, peer] of [
        ["0.0.0.0", "127.0.0.1", "127.0.0.1"],
        ["0.0.0.0", "", "127.0.0.1"],
        ["", "", "::1"],
        ["", "::1", "::1"],
      ] as const
    ) {
      await using server = await listenDatagram({ hostname: bound });
      await using client = await listenDatagram({ hostname: own });
      client.connect(server.addr);
      await client.send(bytesOf("?"));
      await server.send(bytesOf("!"), (await server.receive(TIMEOUT)).from);
      const { from } = await client.receive(TIMEOUT);
      assert.equal(from.hostname, peer);
      assert.deepEqual(from, client.remoteAddr);
    }
    await using bound = await listenDatagram({ hostname: "127.0.0.5" });
    bound.connect({ hostname: "0.0.0.0", port: 9 });
    assert.equal(bound.remoteAddr?.hostname, "127.0.0.5");
  },
);

test("DatagramSocket prints with its address", NET, async () => {
  await using socket = await listenDatagram();
  assert.equal(
    Deno.inspect(socket),
    `DatagramSocket 127.0.0.1:${socket.addr.port}`,
  );
});

test("DatagramSocket.connect() refuses names and bad ports", NET, async () => {
  await using client = await listenDatagram();
  assert.throws(
    () => client.connect({ hostname: "example.org", port: 9 }),
    (error) =>
      error instanceof TypeError && /"example.org"/.test(error.message),
  );
  assert.throws(
    () => client.connect({ hostname: "127.0.0.1", port: 0 }),
    RangeError,
  );
});

test(
  "a dual-stack DatagramSocket shows IPv4 peers as IPv4, and answers them",
  NET,
  async () => {
    await using server = await listenDatagram({ hostname: "" });
    assert.equal(server.addr.hostname, "::");
    for (const hostname of ["127.0.0.1", "::1"]) {
      await using client = await listenDatagram({ hostname });
      await client.send(bytesOf("?"), { hostname, port: server.addr.port });
      const { from } = await server.receive(TIMEOUT);
      assert.deepEqual(from, client.addr);
      await server.send(bytesOf("!"), from);
      assert.equal(textOf((await client.receive(TIMEOUT)).data), "!");
    }
  },
);

test("DatagramSocket keeps the zone of link-local peers", NET, async () => {
  const local = Deno.networkInterfaces().find((one) =>
    one.family === "IPv6" && one.address.startsWith("fe80:")
  );
  // Only where this machine has such an address at all.
  if (local === undefined) return;
  const hostname = `${local.address}%${local.name}`;
  await using a = await listenDatagram({ hostname });
  await using b = await listenDatagram({ hostname });
  assert.equal(a.addr.hostname, hostname);
  await a.send(bytesOf("?"), b.addr);
  const { from } = await b.receive(TIMEOUT);
  assert.deepEqual(from, a.addr);
});

test(
  "listenDatagram() refuses options that it does not know, and bad values",
  NET,
  async () => {
    const bad: [unknown, RegExp, typeof RangeError | typeof TypeError][] = [
      [{ prot: 1 }, /unknown option "prot"/, TypeError],
      [{ path: "/x" }, /unknown option "path"/, TypeError],
      [{ reusePort: true }, /unknown option "reusePort"/, TypeError],
      [{ transport: "unixpacket", path: "/x", port: 1 }, /"port"/, TypeError],
      [{ transport: "tcp" }, /transport "tcp"/, TypeError],
      [{ hostname: 1 }, /hostname 1/, TypeError],
      [{ port: "80" }, /port "80"/, TypeError],
      [{ port: "80x" }, /port "80x"/, TypeError],
      [{ port: -1 }, /port -1/, RangeError],
      [{ port: 65536 }, /port 65536/, RangeError],
      [{ port: 1.5 }, /port 1.5/, RangeError],
      [{ port: NaN }, /port NaN/, RangeError],
      [{ limit: 0 }, /limit 0/, RangeError],
      [{ limit: "9" }, /limit "9"/, TypeError],
      [{ reuseAddress: 1 }, /reuseAddress 1/, TypeError],
      [{ timeout: 0 }, /timeout 0/, RangeError],
      [null, /options null/, TypeError],
    ];
    for (const [options, message, kind] of bad) {
      await assert.rejects(
        listenDatagram(options as { port: number }),
        (error) => {
          assert.ok(
            error instanceof kind,
            `${JSON.stringify(options)}: ${error}`,
          );
          assert.match(error.message, message);
          return true;
        },
      );
    }
    const reason = new Error("no");
    await assert.rejects(
      listenDatagram({ signal: AbortSignal.abort(reason) }),
      reason,
    );
  },
);

test(
  "listenDatagram() on a used port rejects AddrInUse, unless both share it",
  NET,
  async () => {
    await using first = await listenDatagram({ reuseAddress: true });
    const { port } = first.addr;
    await assert.rejects(listenDatagram({ port }), (error) => {
      assert.ok(error instanceof Deno.errors.AddrInUse);
      assert.equal((error as Error & { code?: string }).code, "EADDRINUSE");
      return true;
    });
    await using second = await listenDatagram({ port, reuseAddress: true });
    assert.equal(second.addr.port, port);
  },
);

test(
  "listenDatagram() on an address that is not ours rejects AddrNotAvailable",
  NET,
  async () => {
    await assert.rejects(
      listenDatagram({ hostname: "203.0.113.9" }),
      Deno.errors.AddrNotAvailable,
    );
  },
);

test("listenDatagram() binds localhost by name", NET, async () => {
  await using socket = await listenDatagram({ hostname: "localhost" });
  assert.ok(["127.0.0.1", "::1"].includes(socket.addr.hostname));
});

test(
  "DatagramSocket.close() ends receives, may be called twice, frees the port",
  NET,
  async () => {
    const socket = await listenDatagram();
    const pending = assert.rejects(socket.receive(), Deno.errors.Interrupted);
    const bounded = assert.rejects(
      socket.receive({ timeout: 60_000 }),
      Deno.errors.Interrupted,
    );
    await Promise.all([socket.close(), socket.close()]);
    await Promise.all([pending, bounded]);
    await assert.rejects(socket.receive(), Deno.errors.BadResource);
    await assert.rejects(
      socket.send(pattern(1), socket.addr),
      Deno.errors.BadResource,
    );
    assert.throws(() => socket.connect(socket.addr), Deno.errors.BadResource);
    await using again = await listenDatagram({ port: socket.addr.port });
    assert.equal(again.addr.port, socket.addr.port);
  },
);

test(
  "DatagramSocket iterates until it is closed; leaving loses nothing",
  NET,
  async () => {
    await using a = await listenDatagram();
    const b = await listenDatagram();
    for (let i = 1; i <= 4; i++) await a.send(pattern(i), b.addr);
    for await (const { data } of b) {
      assert.equal(data.length, 1);
      break;
    }
    const sizes: number[] = [];
    for await (const { data } of b) {
      sizes.push(data.length);
      if (data.length === 4) b.close();
    }
    assert.deepEqual(sizes, [2, 3, 4]);
  },
);

test(
  "DatagramSocket.joinMulticastV4() receives what is sent to the group",
  NET,
  async () => {
    await using member = await listenDatagram({ hostname: "0.0.0.0" });
    await using sender = await listenDatagram({ hostname: "127.0.0.1" });
    const group = "239.255.77.88";
    const membership = await member.joinMulticastV4(group, "127.0.0.1");
    await membership.setLoopback(true);
    await membership.setTTL(1);
    try {
      await sender.send(bytesOf("all"), {
        hostname: group,
        port: member.addr.port,
      });
      assert.equal(textOf((await member.receive(TIMEOUT)).data), "all");
    } catch (error) {
      // A machine without a route for multicast on loopback says so.
      assert.equal((error as Error & { code?: string }).code, "ENETUNREACH");
    }
    await membership.leave();
    await assert.rejects(member.joinMulticastV4("192.0.2.1", "127.0.0.1"));
  },
);

test("listenDatagram() and send() name the flag for a missing permission", {
  run: ["deno"],
}, async () => {
  const module = new URL(
    "../../lib/socket/listen_datagram.ts",
    import.meta.url,
  );
  const code = `import { listenDatagram } from ${JSON.stringify(module.href)};
    const message = (error) => error.constructor.name + ": " + error.message;
    await listenDatagram({ hostname: "127.0.0.2" }).catch((e) => console.log(message(e)));
    const socket = await listenDatagram();
    await socket.send(new Uint8Array(1), { hostname: "127.0.0.2", port: 9 }).catch((e) => console.log(message(e)));
    await socket.close();`;
  const flags = hasUnstableNet() ? ["--unstable-net"] : [];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-config",
      "--no-prompt",
      ...flags,
      "--allow-net=127.0.0.1",
      "data:application/javascript," + encodeURIComponent(code),
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const lines = textOf(stdout).trim().split("\n");
  assert.equal(lines.length, 2, textOf(stdout));
  for (const line of lines) {
    assert.match(line, /^NotCapable: .*127\.0\.0\.2.*--allow-net/);
  }
});

test(
  "DatagramSocket.dropped is 0 where the system holds the queue",
  NET,
  async () => {
    await using socket = await listenDatagram();
    assert.ok(socket instanceof DatagramSocket);
    assert.equal(socket.dropped, 0);
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
} else {
  test("UD06 what needs the flag says so", NET, async () => {
    await assert.rejects(
      listenDatagram({ transport: "unixpacket", path: "/nowhere/x" }),
      (error) => {
        assert.ok(error instanceof Deno.errors.NotSupported);
        assert.match(error.message, /--unstable-net/);
        return true;
      },
    );
    await using socket = await listenDatagram({ hostname: "::" });
    await assert.rejects(
      socket.joinMulticastV6("ff02::4d", 1),
      /--unstable-net/,
    );
  });

  test(
    "DatagramSocket without the flag drops and counts what nobody receives",
    NET,
    async () => {
      await using a = await listenDatagram();
      await using b = await listenDatagram();
      // More than the queue holds; 1-byte datagrams, in turns, so that the system drops none.
      let next = await askOnce(a, b);
      for (let i = 0; i < 200; i++) next = await askOnce(a, b);
      assert.equal(next, 1);
      for (let i = 0; i < 1500; i++) await a.send(pattern(1), b.addr);
      while (b.dropped === 0) await a.send(pattern(1), b.addr);
      assert.ok(b.dropped > 0);
    },
  );
}

async function askOnce(a: DatagramSocket, b: DatagramSocket): Promise<number> {
  await a.send(pattern(1), b.addr);
  return (await b.receive(TIMEOUT)).data.length;
}
