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

/** Records by type, in the shapes of `Deno.resolveDns`. */
export type StubRecords = Record<string, unknown[]>;

/** Records by name in lower case. A Map: any word may be asked for, "constructor" too. */
export type StubZone = Map<string, StubRecords>;

/** A running stub. */
export interface Stub extends AsyncDisposable {
  /** The port, the same for UDP and TCP. */
  port: number;
  /** Resolves when it has ended. */
  finished: Promise<unknown>;
}

/** Puts data on the wire; throws where it cannot be. */
type Encoder = (data: unknown) => number[];

/** The number of each type, and its data (RFC 1035 section 3.3, RFC 2782, RFC 3596). */
const TYPES = new Map<string, [number, Encoder]>([
  ["A", [1, (text) => [...IPv4Address.parse(text as string).toBytes()]]],
  ["NS", [2, encodeName]],
  ["CNAME", [5, encodeName]],
  ["PTR", [12, encodeName]],
  ["MX", [15, inTurn({ preference: uint16, exchange: encodeName })]],
  ["TXT", [16, (texts) => (texts as unknown[]).flatMap(encodeText)]],
  ["AAAA", [28, (text) => [...IPv6Address.parse(text as string).toBytes()]]],
  ["SRV", [
    33,
    inTurn({
      priority: uint16,
      weight: uint16,
      port: uint16,
      target: encodeName,
    }),
  ]],
]);
const TYPE_OF = new Map(
  TYPES.entries().map(([type, [number]]) => [number, type]),
);

const TTL = 60;
const FORMERR = 1;
const NXDOMAIN = 3;
const NOTIMP = 4;

/** So many aliases are followed. */
const MOST_ALIASES = 16;
/** What the records of one name and type may fill of a message: the question and the aliases need the rest. */
const ROOM = 65_535 - 300 - MOST_ALIASES * 520;

/** Longest reply over UDP of a server that does without EDNS. */
const UDP_REPLY = 512;
/** A reply over UDP is at most so many times as long as its question, both counted with their headers. */
const AMPLIFICATION = 3;
/** Of IPv4 and UDP. */
const HEADERS = 28;

/**
 * Read a zone from text: JSON if it begins with a brace, otherwise lines of hosts(5).
 *
 * @throws {SyntaxError} If it is neither, or a record cannot be one, or a name has more than fit into an answer.
 */
export function parseZone(text: string): StubZone {
  const zone: StubZone = new Map();
  if (text.trimStart().startsWith("{")) addJson(zone, JSON.parse(text));
  else for (const line of text.split("\n")) addLine(zone, line);
  for (const [name, records] of zone) {
    for (const [type, list] of Object.entries(records)) {
      const octets = list.flatMap((data) => encodeRecord(name, type, data));
      if (octets.length > ROOM) throw zoneError(name, `so many ${type}`);
    }
  }
  return zone;
}

function addLine(zone: StubZone, line: string): void {
  const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
  if (!address || names.length === 0) return;
  const parsed = parseAddress(address);
  const type = parsed.version === 4 ? "A" : "AAAA";
  for (const name of names) add(zone, name, type, parsed.toString());
  add(zone, parsed.reversePointer, "PTR", names[0]);
}

/** Add what JSON says; a name that has no record exists all the same. */
function addJson(zone: StubZone, json: Record<string, unknown>): void {
  for (const [name, records] of Object.entries(json)) {
    if (typeof records !== "object" || !records || Array.isArray(records)) {
      throw zoneError(name, "what is no object");
    }
    recordsOf(zone, name);
    for (const [type, list] of Object.entries(records)) {
      if (!Array.isArray(list)) throw zoneError(name, `${type} without a list`);
      for (const data of list) add(zone, name, type, data);
    }
  }
}

/** Add a record. It is encoded once, to refuse now what could not be answered later. */
function add(zone: StubZone, name: string, type: string, data: unknown): void {
  try {
    encodeRecord(name, type, data);
  } catch {
    throw zoneError(name, `${type} ${JSON.stringify(data)}`);
  }
  (recordsOf(zone, name)[type] ??= []).push(data);
}

function recordsOf(zone: StubZone, name: string): StubRecords {
  const records = zone.get(bare(name)) ?? {};
  zone.set(bare(name), records);
  return records;
}

function zoneError(name: string, what: string): SyntaxError {
  return new SyntaxError(`Cannot read zone: "${name}" cannot have ${what}`);
}

function bare(name: string): string {
  return name.replace(/\.$/, "").toLowerCase();
}

/**
 * The answer to one message, or `undefined` where none is due.
 *
 * @param over TCP has room for every answer. Over UDP one of more than 512 octets, or longer than a forged
 * sender may draw, is cut to its question, with TC set: the asker comes again over TCP, where an
 * address cannot be forged.
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
  const harmless = AMPLIFICATION * (query.length + HEADERS) - HEADERS;
  if (over === "tcp" || full.length <= Math.min(UDP_REPLY, harmless)) {
    return full;
  }
  const cut = full.slice(0, end);
  cut[2]! |= 0x02;
  return cut.fill(0, 6, 12);
}

/** The records of a name, its aliases followed. */
function find(
  zone: StubZone,
  asked: string,
  type: string | undefined,
): { rcode: number; records: number[][] } {
  const records: number[][] = [];
  let name = asked;
  for (let step = 0; step < MOST_ALIASES; step++) {
    const entry = zone.get(name);
    if (entry === undefined) {
      const below = zone.keys().some((key) => key.endsWith(`.${name}`));
      return { rcode: below ? 0 : NXDOMAIN, records };
    }
    const own = type && entry[type];
    if (own) {
      const encoded = own.map((data) => encodeRecord(name, type, data));
      return { rcode: 0, records: [...records, ...encoded] };
    }
    const alias = entry.CNAME?.[0];
    if (alias === undefined) break;
    records.push(encodeRecord(name, "CNAME", alias));
    name = bare(alias as string);
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

/** A message with the question of the query, and records. Nothing found gets a SOA, which says for how long. */
function reply(
  query: Uint8Array,
  end: number,
  rcode: number,
  records: number[][],
): Uint8Array<ArrayBuffer> {
  const soa = records.length === 0 && end > 12
    ? [record("", 6, [0, 0, ...[1, 60, 60, 60, TTL].flatMap(uint32)])]
    : [];
  return Uint8Array.from([
    ...query.subarray(0, 2),
    0x84 | query[2]! & 0x01,
    0x80 | rcode,
    ...[end > 12 ? 1 : 0, records.length, soa.length, 0].flatMap(uint16),
    ...query.subarray(12, end),
    ...[...records, ...soa].flat(),
  ]);
}

function encodeRecord(name: string, type: string, data: unknown): number[] {
  const [number, encode] = TYPES.get(type)!;
  return record(name, number, encode(data));
}

function record(name: string, type: number, data: number[]): number[] {
  return [
    ...encodeName(name),
    ...[type, 1].flatMap(uint16),
    ...uint32(TTL),
    ...uint16(data.length),
    ...data,
  ];
}

/** Data of several fields. */
function inTurn(fields: Record<string, Encoder>): Encoder {
  return (data) =>
    Object.entries(fields).flatMap(([key, encode]) =>
      encode((data as Record<string, unknown>)[key])
    );
}

function encodeName(name: unknown): number[] {
  const labels = bare(name as string) === ""
    ? []
    : bare(name as string).split(".");
  const octets = [...labels.flatMap((label) => encodeText(label)), 0];
  const long = labels.some((label) => label === "" || label.length > 63);
  if (long || octets.length > 255) throw new RangeError("It is no name");
  return octets;
}

/** A label or a piece of text, its length before it. */
function encodeText(text: unknown): number[] {
  if (typeof text !== "string") throw new TypeError("It is no text");
  const octets = [...text].map((character) => character.codePointAt(0)!);
  if (octets.length > 255 || octets.some((octet) => octet > 255)) {
    throw new RangeError("It is not up to 255 octets");
  }
  return [octets.length, ...octets];
}

function uint16(value: unknown): number[] {
  const number = value as number;
  if (Number.isInteger(value) && number >= 0 && number <= 0xffff) {
    return [number >> 8, number & 0xff];
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
  { onQuery, port = 0, ...options }: StubOptions = {},
): Promise<Stub> {
  const respond = (query: Uint8Array, over: "udp" | "tcp") => {
    const question = readQuestion(query);
    if (question) onQuery?.(question.name, question.type, over);
    return answer(query, zone, over);
  };
  const codec = lengthPrefixedCodec({ lengthBytes: 2 });
  // A port that is free for TCP may be taken for UDP: then another one does as well, if any was wanted.
  for (let tries = 1;; tries++) {
    const tcp = await serve({ ...options, port }, async (conn) => {
      for await (const query of conn.messages(codec)) {
        const out = respond(query, "tcp");
        if (out) await conn.writer.writeMessage(codec, out);
      }
    });
    try {
      const udp = await serveDatagram(
        { ...options, port: tcp.addr.port, maxAmplification: AMPLIFICATION },
        ({ data }) => respond(data, "udp"),
      );
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

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      hostname: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "5353" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const [file, ...rest] = positionals;
  const { hostname, port } = values;
  if (file === undefined || rest.length > 0) {
    throw new TypeError("needs one file");
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new TypeError(`bad port "${port}"`);
  }
  try {
    const zone = parseZone(await Deno.readTextFile(file));
    const shutdownSignals = ["SIGTERM", "SIGINT"] as const;
    const options = { hostname, port: Number(port), shutdownSignals };
    const stub = await serveZone(zone, options);
    console.log(`Serving ${zone.size} names on ${stub.port}. Ctrl-C ends it.`);
    await stub.finished;
    return 0;
  } catch (error) {
    console.error(`dns_stub: ${(error as Error).message}`);
    return 1;
  }
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error(`dns_stub: ${(error as Error).message}\n${USAGE}`);
    Deno.exit(2);
  }
}
