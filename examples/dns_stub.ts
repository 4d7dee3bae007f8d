#!/usr/bin/env -S deno run --allow-net=127.0.0.1 --allow-read
// deno-lint-ignore-file no-console
/**
 * A small DNS server for tests and laboratories: answers from one file, over UDP and TCP (RFC 1035,
 * RFC 7766). It knows neither zones nor recursion; what is not in the file does not exist.
 *
 * In one terminal:
 *
 *     echo '192.0.2.1 www.lab.test web.lab.test' > lab.hosts
 *     deno run --allow-net=127.0.0.1 --allow-read=lab.hosts examples/dns_stub.ts lab.hosts --port 5353
 *
 * In another:
 *
 *     deno run --allow-net=127.0.0.1 examples/host.ts www.lab.test --server 127.0.0.1:5353
 *
 * Ctrl-C, or SIGTERM, ends it. A sender over UDP may be forged and the answer hit somebody else: an
 * answer that is much longer than its question is only given over TCP.
 *
 * The file is either lines of hosts(5), or JSON: names, then types, then records in the shapes of
 * `Deno.resolveDns`:
 *
 *     {
 *       "lab.test": { "MX": [{ "preference": 10, "exchange": "www.lab.test" }] },
 *       "www.lab.test": { "A": ["192.0.2.1"], "TXT": [["hello"]] },
 *       "web.lab.test": { "CNAME": ["www.lab.test"] }
 *     }
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  IPv4Address,
  IPv6Address,
  lengthPrefixedCodec,
  parseAddress,
  serve,
  serveDatagram,
} from "../mod.ts";

const USAGE = "Usage: dns_stub.ts FILE [--hostname 127.0.0.1] [--port 5353]";

/** What a record of each type holds, as in `Deno.resolveDns`. */
interface DataOf {
  A: string;
  AAAA: string;
  CNAME: string;
  NS: string;
  PTR: string;
  MX: { preference: number; exchange: string };
  SRV: { priority: number; weight: number; port: number; target: string };
  TXT: string[];
}

type Type = keyof DataOf;

/** Records by type. */
export type StubRecords = { [T in Type]?: DataOf[T][] };

/** Records by name in lower case. A Map: any word may be asked for, "constructor" too. */
export type StubZone = Map<string, StubRecords>;

/** A running stub. */
export interface Stub extends AsyncDisposable {
  /** The port, the same for UDP and TCP. */
  port: number;
  /** Resolves when it has ended. */
  finished: Promise<unknown>;
}

/** The number of each type, and its data on the wire (RFC 1035 section 3.3, RFC 2782, RFC 3596). */
const TYPES: {
  [T in Type]: { number: number; encode(data: DataOf[T]): number[] };
} = {
  A: { number: 1, encode: (text) => [...IPv4Address.parse(text).toBytes()] },
  NS: { number: 2, encode: encodeName },
  CNAME: { number: 5, encode: encodeName },
  PTR: { number: 12, encode: encodeName },
  MX: {
    number: 15,
    encode: ({ preference, exchange }) => [
      ...uint16(preference),
      ...encodeName(exchange),
    ],
  },
  TXT: {
    number: 16,
    encode: (texts) => texts.flatMap((text) => encodeText(text, 255)),
  },
  AAAA: {
    number: 28,
    encode: (text) => [...IPv6Address.parse(text).toBytes()],
  },
  SRV: {
    number: 33,
    encode: ({ priority, weight, port, target }) => [
      ...[priority, weight, port].flatMap(uint16),
      ...encodeName(target),
    ],
  },
};
const TYPE_OF: ReadonlyMap<number, Type> = new Map(
  Object.entries(TYPES).map(([type, { number }]) => [number, type as Type]),
);

const TTL = 60;
const NXDOMAIN = 3;
const NOTIMP = 4;
const FORMERR = 1;

/** A reply over UDP is at most so many times as long as its question, both counted with their headers. */
const AMPLIFICATION = 3;
/** Of IPv4 and UDP. */
const HEADERS = 28;

/**
 * Read a zone from text: JSON if it begins with a brace, otherwise lines of hosts(5).
 *
 * @throws {SyntaxError} If it is neither, or a record cannot be one.
 */
export function parseZone(text: string): StubZone {
  const zone: StubZone = new Map();
  if (text.trimStart().startsWith("{")) {
    for (const [name, records] of Object.entries(JSON.parse(text))) {
      addAll(zone, name, records);
    }
    return zone;
  }
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!address || names.length === 0) continue;
    const parsed = parseAddress(address);
    const type = parsed.version === 4 ? "A" : "AAAA";
    for (const name of names) add(zone, name, type, parsed.toString());
    add(zone, parsed.reversePointer, "PTR", names[0]!);
  }
  return zone;
}

/** Add what JSON says of a name; a name that has no record exists all the same. */
function addAll(zone: StubZone, name: string, records: unknown): void {
  if (typeof records !== "object" || !records || Array.isArray(records)) {
    throw new SyntaxError(`Cannot read zone: "${name}" must be an object`);
  }
  zone.set(bare(name), zone.get(bare(name)) ?? {});
  for (const [type, list] of Object.entries(records)) {
    if (!Array.isArray(list)) {
      throw new SyntaxError(
        `Cannot read zone: ${type} of "${name}" must be a list`,
      );
    }
    for (const data of list) add(zone, name, type as Type, data);
  }
}

/** Add a record. It is encoded once, to refuse now what could not be answered later. */
function add(
  zone: StubZone,
  name: string,
  type: Type,
  data: DataOf[Type],
): void {
  try {
    encodeRecord(name, type, data);
  } catch (cause) {
    const record = `${type} ${JSON.stringify(data)}`;
    throw new SyntaxError(`Cannot read zone: "${name}" cannot have ${record}`, {
      cause,
    });
  }
  const records = zone.get(bare(name)) ?? {};
  zone.set(bare(name), records);
  ((records[type] ??= []) as DataOf[Type][]).push(data);
}

function bare(name: string): string {
  return name.replace(/\.$/, "").toLowerCase();
}

/**
 * The answer to one message, or `undefined` where none is due.
 *
 * @param over TCP has room for every answer. Over UDP one that is longer than the asker takes (512
 * octets, or what its OPT record says, at most 1232), or than a forged sender may draw, is cut to its
 * question, with TC set: the asker comes again over TCP, where an address cannot be forged.
 */
export function answer(
  query: Uint8Array,
  zone: StubZone,
  over: "udp" | "tcp",
): Uint8Array<ArrayBuffer> | undefined {
  if (query.length < 12 || (query[2]! & 0x80) !== 0) return undefined;
  const question = readQuestion(query);
  if (question === undefined) return reply(query, 12, FORMERR, []);
  const { name, type, end } = question;
  if ((query[2]! & 0x78) !== 0) return reply(query, end, NOTIMP, []);
  const { rcode, records } = find(zone, name, TYPE_OF.get(type));
  const full = reply(query, end, rcode, records);
  if (over === "tcp") return full;
  const taken = Math.max(512, Math.min(1232, payloadOf(query, end)));
  const harmless = AMPLIFICATION * (query.length + HEADERS) - HEADERS;
  if (full.length <= Math.min(taken, harmless)) return full;
  const cut = full.slice(0, end);
  cut[2]! |= 0x02;
  return cut.fill(0, 6, 12);
}

interface Found {
  rcode: number;
  records: Uint8Array[];
}

/** The records of a name, its aliases followed. */
function find(
  zone: StubZone,
  asked: string,
  type: Type | undefined,
): Found {
  const records: Uint8Array[] = [];
  let name = asked;
  for (let step = 0; step < 16; step++) {
    const entry = zone.get(name);
    if (entry === undefined) {
      const below = zone.keys().some((key) => key.endsWith(`.${name}`));
      return { rcode: below ? 0 : NXDOMAIN, records };
    }
    const own = type && entry[type];
    if (own !== undefined) {
      for (const data of own) {
        records.push(encodeRecord(name, type!, data));
      }
      return { rcode: 0, records };
    }
    const alias = entry.CNAME?.[0];
    if (alias === undefined) return { rcode: 0, records };
    records.push(encodeRecord(name, "CNAME", alias));
    name = bare(alias);
  }
  return { rcode: 0, records };
}

function readQuestion(
  query: Uint8Array,
): { name: string; type: number; end: number } | undefined {
  const labels: string[] = [];
  let at = 12;
  while (query[at] !== 0) {
    const length = query[at];
    if (length === undefined || length > 63) return undefined;
    const label = query.subarray(at + 1, at + 1 + length);
    labels.push(String.fromCharCode(...label));
    at += 1 + length;
  }
  if (at + 5 > query.length) return undefined;
  const type = query[at + 1]! << 8 | query[at + 2]!;
  return { name: labels.join(".").toLowerCase(), type, end: at + 5 };
}

/** What the asker says that it takes over UDP: the class field of its OPT record, the first one after the question. */
function payloadOf(query: Uint8Array, end: number): number {
  const hasOpt = query[11] === 1 && query[end] === 0 && query[end + 2] === 41;
  return hasOpt ? query[end + 3]! << 8 | query[end + 4]! : 512;
}

/** A message with the question of the query, and records. Nothing found gets a SOA, which says for how long. */
function reply(
  query: Uint8Array,
  end: number,
  rcode: number,
  records: Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const header = query.slice(0, end);
  header[2] = 0x84 | query[2]! & 0x01;
  header[3] = 0x80 | rcode;
  const soa = records.length === 0 && end > 12
    ? [record("", 6, [0, 0, ...[1, 60, 60, 60, TTL].flatMap(uint32)])]
    : [];
  header.set([0, end > 12 ? 1 : 0, ...uint16(records.length)], 4);
  header.set([...uint16(soa.length), 0, 0], 8);
  const parts = [header, ...records, ...soa];
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function encodeRecord<T extends Type>(
  name: string,
  type: T,
  data: DataOf[T],
): Uint8Array {
  const { number, encode } = TYPES[type];
  return record(name, number, encode(data));
}

function record(name: string, type: number, data: number[]): Uint8Array {
  return Uint8Array.from([
    ...encodeName(name),
    ...uint16(type),
    ...uint16(1),
    ...uint32(TTL),
    ...uint16(data.length),
    ...data,
  ]);
}

function encodeName(name: string): number[] {
  const labels = bare(name) === "" ? [] : bare(name).split(".");
  const octets = [...labels.flatMap((label) => encodeText(label, 63)), 0];
  if (labels.includes("") || octets.length > 255) {
    throw new RangeError(`"${name}" is no name`);
  }
  return octets;
}

/** A label or a piece of text, its length before it. */
function encodeText(text: string, longest: number): number[] {
  if (typeof text !== "string") throw new TypeError(`${text} is no text`);
  const octets = [...text].map((character) => character.codePointAt(0)!);
  if (octets.length > longest || octets.some((octet) => octet > 255)) {
    throw new RangeError(`"${text}" is not up to ${longest} octets`);
  }
  return [octets.length, ...octets];
}

function uint16(value: number): number[] {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff) {
    return [value >> 8, value & 0xff];
  }
  throw new RangeError(`${value} has no 16 bits`);
}

function uint32(value: number): number[] {
  return [...uint16(value >>> 16), ...uint16(value & 0xffff)];
}

/** How a zone is served. */
export interface StubOptions {
  hostname?: string | undefined;
  port?: number | undefined;
  shutdownSignals?: readonly Deno.Signal[] | undefined;
  /** Sees every question. */
  onQuery?(name: string, type: number, over: "udp" | "tcp"): void;
}

/** Serve a zone over UDP and TCP, on one port. */
export async function serveZone(
  zone: StubZone,
  { hostname, port = 0, shutdownSignals, onQuery }: StubOptions = {},
): Promise<Stub> {
  const respond = (query: Uint8Array, over: "udp" | "tcp") => {
    const question = readQuestion(query);
    if (question) onQuery?.(question.name, question.type, over);
    return answer(query, zone, over);
  };
  const codec = lengthPrefixedCodec({ lengthBytes: 2 });
  const startTcp = () =>
    serve({ hostname, port, shutdownSignals }, async (conn) => {
      for await (const query of conn.messages(codec)) {
        const out = respond(query, "tcp");
        if (out) await conn.writer.writeMessage(codec, out);
      }
    });
  const startUdp = (port: number) =>
    serveDatagram(
      { hostname, port, shutdownSignals, maxAmplification: AMPLIFICATION },
      ({ data }) => respond(data, "udp"),
    );
  // A port that is free for TCP may be taken for UDP: then another one does as well, if any was wanted.
  for (let tries = 1;; tries++) {
    const tcp = await startTcp();
    try {
      const udp = await startUdp(tcp.addr.port);
      return {
        port: tcp.addr.port,
        finished: Promise.all([tcp.finished, udp.finished]),
        async [Symbol.asyncDispose]() {
          await Promise.all([tcp.shutdown(), udp.shutdown()]);
        },
      };
    } catch (error) {
      await tcp.close();
      if (port !== 0 || tries === 10) throw error;
    }
  }
}

/** What the command line said. */
function read(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      hostname: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "5353" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) {
    throw new TypeError("needs one file");
  }
  const { hostname, port } = values;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new TypeError(`bad port "${port}"`);
  }
  return { file, hostname, port: Number(port) };
}

async function main(args: string[]): Promise<number> {
  let options: ReturnType<typeof read>;
  try {
    options = read(args);
  } catch (error) {
    console.error(`dns_stub: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  const { file, hostname, port } = options;
  const shutdownSignals = ["SIGTERM", "SIGINT"] as const;
  try {
    const zone = parseZone(await Deno.readTextFile(file));
    const stub = await serveZone(zone, { hostname, port, shutdownSignals });
    console.log(`Serving ${zone.size} names on ${stub.port}. Ctrl-C ends it.`);
    await stub.finished;
    return 0;
  } catch (error) {
    console.error(`dns_stub: ${(error as Error).message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
