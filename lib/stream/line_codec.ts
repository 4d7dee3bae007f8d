/**
 * Lines of text: the codec that SMTP, FTP, IRC, Redis' inline commands and countless others share.
 * Search and limits also serve json_lines_codec.ts.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import { indexOfByte } from "./byte_search.ts";
import type { Codec, Decoded, NeedMore } from "./codec.ts";
import {
  checkOptionNames,
  type CodecOptions,
  maxLengthOf,
  tooLong,
} from "./codec_options.ts";
import { DEFAULT_LIMIT } from "./limit.ts";
import { quote } from "./quote.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** What {@linkcode lineCodec} can be told. */
export interface LineCodecOptions extends CodecOptions {
  /** Longest line, in bytes, its ending excluded. Default 65 536. */
  maxLength?: number | undefined;
  /** What `encode` puts after each line. Default `"\n"`; both are always understood. */
  ending?: "\n" | "\r\n" | undefined;
  /** Whether bytes that are not UTF-8 are a ProtocolError instead of U+FFFD. Default false. */
  fatal?: boolean | undefined;
}

/** Where a line lies in the buffer. */
interface FoundLine {
  /** End of its text. */
  end: number;
  /** How many bytes it takes with its ending. */
  consumed: number;
}

/**
 * Look for the end of the line that starts the buffer, and keep to the limit.
 *
 * @throws {LimitExceededError} If it is longer than `maxLength`, as soon as that is certain.
 */
export function findLine(
  buffer: Uint8Array,
  scanned: number,
  maxLength: number,
): FoundLine | NeedMore {
  // The longest line takes two more bytes with CR LF: nothing beyond them need be searched.
  const reach = Math.min(buffer.length, maxLength + 2);
  const at = indexOfByte(buffer, LINE_FEED, { start: scanned, end: reach });
  const stop = at < 0 ? reach : at;
  const end = stop > 0 && buffer[stop - 1] === CARRIAGE_RETURN
    ? stop - 1
    : stop;
  if (end > maxLength) {
    throw tooLong("decode line", { limit: maxLength, actual: end });
  }
  if (at >= 0) return { end, consumed: at + 1 };
  return { need: buffer.length + 1, scanned: reach };
}

/**
 * Make a codec for lines of UTF-8 text.
 *
 * A line ends with `\n`; a `\r` before it is dropped. A stream that ends without `\n` ends inside a
 * message, which is an IncompleteReadError: a command that was cut off must not be carried out. Where
 * an unfinished last line counts, as in Python, use `lines()` or `readLine()`. `encode` refuses a text that would
 * not come back as the same line: one with `\n` inside, with `\r` at its end, with half a
 * surrogate pair, or one that is too long.
 *
 * @param options The limit, the ending that is sent, and what happens to bytes that are not UTF-8.
 * @returns A codec without state, for any number of connections.
 * @throws {TypeError} If an option does not exist or has the wrong type.
 * @throws {RangeError} If `maxLength` is less than 1 or a fraction.
 *
 * @example Lines, whatever their ending
 * ```ts
 * import { lineCodec } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const codec = lineCodec({ ending: "\r\n" });
 * assert.deepEqual(codec.encode("NOOP"), new TextEncoder().encode("NOOP\r\n"));
 *
 * const input = new TextEncoder().encode("NOOP\r\nQUI");
 * assert.deepEqual(codec.decode(input, false, 0), { message: "NOOP", consumed: 6 });
 * assert.deepEqual(codec.decode(input.subarray(6), false, 0), { need: 4, scanned: 3 });
 * ```
 */
export function lineCodec(options?: LineCodecOptions): Codec<string> {
  checkOptionNames("lineCodec", options, ["maxLength", "ending", "fatal"]);
  const { ending = "\n", fatal = false } = options ?? {};
  if (ending !== "\n" && ending !== "\r\n") {
    throw new TypeError(
      `Cannot use ending ${quote(ending)}: must be "\\n" or "\\r\\n"`,
    );
  }
  if (typeof fatal !== "boolean") {
    throw new TypeError(`Cannot use fatal ${quote(fatal)}: must be a boolean`);
  }
  return new LineCodec(
    maxLengthOf(options, DEFAULT_LIMIT),
    { ending, fatal },
  );
}

class LineCodec implements Codec<string> {
  readonly maxLength: number;
  readonly #form: { ending: string; fatal: boolean };
  readonly #encoder = new TextEncoder();
  readonly #decoder: TextDecoder;

  constructor(maxLength: number, form: { ending: string; fatal: boolean }) {
    this.maxLength = maxLength;
    this.#form = form;
    // A line may begin with U+FEFF, which is then part of it.
    this.#decoder = new TextDecoder("utf-8", {
      fatal: form.fatal,
      ignoreBOM: true,
    });
  }

  withMaxLength(maxLength: number): Codec<string> {
    return new LineCodec(maxLength, this.#form);
  }

  encode(value: string): Uint8Array<ArrayBuffer> {
    checkLine(value);
    const { ending } = this.#form;
    const bytes = this.#encoder.encode(value + ending);
    const actual = bytes.length - ending.length;
    if (actual > this.maxLength) {
      throw tooLong("encode line", { limit: this.maxLength, actual });
    }
    return bytes;
  }

  decode(
    buffer: Uint8Array,
    _eof: boolean,
    scanned: number,
  ): Decoded<string> | NeedMore {
    const found = findLine(buffer, scanned, this.maxLength);
    if ("need" in found) return found;
    return {
      message: this.#text(buffer.subarray(0, found.end)),
      consumed: found.consumed,
    };
  }

  #text(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      throw new ProtocolError("Cannot decode line: is not UTF-8", { cause });
    }
  }
}

/** Refuse a text that would not come back as one and the same line. */
function checkLine(value: string): void {
  if (typeof value !== "string") {
    throw new TypeError(`Cannot encode line ${quote(value)}: must be a string`);
  }
  const at = value.indexOf("\n");
  if (at >= 0) {
    throw new RangeError(`Cannot encode line: has a line feed at ${at}`);
  }
  if (value.endsWith("\r")) {
    throw new RangeError(
      "Cannot encode line: ends in a carriage return, which would be lost",
    );
  }
  if (!value.isWellFormed()) {
    throw new RangeError("Cannot encode line: has half a surrogate pair");
  }
}
