import assert from "node:assert/strict";
import {
  type Codec,
  IncompleteReadError,
  jsonLinesCodec,
  lengthPrefixedCodec,
  LimitExceededError,
  lineCodec,
  MessageDecoderStream,
  MessageEncoderStream,
  netstringCodec,
  ProtocolError,
} from "../../mod.ts";
import { text } from "../support/byte_source.ts";
import { bytes } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

/** Run the input through a MessageDecoderStream in chunks of `size`, all in one reused buffer. */
function decode<T>(
  codec: Codec<T>,
  input: Uint8Array,
  size: number,
): Promise<T[]> {
  const buffer = new Uint8Array(size);
  let at = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= input.length) return controller.close();
      const chunk = input.subarray(at, at + size);
      at += chunk.length;
      buffer.set(chunk);
      controller.enqueue(buffer.subarray(0, chunk.length));
    },
  }, { highWaterMark: 0 });
  return Array.fromAsync(source.pipeThrough(new MessageDecoderStream(codec)));
}

test(
  "MessageDecoderStream gives the same messages whatever the chunking",
  {},
  async () => {
    const lines = ["one", "", "two €", "x".repeat(300), "last"];
    const input = bytes(lines.map((line) => `${line}\r\n`).join(""));
    for (const size of [1, 2, 3, 7, 64, input.length]) {
      assert.deepEqual(await decode(lineCodec(), input, size), lines);
    }
  },
);

test(
  "MessageDecoderStream errors when the stream ends inside a message",
  {},
  async () => {
    for (const size of [1, 3, 100]) {
      await assert.rejects(
        decode(netstringCodec(), bytes("1:a,4:bc"), size),
        (error) => {
          assert.ok(error instanceof IncompleteReadError);
          assert.deepEqual(error.partial, bytes("4:bc"));
          return true;
        },
      );
    }
  },
);

test("MessageDecoderStream errors with the codec's own error", {}, async () => {
  for (const size of [1, 100]) {
    await assert.rejects(
      decode(lineCodec({ maxLength: 3 }), bytes("abc\nabcd\n"), size),
      LimitExceededError,
    );
    await assert.rejects(
      decode(jsonLinesCodec(), bytes("1\n{\n"), size),
      ProtocolError,
    );
  }
});

test(
  "MessageDecoderStream holds no more than one unfinished message",
  {},
  async () => {
    const codec = lengthPrefixedCodec();
    const stream = new MessageDecoderStream(codec);
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    const frame = codec.encode(new Uint8Array(1000).fill(5));
    const whole = new Uint8Array([...frame, ...frame, ...frame.subarray(0, 3)]);
    for (let i = 0; i < 50; i++) {
      const written = writer.write(
        i === 0 ? whole : new Uint8Array([
          ...frame.subarray(3),
          ...frame,
          ...frame.subarray(0, 3),
        ]),
      );
      for (let k = 0; k < 2; k++) {
        assert.equal((await reader.read()).value?.length, 1000);
      }
      await written;
    }
    await reader.cancel();
    await writer.closed.catch(() => {});
  },
);

test(
  "MessageEncoderStream and MessageDecoderStream are each other's inverse",
  {},
  async () => {
    const values = Array.from(
      { length: 50 },
      (_, i) => ({ i, text: "é".repeat(i) }),
    );
    const back = await Array.fromAsync(
      ReadableStream.from(values)
        .pipeThrough(new MessageEncoderStream(jsonLinesCodec<unknown>()))
        .pipeThrough(new MessageDecoderStream(jsonLinesCodec())),
    );
    assert.deepEqual(back, values);
  },
);

test(
  "MessageEncoderStream errors for a message that cannot be encoded",
  {},
  async () => {
    const encoded = ReadableStream.from(["fine", "two\nlines"])
      .pipeThrough(new MessageEncoderStream(lineCodec()));
    await assert.rejects(Array.fromAsync(encoded), RangeError);
  },
);

test("MessageDecoderStream trusts no codec with its memory", {}, async () => {
  const hungry: Codec<number> = {
    maxLength: 10,
    encode: () => new Uint8Array(0),
    decode: (buffer) => ({ need: buffer.length + 1 }),
  };
  await assert.rejects(
    decode(hungry, new Uint8Array(5000), 64),
    LimitExceededError,
  );
  const lying = { ...hungry, decode: () => ({ message: 1, consumed: 0 }) };
  await assert.rejects(decode(lying, new Uint8Array(9), 3), RangeError);
});

test("MessageDecoderStream gives what the end completes", {}, async () => {
  const rest: Codec<string> = {
    maxLength: 100,
    withMaxLength: () => rest,
    encode: bytes,
    decode: (held, eof) =>
      eof
        ? { message: text(held.slice())!, consumed: held.length }
        : { need: held.length + 1 },
  };
  const messages = ReadableStream.from([bytes("half "), bytes("a line")])
    .pipeThrough(new MessageDecoderStream(rest));
  assert.deepEqual(await Array.fromAsync(messages), ["half a line"]);
});
