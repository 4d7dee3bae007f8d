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
  lengthPrefixedCodec,
  listen,
  listenDatagram,
  parseAddress,
} from "../mod.ts";

const USAGE = "Usage: dns_stub.ts FILE [--hostname 127.0.0.1] [--port 5353]";

/** Records by type, as in `Deno.resolveDns`. */
export type StubRecords = Partial<
  {
    A: string[];
    AAAA: string[];
    CNAME: string[];
    NS: string[];
    PTR: string[];
    MX: { preference: number; exchange: string }[];
    SRV: { priority: number; weight: number; port: number; target: string }[];
    TXT: string[][];
  }
>;

/** Records by name in lower case. */
export type StubZone = Record<string, StubRecords>;

/** A running stub. */
export interface Stub extends AsyncDisposable {
  /** The port, the same for UDP and TCP. */
  port: number;
}

const TYPES: Record<number, keyof StubRecords> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
};
const NUMBERS = Object.fromEntries(
  Object.entries(TYPES).map(([number, type]) => [type, Number(number)]),
) as Record<keyof StubRecords, number>;

const TTL = 60;
const NXDOMAIN = 3;
const NOTIMP = 4;
const FORMERR = 1;

/** Read a zone from text: JSON if it begins with a brace, otherwise lines of hosts(5). */
export function parseZone(text: string): StubZone {
  if (text.trimStart().startsWith("{")) {
    const zone = JSON.parse(text) as StubZone;
    return Object.fromEntries(
      Object.entries(zone).map(([name, records]) => [bare(name), records]),
    );
  }
  const zone: StubZone = {};
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!address || names.length === 0) continue;
    const parsed = parseAddress(address);
    const type = parsed.version === 4 ? "A" : "AAAA";
    for (const name of names) {
      ((zone[bare(name)] ??= {})[type] ??= []).push(parsed.toString());
    }
    ((zone[parsed.reversePointer] ??= {}).PTR ??= []).push(names[0]!);
  }
  return zone;
}

function bare(name: string): string {
  return name.replace(/\.$/, "").toLowerCase();
}

/**
 * The answer to one message, or `undefined` where none is due.
 *
 * @param over TCP has room for every answer; over UDP one that is longer than the asker takes (512
 * octets, or what its OPT record says, at most 1232) is cut to its question, with TC set.
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
  const { rcode, records } = find(zone, name, TYPES[type]);
  const full = reply(query, end, rcode, records);
  const room = Math.max(512, Math.min(1232, payloadOf(query, end)));
  if (over === "tcp" || full.length <= room) return full;
  const cut = reply(query, end, rcode, []);
  cut[2]! |= 0x02;
  return cut;
}

interface Found {
  rcode: number;
  records: Uint8Array[];
}

/** The records of a name, its aliases followed. */
function find(
  zone: StubZone,
  asked: string,
  type: keyof StubRecords | undefined,
): Found {
  const records: Uint8Array[] = [];
  let name = asked;
  for (let step = 0; step < 16; step++) {
    const entry = zone[name];
    if (entry === undefined) {
      const below = Object.keys(zone).some((key) => key.endsWith(`.${name}`));
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

function encodeRecord<T extends keyof StubRecords>(
  name: string,
  type: T,
  data: NonNullable<StubRecords[T]>[number],
): Uint8Array {
  return record(name, NUMBERS[type], encodeData(data));
}

/** Each shape of data says by itself what it is. */
function encodeData(
  data: NonNullable<StubRecords[keyof StubRecords]>[number],
): number[] {
  if (Array.isArray(data)) {
    return data.flatMap((text) => [text.length, ...latin1(text)]);
  }
  if (typeof data === "object") {
    return "exchange" in data
      ? [...uint16(data.preference), ...encodeName(data.exchange)]
      : [
        ...uint16(data.priority),
        ...uint16(data.weight),
        ...uint16(data.port),
        ...encodeName(data.target),
      ];
  }
  return isAddress(data) ? [...parseAddress(data).toBytes()] : encodeName(data);
}

function isAddress(text: string): boolean {
  return text.includes(":") || /^[0-9.]+$/.test(text) && text !== ".";
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
  const labels = bare(name).split(".").filter((label) => label !== "");
  return [...labels.flatMap((l) => [l.length, ...latin1(l)]), 0];
}

function latin1(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0) & 0xff);
}

function uint16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function uint32(value: number): number[] {
  return [...uint16(value >>> 16), ...uint16(value & 0xffff)];
}

/** One port for TCP and UDP; a free one may be free for one of them only. */
async function bindBoth(hostname: string, port: number) {
  for (let tries = 1;; tries++) {
    const listener = await listen({ hostname, port });
    try {
      const bound = (listener.addr as Deno.NetAddr).port;
      const socket = await listenDatagram({ hostname, port: bound });
      return { listener, socket };
    } catch (error) {
      await listener.close();
      if (port !== 0 || tries === 10) throw error;
    }
  }
}

/** Serve a zone over UDP and TCP until disposed. `onQuery` sees every question. */
export async function serveZone(
  zone: StubZone,
  options: {
    hostname?: string;
    port?: number;
    onQuery?: (name: string, type: number, over: "udp" | "tcp") => void;
  } = {},
): Promise<Stub> {
  const { hostname = "127.0.0.1", port = 0, onQuery } = options;
  const { listener, socket } = await bindBoth(hostname, port);
  const note = (query: Uint8Array, over: "udp" | "tcp") => {
    const question = readQuestion(query);
    if (question) onQuery?.(question.name, question.type, over);
  };
  const tcp = (async () => {
    for await (const conn of listener) {
      (async () => {
        await using _ = conn;
        const codec = lengthPrefixedCodec({ lengthBytes: 2 });
        for await (const query of conn.messages(codec)) {
          note(query, "tcp");
          const out = answer(query, zone, "tcp");
          if (out) await conn.writer.writeMessage(codec, out);
        }
      })().catch(() => {}); // A client that hangs up is no news.
    }
  })();
  const udp = (async () => {
    for await (const { data, from } of socket) {
      note(data, "udp");
      const out = answer(data, zone, "udp");
      if (out) await socket.send(out, from);
    }
  })();
  return {
    port: socket.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await socket.close();
      await Promise.allSettled([tcp, udp]);
    },
  };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
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
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    throw new TypeError("give one file");
  }
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const zone = parseZone(await Deno.readTextFile(file));
  await using stub = await serveZone(zone, {
    hostname: values.hostname,
    port: Number(values.port || NaN),
  });
  Deno.addSignalListener("SIGINT", stop);
  console.log(`Serving ${Object.keys(zone).length} names on ${stub.port}`);
  await stopped;
  Deno.removeSignalListener("SIGINT", stop);
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main();
  } catch (error) {
    // parseArgs and the checks of host and port throw TypeError and RangeError: bad usage.
    const usage = error instanceof TypeError || error instanceof RangeError;
    console.error(`${(error as Error).message}${usage ? `\n${USAGE}` : ""}`);
    Deno.exitCode = usage ? 2 : 1;
  }
}
