/**
 * A DNS server on loopback that does what a test tells it to, right or wrong. Messages are put
 * together octet by octet here, independently of lib/lookup, so that neither can hide a mistake of
 * the other.
 */
import { Buffer } from "node:buffer";
import { listenDatagram } from "../../../lib/socket/listen_datagram.ts";

export const A = 1;
export const CNAME = 5;
export const SOA = 6;
export const AAAA = 28;
export const SERVFAIL = 2;
export const NXDOMAIN = 3;
export const REFUSED = 5;

/** A question as it arrived. */
export interface FakeQuery {
  bytes: Uint8Array;
  id: number;
  name: string;
  type: number;
  over: "udp" | "tcp";
  from: Deno.NetAddr;
  /** How many have arrived before, over both ways. */
  index: number;
}

/** What to send back: messages, or nothing. */
type Behaviour = (
  query: FakeQuery,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** What the fake is told. A way that is missing answers nothing: UDP is silent, TCP refused. */
export interface FakeOptions {
  udp?: Behaviour;
  tcp?: Behaviour;
  /** Close a TCP connection after so many questions. */
  perConnection?: number;
}

/** A running fake. */
export class FakeDns {
  /** `127.0.0.1:port`. */
  readonly server: string;
  readonly port: number;
  readonly queries: FakeQuery[] = [];
  /** How many TCP connections have been accepted. */
  connections = 0;
  /** How many of them the other side has ended. */
  ended = 0;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.server = `127.0.0.1:${port}`;
    this.#close = close;
  }

  static async start(options: FakeOptions): Promise<FakeDns> {
    const { udp, tcp, perConnection = Infinity } = options;
    const { socket, listener } = await bindBoth(tcp !== undefined);
    const { port } = socket.addr;
    const open = new Set<Deno.Conn>();
    const work = new Set<Promise<void>>();
    const fake = new FakeDns(port, async () => {
      listener?.close();
      await socket.close();
      for (const conn of open) conn[Symbol.dispose]();
      await Promise.allSettled(work);
    });
    const track = (promise: Promise<void>) => {
      const tracked = promise.catch(() => {}).finally(() => {
        work.delete(tracked);
      });
      work.add(tracked);
    };
    track((async () => {
      for await (const { data, from } of socket) {
        const query = fake.#note(data, "udp", from);
        track((async () => {
          const out = await udp?.(query);
          if (out) await socket.send(out, from);
        })());
      }
    })());
    if (listener !== undefined && tcp !== undefined) {
      track((async () => {
        for await (const conn of listener) {
          fake.connections++;
          open.add(conn);
          track(fake.#serve(conn, tcp, perConnection, track));
        }
      })());
    }
    return fake;
  }

  #note(
    bytes: Uint8Array,
    over: "udp" | "tcp",
    from: Deno.NetAddr,
  ): FakeQuery {
    const { name, end } = questionName(bytes);
    const query = {
      bytes,
      id: bytes[0]! << 8 | bytes[1]!,
      name,
      type: bytes[end]! << 8 | bytes[end + 1]!,
      over,
      from,
      index: this.queries.length,
    };
    this.queries.push(query);
    return query;
  }

  async #serve(
    conn: Deno.Conn,
    tcp: Behaviour,
    perConnection: number,
    track: (work: Promise<void>) => void,
  ): Promise<void> {
    let held = Buffer.alloc(0);
    let writing = Promise.resolve();
    const buffer = new Uint8Array(65_536);
    try {
      for (let served = 0; served < perConnection;) {
        const count = await conn.read(buffer);
        if (count === null) return void this.ended++;
        held = Buffer.concat([held, buffer.subarray(0, count)]);
        while (held.length >= 2 && served < perConnection) {
          const end = 2 + held.readUInt16BE(0);
          if (held.length < end) break;
          const query = this.#note(
            Uint8Array.from(held.subarray(2, end)),
            "tcp",
            conn.remoteAddr as Deno.NetAddr,
          );
          held = held.subarray(end);
          served++;
          const answered = (async () => {
            const out = await tcp(query);
            if (!out) return;
            const frame = [...uint16(out.length), ...out];
            await (writing = writing.then(() => writeAll(conn, frame)));
          })();
          if (served === perConnection) await answered;
          else track(answered);
        }
      }
    } finally {
      conn[Symbol.dispose]();
    }
  }

  /** The names that were asked, over one way or over both. */
  names(over?: "udp" | "tcp"): string[] {
    return this.queries.filter((q) => over === undefined || q.over === over)
      .map((query) => query.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/** A port that is free for both; where TCP is not wanted it stays closed. */
async function bindBoth(withTcp: boolean) {
  for (let tries = 0;; tries++) {
    const socket = await listenDatagram({ hostname: "127.0.0.1", port: 0 });
    try {
      const { port } = socket.addr;
      const listener = Deno.listen({ hostname: "127.0.0.1", port });
      if (withTcp) return { socket, listener };
      listener.close();
      return { socket, listener: undefined };
    } catch (error) {
      await socket.close();
      if (tries === 20) throw error;
    }
  }
}

async function writeAll(conn: Deno.Conn, octets: number[]): Promise<void> {
  const data = Uint8Array.from(octets);
  for (let at = 0; at < data.length;) {
    at += await conn.write(data.subarray(at));
  }
}

function questionName(bytes: Uint8Array): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  while (bytes[at]) {
    labels.push(
      String.fromCharCode(...bytes.subarray(at + 1, at + 1 + bytes[at]!)),
    );
    at += 1 + bytes[at]!;
  }
  return { name: labels.join("."), end: at + 1 };
}

/** What an answer differs in from the plain one. */
export interface ReplyParts {
  id?: number;
  rcode?: number;
  truncated?: boolean;
  /** The question's name, where it is not the one that was asked. */
  name?: string;
  type?: number;
  answers?: Uint8Array[];
  authorities?: Uint8Array[];
  /** What the header says of the number of answers. */
  count?: number;
}

/** An answer to a query. */
export function reply(query: FakeQuery, parts: ReplyParts = {}): Uint8Array {
  const { answers = [], authorities = [], rcode = 0 } = parts;
  return Uint8Array.from([
    ...uint16(parts.id ?? query.id),
    0x81 | (parts.truncated ? 0x02 : 0),
    0x80 | rcode,
    ...uint16(1),
    ...uint16(parts.count ?? answers.length),
    ...uint16(authorities.length),
    ...uint16(0),
    ...name(parts.name ?? query.name),
    ...uint16(parts.type ?? query.type),
    ...uint16(1),
    ...answers.flatMap((octets) => [...octets]),
    ...authorities.flatMap((octets) => [...octets]),
  ]);
}

/** An answer with one address, whatever was asked. */
export function replyA(query: FakeQuery, address = "192.0.2.1"): Uint8Array {
  if (query.type !== A) return reply(query);
  return reply(query, { answers: [record(query.name, A, ipv4(address))] });
}

/** A resource record. */
export function record(
  owner: string,
  type: number,
  data: number[],
  ttl = 300,
): Uint8Array {
  return Uint8Array.from([
    ...name(owner),
    ...uint16(type),
    ...uint16(1),
    ...uint32(ttl),
    ...uint16(data.length),
    ...data,
  ]);
}

/** The data of a SOA record with that minimum. */
export function soaData(minimum: number): number[] {
  return [
    ...name("ns"),
    ...name("h"),
    ...[1, 2, 3, 4, minimum].flatMap(uint32),
  ];
}

export function ipv4(text: string): number[] {
  return text.split(".").map(Number);
}

export function name(text: string): number[] {
  const labels = text.split(".").filter((label) => label !== "");
  return [...labels.flatMap((l) => [l.length, ...Buffer.from(l, "latin1")]), 0];
}

export function uint16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

export function uint32(value: number): number[] {
  return [...uint16(value >>> 16), ...uint16(value & 0xffff)];
}
