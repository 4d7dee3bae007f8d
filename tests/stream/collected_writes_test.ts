/** When small writes leave while the reader of the same stream still holds input. */
import assert from "node:assert/strict";
import { socketpair, type StreamSocket } from "../../mod.ts";
import {
  observe,
  StreamSocket as Socket,
} from "../../lib/socket/stream_socket.ts";
import type { Transport } from "../../lib/socket/transport.ts";
import { outputOf } from "../../lib/stream/stream_writer.ts";
import { ByteSink } from "../support/byte_sink.ts";
import { ByteSource, turns } from "../support/byte_source.ts";
import { test } from "../support/permissions.ts";

interface Fixture {
  source: ByteSource;
  sink: ByteSink;
  socket: StreamSocket;
}

/** A socket over a source and a sink. */
function fixture(...chunks: string[]): Fixture {
  const source = new ByteSource(...chunks);
  const sink = new ByteSink();
  const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  const transport: Transport = {
    read: (target) => source.read(target),
    write: (data) => sink.write(data),
    closeWrite: () => Promise.resolve(),
    close: () => {},
    localAddr: addr,
    remoteAddr: addr,
  };
  const socket = new Socket(transport);
  socket.reader;
  socket.writer;
  return { source, sink, socket };
}

test("without buffered input a small write leaves at once", {}, async () => {
  const { sink, socket } = fixture("lone\n");
  await socket.reader.readLine();
  const done = socket.send("reply\n");
  assert.equal(sink.text, "reply\n");
  await done;
});

test(
  "a batch of pipelined lines is answered in one write, before the reader waits",
  {},
  async () => {
    const { source, sink, socket } = fixture("1\n2\n3\n4\n");
    const loop = (async () => {
      for await (const line of socket.lines()) {
        await socket.send(`re ${line}\n`);
        if (line !== "4") assert.equal(sink.text, "", "still collected");
      }
    })();
    for (let i = 0; i < 200 && !source.waiting; i++) await null;
    // Not one turn of the event loop has passed.
    assert.equal(sink.text, "re 1\nre 2\nre 3\nre 4\n");
    assert.equal(sink.calls.length, 1);
    source.end();
    await loop;
  },
);

test(
  "collected writes leave at the next turn of the event loop",
  {},
  async () => {
    const { sink, socket } = fixture("1\n2\n");
    await socket.reader.readLine();
    await socket.send("a");
    assert.equal(socket.writer.tryWrite("b"), true);
    assert.deepEqual([sink.text, outputOf(socket.writer).owing], ["", true]);
    assert.equal(socket.writer.buffered, 2);
    await turns(1);
    assert.equal(sink.text, "ab");
    await turns(1);
    assert.equal(outputOf(socket.writer).owing, false);
  },
);

test("collected writes leave at flush()", {}, async () => {
  const { sink, socket } = fixture("1\n2\n");
  await socket.reader.readLine();
  await socket.send("a");
  await socket.writer.flush();
  assert.equal(sink.text, "a");
  await turns();
  assert.equal(sink.calls.length, 1);
});

test(
  "collected writes leave above 64 KiB, and then awaiting is back-pressure",
  {},
  async () => {
    const { sink, socket } = fixture("1\n2\n");
    await socket.reader.readLine();
    sink.hold();
    let sent = 0;
    for (; !sink.blocked; sent++) socket.send("x".repeat(1024));
    assert.ok(sent >= 64 && sent <= 66, `${sent} KiB`);
    const behind = socket.send("y");
    sink.release();
    await behind;
    assert.equal(sink.length, sent * 1024 + 1);
  },
);

test(
  "a large write takes what was collected with it, in order",
  {},
  async () => {
    const { sink, socket } = fixture("1\n2\n");
    await socket.reader.readLine();
    await socket.send("small ");
    await socket.send("L".repeat(5000));
    assert.equal(sink.text, "small " + "L".repeat(5000));
  },
);

test("collected writes leave before any kind of read waits", {}, async () => {
  const reads: ((socket: StreamSocket) => Promise<unknown>)[] = [
    (socket) => socket.recv(),
    (socket) => socket.recvInto(new Uint8Array(9)),
    (socket) => socket.reader.readExactly(9),
    (socket) => socket.reader.peek(9),
    (socket) => socket.reader.readLine(),
    (socket) => socket.lines().next(),
  ];
  for (const read of reads) {
    const { source, sink, socket } = fixture("1");
    await socket.reader.peek(1);
    await socket.send("reply");
    await socket.reader.skip(1);
    assert.equal(sink.text, "");
    const reading = read(socket);
    assert.equal(sink.text, "reply");
    source.give("123456789").end();
    await reading;
  }
});

test(
  "collected writes leave also when the read below is an older one that was given up",
  {},
  async () => {
    const { source, sink, socket } = fixture("half");
    await assert.rejects(socket.reader.readLine({ timeout: 1 }));
    await socket.send("too slow\n");
    assert.equal(sink.text, "", "collected: input is buffered");
    const reading = socket.reader.readLine();
    assert.equal(sink.text, "too slow\n");
    source.give("\n");
    assert.equal(await reading, "half");
  },
);

test(
  "what is collected or tried leaves before close() closes",
  {},
  async () => {
    const [a, b] = socketpair();
    await a.send("1\n2\n");
    await b.reader.readLine();
    b.writer;
    await b.send("collected ");
    b.writer.tryWrite("and tried");
    await b.close();
    assert.equal(await a.reader.readLine(), "collected and tried");
    await a.close();
  },
);

test(
  "what tryWrite took behind a write in progress leaves before close() closes",
  {},
  async () => {
    const { sink, socket } = fixture();
    sink.hold();
    socket.send("first ");
    assert.equal(socket.writer.tryWrite("second"), true);
    const closing = socket.close();
    sink.release();
    await closing;
    assert.equal(sink.text, "first second");
  },
);

test(
  "an observer is told of reader and writer when they are made",
  {},
  async () => {
    const [a, b] = socketpair();
    const made: string[] = [];
    observe(a, {
      inputMade: () => made.push("input"),
      outputMade: () => made.push("output"),
    });
    assert.deepEqual(made, []);
    await a.send("x");
    a.reader;
    a.reader;
    assert.deepEqual(made, ["output", "input"]);
    await a.close();
    await b.close();
  },
);
