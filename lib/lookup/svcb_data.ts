/**
 * The data of HTTPS and SVCB records (RFC 9460 sections 2.2 and 7). Pure; called by record_data.ts.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import type { RecordData } from "./record_data.ts";
import type { SvcbRecord } from "./record_types.ts";

/** Keys of service parameters (IANA "Service Parameter Keys"). */
const MANDATORY = 0;
const ALPN = 1;
const NO_DEFAULT_ALPN = 2;
const PORT = 3;
const IPV4_HINT = 4;
const ECH = 5;
const IPV6_HINT = 6;

/** Decode the record; keys must stand in strictly rising order (section 2.2). */
export function decodeSvcb(data: RecordData): SvcbRecord {
  const record: SvcbRecord = { priority: data.uint16(), target: data.name() };
  let previous = -1;
  while (data.left > 0) {
    const key = data.uint16();
    const length = data.uint16();
    if (key <= previous) {
      throw svcbError(`key ${key} stands after key ${previous}`);
    }
    if (length > data.left) throw svcbError(`key ${key} is cut short`);
    previous = key;
    const rest = data.left - length;
    readParameter(record, key, length, data);
    if (data.left !== rest) throw svcbError(`key ${key} has a bad length`);
  }
  return record;
}

function readParameter(
  record: SvcbRecord,
  key: number,
  length: number,
  data: RecordData,
): void {
  const end = data.left - length;
  switch (key) {
    case MANDATORY:
      record.mandatory = [];
      while (data.left > end) record.mandatory.push(data.uint16());
      return;
    case ALPN:
      record.alpn = [];
      while (data.left > end) record.alpn.push(data.characterString());
      return;
    case NO_DEFAULT_ALPN:
      record.noDefaultAlpn = true;
      return;
    case PORT:
      record.port = data.uint16();
      return;
    case IPV4_HINT:
      record.ipv4hint = [];
      while (data.left > end) {
        record.ipv4hint.push([...data.bytes(4)].join("."));
      }
      return;
    case ECH:
      record.ech = data.bytes(length);
      return;
    case IPV6_HINT:
      record.ipv6hint = [];
      while (data.left > end) {
        record.ipv6hint.push(data.ipv6());
      }
      return;
    default:
      record.parameters ??= {};
      record.parameters[key] = data.bytes(length);
  }
}

function svcbError(reason: string): ProtocolError {
  return new ProtocolError(`Cannot decode SVCB record: ${reason}`);
}
