import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { socketpair, StreamReader, StreamWriter } from "../../mod.ts";
import { ByteSink } from "../support/byte_sink.ts";
import { ByteSource, settled, turns } from "../support/byte_source.ts";
import { bytes } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

const MIB = 1024 * 1024;

async function* parts(): AsyncGenerator<string | Uint8Array> {
  yield "one ";
  yield bytes("two ");
  await turns(1);
  yield "thr€€";
}

test("ST16 pipeFrom sends everything of any kind of source", {}, async () => {
  const sources = [
    () => new ByteSource("one ", "two ", "thr€€").end(),
    () => new StreamReader(new ByteSource("one ", "two thr€€").end()),
    () => new Blob(["one two thr€€"]).stream(),
    () => parts(),
    () => Readable.from([bytes("one "), bytes("two thr€€")]),
  ];
  for (const source of sources) {
    const sink = new ByteSink(4);
    const writer = new StreamWriter(sink);
    assert.equal(await writer.pipeFrom(source()), 17);
    assert.equal(sink.text, "one two thr€€");
    await writer.write(", and the writer goes on");
  }
});

test("ST16 pipeFrom an empty source sends nothing", {}, async () => {
  const sink = new ByteSink();
  const writer = new StreamWriter(sink);
  assert.equal(await writer.pipeFrom(new ByteSource().end()), 0);
  assert.equal(await writer.pipeFrom(new Blob([]).stream()), 0);
  assert.equal(sink.calls.length, 0);
});

test(
  "ST16 pipeFrom a file of 10 MiB, and an empty one",
  { read: true, write: true },
  async () => {
    const path = await Deno.makeTempFile();
    try {
      const [a, b] = socketpair();
      assert.equal(
        await a.writer.pipeFrom((await Deno.open(path)).readable),
        0,
      );
      const content = new Uint8Array(10 * MIB).map((_, i) => i % 251);
      await Deno.writeFile(path, content);
      const receiving = b.reader.readAll({ limit: 21 * MIB });
      const count = await a.writer.pipeFrom((await Deno.open(path)).readable);
      assert.equal(count, content.length);
      using file = await Deno.open(path);
      assert.equal(await a.writer.pipeFrom(file), content.length, "again");
      await a.close();
      const received = await receiving;
      assert.equal(received.length, 2 * content.length);
      for (
        const half of [received.subarray(0, count), received.subarray(count)]
      ) {
        assert.ok(half.every((one, i) => one === content[i]));
      }
      await b.close();
    } finally {
      await Deno.remove(path);
    }
  },
);

test(
  "ST17 pipeFrom a source that throws: its error, and the writer is usable",
  {},
  async () => {
    const fault = new Error("disk");
    const sources = [
      new ByteSource("some").fail(fault),
      new StreamReader(new ByteSource("some").fail(fault)),
      new ReadableStream({
        start: (controller) => controller.enqueue(bytes("some")),
        pull: () => Promise.reject(fault),
      }),
      (async function* () {
        yield "some";
        await turns(1);
        throw fault;
      })(),
    ];
    for (const source of sources) {
      const sink = new ByteSink();
      const writer = new StreamWriter(sink);
      await assert.rejects(writer.pipeFrom(source), fault);
      assert.equal(writer.bytesWritten, 4);
      await writer.write(" more");
      assert.equal(sink.text, "some more");
    }
  },
);

test(
  "ST18 pipeFrom with a stalled peer times out, in bounded memory",
  {},
  async () => {
    let given = 0;
    let left = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          await turns(1);
          given++;
          yield new Uint8Array(65_536);
        }
      } finally {
        left = true;
      }
    }
    const [a, b] = socketpair();
    await assert.rejects(a.writer.pipeFrom(endless(), { timeout: 20 }), {
      name: "TimeoutError",
    });
    await turns();
    assert.ok(given <= 3, `${given} pieces were read`);
    assert.ok(left, "the generator is finished");
    assert.ok(a.writer.buffered <= 65_536);
    await a.close();
    await b.close();
  },
);

test("pipeFrom refuses what is no source, and names it", {}, async () => {
  const rows: [source: unknown, name: RegExp][] = [
    [undefined, /undefined/],
    [null, /null/],
    ["text", /"text"/],
    [5, /5/],
    [[1], /Array/],
    [{ read: true }, /Object/],
  ];
  for (const [source, name] of rows) {
    const writer = new StreamWriter(new ByteSink());
    await assert.rejects(writer.pipeFrom(source as never), (error: Error) => {
      assert.equal(error.name, "TypeError");
      assert.match(error.message, /^Cannot pipe from .+: needs /);
      assert.match(error.message, name);
      return true;
    });
    await writer.write("still usable");
  }
});

test("pipeFrom's signal ends waiting for the source", {}, async () => {
  const silent = new ByteSource("x");
  const reader = new StreamReader(silent);
  let cancelled = false;
  const sources = [
    reader,
    new ByteSource(),
    new ReadableStream({ cancel: () => void (cancelled = true) }),
  ];
  for (const source of sources) {
    const writer = new StreamWriter(new ByteSink());
    const abort = new AbortController();
    const piping = writer.pipeFrom(source, { signal: abort.signal });
    assert.equal(await settled(piping), false);
    abort.abort(new Error("enough"));
    await assert.rejects(piping, /enough/);
    await writer.write("still usable");
  }
  silent.give("y");
  assert.equal((await reader.read())![0], 0x79, "a reader loses nothing");
  await turns();
  assert.ok(cancelled);
});

test(
  "pipeFrom reads the next piece when the last one is sent",
  {},
  async () => {
    const source = new ByteSource("one", "two").end();
    const sink = new ByteSink().hold();
    const piping = new StreamWriter(sink).pipeFrom(source);
    await turns();
    assert.equal(source.calls, 1);
    sink.take(3);
    await turns();
    assert.equal(source.calls, 2);
    sink.release();
    assert.equal(await piping, 6);
  },
);
