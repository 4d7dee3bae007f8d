/**
 * The data of one resource record, from the wire to the shapes of record_types.ts.
 *
 * Every read is checked against the record's own end, so a record can neither reach into its
 * neighbour nor past the message; names alone may point back (compression). Pure.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import { formatIPv6 } from "../address/format.ts";
import type {
  CaaRecord,
  MxRecord,
  NaptrRecord,
  RecordMap,
  RecordType,
  SoaRecord,
  SrvRecord,
  SshfpRecord,
  TlsaRecord,
} from "./record_types.ts";
import { decodeSvcb } from "./svcb_data.ts";
import { readName } from "./wire_name.ts";

/** A cursor over the data of one record. */
export class RecordData {
  readonly #message: Uint8Array;
  readonly #end: number;
  #at: number;

  /** Stand at the start of the record's data, which ends before `end`. */
  constructor(message: Uint8Array, start: number, end: number) {
    this.#message = message;
    this.#at = start;
    this.#end = end;
  }

  /** How many octets are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.left) {
      throw new ProtocolError(
        `Cannot decode DNS record: its data ends ${
          count - this.left
        } octets early`,
      );
    }
    this.#at += count;
    return at;
  }

  /** One octet. */
  uint8(): number {
    return this.#message[this.#take(1)]!;
  }

  /** Two octets. */
  uint16(): number {
    const at = this.#take(2);
    return this.#message[at]! << 8 | this.#message[at + 1]!;
  }

  /** Four octets. */
  uint32(): number {
    return this.uint16() * 0x1_0000 + this.uint16();
  }

  /** An IPv6 address as text. */
  ipv6(): string {
    const word = () => this.uint32() | 0;
    return formatIPv6(word(), word(), word(), word());
  }

  /** So many octets, as a copy. */
  bytes(count: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(count);
    return this.#message.slice(at, at + count) as Uint8Array<ArrayBuffer>;
  }

  /** So many octets as text, one code unit each. */
  text(count: number): string {
    const at = this.#take(count);
    let text = "";
    for (let i = at; i < at + count; i++) {
      text += String.fromCharCode(this.#message[i]!);
    }
    return text;
  }

  /** A length octet and that many characters (RFC 1035 section 3.3). */
  characterString(): string {
    return this.text(this.uint8());
  }

  /** A domain name. */
  name(): string {
    const { name, next } = readName(this.#message, this.#at);
    this.#take(next - this.#at);
    return name;
  }
}

/**
 * Decode the data of a record of a known type.
 *
 * @throws {ProtocolError} If the data is not what the type says, or has octets left over.
 */
export function decodeRecordData(
  type: RecordType,
  message: Uint8Array,
  start: number,
  end: number,
): RecordMap[RecordType] {
  const data = new RecordData(message, start, end);
  const record = DECODERS[type](data);
  if (data.left > 0) {
    throw new ProtocolError(
      `Cannot decode ${type} record: ${data.left} octets are left over`,
    );
  }
  return record;
}

const DECODERS: {
  readonly [T in RecordType]: (data: RecordData) => RecordMap[T];
} = {
  A: (d) => `${d.uint8()}.${d.uint8()}.${d.uint8()}.${d.uint8()}`,
  AAAA: (d) => d.ipv6(),
  CNAME: (d) => d.name(),
  NS: (d) => d.name(),
  PTR: (d) => d.name(),
  MX: decodeMx,
  SOA: decodeSoa,
  SRV: decodeSrv,
  TXT: decodeTxt,
  CAA: decodeCaa,
  NAPTR: decodeNaptr,
  HTTPS: decodeSvcb,
  SVCB: decodeSvcb,
  TLSA: decodeTlsa,
  SSHFP: decodeSshfp,
};

function decodeMx(d: RecordData): MxRecord {
  return { preference: d.uint16(), exchange: d.name() };
}

function decodeSoa(d: RecordData): SoaRecord {
  return {
    mname: d.name(),
    rname: d.name(),
    serial: d.uint32(),
    refresh: d.uint32(),
    retry: d.uint32(),
    expire: d.uint32(),
    minimum: d.uint32(),
  };
}

function decodeSrv(d: RecordData): SrvRecord {
  return {
    priority: d.uint16(),
    weight: d.uint16(),
    port: d.uint16(),
    target: d.name(),
  };
}

function decodeTxt(d: RecordData): string[] {
  const strings = [d.characterString()];
  while (d.left > 0) strings.push(d.characterString());
  return strings;
}

function decodeCaa(d: RecordData): CaaRecord {
  const critical = (d.uint8() & 0x80) !== 0;
  // At least one character, matched in any case (RFC 8659 section 4.1).
  const tag = d.characterString().toLowerCase();
  if (tag === "") {
    throw new ProtocolError("Cannot decode CAA record: its tag is empty");
  }
  return { critical, tag, value: d.text(d.left) };
}

function decodeNaptr(d: RecordData): NaptrRecord {
  return {
    order: d.uint16(),
    preference: d.uint16(),
    flags: d.characterString(),
    services: d.characterString(),
    regexp: d.characterString(),
    replacement: d.name(),
  };
}

function decodeTlsa(d: RecordData): TlsaRecord {
  return {
    usage: d.uint8(),
    selector: d.uint8(),
    matchingType: d.uint8(),
    data: d.bytes(d.left),
  };
}

function decodeSshfp(d: RecordData): SshfpRecord {
  return {
    algorithm: d.uint8(),
    fingerprintType: d.uint8(),
    fingerprint: d.bytes(d.left),
  };
}
