/**
 * DNS messages (RFC 1035 section 4): encode a question, decode an answer.
 *
 * Counts in the header only say where to stop; what is there decides. A message of n octets gives
 * at most n / 11 records, so nothing that a server sends can loop or grow. Pure; used by the wire
 * backend.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import { decodeRecordData } from "./record_data.ts";
import type { RecordMap, RecordType } from "./record_types.ts";
import { TYPE_NUMBERS } from "./record_types.ts";
import { readName, writeName } from "./wire_name.ts";

/** What fits into one unfragmented datagram anywhere (DNS flag day 2020). */
const UDP_PAYLOAD = 1232;

const HEADER_LENGTH = 12;
const CLASS_IN = 1;
const TYPE_OPT = 41;

const TYPE_NAMES: ReadonlyMap<number, RecordType> = new Map(
  Object.entries(TYPE_NUMBERS).map((
    [name, number],
  ) => [number, name as RecordType]),
);

/** A record of a type that we know. */
export type DnsRecord = {
  [T in RecordType]: {
    /** The owner's name, in lower case. */
    name: string;
    type: T;
    /** Seconds for which it may be kept. */
    ttl: number;
    data: RecordMap[T];
  };
}[RecordType];

/** An answer, as far as a stub resolver looks at it. */
export interface DnsResponse {
  id: number;
  /** Whether the answer did not fit (TC). The sections are then empty. */
  truncated: boolean;
  /** The response code, extended by EDNS where that is present. */
  rcode: number;
  /** What was asked, its name in lower case; `undefined` where the server left it out. */
  question: { name: string; type: number } | undefined;
  answers: DnsRecord[];
  /** The authority section: where SOA tells how long "there is none" may be kept. */
  authorities: DnsRecord[];
}

/**
 * Encode a question for `name` with recursion desired.
 *
 * The identifier is left 0: it is the transport's to choose.
 *
 * @throws {ProtocolError} If the name cannot be written.
 */
export function encodeQuery(
  name: string,
  type: RecordType,
  edns: boolean,
): Uint8Array<ArrayBuffer> {
  // Each dot becomes a length; the first label's length and the root are added. Escapes shrink.
  const room = Math.max(name.length + 2, name.includes("\\") ? 255 : 0);
  const out = new Uint8Array(HEADER_LENGTH + room + 4 + (edns ? 11 : 0));
  out[2] = 0x01; // RD
  out[5] = 1; // QDCOUNT
  let at = writeName(out, HEADER_LENGTH, name);
  const number = TYPE_NUMBERS[type];
  out[at++] = number >> 8;
  out[at++] = number & 0xff;
  out[at + 1] = CLASS_IN;
  at += 2;
  if (edns) {
    // OPT: root name, type 41, our payload size as class, no flags, no options (RFC 6891 section 6.1).
    out[11] = 1; // ARCOUNT
    out[at + 2] = TYPE_OPT;
    out[at + 3] = UDP_PAYLOAD >> 8;
    out[at + 4] = UDP_PAYLOAD & 0xff;
    at += 11;
  }
  return at === out.length ? out : out.slice(0, at);
}

/** The identifier of a message, or -1 where it is too short to have a header. */
export function messageId(message: Uint8Array): number {
  return message.length < HEADER_LENGTH ? -1 : message[0]! << 8 | message[1]!;
}

/**
 * Decode an answer.
 *
 * @throws {ProtocolError} If it is not one: a question, cut short, with bad names or bad data.
 */
export function decodeResponse(message: Uint8Array): DnsResponse {
  const id = messageId(message);
  if (id < 0) throw messageError("it is shorter than its header");
  const flags = message[2]! << 8 | message[3]!;
  if ((flags & 0x8000) === 0) throw messageError("it is not an answer");
  if ((flags & 0x7800) !== 0) throw messageError("its opcode is not QUERY");
  const response: DnsResponse = {
    id,
    truncated: (flags & 0x0200) !== 0,
    rcode: flags & 0x000f,
    question: undefined,
    answers: [],
    authorities: [],
  };
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map(
    (at) => message[at]! << 8 | message[at + 1]!,
  ) as [number, number, number, number];
  if (questions > 1) throw messageError(`it has ${questions} questions`);
  let at = HEADER_LENGTH;
  if (questions === 1) {
    const { name, next } = readName(message, at);
    if (next + 4 > message.length) throw messageError("its question is cut");
    if ((message[next + 2]! << 8 | message[next + 3]!) !== CLASS_IN) {
      throw messageError("its question is not of class IN");
    }
    response.question = {
      name: name.toLowerCase(),
      type: message[next]! << 8 | message[next + 1]!,
    };
    at = next + 4;
  }
  if (response.truncated) return response;
  at = readSection(message, at, answers, response, response.answers);
  at = readSection(message, at, authorities, response, response.authorities);
  readSection(message, at, additionals, response, undefined);
  return response;
}

/** Read `count` records; those that are not kept are stepped over, except OPT, which has the rcode's upper bits. */
function readSection(
  message: Uint8Array,
  start: number,
  count: number,
  response: DnsResponse,
  records: DnsRecord[] | undefined,
): number {
  let at = start;
  for (let i = 0; i < count; i++) {
    const { name, next } = readName(message, at);
    if (next + 10 > message.length) {
      throw messageError(`it has fewer records than it counts`);
    }
    const type = message[next]! << 8 | message[next + 1]!;
    const ofClass = message[next + 2]! << 8 | message[next + 3]!;
    const length = message[next + 8]! << 8 | message[next + 9]!;
    at = next + 10 + length;
    if (at > message.length) throw messageError("a record is cut short");
    if (records === undefined) {
      if (type === TYPE_OPT) response.rcode |= message[next + 4]! << 4;
      continue;
    }
    const known = TYPE_NAMES.get(type);
    if (known === undefined || ofClass !== CLASS_IN) continue;
    records.push({
      name: name.toLowerCase(),
      type: known,
      ttl: readTtl(message, next + 4),
      data: decodeRecordData(known, message, next + 10, at),
    } as DnsRecord);
  }
  return at;
}

/** A TTL with its top bit set counts as 0 (RFC 2181 section 8). */
function readTtl(message: Uint8Array, at: number): number {
  if (message[at]! >= 0x80) return 0;
  return message[at]! << 24 | message[at + 1]! << 16 | message[at + 2]! << 8 |
    message[at + 3]!;
}

function messageError(reason: string): ProtocolError {
  return new ProtocolError(`Cannot decode DNS message: ${reason}`);
}
