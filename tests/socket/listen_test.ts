/**
 * `listen`: the rows CN of the behaviour list that concern the listening side, and accepting.
 */
import assert from "node:assert/strict";
import {
  type BindOptions,
  connect,
  listen,
  listenDatagram,
  LookupError,
  serve,
  serveDatagram,
  serveSessions,
  socketpair,
} from "../../mod.ts";
import { serverCertificate } from "../support/certificates.ts";
import { openDescriptors } from "../support/descriptors.ts";
import { test } from "../support/permissions.ts";
import { python } from "../support/programs.ts";

const NET = { net: true };

test("CN05 listen() refuses what is no port", NET, async () => {
  for (const port of [-1, 65536, 1.5, NaN, "80x", "80", null]) {
    await assert.rejects(
      listen({ port } as unknown as BindOptions),
      typeof port === "number" ? RangeError : TypeError,
    );
  }
});

test(
  "CN08 listen() on port 0 has the port that clients dial",
  NET,
  async () => {
    await using listener = await listen();
    const { addr } = listener;
    assert.equal(addr.hostname, "127.0.0.1");
    assert.ok(addr.port > 0);
    await using client = await connect({ port: addr.port });
    assert.deepEqual(client.remoteAddr, addr);
  },
);

test(
  "CN09 listen() on a used port is AddrInUse, and harms nobody",
  NET,
  async () => {
    await using listener = await listen({ port: 0 });
    const { port } = listener.addr;
    await assert.rejects(listen({ port }), { name: "AddrInUse" });
    await using client = await connect({ port });
    await using server = await listener.accept();
    await client.send("still here\n");
    assert.equal(await server.reader.readLine(), "still here");
  },
);

test("CN10 listens that fail leave no descriptor", {
  ...NET,
  read: true,
}, async () => {
  await using listener = await listen({ port: 0 });
  const { port } = listener.addr;
  const before = openDescriptors();
  for (let i = 0; i < 1024; i++) {
    await assert.rejects(listen({ port }), { name: "AddrInUse" });
  }
  assert.equal(openDescriptors(), before);
});

test("CN11 closing at once after listen() frees the port", NET, async () => {
  const listener = await listen({ port: 0 });
  listener.close();
  listener.close();
  await using _again = await listen({ port: listener.addr.port });
});

test("CN12 the port can be bound again right after serving", NET, async () => {
  let port = 0;
  for (let i = 0; i < 3; i++) {
    await using listener = await listen({ port });
    port = listener.addr.port;
    await using client = await connect({ port });
    const server = await listener.accept();
    // The side that closes first keeps TIME_WAIT.
    await server.close();
    assert.equal(await client.recv(), null);
  }
});

for (const hostname of ["::", ""]) {
  test(
    `CN13 CN16 a listener of "${hostname}" serves both families`,
    NET,
    async () => {
      await using listener = await listen({ hostname, port: 0 });
      const { port } = listener.addr;
      for (const family of ["127.0.0.1", "::1"]) {
        await using client = await connect({ hostname: family, port });
        await using server = await listener.accept();
        assert.equal(server.remoteAddr.hostname, family);
        assert.equal(server.localAddr.hostname, family);
        assert.equal(client.remoteAddr.hostname, family);
      }
    },
  );
}

test("CN14 a backlog that is none is refused", NET, async () => {
  for (const tcpBacklog of [-1, 1.5, 2 ** 31]) {
    await assert.rejects(listen({ tcpBacklog }), RangeError);
  }
  await assert.rejects(
    listen({ tcpBacklog: "5" } as unknown as BindOptions),
    TypeError,
  );
});

/** How many connections the kernel lets wait there: `Send-Q` of a listening socket, ss(8). */
async function backlogOf(port: number): Promise<number> {
  const args = ["-ltnH", `sport = :${port}`];
  const { stdout } = await new Deno.Command("ss", { args }).output();
  return Number(new TextDecoder().decode(stdout).trim().split(/\s+/)[2]);
}

test("CN14 a backlog is honoured, 4096 unless told", {
  ...NET,
  read: true,
  env: true,
  run: ["ss"],
}, async () => {
  // The kernel cuts what is more than this, listen(2).
  const most = Number(await Deno.readTextFile("/proc/sys/net/core/somaxconn"));
  const { cert, key } = serverCertificate();
  for (const tcpBacklog of [7, undefined]) {
    const expected = Math.min(tcpBacklog ?? 4096, most);
    await using plain = await listen({ tcpBacklog });
    assert.equal(await backlogOf(plain.addr.port), expected);
    await using tls = await listen({ transport: "tls", cert, key, tcpBacklog });
    assert.equal(await backlogOf(tls.addr.port), expected);
    await using server = await serve({ port: 0, tcpBacklog }, () => {});
    assert.equal(await backlogOf(server.addr.port), expected);
  }
});

test("CN15 leaving a scope closes the listener", NET, async () => {
  let port: number;
  {
    await using listener = await listen({ port: 0 });
    port = listener.addr.port;
  }
  await assert.rejects(connect({ port }), Deno.errors.ConnectionRefused);
});

test("TO04 SV15 accept() that timed out loses no client", NET, async () => {
  await using listener = await listen({ port: 0 });
  await assert.rejects(listener.accept({ timeout: 10 }), {
    name: "TimeoutError",
  });
  const signal = AbortSignal.abort(new Error("no more"));
  await assert.rejects(listener.accept({ signal }), /no more/);
  await using client = await connect({ port: listener.addr.port });
  await using server = await listener.accept();
  assert.deepEqual(server.remoteAddr, client.localAddr);
});

test(
  "TO07 an accepted socket does not take over accept()'s time-out",
  NET,
  async () => {
    await using listener = await listen({ port: 0 });
    await using client = await connect({ port: listener.addr.port });
    await using server = await listener.accept({ timeout: 20 });
    const reading = server.recv();
    await assert.rejects(client.recv(1, { timeout: 60 }));
    await client.send("x");
    assert.equal((await reading)?.length, 1);
  },
);

test(
  "SV14 accept() serves one, the next waits in the backlog",
  NET,
  async () => {
    await using listener = await listen({ port: 0 });
    const { port } = listener.addr;
    await using first = await connect({ port });
    await using second = await connect({ port });
    await second.send("second");
    await using one = await listener.accept();
    assert.deepEqual(one.remoteAddr, first.localAddr);
    await using two = await listener.accept();
    assert.equal((await two.recv())?.length, 6);
  },
);

test("close() ends an accept() and an iteration that wait", NET, async () => {
  const listener = await listen({ port: 0 });
  const accepting = assert.rejects(
    listener.accept(),
    Deno.errors.BadResource,
  );
  const iterating = (async () => {
    for await (const _ of listener) assert.fail();
  })();
  listener.close();
  await accepting;
  await iterating;
});

test("SV20 clients that reset before they are accepted harm nobody", {
  ...NET,
  run: ["python3"],
}, async () => {
  await using listener = await listen({ port: 0 });
  await using peer = python(
    `
import socket, struct, sys
for _ in range(400):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"alive")
s.shutdown(socket.SHUT_WR)
s.recv(1)
`,
    listener.addr.port,
  );
  for await (const socket of listener) {
    const text = await socket.recv().catch(() => null);
    await socket.close();
    if (text?.length === 5) break;
  }
  await peer.ended();
});

test("listen() names the option that it does not know", NET, async () => {
  const bad: [object, RegExp][] = [
    [{ prot: 5 }, /prot/],
    [{ transport: "tls", port: 0 }, /cert/],
    [{ transport: "udp", port: 0 }, /udp/],
    [{ hostname: 5 }, /hostname/],
    [{ reusePort: "yes" }, /reusePort/],
  ];
  for (const [options, message] of bad) {
    await assert.rejects(listen(options as BindOptions), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      return true;
    });
  }
});

test(
  "the port is free when an accept() that waited has ended",
  NET,
  async () => {
    const listener = await listen({ port: 0 });
    const { port } = listener.addr;
    const accepting = listener.accept();
    accepting.catch(() => {});
    listener.close();
    await assert.rejects(accepting, Deno.errors.BadResource);
    await using again = await listen({ port });
    assert.equal(again.addr.port, port);
  },
);

test(
  "a name that has no address is a LookupError in everything that binds",
  NET,
  async () => {
    const hostname = "nosuch.invalid";
    const attempts = [
      listen({ hostname }),
      listenDatagram({ hostname }),
      serve({ hostname }, () => {}),
      serveDatagram({ hostname }, () => {}),
      serveSessions({ hostname }, () => {}),
    ];
    await Promise.all(
      attempts.map((attempt) =>
        assert.rejects(attempt, (error) => {
          assert.ok(error instanceof LookupError);
          assert.equal(error.host, hostname);
          return true;
        })
      ),
    );
  },
);

test("wrong options are named, wherever they stand", NET, async () => {
  const rows: [unknown, RegExp][] = [
    [connect({ port: 1, noDelay: 1 as never }), /noDelay 1/],
    [connect({ port: 1, keepAlive: "x" as never }), /keepAlive "x"/],
    [connect({ port: 1, signal: 5 as never }), /signal 5/],
    [connect({ port: 1, signal: null as never }), /signal null/],
    [listenDatagram({ port: null as never }), /port null/],
    [listenDatagram({ signal: 5 as never }), /signal 5/],
    [serveDatagram({ signal: 5 as never }, () => {}), /signal 5/],
    [serveSessions({ signal: 5 as never }, () => {}), /signal 5/],
    [
      serveDatagram({ shutdownSignals: "x" as never }, () => {}),
      /shutdownSignals "x"/,
    ],
  ];
  await Promise.all(rows.map(([attempt, message]) => {
    const refusal = { name: "TypeError", message };
    return assert.rejects(attempt as Promise<unknown>, refusal);
  }));
  assert.throws(() => socketpair({ size: 1 } as never), /"size"/);
  assert.throws(() => socketpair(null as never), /null/);
});
