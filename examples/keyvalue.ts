#!/usr/bin/env -S deno run --allow-net=127.0.0.1
// deno-lint-ignore-file no-console
/**
 * A key-value store that speaks Redis' protocol, in memory: strings, counters, expiry.
 *
 * ```sh
 * deno run --allow-net=127.0.0.1 examples/keyvalue.ts
 * redis-cli set greeting hello EX 60      # or: redis-benchmark -t set,get -P 16
 * ```
 *
 * Shows a codec of one's own (`requestCodec`), pipelining without a line of code for it, limits
 * and protocol errors told to the peer before it is cut, and a drain on Ctrl-C.
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/
 * @module
 */
import { parseArgs } from "node:util";
import {
  type Codec,
  type Connection,
  type Decoded,
  LimitExceededError,
  type NeedMore,
  ProtocolError,
  serve,
} from "../mod.ts";

// The protocol: requests are lists of byte strings, replies are one of five kinds.

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

const MAX_REQUEST = 1024 * 1024;
const MAX_REPLY = 16 * 1024 * 1024;
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

/** Bytes as text, one character each: any bytes can be a key, and come back the same. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** The way back. */
function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function concat(parts: Uint8Array[]): Uint8Array {
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

/** Peer's bytes for a message: cut, and without control characters. */
function quoted(bytes: Uint8Array): string {
  return `'${latin1(bytes.subarray(0, 128)).replace(/[^\x20-\x7e]/g, "?")}'`;
}

// The store.

/** A value and when it ends, in milliseconds since 1970. */
interface Entry {
  value: Uint8Array;
  expires: number;
}

/** What an entry costs besides the bytes of key and value, roughly. */
const OVERHEAD = 100;

/** The keys and their values, with a bound on memory and lazily removed when their time is up. */
export class Store {
  readonly maxMemory: number;
  #memory = 0;
  readonly #entries = new Map<string, Entry>();
  /** Keys that expire; each write looks at two of them, so that none stays for ever. */
  readonly #expiring = new Set<string>();
  #sweep: Iterator<string> = this.#expiring.values();

  constructor(maxMemory: number = 64 * 1024 * 1024) {
    this.maxMemory = maxMemory;
  }

  get memory(): number {
    return this.#memory;
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): string[] {
    return [...this.#entries.keys()].filter((key) =>
      this.get(key) !== undefined
    );
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expires > Date.now()) return entry;
    this.delete(key);
    return undefined;
  }

  /** Keep a copy of the value. Throws when that would take more memory than allowed. */
  set(key: string, value: Uint8Array, expires: number): void {
    this.#removeExpired();
    const before = this.#entries.get(key);
    const more = before === undefined
      ? key.length + value.length + OVERHEAD
      : value.length - before.value.length;
    if (more > 0 && this.#memory + more > this.maxMemory) {
      throw new CommandError(
        "OOM command not allowed when used memory > 'maxmemory'.",
      );
    }
    this.#memory += more;
    this.#entries.set(key, { value: new Uint8Array(value), expires });
    this.#note(key, expires);
  }

  expire(key: string, entry: Entry, expires: number): void {
    entry.expires = expires;
    this.#note(key, expires);
  }

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#memory -= key.length + entry.value.length + OVERHEAD;
    this.#expiring.delete(key);
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#expiring.clear();
    this.#memory = 0;
  }

  #note(key: string, expires: number): void {
    if (expires === Infinity) this.#expiring.delete(key);
    else this.#expiring.add(key);
  }

  #removeExpired(): void {
    if (this.#expiring.size === 0) return;
    for (let i = 0; i < 2; i++) {
      const { value, done } = this.#sweep.next();
      if (done) this.#sweep = this.#expiring.values();
      else this.get(value);
    }
  }
}

// The commands.

/** Who asks, and what there is. */
interface Context {
  store: Store;
  conn: Connection;
}

/** A command: how many arguments it takes with its name (negative: at least), and what it does. */
type Command = [
  arity: number,
  run: (args: Uint8Array[], context: Context) => Reply,
];

const NOT_INTEGER = "ERR value is not an integer or out of range";

function fail(text: string): never {
  throw new CommandError(text);
}

/** A signed number of 64 bits, written as Redis writes it. */
function integer(bytes: Uint8Array): bigint {
  const text = bytes.length > 20 ? "" : latin1(bytes);
  if (!/^(?:0|-?[1-9][0-9]*)$/.test(text)) fail(NOT_INTEGER);
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : fail(NOT_INTEGER);
}

function increment(store: Store, name: Uint8Array, by: bigint): bigint {
  const key = latin1(name);
  const entry = store.get(key);
  const value = (entry === undefined ? 0n : integer(entry.value)) + by;
  if (BigInt.asIntN(64, value) !== value) {
    fail("ERR increment or decrement would overflow");
  }
  store.set(key, ascii(String(value)), entry?.expires ?? Infinity);
  return value;
}

/** When a key set now for so long ends. */
function deadline(amount: Uint8Array, unit: number, command: string): number {
  const milliseconds = Number(integer(amount)) * unit;
  if (milliseconds <= 0 || milliseconds > Number.MAX_SAFE_INTEGER / 2) {
    fail(`ERR invalid expire time in '${command}' command`);
  }
  return Date.now() + milliseconds;
}

function set(
  [name, value, ...options]: Uint8Array[],
  { store }: Context,
): Reply {
  const key = latin1(name!);
  let expires = Infinity;
  let condition: string | undefined;
  for (let i = 0; i < options.length; i++) {
    const option = latin1(options[i]!).toUpperCase();
    const amount = options[i + 1];
    if (
      /^[EP]X$/.test(option) && expires === Infinity && amount !== undefined
    ) {
      expires = deadline(amount, option === "EX" ? 1000 : 1, "set");
      i++;
    } else if (/^[NX]X$/.test(option) && condition === undefined) {
      condition = option;
    } else fail("ERR syntax error");
  }
  const exists = store.get(key) !== undefined;
  if (condition === (exists ? "NX" : "XX")) return null;
  store.set(key, value!, expires);
  return "OK";
}

function expire(
  [name, amount]: Uint8Array[],
  { store }: Context,
  unit: number,
): Reply {
  const key = latin1(name!);
  const entry = store.get(key);
  const milliseconds = Number(integer(amount!)) * unit;
  if (entry === undefined) return 0;
  if (milliseconds <= 0) store.delete(key);
  else store.expire(key, entry, Date.now() + milliseconds);
  return 1;
}

function timeLeft(
  [name]: Uint8Array[],
  { store }: Context,
  unit: number,
): number {
  const entry = store.get(latin1(name!));
  if (entry === undefined) return -2;
  return entry.expires === Infinity
    ? -1
    : Math.round((entry.expires - Date.now()) / unit);
}

/** Whether a text fits a pattern of `*` and `?`; looks back to the last star only. */
function matches(pattern: string, text: string): boolean {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let t = 0; t < text.length;) {
    if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (
      p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])
    ) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

function info(_: Uint8Array[], { store, conn }: Context): Uint8Array {
  const { accepted, active, handlerErrors } = conn.server.stats;
  return ascii([
    "# Server",
    "redis_mode:standalone",
    "# Clients",
    `connected_clients:${active}`,
    "# Memory",
    `used_memory:${store.memory}`,
    `maxmemory:${store.maxMemory}`,
    "# Stats",
    `total_connections_received:${accepted}`,
    `handler_errors:${handlerErrors}`,
    "# Keyspace",
    `db0:keys=${store.size}`,
    "",
  ].join("\r\n"));
}

function client([what]: Uint8Array[], { conn }: Context): Reply {
  switch (latin1(what!).toUpperCase()) {
    case "ID":
      return conn.id;
    case "GETNAME":
      return null;
    case "SETNAME":
    case "SETINFO":
      return "OK";
    default:
      return fail("ERR unknown subcommand");
  }
}

/** What redis-benchmark asks for before it starts. */
const CONFIG: Record<string, string> = { save: "", appendonly: "no" };

function config([what, ...names]: Uint8Array[]): Reply {
  if (latin1(what!).toUpperCase() !== "GET") fail("ERR unknown subcommand");
  return names.map(latin1).filter((name) => Object.hasOwn(CONFIG, name))
    .flatMap((name) => [ascii(name), ascii(CONFIG[name]!)]);
}

const COMMANDS = new Map<string, Command>(Object.entries<Command>({
  PING: [-1, ([text]) => text ?? "PONG"],
  ECHO: [2, ([text]) => text!],
  GET: [2, ([key], { store }) => store.get(latin1(key!))?.value ?? null],
  SET: [-3, set],
  DEL: [
    -2,
    (keys, { store }) =>
      keys.filter((key) => store.get(latin1(key)) && store.delete(latin1(key)))
        .length,
  ],
  EXISTS: [
    -2,
    (keys, { store }) => keys.filter((key) => store.get(latin1(key))).length,
  ],
  INCR: [2, ([key], { store }) => increment(store, key!, 1n)],
  DECR: [2, ([key], { store }) => increment(store, key!, -1n)],
  INCRBY: [3, ([key, by], { store }) => increment(store, key!, integer(by!))],
  DECRBY: [3, ([key, by], { store }) => increment(store, key!, -integer(by!))],
  APPEND: [3, ([name, tail], { store }) => {
    const key = latin1(name!);
    const entry = store.get(key);
    const value = concat([entry?.value ?? new Uint8Array(0), tail!]);
    if (value.length > MAX_REQUEST) {
      fail("ERR string exceeds maximum allowed size");
    }
    store.set(key, value, entry?.expires ?? Infinity);
    return value.length;
  }],
  STRLEN: [2, ([key], { store }) => store.get(latin1(key!))?.value.length ?? 0],
  MGET: [-2, (keys, { store }) => {
    const values = keys.map((key) => store.get(latin1(key))?.value ?? null);
    const length = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    return length > MAX_REPLY ? fail("ERR reply is too long") : values;
  }],
  MSET: [-3, (args, { store }) => {
    if (args.length % 2 !== 0) {
      fail("ERR wrong number of arguments for 'mset' command");
    }
    for (let i = 0; i < args.length; i += 2) {
      store.set(latin1(args[i]!), args[i + 1]!, Infinity);
    }
    return "OK";
  }],
  EXPIRE: [3, (args, context) => expire(args, context, 1000)],
  PEXPIRE: [3, (args, context) => expire(args, context, 1)],
  TTL: [2, (args, context) => timeLeft(args, context, 1000)],
  PTTL: [2, (args, context) => timeLeft(args, context, 1)],
  PERSIST: [2, ([name], { store }) => {
    const key = latin1(name!);
    const entry = store.get(key);
    if (entry === undefined || entry.expires === Infinity) return 0;
    store.expire(key, entry, Infinity);
    return 1;
  }],
  KEYS: [
    2,
    ([pattern], { store }) =>
      store.keys().filter((key) => matches(latin1(pattern!), key)).map(ascii),
  ],
  DBSIZE: [1, (_, { store }) => store.size],
  FLUSHALL: [-1, (_, { store }) => {
    store.clear();
    return "OK";
  }],
  SELECT: [
    2,
    ([index]) =>
      latin1(index!) === "0" ? "OK" : fail("ERR DB index is out of range"),
  ],
  INFO: [-1, info],
  CLIENT: [-2, client],
  CONFIG: [-2, config],
  COMMAND: [-1, () => []],
  QUIT: [-1, () => "OK"],
}));

/** Carry out one request. */
function execute(
  name: string,
  [first, ...args]: Request,
  context: Context,
): Reply {
  const command = COMMANDS.get(name);
  if (command === undefined) {
    return new CommandError(`ERR unknown command ${quoted(first!)}`);
  }
  const [arity, run] = command;
  const count = args.length + 1;
  if (arity < 0 ? count < -arity : count !== arity) {
    return new CommandError(
      `ERR wrong number of arguments for '${name.toLowerCase()}' command`,
    );
  }
  try {
    return run(args, context);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}

// The server.

/** A handler that serves this store: one loop, however many requests a client has in flight. */
export function keyvalue(store: Store): (conn: Connection) => Promise<void> {
  return async (conn) => {
    try {
      for await (const request of conn.messages(requestCodec)) {
        if (request.length === 0) continue;
        const name = latin1(request[0]!.subarray(0, 20)).toUpperCase();
        await conn.send(encodeReply(execute(name, request, { store, conn })));
        if (name === "QUIT") return;
      }
    } catch (error) {
      if (
        !(error instanceof ProtocolError || error instanceof LimitExceededError)
      ) throw error;
      // Nobody can say where the next request begins: tell, and leave.
      await conn.send(
        encodeReply(new CommandError(`ERR Protocol error: ${error.message}`)),
      );
    }
  };
}

const USAGE =
  `Usage: keyvalue.ts [--hostname 127.0.0.1] [--port 6379] [--max-memory MiB]`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      hostname: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "6379" },
      "max-memory": { type: "string", default: "64" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const megabytes = Number(values["max-memory"]);
  if (!(megabytes > 0)) {
    throw new RangeError("Cannot use --max-memory: must be a positive number");
  }
  const store = new Store(megabytes * 1024 * 1024);
  const server = await serve({
    hostname: values.hostname,
    port: Number(values.port),
    maxWriteBuffer: 4 * MAX_REQUEST,
    idleTimeout: Infinity,
    shutdownSignals: ["SIGINT", "SIGTERM"],
    onListen: ({ hostname, port }) =>
      console.log(`Listening on ${hostname}:${port}`),
  }, keyvalue(store));
  await server.finished;
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(`${error}\n${USAGE}`);
    Deno.exit(2);
  }
}
