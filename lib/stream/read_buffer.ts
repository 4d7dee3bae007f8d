/**
 * The bytes that have arrived and that nobody has taken yet, in one contiguous piece. Pure
 * book-keeping: it neither reads nor waits; input.ts fills it, the reader's methods empty it.
 *
 * It starts small so that an idle connection stays cheap, goes up a size while reads fill it, grows
 * past the largest only as far as one message needs, and shrinks again when traffic becomes thin.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import {
  giveArray,
  LAST_STEP,
  makeArray,
  type ReadArray,
  SIZES,
  takeArray,
} from "./read_arrays.ts";
import { copyOut } from "./slab.ts";

/** From this size on nearly all of a buffer is given away rather than copied. */
const LEAST_GIFT = 32_768;

/** After so many reads in a row that used less than an eighth of it, an empty buffer goes down a size. */
const THIN_READS = 16;

const EMPTY: ReadArray = makeArray(0);

/** From this size on a TextDecoder is faster than Buffer, three times before long; below, calling it costs more. */
const LONG_TEXT = 300;

/** So much text is decoded ahead at most: whoever keeps one line of a batch keeps all of it. */
const MOST_AHEAD = 2048;

const LF = 10;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A growing buffer with a read and a write end. */
export class ReadBuffer {
  #bytes: Uint8Array<ArrayBuffer> = EMPTY.bytes;
  /** The memory that they are cut from, by words; see {@linkcode ReadArray}. */
  #words: Int32Array<ArrayBuffer> = EMPTY.words;
  /** The same bytes, once text was asked for: Buffer decodes a line 100 ns faster than TextDecoder. */
  #text: Buffer | undefined;
  #start = 0;
  #end = 0;
  /** What was decoded ahead, one unit for each byte; from where in `#bytes`, and how far that was tried. */
  #ahead = "";
  #aheadStart = 0;
  #aheadEnd = 0;
  /** The size that it has, or had before it was given away; −1 before the first read. */
  #step = -1;
  #filled = false;
  #thin = 0;
  /** Whether somebody reads into {@linkcode room}: then the array must stay. */
  #lent = false;

  /** How many bytes are waiting to be taken. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Nothing more will be read: give the space back, unless somebody still reads into it or from it. */
  release(): void {
    if (this.#lent || this.length > 0) return;
    this.#use(EMPTY);
    this.#start = this.#end = 0;
    this.#forgetAhead();
  }

  /** The space to read into next; never empty. Valid until {@linkcode commit}. */
  room(): Uint8Array<ArrayBuffer> {
    this.#forgetAhead();
    if (this.#start === this.#end) {
      this.#start = this.#end = 0;
      this.#resizeEmpty();
    } else if (this.#bytes.length - this.#end < this.#bytes.length / 4) {
      this.#makeRoom();
    }
    this.#filled = false;
    this.#lent = true;
    return this.#end === 0 ? this.#bytes : this.#bytes.subarray(this.#end);
  }

  /** Note that `count` bytes were read into {@linkcode room}, 0 when reading has ended. */
  commit(count: number): void {
    this.#lent = false;
    this.#end += count;
    this.#filled = this.#end === this.#bytes.length;
    if (count * 8 > this.#bytes.length) this.#thin = 0;
    else this.#thin++;
  }

  /** The first `count` bytes, as the caller's own. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const start = this.#start;
    const end = start + count;
    if (
      !this.#lent && end === this.#end && count > LEAST_GIFT &&
      count * 4 > this.#bytes.length * 3
    ) {
      const out = this.#bytes.subarray(start, end);
      this.#bytes = EMPTY.bytes;
      this.#words = EMPTY.words;
      this.#text = undefined;
      this.#start = this.#end = 0;
      this.#forgetAhead();
      return out;
    }
    this.#start = end;
    return copyOut(this.#bytes, start, end, this.#words);
  }

  /** A copy of the first `count` bytes, which stay. */
  peek(count: number): Uint8Array<ArrayBuffer> {
    return copyOut(
      this.#bytes,
      this.#start,
      this.#start + count,
      this.#words,
    );
  }

  /** Move up to `target.length` bytes into `target`; returns how many. */
  takeInto(target: Uint8Array): number {
    const count = Math.min(target.length, this.length);
    target.set(this.#bytes.subarray(this.#start, this.#start + count));
    this.#start += count;
    return count;
  }

  /** Forget the first `count` bytes. */
  discard(count: number): void {
    this.#start += count;
  }

  /** What is buffered, borrowed: valid until the next read. */
  view(from = 0, to: number = this.length): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(this.#start + from, this.#start + to);
  }

  /** The first `count` bytes as UTF-8 text, of which malformed sequences become U+FFFD. */
  text(count: number): string {
    const start = this.#start - this.#aheadStart;
    const end = start + count;
    if (start >= 0 && end <= this.#ahead.length) {
      return this.#ahead.slice(start, end);
    }
    if (count >= LONG_TEXT) return decoder.decode(this.view(0, count));
    const { buffer, byteOffset, length } = this.#bytes;
    const text = this.#text ??= bufferClass().from(buffer, byteOffset, length);
    return text.toString("utf8", this.#start, this.#start + count);
  }

  /**
   * Several pieces of text will be asked for: decode them in one call, if that gives one unit for each
   * byte (nearly always: ASCII). Finding and decoding sixteen lines costs half as much then.
   */
  decodeAhead(): void {
    if (this.#start < this.#aheadEnd) return;
    const count = Math.min(this.length, MOST_AHEAD);
    const text = this.text(count);
    this.#ahead = text.length === count ? text : "";
    this.#aheadStart = this.#start;
    this.#aheadEnd = this.#start + count;
  }

  /** The byte at `index`. */
  at(index: number): number {
    return this.#bytes[this.#start + index]!;
  }

  /** Where `byte` first stands at or after `from`, or −1. */
  indexOf(byte: number, from: number): number {
    const bytes = this.#bytes;
    const start = this.#start;
    const end = this.#end;
    let i = start + from;
    if (byte === LF && i >= this.#aheadStart && i < this.#aheadEnd) {
      const found = this.#ahead.indexOf("\n", i - this.#aheadStart);
      if (found >= 0) return found + this.#aheadStart - start;
    }
    // A loop beats indexOf up to about 300 bytes, and most lines are shorter (indexOf has no end
    // bound, so it needs a subarray as well).
    const near = Math.min(end, i + 256);
    for (; i < near; i++) if (bytes[i] === byte) return i - start;
    if (i === end) return -1;
    const found = bytes.subarray(i, end).indexOf(byte);
    return found < 0 ? -1 : found + i - start;
  }

  /** The bytes are going to stand elsewhere. */
  #forgetAhead(): void {
    this.#ahead = "";
    this.#aheadEnd = 0;
  }

  /** Choose the size for an empty buffer: what the last reads were like decides. */
  #resizeEmpty(): void {
    if (this.#step < 0) this.#step = 0;
    else if (this.#filled && this.#step < LAST_STEP) this.#step++;
    else if (this.#thin >= THIN_READS && this.#step > 0) {
      this.#step--;
      this.#thin = 0;
    }
    if (this.#bytes.length !== SIZES[this.#step]) {
      this.#use(takeArray(this.#step));
    }
  }

  /**
   * Make space behind what is buffered: by moving it to the front, if that is free and costs no more
   * than what was read since the last time, or into a larger buffer.
   */
  #makeRoom(): void {
    const length = this.length;
    if (this.#start < length && this.#end < this.#bytes.length) return;
    const held = this.#bytes.subarray(this.#start, this.#end);
    if (this.#start >= length) this.#bytes.set(held);
    else {
      const larger = this.#larger();
      larger.bytes.set(held);
      this.#use(larger);
    }
    this.#start = 0;
    this.#end = length;
  }

  #larger(): ReadArray {
    return this.#step < LAST_STEP
      ? takeArray(++this.#step)
      : makeArray(this.#bytes.length * 2);
  }

  /** Go on with another array; nothing stands in the old one any more. */
  #use({ bytes, words }: ReadArray): void {
    giveArray({ bytes: this.#bytes, words: this.#words });
    this.#bytes = bytes;
    this.#words = words;
    this.#text = undefined;
  }
}

/** Deno's global Buffer, which loads node:buffer when it is first used: importing that costs every program 8 ms. */
function bufferClass(): typeof Buffer {
  return (globalThis as unknown as { Buffer: typeof Buffer }).Buffer;
}
