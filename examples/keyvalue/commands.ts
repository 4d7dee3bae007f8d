/**
 * The commands: what each does with the store.
 *
 * @module
 */
import type { Connection } from "../../mod.ts";
import { ascii, latin1, quoted } from "./latin1.ts";
import {
  CommandError,
  concat,
  MAX_REPLY,
  MAX_REQUEST,
  type Reply,
  type Request,
} from "./resp.ts";
import type { Entry, Store } from "./store.ts";

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
    const before = new Map<string, Entry | undefined>();
    try {
      for (let i = 0; i < args.length; i += 2) {
        const key = latin1(args[i]!);
        if (!before.has(key)) before.set(key, store.get(key));
        store.set(key, args[i + 1]!, Infinity);
      }
    } catch (error) {
      // All of it or nothing.
      for (const [key, entry] of before) {
        if (entry === undefined) store.delete(key);
        else store.set(key, entry.value, entry.expires);
      }
      throw error;
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
export function execute(
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
