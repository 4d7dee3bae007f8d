/** Every codec through StreamReader and StreamWriter, over a stream that arrives in any pieces. */
import assert from "node:assert/strict";
import {
  type Codec,
  delimiterCodec,
  fixedLengthCodec,
  IncompleteReadError,
  jsonLinesCodec,
  lengthPrefixedCodec,
  LimitExceededError,
  lineCodec,
  netstringCodec,
  socketpair,
  StreamReader,
} from "../../mod.ts";
import { bytes, randomBytes, randomFrom } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

/** A source that gives the input in pieces of `size` bytes at most. */
function readerOver(input: Uint8Array, size: number): StreamReader {
  let at = 0;
  return new StreamReader({
    read(buffer) {
      if (at === input.length) return Promise.resolve(null);
      const piece = input.subarray(at, at + Math.min(size, buffer.length));
      buffer.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
  });
}

/** Send the values through a pair of sockets, whatever size its chunks have. */
async function roundTrip<T>(codec: Codec<T>, values: T[]): Promise<void> {
  for (const chunkSize of [1, 2, 7, 300, Infinity]) {
    const [client, server] = socketpair({ chunkSize });
    const sending = (async () => {
      for (const value of values) {
        await client.writer.writeMessage(codec, value);
      }
      await client.closeWrite();
    })();
    assert.deepEqual(await Array.fromAsync(server.messages(codec)), values);
    await sending;
    await client.close();
    await server.close();
  }
}

test(
  "every codec's messages go through a pair of sockets, whatever the chunking",
  {},
  async () => {
    const random = randomFrom(6);
    const some = Array.from(
      { length: 20 },
      () =>
        randomBytes(random, { length: random(2) ? random(5) : random(3000) }),
    );
    const tidy = some.map((value) => value.map((byte) => byte | 1));
    await roundTrip(lineCodec(), ["one", "", "zwölf €", "x".repeat(5000)]);
    await roundTrip(jsonLinesCodec(), [{ a: ["b\n"] }, null, 1.5, "é"]);
    await roundTrip(delimiterCodec("\0"), tidy);
    await roundTrip(lengthPrefixedCodec({ lengthBytes: 2 }), some);
    await roundTrip(netstringCodec(), some);
    await roundTrip(
      fixedLengthCodec(33),
      some.map(() => randomBytes(random, { length: 33 })),
    );
  },
);

test(
  "a message stays the caller's own while the reader goes on",
  {},
  async () => {
    const codec = fixedLengthCodec(4);
    const input = Uint8Array.from({ length: 4000 }, (_, i) => i >> 2);
    const messages = await Array.fromAsync(
      readerOver(input, 50).messages(codec),
    );
    messages.forEach((message, i) => {
      assert.deepEqual(message, new Uint8Array(4).fill(i));
    });
  },
);

test(
  "a stream that ends inside a message tells what there was and, where known, what was expected",
  {},
  async () => {
    const rows: [
      codec: Codec<unknown>,
      text: string,
      expected: number | undefined,
    ][] = [
      [netstringCodec(), "5:abc", 8],
      [fixedLengthCodec(9), "abc", 9],
      [delimiterCodec("--"), "abc-", undefined],
      [jsonLinesCodec(), '{"a":', undefined],
    ];
    for (const [codec, text, expected] of rows) {
      await assert.rejects(
        readerOver(bytes(text), 2).readMessage(codec),
        (error) => {
          assert.ok(error instanceof IncompleteReadError);
          assert.deepEqual(error.partial, bytes(text));
          assert.equal(error.expected, expected);
          return true;
        },
      );
    }
  },
);

test(
  "an unfinished last line is a line for lines(), not for a codec",
  {},
  async () => {
    const lines = readerOver(bytes("one\ntwo"), 2).lines();
    assert.deepEqual(await Array.fromAsync(lines), ["one", "two"]);
    const messages = readerOver(bytes("one\ntwo"), 2).messages(lineCodec());
    assert.equal((await messages.next()).value, "one");
    await assert.rejects(messages.next(), IncompleteReadError);
  },
);

/** Never satisfied, and keeps to no limit. */
const HUNGRY: Codec<number> = {
  maxLength: 10,
  encode: () => new Uint8Array(0),
  decode: (buffer) => ({ need: buffer.length + 1 }),
};

test("a codec that never has enough does not fill the memory", {}, async () => {
  for (const limit of [9, 10, 1e6, undefined]) {
    const reader = new StreamReader({
      read: (target) => Promise.resolve(target.length),
    });
    await assert.rejects(
      reader.readMessage(HUNGRY, { limit }),
      LimitExceededError,
    );
    assert.ok(reader.buffered < 8192);
  }
  const reader = readerOver(bytes("abc"), 2);
  const impatient = { ...HUNGRY, decode: () => ({ need: 1e9 }) };
  await assert.rejects(reader.readMessage(impatient), LimitExceededError);
  for (const maxLength of [0, NaN, undefined as unknown as number]) {
    const endless = { ...HUNGRY, maxLength };
    await assert.rejects(readerOver(bytes("abc"), 2).readMessage(endless), {
      message: /maxLength/,
    });
  }
});

test("a codec that lies about what it consumed is refused", {}, async () => {
  for (const consumed of [0, -1, 4, 1.5, NaN]) {
    const codec = { ...HUNGRY, decode: () => ({ message: 1, consumed }) };
    const one = readerOver(bytes("abc"), 3);
    await assert.rejects(one.readMessage(codec), RangeError);
    assert.equal(one.buffered, 3);
    const many = readerOver(bytes("abc"), 3);
    await many.peek(3);
    await assert.rejects(many.messages(codec).next(), RangeError);
    assert.equal(many.buffered, 3);
  }
});

test("codecs of bytes refuse what is no bytes", {}, () => {
  const codecs = [
    lengthPrefixedCodec(),
    netstringCodec(),
    delimiterCodec(";"),
    fixedLengthCodec(3),
  ];
  for (const codec of codecs) {
    for (const value of ["abc", new Uint16Array(3), [1, 2, 3], null]) {
      assert.throws(() => codec.encode(value as never), TypeError);
    }
  }
});

test("codecs of bytes give arrays that other APIs take", {}, async () => {
  const reader = readerOver(bytes("3:abc,"), 2);
  const message = await reader.readMessage(netstringCodec());
  // Does not compile for what may stand on a SharedArrayBuffer.
  assert.equal(new Blob([message!]).size, 3);
});

test(
  "an oversized length is refused on its header, and the reader stays poisoned",
  {},
  async () => {
    let asked = 0;
    const reader = new StreamReader({
      read(buffer) {
        buffer.set([0xff, 0xff, 0xff, 0xff]);
        asked += buffer.length;
        return Promise.resolve(4);
      },
    });
    const codec = lengthPrefixedCodec();
    await assert.rejects(reader.readMessage(codec), LimitExceededError);
    await assert.rejects(reader.readMessage(codec), LimitExceededError);
    assert.ok(asked <= 512, "no buffer was made for the announced length");
  },
);

test(
  "a reader's own limit holds for every codec, however the message arrives",
  {},
  async () => {
    const foreign: Codec<string> = {
      maxLength: 100,
      encode: (value) => bytes(value),
      decode: (buffer, _eof, _scanned) =>
        buffer.length < 4 ? { need: 4 } : {
          message: new TextDecoder().decode(buffer.subarray(0, 4)),
          consumed: 4,
        },
    };
    const rows: [codec: Codec<unknown>, good: string, bad: string][] = [
      [lineCodec(), "abc\r\n", "abcd\n"],
      [delimiterCodec("--"), "abc--", "abcd--"],
      [netstringCodec(), "3:abc,", "4:abcd,"],
      [lengthPrefixedCodec({ lengthBytes: 1 }), "\x03abc", "\x04abcd"],
      [jsonLinesCodec(), "123\n", "1234\n"],
      [fixedLengthCodec(3), "abc", ""],
      [fixedLengthCodec(4), "", "abcd"],
      [foreign, "", "abcd"],
    ];
    for (const [codec, good, bad] of rows) {
      for (const size of [1, 100]) {
        if (good !== "") {
          const reader = readerOver(bytes(good), size);
          assert.notEqual(await reader.readMessage(codec, { limit: 3 }), null);
        }
        if (bad === "") continue;
        for (let again = 0; again < 2; again++) {
          const reader = readerOver(bytes(bad), size);
          const options = { limit: 3 };
          const read = again === 0
            ? reader.readMessage(codec, options)
            : reader.messages(codec, options).next();
          await assert.rejects(read, LimitExceededError);
          await assert.rejects(reader.read(), LimitExceededError);
        }
      }
    }
  },
);
