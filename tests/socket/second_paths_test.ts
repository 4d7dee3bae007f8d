/** Sockets where a step goes wrong that nearly always goes well. */
import assert from "node:assert/strict";
import {
  connect,
  listen,
  listenDatagram,
  memoryListener,
  type StreamSocket,
} from "../../mod.ts";
import { openNodeDatagram } from "../../lib/socket/node_datagram.ts";
import {
  authority,
  clientCertificate,
  serverCertificate,
} from "../support/certificates.ts";
import { test } from "../support/permissions.ts";

const net = { net: true };
const files = { net: true, read: true, write: true };

/** Both ends of a TCP connection. */
async function tcpPair(): Promise<
  [client: StreamSocket, server: StreamSocket]
> {
  await using listener = await listen({ port: 0 });
  const accepting = listener.accept();
  const client = await connect({
    hostname: "localhost",
    port: listener.addr.port,
  });
  return [client, await accepting];
}

test(
  "a serverName that no host can have is refused before anything happens",
  net,
  async () => {
    const [client, server] = await tcpPair();
    for (const serverName of ["mail server", "", "a..b", 5 as never]) {
      await assert.rejects(client.startTls({ serverName }), {
        name: "TypeError",
        message: /^Cannot use serverName/,
      });
    }
    await client.send("still here");
    assert.equal((await server.recv())!.length, 10);
    await client.close();
    await server.close();
  },
);

test(
  "a serverName is taken in every spelling",
  { net: true, read: true },
  async () => {
    await using listener = await listen({
      transport: "tls",
      port: 0,
      ...serverCertificate(),
    });
    for (const serverName of ["localhost.", "ＬＯＣＡＬＨＯＳＴ", "[::1]"]) {
      const connecting = connect({
        transport: "tls",
        port: listener.addr.port,
        caCerts: [authority()],
        serverName,
      });
      const server = await listener.accept();
      server.recv().catch(() => {});
      const client = await connecting;
      await client.close();
      await server.close();
    }
  },
);

test("a client's key or authority that cannot be read is no silent default", {
  net: true,
  read: true,
}, async () => {
  await using listener = await listen({ port: 0 });
  const pem = (text: string, kind: string) =>
    `-----BEGIN ${kind}-----\n${text}\n-----END ${kind}-----\n`;
  const { cert } = clientCertificate();
  const wrong: [object, RegExp][] = [
    [{ cert, key: pem("ZZ", "PRIVATE KEY") }, /Cannot use key/],
    [{ cert, key: serverCertificate().key }, /Cannot use key: does not belong/],
    [
      {
        ...clientCertificate(),
        caCerts: [authority(), pem("ZZ", "CERTIFICATE")],
      },
      /Cannot use caCerts/,
    ],
  ];
  for (const [options, message] of wrong) {
    const accepting = listener.accept();
    await assert.rejects(
      connect({
        transport: "tls",
        hostname: "localhost",
        port: listener.addr.port,
        caCerts: [authority()],
        ...options,
      }),
      { name: "TypeError", message },
    );
    const server = await accepting;
    assert.equal(await server.recv(), null, "closed");
    await server.close();
  }
});

test(
  "TLS is not started twice at once",
  { net: true, read: true },
  async () => {
    const [client, server] = await tcpPair();
    const starting = client.startTls({ caCerts: [authority()] });
    await assert.rejects(
      client.startTls({ caCerts: [authority()] }),
      Deno.errors.Busy,
    );
    await server.startTls({ serverSide: true, ...serverCertificate() });
    await starting;
    await client.send("hello\n");
    assert.equal(await server.reader.readLine(), "hello");
    await client.close();
    await server.close();
  },
);

test("an accepted TLS socket that only sends knows its session", {
  net: true,
  read: true,
}, async () => {
  await using listener = await listen({
    transport: "tls",
    port: 0,
    alpnProtocols: ["x"],
    ...serverCertificate(),
  });
  const accepting = listener.accept();
  const connecting = connect({
    transport: "tls",
    hostname: "localhost",
    port: listener.addr.port,
    caCerts: [authority()],
    alpnProtocols: ["x"],
  });
  const server = await accepting;
  await server.send("hello\n");
  await using client = await connecting;
  assert.equal(await client.reader.readLine(), "hello");
  assert.deepEqual(server.tls, { alpnProtocol: "x" });
  await server.close();
});

test("protocols for ALPN are texts of 1 to 255 bytes", net, async () => {
  const { cert, key } = serverCertificate();
  const [client, server] = await tcpPair();
  for (const alpnProtocols of ["h2", [5], [""], ["x".repeat(256)]] as never[]) {
    const refused = { name: "TypeError", message: /alpnProtocols/ };
    await assert.rejects(
      server.startTls({ serverSide: true, cert, key, alpnProtocols }),
      refused,
    );
    await assert.rejects(client.startTls({ alpnProtocols }), refused);
    await assert.rejects(
      listen({ transport: "tls", port: 0, cert, key, alpnProtocols }),
      refused,
    );
  }
  await client.close();
  await server.close();
});

test("accepted sockets send small pieces at once", net, async () => {
  const [client, server] = await tcpPair();
  const began = performance.now();
  for (let i = 0; i < 25; i++) {
    await client.send("?");
    await server.recv();
    await server.send("a");
    await server.send("b\n");
    assert.equal(await client.reader.readLine(), "ab");
  }
  // With Nagle's algorithm each second piece waits 40 ms for an acknowledgement.
  assert.ok(performance.now() - began < 900);
  await client.close();
  await server.close();
});

test("options of a socket that waits to write are Busy", net, async () => {
  const [client, server] = await tcpPair();
  const writing = client.send(new Uint8Array(64_000_000)).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.throws(() => client.setNoDelay(), Deno.errors.Busy);
  assert.throws(() => client.setKeepAlive(), Deno.errors.Busy);
  await client.close();
  await server.close();
  await writing;
});

test("of two who take a stale Unix socket over one does", files, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/s`;
    const dead = Deno.listen({ transport: "unix", path: `${path}0` });
    await Deno.rename(`${path}0`, path);
    dead.close();
    const both = await Promise.allSettled(
      [1, 2].map(() => listen({ transport: "unix", path, unlinkStale: true })),
    );
    const [winner, ...others] = both.filter((one) =>
      one.status === "fulfilled"
    );
    assert.equal(others.length, 0);
    const loser = both.find((one) => one.status === "rejected");
    assert.ok(loser?.reason instanceof Deno.errors.AddrInUse);
    await using client = await connect({ transport: "unix", path });
    await client.send("hello");
    // The loser may have come first, to see whether anybody lives there.
    let heard = 0;
    for await (const server of winner!.value) {
      heard = (await server.recv())?.length ?? 0;
      await server.close();
      if (heard > 0) break;
    }
    assert.equal(heard, 5);
    await winner!.value[Symbol.asyncDispose]();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test(
  "a successor's socket file stays where paths are as long as they may be",
  files,
  async () => {
    const folder = await Deno.makeTempDir({ dir: "/tmp" });
    try {
      const deep = `${folder}/${"d".repeat(107 - folder.length - 8)}`;
      await Deno.mkdir(deep);
      const path = `${deep}/a.sock`;
      assert.equal(path.length, 107);
      const first = await listen({ transport: "unix", path });
      await Deno.remove(path);
      const successor = Deno.listen({ transport: "unix", path });
      first.close();
      assert.equal((await Deno.lstat(path)).isSocket, true);
      successor.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

test(
  "a relative socket file goes although the process has gone elsewhere",
  files,
  async () => {
    const folder = await Deno.makeTempDir();
    const before = Deno.cwd();
    try {
      Deno.chdir(folder);
      const listener = await listen({ transport: "unix", path: "s" });
      Deno.chdir(before);
      listener.close();
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    } finally {
      Deno.chdir(before);
      await Deno.remove(folder, { recursive: true });
    }
  },
);

test(
  "connecting a datagram socket while somebody waits keeps strangers out, and the order",
  net,
  async () => {
    const text = (data: Uint8Array) => new TextDecoder().decode(data);
    const bytes = (text: string) => new TextEncoder().encode(text);
    await using peer = await listenDatagram();
    await using stranger = await listenDatagram();
    await using socket = await listenDatagram({ limit: 4 });
    const first = socket.receive();
    const second = socket.receive();
    socket.connect(peer.addr);
    await stranger.send(bytes("bad"), socket.addr);
    await stranger.send(bytes("too long"), socket.addr);
    await peer.send(bytes("A"), socket.addr);
    await peer.send(bytes("B"), socket.addr);
    assert.equal(text((await first).data), "A");
    assert.equal(text((await second).data), "B");

    await using other = await listenDatagram({ limit: 4 });
    const given = assert.rejects(other.receive({ timeout: 20 }));
    await given;
    await stranger.send(bytes("too long"), other.addr);
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.connect(peer.addr);
    await peer.send(bytes("C"), other.addr);
    assert.equal(text((await other.receive()).data), "C");
  },
);

test(
  "names that no host can have are told in the same way everywhere",
  net,
  async () => {
    await using socket = await listenDatagram();
    const data = new Uint8Array(1);
    for (
      const hostname of ["a b", "a..b", ".", "300.1.1.1", "1.2.3.4.5", "a:b"]
    ) {
      const refused = { name: "LookupError", code: "EBADNAME" };
      await assert.rejects(listen({ hostname }), refused);
      await assert.rejects(listenDatagram({ hostname }), refused);
      await assert.rejects(socket.send(data, { hostname, port: 9 }), refused);
      await assert.rejects(connect({ hostname, port: 9 }), refused);
    }
  },
);

test(
  "groups that are none are TypeErrors, and closed sockets join nothing",
  net,
  async () => {
    const socket = await listenDatagram();
    for (const group of ["1.2.3.4", "zzz", "ff02::1", 5 as never]) {
      await assert.rejects(socket.joinMulticastV4(group), TypeError);
    }
    await assert.rejects(socket.joinMulticastV4("224.0.0.1", "zzz"), TypeError);
    await assert.rejects(socket.joinMulticastV6("fe80::1"), TypeError);
    for (const index of [-1, 1.5, NaN, 2 ** 32, "lo" as never, null as never]) {
      await assert.rejects(socket.joinMulticastV6("ff02::4d", index), {
        name: typeof index === "number" ? "RangeError" : "TypeError",
        message:
          /^Cannot join "ff02::4d" on interface (-?[\d.]+|NaN|"lo"|null):/,
      });
    }
    // No interface has that address, nor is an IPv4 socket in any IPv6 group: the system says so by a code.
    await assert.rejects(
      socket.joinMulticastV4("224.0.0.1", "192.0.2.1"),
      { code: /^(ENODEV|EADDRNOTAVAIL|EINVAL)$/ },
    );
    await assert.rejects(socket.joinMulticastV6("ff02::4d"), { code: /^E/ });
    await socket.close();
    await assert.rejects(
      socket.joinMulticastV4("224.0.0.1"),
      Deno.errors.BadResource,
    );
  },
);

test(
  "a broadcast leaves, and what was sent before closing too",
  net,
  async () => {
    await using receiver = await listenDatagram({ hostname: "0.0.0.0" });
    const { port } = receiver.addr;
    await using socket = await listenDatagram({ hostname: "0.0.0.0" });
    await socket.send(new Uint8Array(3), { hostname: "127.255.255.255", port });
    assert.equal((await receiver.receive({ timeout: 2000 })).data.length, 3);
    await using both = await listenDatagram({ hostname: "" });
    await both.send(new Uint8Array(4), { hostname: "127.1", port });
    assert.equal((await receiver.receive({ timeout: 2000 })).data.length, 4);
    for (let turns = 0; turns < 4; turns++) {
      const brief = await listenDatagram();
      const sending = brief.send(new Uint8Array(turns), {
        hostname: "127.0.0.1",
        port,
      });
      for (let i = 0; i < turns; i++) await undefined;
      await brief.close();
      assert.equal(await sending, turns);
      assert.equal(
        (await receiver.receive({ timeout: 2000 })).data.length,
        turns,
      );
    }
  },
);

test(
  "a resolver that gives no list is told so, and what can be dialled is",
  net,
  async () => {
    await using listener = await listen({ port: 0 });
    const { port } = listener.addr;
    for (const found of [undefined, null, "127.0.0.1", [null]]) {
      const resolver = { lookup: () => Promise.resolve(found as never) };
      await assert.rejects(
        connect({ hostname: "x.test", port, resolver }),
        { name: "TypeError", message: /the resolver gave/ },
      );
    }
    const addresses = [{ address: "garbage" }, { address: "127.0.0.1" }];
    const resolver = { lookup: () => Promise.resolve(addresses) };
    const client = await connect({ hostname: "x.test", port, resolver });
    await client.close();
    await (await listener.accept()).close();
  },
);

test("a listener in memory prints", {}, () => {
  const listener = memoryListener();
  assert.match(Deno.inspect(listener), /^MemoryListener /);
  listener.close();
});

test(
  "whoever leaves an iteration in a step that waits loses nothing",
  net,
  async () => {
    await using socket = await listenDatagram();
    const datagrams = ReadableStream.from(socket).getReader();
    datagrams.read().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 10));
    await datagrams.cancel();
    await socket.send(new Uint8Array([7]), socket.addr);
    assert.equal((await socket.receive({ timeout: 2000 })).data[0], 7);

    await using listener = await listen({ port: 0 });
    const sockets = listener[Symbol.asyncIterator]();
    const step = sockets.next();
    assert.deepEqual(await sockets.return!(), { value: undefined, done: true });
    assert.equal((await step).done, true);
    await using client = await connect({ port: listener.addr.port });
    const accepted = await listener.accept({ timeout: 2000 });
    assert.equal(accepted.remoteAddr.hostname, client.localAddr.hostname);
    await accepted.close();
  },
);

test(
  "PEM text of another kind is told",
  { net: true, read: true },
  async () => {
    const { cert, key } = serverCertificate();
    const wrong: [Promise<unknown>, RegExp][] = [
      [
        listen({ transport: "tls", cert: key, key }),
        /cert: has no certificate/,
      ],
      [
        listen({ transport: "tls", cert, key: cert }),
        /key: has no private key/,
      ],
      [
        connect({ transport: "tls", port: 9, caCerts: [key] }),
        /caCerts: has no certificate/,
      ],
    ];
    await Promise.all(
      wrong.map(([attempt, message]) =>
        assert.rejects(attempt, { name: "TypeError", message })
      ),
    );
  },
);

test(
  "a datagram that may not be sent is not, and nobody else hears of it",
  net,
  async () => {
    await using socket = await listenDatagram();
    const data = new Uint8Array(1);
    const unsendable = new Uint8Array(65_508);
    for (const options of [{ signal: AbortSignal.abort() }, { timeout: 0 }]) {
      await assert.rejects(socket.send(data, socket.addr, options));
      await assert.rejects(socket.send(unsendable, socket.addr, options));
    }
    await assert.rejects(socket.receive({ timeout: 50 }), {
      name: "TimeoutError",
    });
  },
);

test(
  "a zone that is none is told by sends as by everything else",
  { net: true, unstableNet: true },
  async () => {
    await using socket = await listenDatagram({ hostname: "::1" });
    const to = { hostname: "fe80::1%nosuchzone", port: 9 };
    const refused = { name: "LookupError", code: "ENOTFOUND" };
    await assert.rejects(connect(to), refused);
    await assert.rejects(socket.send(new Uint8Array(1), to), refused);
  },
);

test("names that begin with a digit are names", net, async () => {
  await using socket = await listenDatagram();
  for (const hostname of ["0.pool.ntp.invalid", "9bücher.invalid"]) {
    await assert.rejects(
      socket.send(new Uint8Array(1), { hostname, port: 9 }),
      { name: "LookupError" },
    );
  }
});

test(
  "UDP through node:dgram names IPv6 peers in brackets when it fails",
  net,
  async () => {
    const bind = { port: 0, reuseAddress: false, loopback: undefined };
    const six = await openNodeDatagram({ ...bind, hostname: "::1" });
    const four = await openNodeDatagram({ ...bind, hostname: "127.0.0.1" });
    const { port } = six.addr as Deno.NetAddr;
    const place = { message: new RegExp(`"\\[::1\\]:${port}"`) };
    await assert.rejects(
      openNodeDatagram({ ...bind, hostname: "::1", port }),
      place,
    );
    await assert.rejects(four.send(new Uint8Array(1), six.addr), place);
    await six.close();
    await four.close();
  },
);
