/**
 * Redis' protocol, RESP2: requests are lists of byte strings, replies are one of five kinds.
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 * @module
 */
import {
  type Codec,
  type Decoded,
  LimitExceededError,
  type NeedMore,
  ProtocolError,
} from "../../mod.ts";
import { ascii, latin1, quoted } from "./latin1.ts";

/** One request: the command's name and its arguments. */
export type Request = Uint8Array[];

/** What a command answers: a status, a number, bytes or nothing, an error, or several of those. */
export type Reply =
  | string
  | number
  | bigint
  | Uint8Array
  | null
  | CommandError
  | Reply[];

/** An answer that begins with `-`. */
export class CommandError {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const CR = 13;
const LF = 10;
const STAR = 42;
const DOLLAR = 36;

export const MAX_REQUEST: number = 1024 * 1024;
export const MAX_REPLY: number = 16 * 1024 * 1024;
const MAX_INLINE = 64 * 1024;
const MAX_ARGUMENTS = 1024;

/** The smallest argument, `$0\r\n\r\n`: so much is needed at least for each that is missing. */
const SMALLEST = 6;

/** Requests as bytes, both ways: lists of byte strings, and lines typed by hand ("inline"). */
export const requestCodec: Codec<Request> = {
  maxLength: MAX_REQUEST,

  encode(request) {
    const parts = request.flatMap((argument) => [
      ascii(`$${argument.length}\r\n`),
      argument,
      ascii("\r\n"),
    ]);
    return concat([ascii(`*${request.length}\r\n`), ...parts]);
  },

  decode(buffer, _eof, scanned) {
    if (buffer[0] !== STAR) return decodeInline(buffer, scanned);
    const count = decodeLength(buffer, 1, "multibulk");
    if (count === undefined) return { need: buffer.length + 1 };
    if (count.value > MAX_ARGUMENTS) {
      throw new ProtocolError("invalid multibulk length");
    }
    const bounds: number[] = [];
    let at = count.next;
    let total = 0;
    for (let missing = Math.max(0, count.value); missing > 0; missing--) {
      if (at === buffer.length) return { need: at + missing * SMALLEST };
      if (buffer[at] !== DOLLAR) {
        throw new ProtocolError(
          `expected '$', got ${quoted(buffer.subarray(at, at + 1))}`,
        );
      }
      const length = decodeLength(buffer, at + 1, "bulk");
      if (length === undefined) return { need: buffer.length + 1 };
      total += length.value;
      if (length.value < 0) throw new ProtocolError("invalid bulk length");
      if (total > MAX_REQUEST) {
        throw new LimitExceededError("invalid bulk length", {
          limit: MAX_REQUEST,
          actual: total,
        });
      }
      const end = length.next + length.value;
      if (buffer.length < end + 2) {
        return { need: end + 2 + (missing - 1) * SMALLEST };
      }
      if (buffer[end] !== CR || buffer[end + 1] !== LF) {
        throw new ProtocolError("expected CRLF after bulk");
      }
      bounds.push(length.next, end);
      at = end + 2;
    }
    // One copy of all, of which the arguments are views: the buffer is the reader's.
    const copy = new Uint8Array(buffer.subarray(0, at));
    const request: Request = [];
    for (let i = 0; i < bounds.length; i += 2) {
      request.push(copy.subarray(bounds[i], bounds[i + 1]));
    }
    return { message: request, consumed: at };
  },
};

/** A decimal number and its CR LF; undefined while they are not all there. */
function decodeLength(
  buffer: Uint8Array,
  start: number,
  what: string,
): { value: number; next: number } | undefined {
  let at = start;
  let value = 0;
  const negative = buffer[at] === 45;
  if (negative) at++;
  const first = at;
  for (; at < buffer.length && buffer[at] !== CR; at++) {
    const digit = buffer[at]! - 48;
    if (digit < 0 || digit > 9 || at - first >= 10) {
      throw new ProtocolError(`invalid ${what} length`);
    }
    value = value * 10 + digit;
  }
  if (at + 1 >= buffer.length) return undefined;
  if (at === first || buffer[at + 1] !== LF) {
    throw new ProtocolError(`invalid ${what} length`);
  }
  return { value: negative ? -value : value, next: at + 2 };
}

/** A line of words, as somebody types it into telnet. */
function decodeInline(
  buffer: Uint8Array,
  scanned: number,
): Decoded<Request> | NeedMore {
  const reach = Math.min(buffer.length, MAX_INLINE + 1);
  let end = scanned;
  while (end < reach && buffer[end] !== LF) end++;
  if (end > MAX_INLINE) {
    throw new LimitExceededError("too big inline request", {
      limit: MAX_INLINE,
      actual: end,
    });
  }
  if (end === buffer.length) return { need: end + 1, scanned: end };
  const words = latin1(buffer.subarray(0, end)).match(/[^ \t\r]+/g) ?? [];
  return { message: words.map(ascii), consumed: end + 1 };
}

/** A reply as bytes. */
export function encodeReply(reply: Reply): Uint8Array {
  if (reply === "OK") return OK;
  if (reply === null) return NULL;
  if (typeof reply === "string") return ascii(`+${reply}\r\n`);
  if (typeof reply === "number" || typeof reply === "bigint") {
    return ascii(`:${reply}\r\n`);
  }
  // What comes from the peer must not break the line.
  if (reply instanceof CommandError) {
    return ascii(`-${reply.text.replace(/[\r\n]/g, " ")}\r\n`);
  }
  if (reply instanceof Uint8Array) {
    const header = `$${reply.length}\r\n`;
    const bytes = new Uint8Array(header.length + reply.length + 2);
    for (let i = 0; i < header.length; i++) bytes[i] = header.charCodeAt(i);
    bytes.set(reply, header.length);
    bytes[bytes.length - 2] = CR;
    bytes[bytes.length - 1] = LF;
    return bytes;
  }
  return concat([ascii(`*${reply.length}\r\n`), ...reply.map(encodeReply)]);
}

const OK = ascii("+OK\r\n");
const NULL = ascii("$-1\r\n");

/** The parts behind each other. */
export function concat(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
