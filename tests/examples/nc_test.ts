/** examples/nc.ts: that no input is lost, whom it sends datagrams to, and that it says why when it cannot. */
import assert from "node:assert/strict";
import { netcat } from "../../examples/nc.ts";
import {
  listen,
  listenDatagram,
  socketpair,
  type StreamReader,
  StreamWriter,
} from "../../mod.ts";
import { test } from "../support/permissions.ts";
import { start } from "../support/programs.ts";

/** Run nc.ts with "question" as its input. Over UDP it has no end but an error: the first answer is one here. */
function ask(...args: string[]): Promise<void> {
  const write = (data: Uint8Array) =>
    Promise.reject(new Error(new TextDecoder().decode(data)));
  return netcat(["-u", ...args], {
    input: readerOf("question"),
    output: new StreamWriter({ write }),
  });
}

/** An input that has this and ends. */
function readerOf(text: string): StreamReader {
  const [near, far] = socketpair();
  far.send(text).then(() => far.close());
  return near.reader;
}

/** An output of which nobody wants to know. */
function nowhere(): StreamWriter {
  return new StreamWriter({ write: (data) => Promise.resolve(data.length) });
}

test("nc.ts sends all its input to a peer that has said all it had to say", {
  net: true,
}, async () => {
  await using listener = await listen({ port: 0 });
  const input = readerOf("x".repeat(2 ** 20));
  const port = String(listener.addr.port);
  const ended = netcat(["127.0.0.1", port], { input, output: nowhere() });
  await using peer = await listener.accept();
  await peer.send("bye\n");
  await peer.closeWrite();
  assert.equal((await peer.reader.readAll()).length, 2 ** 20);
  await ended;
});

test("nc.ts -u makes many datagrams of a large input", {
  net: true,
  read: true,
}, async () => {
  await using receiver = await listenDatagram();
  const input = readerOf("x".repeat(70_000));
  const output = new StreamWriter({
    write: () => Promise.reject(new Error("enough")),
  });
  const port = String(receiver.addr.port);
  const ended = netcat(["-u", "127.0.0.1", port], { input, output });
  let count = 0;
  while (count < 70_000) {
    const { data, from } = await receiver.receive();
    count += data.length;
    if (count === 70_000) await receiver.send(data, from);
  }
  await assert.rejects(ended, { message: "enough" });
});

test("nc.ts -u: --allow and --deny judge the receiver in every spelling", {
  net: true,
  read: true,
}, async () => {
  await using receiver = await listenDatagram();
  const port = String(receiver.addr.port);
  for (
    const args of [
      ["--deny", "127.0.0.0/8", "127.0.0.1"],
      ["--deny", "127.0.0.0/8", "0x7f.1"],
      ["--deny", "127.0.0.0/8", "::ffff:127.0.0.1"],
      ["--deny", "127.0.0.0/8", "0.0.0.0"],
      ["--deny", "127.0.0.0/8,::1", "localhost"],
      ["--allow", "192.0.2.0/24", "127.0.0.1"],
    ]
  ) {
    await assert.rejects(
      ask(...args, port),
      Deno.errors.PermissionDenied,
      args.join(" "),
    );
  }
  const asked = ask("--allow", "127.0.0.0/8", "127.0.0.1", port);
  const { data, from } = await receiver.receive();
  assert.equal(new TextDecoder().decode(data), "question");
  await receiver.send(new TextEncoder().encode("answer"), from);
  await assert.rejects(asked, { message: "answer" });
});

test("nc.ts -u: a receiver that is none is told", {
  net: true,
  read: true,
}, async () => {
  const failure = { name: "LookupError" };
  await assert.rejects(ask("nowhere.invalid", "1"), failure);
  await assert.rejects(ask("-4", "::1", "1"), failure);
});

test("nc.ts -u: a datagram that cannot be sent ends it with code 1", {
  net: true,
  read: true,
  env: true,
  run: [Deno.execPath()],
}, async () => {
  await using program = start(
    Deno.execPath(),
    ...["run", "--no-prompt", "--unstable-net", "--allow-net=0.0.0.0:0"],
    new URL("../../examples/nc.ts", import.meta.url).href,
    ...["-u", "127.0.0.1", "1"],
  );
  await program.stdin.write(new TextEncoder().encode("question"));
  assert.match((await program.errorLine())!, /^nc\.ts: Requires net access/);
  await assert.rejects(program.ended(), /ended with 1/);
});
