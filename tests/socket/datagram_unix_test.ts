/** Unix datagrams: paths, abstract names, who owns the file, and a server on one. Needs the flag. */
import assert from "node:assert/strict";
import { serveDatagram } from "../../lib/server/serve_datagram.ts";
import type { DatagramRequest } from "../../lib/server/datagram_request.ts";
import { DatagramRequestHandler } from "../../lib/server/datagram_request_handler.ts";
import type { DatagramSocket } from "../../lib/socket/datagram_socket.ts";
import {
  listenDatagram,
  type UnixDatagramListenOptions,
} from "../../lib/socket/listen_datagram.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, unstableNet: true, read: true, write: true };
const TIMEOUT = { timeout: 5000 };
const UNIX = "unixpacket";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

/** A Unix datagram socket. */
function open(
  path: string,
  more: Partial<UnixDatagramListenOptions> = {},
): Promise<DatagramSocket<Deno.UnixAddr>> {
  return listenDatagram({ ...more, transport: UNIX, path });
}

/** A fresh folder with a short name, removed at the end. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dg" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

test(
  "UX01 listenDatagram() on paths, abstract names and 107 bytes",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      const names = [
        `${folder}/s`,
        `${folder}/${"n".repeat(106 - folder.length)}`,
      ];
      if (Deno.build.os === "linux") names.push(`\0${crypto.randomUUID()}`);
      await using client = await open(`${folder}/client`);
      for (const path of names) {
        await using server = await open(path);
        assert.deepEqual(server.addr, { transport: UNIX, path });
        await client.send(bytesOf("?"), server.addr);
        const { data, from } = await server.receive(TIMEOUT);
        assert.equal(textOf(data), "?");
        assert.deepEqual(from, client.addr);
        await server.send(bytesOf("!"), from);
        const reply = await client.receive(TIMEOUT);
        assert.deepEqual(reply, { data: bytesOf("!"), from: server.addr });
      }
      assert.deepEqual(filesIn(folder), ["client"]);
    });
  },
);

test("UX02 listenDatagram() refuses names that cannot be", NEEDS, async () => {
  const bad: [unknown, RegExp][] = [
    [`/tmp/${"x".repeat(200)}`, /is 205 bytes long/],
    ["/tmp/a\0b", /NUL byte/],
    ["", /is empty/],
    [undefined, /must be a string/],
    [7, /must be a string/],
  ];
  for (const [path, message] of bad) {
    await assert.rejects(
      listenDatagram({ transport: UNIX, path: path as string }),
      (error) => {
        assert.ok(error instanceof TypeError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test(
  "UX03 close() removes the path; one that is gone is no error",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/s`;
      const first = await open(path);
      await first.close();
      assert.deepEqual(filesIn(folder), []);
      const second = await open(path);
      await Deno.remove(path);
      await second.close();
      await second.close();
    });
  },
);

test("UX04 close() leaves a successor's file alone", NEEDS, async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/s`;
    const old = await open(path);
    await Deno.remove(path);
    await using successor = await open(path);
    await old.close();
    assert.deepEqual(filesIn(folder), ["s"]);
    await successor.send(bytesOf("self"), { path });
    assert.equal(textOf((await successor.receive(TIMEOUT)).data), "self");
  });
});

test(
  "UX05 unlinkStale takes a dead socket's path, never a live one's",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/s`;
      // Deno's own close leaves the file, as a crash does.
      Deno.listenDatagram({ transport: UNIX, path }).close();
      const inUse = (error: unknown) =>
        error instanceof Deno.errors.AddrInUse &&
        (error as Error & { code?: string }).code === "EADDRINUSE";
      await assert.rejects(open(path), inUse);
      await using socket = await open(path, { unlinkStale: true });
      assert.equal(socket.addr.path, path);
      await assert.rejects(
        open(path, { unlinkStale: true }),
        inUse,
      );
      await Deno.writeTextFile(`${folder}/text`, "precious");
      await assert.rejects(
        open(`${folder}/text`, { unlinkStale: true }),
        inUse,
      );
      assert.equal(await Deno.readTextFile(`${folder}/text`), "precious");
      assert.deepEqual(filesIn(folder), ["s", "text"]);
    });
  },
);

test("the option mode sets the file's permissions", NEEDS, async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/s`;
    await using socket = await open(path, { mode: 0o600 });
    assert.equal((await Deno.stat(socket.addr.path!)).mode! & 0o777, 0o600);
    const other = { transport: UNIX, path: `${folder}/t` } as const;
    await assert.rejects(
      listenDatagram({ ...other, mode: 0o1000 }),
      RangeError,
    );
    await assert.rejects(
      listenDatagram({ ...other, mode: "600" as never }),
      TypeError,
    );
    await assert.rejects(open("\0x", { mode: 0o600 }), TypeError);
    assert.deepEqual(filesIn(folder), ["s"]);
  });
});

test(
  "a Unix datagram of 150000 bytes arrives whole, one over the limit is refused",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      await using a = await open(`${folder}/a`);
      await using b = await open(`${folder}/b`);
      const data = Uint8Array.from({ length: 150_000 }, (_, i) => i % 251);
      await a.send(data, b.addr);
      assert.deepEqual((await b.receive(TIMEOUT)).data, data);
      await using c = await open(`${folder}/c`, { limit: 9 });
      await a.send(new Uint8Array(10), c.addr);
      await assert.rejects(c.receive(TIMEOUT), { name: "LimitExceededError" });
    });
  },
);

test(
  "send() on a Unix socket while a receive is outstanding says what to do",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      await using a = await open(`${folder}/a`);
      await assert.rejects(a.receive({ timeout: 1 }), { name: "TimeoutError" });
      await assert.rejects(a.send(bytesOf("x"), a.addr), (error) => {
        assert.ok(error instanceof Deno.errors.Busy);
        assert.match(error.message, /receive is outstanding/);
        return true;
      });
    });
  },
);

test(
  "SV01 serveDatagram() on a Unix socket, with a function and a class",
  NEEDS,
  async () => {
    class Upper extends DatagramRequestHandler<Deno.UnixAddr> {
      override handle(): void {
        this.wfile.write(textOf(this.packet).toUpperCase());
      }
    }
    const upper = async (request: DatagramRequest<Deno.UnixAddr>) => {
      await request.reply("first");
      return request.text().toUpperCase();
    };
    await inFolder(async (folder) => {
      await using client = await open(`${folder}/c`);
      const path = `${folder}/s`;
      const functional = await serveDatagram({ transport: UNIX, path }, upper);
      for (const word of ["one", "two"]) {
        await client.send(bytesOf(word), functional.addr);
        assert.equal(textOf((await client.receive(TIMEOUT)).data), "first");
        assert.equal(
          textOf((await client.receive(TIMEOUT)).data),
          word.toUpperCase(),
        );
      }
      await functional.shutdown();
      assert.deepEqual(filesIn(folder), ["c"]);
      await using server = await serveDatagram(
        { transport: UNIX, path },
        Upper,
      );
      await client.send(bytesOf("three"), server.addr);
      assert.equal(textOf((await client.receive(TIMEOUT)).data), "THREE");
    });
  },
);

test("UD05 a reply address that is gone goes to onError, the server goes on", {
  ...NEEDS,
  run: ["python3"],
}, async () => {
  await inFolder(async (folder) => {
    const errors: unknown[] = [];
    await using server = await serveDatagram({
      transport: UNIX,
      path: `${folder}/s`,
      onError: (error) => errors.push(error),
    }, (request) => request.data);
    await new Deno.Command("python3", {
      args: [
        "-c",
        "import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\ns.sendto(b'nameless', sys.argv[1])",
        server.addr.path!,
      ],
    }).output();
    await using client = await open(`${folder}/c`);
    await client.send(bytesOf("ok"), server.addr);
    assert.equal(textOf((await client.receive(TIMEOUT)).data), "ok");
    assert.equal(errors.length, 1);
    assert.match((errors[0] as Error).message, /it has no name/);
  });
});

/** Sends datagrams from a Unix socket whose name is not UTF-8. */
const NAMED_IN_BYTES = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].encode() + b"/\\xff")
for _ in range(8): s.sendto(b"lost", sys.argv[1] + "/s")
`;

async function sendNamedInBytes(folder: string): Promise<void> {
  const args = ["-c", NAMED_IN_BYTES, folder];
  const { success } = await new Deno.Command("python3", { args }).output();
  assert.equal(success, true);
}

test(
  "senders whose names are not UTF-8 hold up no server",
  { ...NEEDS, run: ["python3"] },
  async () => {
    await inFolder(async (folder) => {
      const errors: unknown[] = [];
      await using server = await serveDatagram({
        transport: UNIX,
        path: `${folder}/s`,
        onError: (error) => errors.push(error),
      }, (request) => request.data);
      await sendNamedInBytes(folder);
      await using client = await open(`${folder}/c`);
      await client.send(bytesOf("ok"), server.addr);
      assert.equal(textOf((await client.receive(TIMEOUT)).data), "ok");
      assert.equal(server.stats.receiveErrors, 8);
      // A pause would have been told.
      assert.deepEqual(errors, []);
    });
  },
);

test(
  "senders whose names are not UTF-8 end no iteration",
  { ...NEEDS, run: ["python3"] },
  async () => {
    await inFolder(async (folder) => {
      await using socket = await open(`${folder}/s`);
      await sendNamedInBytes(folder);
      await using client = await open(`${folder}/c`);
      await client.send(bytesOf("ok"), socket.addr);
      for await (const { data } of socket) {
        assert.equal(textOf(data), "ok");
        break;
      }
      await client.send(bytesOf("plain"), socket.addr);
      assert.equal(textOf((await socket.receive()).data), "plain");
    });
  },
);

test(
  "a Unix datagram server handles strictly in turn, and says so",
  NEEDS,
  async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/s`;
      await assert.rejects(
        serveDatagram({ transport: UNIX, path, maxConcurrent: 2 }, () => {}),
        /cannot send on it while a receive is pending/,
      );
      let running = 0;
      await using server = await serveDatagram({
        transport: UNIX,
        path,
        requestTimeout: 30,
      }, async (request) => {
        assert.equal(++running, 1);
        if (request.text() === "stuck") {
          await new Promise((resolve) =>
            request.signal.addEventListener("abort", resolve, { once: true })
          );
        } else await new Promise((resolve) => setTimeout(resolve, 1));
        running--;
        return request.data;
      });
      await using client = await open(`${folder}/c`);
      for (const word of ["1", "2", "stuck", "3"]) {
        await client.send(bytesOf(word), server.addr);
      }
      for (const word of ["1", "2", "3"]) {
        assert.equal(textOf((await client.receive(TIMEOUT)).data), word);
      }
      assert.deepEqual(server.stats.drops, { "request-timeout": 1 });
    });
  },
);
