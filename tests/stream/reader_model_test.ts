/**
 * The reader against a model: a stream of bytes, cut anywhere and arriving at any moment, read by a
 * random sequence of calls of which some are given up. What comes out is exactly what was sent.
 */
import assert from "node:assert/strict";
import { fixedLengthCodec, lineCodec, StreamReader } from "../../mod.ts";
import { ByteSource, turns } from "../support/byte_source.ts";
import { concat, randomBytes, randomFrom } from "../support/codec_driver.ts";
import { test } from "../support/permissions.ts";

type Random = (below: number) => number;

/** One stream and how it is read. */
class Trial {
  readonly #random: Random;
  readonly #sent: Uint8Array;
  readonly #source = new ByteSource();
  readonly #reader: StreamReader;
  /** What was handed out, and a copy of what it was then. */
  readonly #results: [Uint8Array, Uint8Array][] = [];
  #given = 0;
  #at = 0;

  constructor(random: Random, length: number) {
    this.#random = random;
    // Few values, so that lines and separators are frequent; no byte above 127.
    this.#sent = randomBytes(random, { length, values: 16 });
    this.#reader = new StreamReader(this.#source, { limit: Infinity });
  }

  async run(): Promise<void> {
    for (let step = 0; this.#at < this.#sent.length; step++) {
      assert.ok(step < 100_000, "it goes on for ever");
      if (this.#random(3) === 0) this.#giveSome();
      await this.#step();
      assert.equal(this.#reader.bytesRead - this.#reader.buffered, this.#at);
    }
    for (const [result, copy] of this.#results) {
      assert.deepEqual(result, copy, "a result was overwritten");
      assert.equal(result.byteOffset % 8, 0, "a result is not aligned");
    }
    assert.equal(this.#given, this.#sent.length);
  }

  #giveSome(): void {
    const size = [1, 5, 60, 3000, 100_000][this.#random(5)]!;
    const length = 1 + this.#random(size);
    const piece = this.#sent.subarray(this.#given, this.#given + length);
    if (piece.length === 0) return;
    this.#given += piece.length;
    this.#source.give(piece);
    if (this.#given === this.#sent.length) this.#source.end();
  }

  /** One read: begun, perhaps given up, compared. */
  async #step(): Promise<void> {
    const abort = new AbortController();
    const given = this.#random(4);
    const options = given === 0 ? undefined : { signal: abort.signal };
    const reading = this.#read(options).catch((error) => {
      assert.equal(error, "given up");
    });
    let done = false;
    reading.then(() => done = true);
    for (let turn = 0; !done; turn++) {
      await (turn === 0 ? null : turns(1));
      if (done) break;
      if (given === 1 && turn === 1) abort.abort("given up");
      else if (turn > 0) this.#giveSome();
    }
    await reading;
  }

  async #read(options: { signal: AbortSignal } | undefined): Promise<void> {
    const reader = this.#reader;
    const count = this.#random([3, 30, 4000, 90_000][this.#random(4)]!);
    const left = this.#sent.length - this.#at;
    switch (this.#random(10)) {
      case 0:
        return this.#check(await reader.read(undefined, options));
      case 1:
        return this.#check(await reader.read(count, options));
      case 2: {
        const exact = Math.min(count, left);
        return this.#check(await reader.readExactly(exact, options), exact);
      }
      case 3: {
        const target = new Uint8Array(count + 1);
        const got = await reader.readInto(target, options);
        return this.#check(got === null ? null : target.slice(0, got));
      }
      case 4: {
        const line = await reader.readLine(options);
        return this.#checkLine(line);
      }
      case 5: {
        const { value, done } = await reader.lines(options).next();
        return this.#checkLine(done ? null : value);
      }
      case 6: {
        const codec = lineCodec({ maxLength: 1e9 });
        const step = await reader.messages(codec, options).next();
        // Unlike a line that readLine gives, its limit is the codec's.
        return this.#checkLine(step.done ? null : step.value);
      }
      case 7: {
        const peeked = await reader.peek(count, options);
        const wanted = this.#sent.subarray(this.#at, this.#at + count);
        assert.deepEqual(peeked, new Uint8Array(wanted));
        return;
      }
      case 8: {
        // Given up, skip has forgotten a part: the reader's own count tells.
        const step = Math.min(count, left);
        try {
          await reader.skip(step, options);
          this.#at += step;
        } catch (error) {
          this.#at = reader.bytesRead - reader.buffered;
          throw error;
        }
        return;
      }
      default: {
        const size = 1 + this.#random(9);
        if (left < size) return;
        const codec = fixedLengthCodec(size);
        this.#check(await reader.readMessage(codec, options), size);
      }
    }
  }

  #check(result: Uint8Array | null, exact?: number): void {
    if (result === null) {
      return assert.equal(this.#at, this.#sent.length, "a false end of stream");
    }
    const end = this.#at + result.length;
    if (exact !== undefined) assert.equal(result.length, exact);
    assert.deepEqual(
      result,
      new Uint8Array(this.#sent.subarray(this.#at, end)),
    );
    this.#at = end;
    if (result.length < 5000) this.#results.push([result, result.slice()]);
  }

  #checkLine(line: string | null): void {
    if (line === null) return this.#check(null);
    const rest = this.#sent.subarray(this.#at);
    const end = rest.indexOf(10);
    let content = end < 0 ? rest : rest.subarray(0, end);
    if (end > 0 && content.at(-1) === 13) content = content.subarray(0, -1);
    assert.equal(line, new TextDecoder().decode(content));
    this.#at += end < 0 ? rest.length : end + 1;
  }
}

test(
  "any sequence of reads over any chunking gives the bytes that were sent, in order",
  { timeout: 60_000 },
  async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomFrom(seed);
      const length = [200, 5000, 400_000][seed % 3]!;
      try {
        await new Trial(random, length).run();
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  },
);

test("real time-outs, too, lose nothing", {}, async () => {
  const random = randomFrom(99);
  const sent = randomBytes(random, { length: 3000 });
  const source = new ByteSource();
  const reader = new StreamReader(source);
  const got: Uint8Array[] = [];
  let given = 0;
  let total = 0;
  for (let step = 0; total < sent.length; step++) {
    assert.ok(step < 5000);
    const piece = sent.subarray(given, given + random(100));
    const reading = random(2)
      ? reader.readExactly(1 + random(150), { timeout: 1 })
      : reader.read(1 + random(40), { timeout: 1 });
    if (random(4) > 0 && piece.length > 0) {
      given += piece.length;
      source.give(piece);
    }
    const result = await reading.catch((error) => {
      assert.equal(error.name, "TimeoutError");
      return null;
    });
    if (result === null) continue;
    got.push(result);
    total += result.length;
  }
  assert.deepEqual(concat(got), sent);
});
