import assert from "node:assert/strict";
import {
  IncompleteReadError,
  LimitExceededError,
  lineCodec,
  StreamReader,
} from "../../mod.ts";
import { ByteSource, settled, text, turns } from "../support/byte_source.ts";
import { test } from "../support/permissions.ts";

/** A reader over chunks that have all arrived, and the end of the stream. */
function ended(...chunks: string[]): StreamReader {
  return new StreamReader(new ByteSource(...chunks).end());
}

/** A reader with a limit, over chunks after which the peer stays silent. */
function limited(limit: number, ...chunks: string[]): StreamReader {
  return new StreamReader(new ByteSource(...chunks), { limit });
}

function assertIncomplete(
  partial: string,
  expected?: number,
): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof IncompleteReadError);
    assert.equal(text(error.partial), partial);
    assert.equal(error.expected, expected);
    return true;
  };
}

test("BR01 read(0) gives nothing and keeps the buffer", {}, async () => {
  const reader = ended("data");
  assert.equal((await reader.read(0))!.length, 0);
  assert.equal(await reader.peek(4).then(text), "data");
  assert.equal((await reader.read(0))!.length, 0);
  assert.equal(await reader.read().then(text), "data");
});

test("BR02 read(30) waits for data, then gives what is there", {}, async () => {
  const source = new ByteSource();
  const reader = new StreamReader(source);
  const reading = reader.read(30);
  assert.equal(await settled(reading), false);
  source.give("18 bytes of a line");
  assert.equal(await reading.then(text), "18 bytes of a line");
});

test("BR03 read(5) gives five bytes and keeps the rest", {}, async () => {
  const reader = ended("line1line2");
  assert.equal(await reader.read(5).then(text), "line1");
  assert.equal(reader.buffered, 5);
  assert.equal(await reader.read().then(text), "line2");
});

test("BR04 read at end of stream gives null, again and again", {}, async () => {
  const reader = ended();
  for (let i = 0; i < 3; i++) assert.equal(await reader.read(), null);
});

test("BR05 readAll gives everything up to the end", {}, async () => {
  assert.equal(await ended("one", "two", "3").readAll().then(text), "onetwo3");
  assert.equal((await ended().readAll()).length, 0);
});

test("BR05 readAll stops at its limit, 16 MiB unless told", {}, async () => {
  assert.equal(await ended("12345").readAll({ limit: 5 }).then(text), "12345");
  const reader = ended("123456");
  await assert.rejects(reader.readAll({ limit: 5 }), LimitExceededError);
  const endless = new StreamReader({
    read: (target) => Promise.resolve(target.length),
  });
  await assert.rejects(endless.readAll(), (error) => {
    assert.ok(error instanceof LimitExceededError);
    assert.equal(error.limit, 16 * 1024 * 1024);
    return true;
  });
});

test("BR06 a limit of 0, −1 or a fraction is refused", {}, () => {
  for (const limit of [0, -1, 1.5, NaN]) {
    assert.throws(() => limited(limit), RangeError);
  }
  assert.throws(() => limited("8" as unknown as number), TypeError);
  limited(Infinity);
});

test("a limit of null is a mistake, not the default", {}, async () => {
  const limit = null as unknown as number;
  const refused = { name: "TypeError", message: /limit null/ };
  assert.throws(() => limited(limit), refused);
  await assert.rejects(ended("x").readAll({ limit }), refused);
  await assert.rejects(ended("x").readLine({ limit }), refused);
});

test("BR07 the limit does not concern read and readExactly", {}, async () => {
  assert.equal(await limited(3, "12345").read(5).then(text), "12345");
  assert.equal(await limited(3, "12345").readExactly(5).then(text), "12345");
});

test("BR08 readLine over four chunks keeps the remainder", {}, async () => {
  const reader = ended("chunk1 ", "chunk2 ", "chunk3 ", "\n chunk4");
  assert.equal(await reader.readLine(), "chunk1 chunk2 chunk3 ");
  assert.equal(await reader.read().then(text), " chunk4");
});

test(
  "BR09 readLine over the limit rejects, again and again, until skipUntil",
  {},
  async () => {
    const reader = limited(3, "line1\nline2\n");
    const reads = [
      () => reader.readLine(),
      () => reader.readLine(),
      () => reader.read(),
      () => reader.readExactly(1),
      () => reader.readUntil("\n"),
      () => reader.readInto(new Uint8Array(3)),
      () => reader.readAll(),
      () => reader.peek(1),
      () => reader.skip(1),
      () => reader.readUint8(),
      () => reader.readMessage(lineCodec()),
      () => reader.lines().next(),
      () => reader.messages(lineCodec()).next(),
      () => reader.chunks().next(),
    ];
    let first: unknown;
    for (const read of reads) {
      await assert.rejects(read(), (error) => {
        assert.ok(error instanceof LimitExceededError);
        assert.equal(error.limit, 3);
        assert.equal(error.actual, 5);
        assert.equal(error, first ??= error);
        return true;
      });
    }
    assert.equal(await reader.skipUntil("\n"), 6);
    assert.equal(await reader.read(6).then(text), "line2\n");
  },
);

test(
  "BR10 readLine does not wait for the end of a line that is too long, and holds no more of it",
  {},
  async () => {
    const source = new ByteSource("line1li");
    const reader = new StreamReader(source, { limit: 3 });
    await assert.rejects(reader.readLine(), LimitExceededError);
    const { calls } = source;
    for (let i = 0; i < 100; i++) {
      source.give("x".repeat(1000));
      await assert.rejects(reader.readLine(), LimitExceededError);
    }
    assert.equal(source.calls, calls);
    assert.equal(reader.buffered, 7);
  },
);

test("BR11 the limit excludes the line ending", {}, async () => {
  for (const line of ["1234567\n", "1234567\r\n"]) {
    assert.equal(await limited(7, line).readLine(), "1234567");
    assert.equal(
      await limited(7, ...line.split(/(?<=.)/s)).readLine(),
      "1234567",
    );
    assert.equal(
      (await limited(7, line).lines().next()).value,
      "1234567",
    );
  }
  for (
    const line of ["12345678\n", "12345678", "1234567\r\r\n", "12345678\r"]
  ) {
    await assert.rejects(limited(7, line).readLine(), LimitExceededError);
    await assert.rejects(limited(7, line).lines().next(), LimitExceededError);
    const bytewise = limited(7, ...line.split(/(?<=.)/s));
    await assert.rejects(bytewise.readLine(), LimitExceededError);
  }
});

test(
  "BR11 a last line without ending has no ending to exclude",
  {},
  async () => {
    const reader = (limit: number) =>
      new StreamReader(new ByteSource("1234\r").end(), { limit });
    assert.equal(await reader(5).readLine(), "1234\r");
    await assert.rejects(reader(4).readLine(), LimitExceededError);
  },
);

test("BR12 after skipUntil the next line is read", {}, async () => {
  const source = new ByteSource("chunk1", "chunk2\n");
  const reader = new StreamReader(source, { limit: 7 });
  await assert.rejects(reader.readLine(), LimitExceededError);
  const skipping = reader.skipUntil("\n");
  source.give("chunk3\n");
  assert.equal(await skipping, 13);
  assert.equal(await reader.readLine(), "chunk3");
});

test(
  "BR12 a skipUntil that is given up leaves the reader poisoned",
  {},
  async () => {
    const source = new ByteSource("too long");
    const reader = new StreamReader(source, { limit: 3 });
    await assert.rejects(reader.readLine(), LimitExceededError);
    await assert.rejects(reader.skipUntil("\n", { timeout: 1 }), {
      name: "TimeoutError",
    });
    await assert.rejects(reader.readLine(), LimitExceededError);
    source.give(" still\nok\n");
    assert.equal(await reader.skipUntil("\n"), 7);
    assert.equal(await reader.readLine(), "ok");
  },
);

test("BR13 readLine gives the unfinished last line", {}, async () => {
  const reader = ended("one\ntwo");
  assert.equal(await reader.readLine(), "one");
  assert.equal(await reader.readLine(), "two");
  assert.equal(await reader.readLine(), null);
  assert.deepEqual(await Array.fromAsync(ended("a\nb").lines()), ["a", "b"]);
});

test("BR14 readLine at end of stream gives null", {}, async () => {
  const reader = ended("\n\r\n");
  assert.equal(await reader.readLine(), "");
  assert.equal(await reader.readLine(), "");
  assert.equal(await reader.readLine(), null);
  assert.equal(await reader.readLine(), null);
});

test("BR15 all methods share one buffer", {}, async () => {
  const reader = ended("line\n12345678901234567890abc\n,rest");
  assert.equal(await reader.readLine(), "line");
  assert.equal(await reader.read(7).then(text), "1234567");
  const target = new Uint8Array(3);
  assert.equal(await reader.readInto(target), 3);
  assert.equal(text(target), "890");
  assert.equal(await reader.readExactly(5).then(text), "12345");
  await reader.skip(5);
  assert.equal(await reader.readUint8(), 0x61);
  assert.equal(await reader.readMessage(lineCodec()), "bc");
  assert.equal(await reader.readUntil([",", ";"]).then(text), ",");
  assert.equal(await reader.readAll().then(text), "rest");
});

test("BR16 readUntil refuses to search for nothing", {}, async () => {
  for (const none of ["", [], [""], new Uint8Array(0), ["a", ""]]) {
    await assert.rejects(ended("data").readUntil(none), RangeError);
  }
  const number = 10 as unknown as string;
  const refused = { name: "TypeError", message: /separator 10:/ };
  await assert.rejects(ended("data").readUntil(number), refused);
  await assert.rejects(ended("data").skipUntil(number), refused);
});

test("BR17 a separator may be split over chunks", {}, async () => {
  const reader = ended("QWEaa", "XYaa", "a");
  assert.equal(await reader.readUntil("aaa").then(text), "QWEaaXYaaa");
  const longer = ended(..."x-x--x---x----.".split(""));
  assert.equal(await longer.readUntil("----").then(text), "x-x--x---x----");
  assert.equal(await longer.read().then(text), ".");
});

test("BR18 readUntil back to back keeps the remainder", {}, async () => {
  const reader = ended("QWE", "aaaXYaaaxxx");
  assert.equal(await reader.readUntil("aaa").then(text), "QWEaaa");
  assert.equal(await reader.readUntil("aaa").then(text), "XYaaa");
  assert.equal(reader.buffered, 3);
  assert.equal(await reader.read().then(text), "xxx");
});

test("BR19 readUntil at end of stream gives what there was", {}, async () => {
  const reader = ended("some dataAA");
  await assert.rejects(
    reader.readUntil("AAA"),
    assertIncomplete("some dataAA"),
  );
  assert.equal(reader.buffered, 0);
  await assert.rejects(reader.readUntil("AAA"), assertIncomplete(""));
});

test(
  "BR20 readUntil over the limit says whether there was a separator",
  {},
  async () => {
    const rows: [chunk: string, message: RegExp][] = [
      ["some dataAAA", /separator found, but only after 9 bytes/],
      ["some data", /separator not found/],
    ];
    for (const [chunk, message] of rows) {
      const reader = limited(3, chunk);
      for (let i = 0; i < 2; i++) {
        await assert.rejects(reader.readUntil("AAA"), (error) => {
          assert.ok(error instanceof LimitExceededError);
          assert.match(error.message, message);
          return true;
        });
      }
      await assert.rejects(reader.read(), LimitExceededError);
    }
    const reader = limited(3, "some dataAAAok.");
    await assert.rejects(reader.readUntil("AAA"), LimitExceededError);
    assert.equal(await reader.skipUntil("AAA"), 12);
    assert.equal(await reader.readUntil(".").then(text), "ok.");
  },
);

test(
  "BR20 the limit excludes the separator, however it arrives",
  {},
  async () => {
    for (const chunks of [["abcAAA"], ["abc", "AAA"], ["abcA", "A", "A"]]) {
      const reader = limited(3, ...chunks);
      assert.equal(await reader.readUntil("AAA").then(text), "abcAAA");
    }
    for (const chunks of [["abcdAAA"], ["abcd", "AAA"], ["abcdA", "A", "A"]]) {
      const reader = limited(3, ...chunks);
      await assert.rejects(reader.readUntil("AAA"), LimitExceededError);
    }
  },
);

test("BR20 a limit of one call's own counts instead", {}, async () => {
  const reader = ended("12345;123;");
  assert.equal(await reader.readUntil(";", { limit: 5 }).then(text), "12345;");
  await assert.rejects(reader.readUntil(";", { limit: 2 }), LimitExceededError);
});

test("BR21 of several separators the earliest end wins", {}, async () => {
  const reader = ended("line 1\nline 2\r");
  assert.equal(await reader.readUntil(["\r", "\n"]).then(text), "line 1\n");
  assert.equal(await reader.readUntil(["\r", "\n"]).then(text), "line 2\r");
});

test("BR22 it is the end that counts, not the start", {}, async () => {
  for (const chunks of [["ABCDEFG"], "ABCDEFG".split("")]) {
    const reader = ended(...chunks);
    assert.equal(await reader.readUntil(["DEF", "BCDE"]).then(text), "ABCDE");
  }
});

test("BR22 in whatever order the separators are given", {}, async () => {
  for (const separators of [["B", "ABC"], ["ABC", "B"]]) {
    assert.equal(await ended("ABCD").readUntil(separators).then(text), "AB");
  }
  for (const separators of [["\n", "\r\n"], ["\r\n", "\n"]]) {
    const reader = limited(1, "x\r\n");
    assert.equal(await reader.readUntil(separators).then(text), "x\r\n");
  }
});

test("BR23 a buffer shorter than the longest separator", {}, async () => {
  for (const chunks of [["dataZA"], ["data", "Z", "A"]]) {
    const reader = ended(...chunks);
    const found = await reader.readUntil(["A", "long separator"]);
    assert.equal(text(found), "dataZA");
  }
});

test("BR24 readExactly(0) is empty, readExactly(−1) refused", {}, async () => {
  const reader = ended("data");
  assert.equal((await reader.readExactly(0)).length, 0);
  for (const count of [-1, 1.5, NaN, Infinity]) {
    await assert.rejects(reader.readExactly(count), RangeError);
    await assert.rejects(reader.read(count), RangeError);
    await assert.rejects(reader.peek(count), RangeError);
    await assert.rejects(reader.skip(count), RangeError);
  }
  await assert.rejects(reader.readExactly("4" as unknown as number), TypeError);
  assert.equal(await reader.read().then(text), "data");
});

test(
  "BR25 readExactly puts chunks together and keeps the rest",
  {},
  async () => {
    const chunk = "eighteen bytes of.";
    const reader = ended(chunk, chunk, chunk);
    assert.equal(await reader.readExactly(36).then(text), chunk + chunk);
    assert.equal(await reader.read().then(text), chunk);
  },
);

test(
  "BR26 readExactly at end of stream says how much there was",
  {},
  async () => {
    const reader = ended("eighteen bytes of.");
    await assert.rejects(
      reader.readExactly(36),
      assertIncomplete("eighteen bytes of.", 36),
    );
    await assert.rejects(ended("ab").readExactly(9), {
      message: "Cannot read: 2 bytes read on a total of 9 expected bytes",
    });
  },
);

test(
  "BR27 an error comes again with every read, and to who waits",
  {},
  async () => {
    const reset = new Deno.errors.ConnectionReset("reset");
    const source = new ByteSource("rest");
    const reader = new StreamReader(source);
    const waiting = reader.readLine();
    source.fail(reset);
    await assert.rejects(waiting, reset);
    assert.equal(await reader.read(2).then(text), "re", "what had come");
    for (let i = 0; i < 2; i++) {
      await assert.rejects(reader.readLine(), reset);
      await assert.rejects(reader.readExactly(3), reset);
      await assert.rejects(reader.readUntil("."), reset);
      await assert.rejects(reader.lines().next(), reset);
    }
    await reader.skip(2);
    await assert.rejects(reader.read(), reset);
    await assert.rejects(reader.readInto(new Uint8Array(1)), reset);
  },
);

test("BR27 a source that throws at once fails the read", {}, async () => {
  const fault = new Error("closed");
  const reader = new StreamReader({
    read: () => {
      throw fault;
    },
  });
  await assert.rejects(reader.read(), fault);
  await assert.rejects(reader.readInto(new Uint8Array(1)), fault);
});

test("BR27 a source that lies about its count is refused", {}, async () => {
  for (const count of [-1, 1e6, NaN, undefined as unknown as number]) {
    const reader = new StreamReader({ read: () => Promise.resolve(count) });
    await assert.rejects(reader.read(), RangeError);
    await assert.rejects(reader.read(), RangeError);
  }
});

test("BR28 after an aborted read the data goes to the next", {}, async () => {
  const source = new ByteSource();
  const reader = new StreamReader(source);
  const abort = new AbortController();
  const aborted = reader.readLine({ signal: abort.signal });
  await turns();
  abort.abort(new Error("given up"));
  await assert.rejects(aborted, /given up/);
  source.give("line\n");
  assert.equal(await reader.readLine(), "line");
  assert.equal(source.calls, 1);
});

test("BR28 after an aborted read an error is nobody's", {}, async () => {
  const source = new ByteSource();
  const reader = new StreamReader(source);
  const abort = new AbortController();
  const aborted = reader.readLine({ signal: abort.signal });
  abort.abort();
  await assert.rejects(aborted, { name: "AbortError" });
  source.fail(new Error("reset"));
  await turns();
  await assert.rejects(reader.readLine(), /reset/);
});

test("BR29 atEof is false while something is buffered", {}, async () => {
  const reader = ended("ab");
  assert.equal(reader.atEof, false);
  assert.equal((await reader.peek(9)).length, 2);
  assert.equal(reader.atEof, false);
  await reader.read(1);
  assert.equal(reader.atEof, false);
  await reader.read(1);
  assert.equal(reader.atEof, true);
  assert.equal(reader.bytesRead, 2);
});

test("BR30 peek twice, then read: the same bytes thrice", {}, async () => {
  const reader = ended("a", "b", "cd");
  for (let i = 0; i < 2; i++) {
    assert.equal(await reader.peek(3).then(text), "abc");
  }
  assert.equal(await reader.readExactly(3).then(text), "abc");
});

test("numbers are read in either byte order", {}, async () => {
  const reader = ended("\x01\x02\x03\x04\x05\x06\x07\x01\x02\x03\x04\x05\x06");
  assert.equal(await reader.readUint8(), 1);
  assert.equal(await reader.readUint16(), 0x0203);
  assert.equal(await reader.readUint32(), 0x04050607);
  assert.equal(await reader.readUint16({ littleEndian: true }), 0x0201);
  assert.equal(await reader.readUint32({ littleEndian: true }), 0x06050403);
  await assert.rejects(reader.readUint16(), assertIncomplete("", 2));
});

test("skip over the end of the stream rejects", {}, async () => {
  await assert.rejects(ended("abc").skip(4), {
    name: "IncompleteReadError",
    expected: 4,
    message: /3 bytes read on a total of 4/,
  });
  await assert.rejects(ended("abc").skipUntil("\n"), IncompleteReadError);
  await ended("abc").skip(3);
});

test("a line that is not UTF-8 is given all the same", {}, async () => {
  const reader = new StreamReader(
    new ByteSource(new Uint8Array([0x61, 0xff, 0x62, 10, 0xef, 0xbb, 0xbf, 10]))
      .end(),
  );
  assert.equal(await reader.readLine(), "a\ufffdb");
  assert.equal(await reader.readLine(), "\ufeff", "no byte order mark is cut");
});

test(
  "readMessage's own limit holds however the message arrives",
  {},
  async () => {
    const codec = lineCodec();
    for (const chunks of [["abc\r\n"], ["abc", "\r", "\n"]]) {
      const reader = ended(...chunks);
      assert.equal(await reader.readMessage(codec, { limit: 3 }), "abc");
    }
    for (const chunks of [["abcd\n"], ["abcd", "\n"]]) {
      const reader = ended(...chunks);
      const tooLong = reader.readMessage(codec, { limit: 3 });
      await assert.rejects(tooLong, LimitExceededError);
      await assert.rejects(reader.read(), LimitExceededError);
      assert.equal(await reader.skipUntil("\n"), 5);
    }
    const endless = limited(9, "x".repeat(70));
    const waiting = endless.readMessage(codec, { limit: 3 });
    await assert.rejects(waiting, LimitExceededError);
  },
);

test("leaving an iteration closes nothing and loses nothing", {}, async () => {
  const reader = ended("one\ntwo\nthree\nfour\nfive");
  for await (const line of reader.lines()) {
    assert.equal(line, "one");
    break;
  }
  for await (const line of reader.messages(lineCodec())) {
    assert.equal(line, "two");
    break;
  }
  assert.equal(await reader.readLine(), "three");
  for await (const chunk of reader.chunks()) {
    assert.equal(text(chunk), "four\nfive");
    break;
  }
  assert.equal(await reader.read(), null);
});

test("an iteration that has ended stays ended", {}, async () => {
  const reader = ended("one\n");
  const lines = reader.lines();
  assert.deepEqual(await lines.next(), { value: "one", done: false });
  for (let i = 0; i < 2; i++) assert.equal((await lines.next()).done, true);
  const left = ended("one\n").lines();
  assert.deepEqual(await left.return!(), { value: undefined, done: true });
  assert.equal((await left.next()).done, true);
});
