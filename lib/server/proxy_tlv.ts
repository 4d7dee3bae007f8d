/**
 * The type-length-value fields of PROXY protocol version 2, as a list, both ways; what the fields
 * mean is in proxy_v2.ts and proxy_ssl.ts.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import type { ProxyTlv } from "./proxy_header.ts";

/** The types that we know (sections 2.2.1 to 2.2.9). */
export const TLV = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  uniqueId: 0x05,
  ssl: 0x20,
  sslVersion: 0x21,
  sslCommonName: 0x22,
  sslCipher: 0x23,
  sslSignatureAlgorithm: 0x24,
  sslKeyAlgorithm: 0x25,
  netns: 0x30,
} as const;

/** Type and length. */
export const TLV_HEADER = 3;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Cut the bytes into fields.
 *
 * @throws {ProtocolError} If the last one does not end where the bytes end.
 */
export function decodeTlvs(bytes: Uint8Array): ProxyTlv[] {
  const tlvs: ProxyTlv[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + TLV_HEADER;
    if (start > bytes.length) throw truncated();
    const end = start + bytes[at + 1]! * 256 + bytes[at + 2]!;
    if (end > bytes.length) throw truncated();
    tlvs.push({
      type: bytes[at]!,
      value: new Uint8Array(bytes.subarray(start, end)),
    });
    at = end;
  }
  return tlvs;
}

function truncated(): ProtocolError {
  return new ProtocolError(
    "Cannot decode PROXY header version 2: a TLV runs past its end",
  );
}

/** The fields as bytes. */
export function encodeTlvs(tlvs: readonly ProxyTlv[]): Uint8Array<ArrayBuffer> {
  const length = tlvs.reduce(
    (sum, { value }) => sum + TLV_HEADER + value.length,
    0,
  );
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { type, value } of tlvs) {
    checkTlv(type, value);
    bytes[at] = type;
    bytes[at + 1] = value.length >> 8;
    bytes[at + 2] = value.length & 255;
    bytes.set(value, at + TLV_HEADER);
    at += TLV_HEADER + value.length;
  }
  return bytes;
}

function checkTlv(type: number, value: Uint8Array): void {
  if (!Number.isInteger(type) || type < 0 || type > 255) {
    throw new RangeError(
      `Cannot encode PROXY header: TLV type ${type} is not from 0 to 255`,
    );
  }
  if (value.length > 65_535) {
    throw new RangeError(
      `Cannot encode PROXY header: TLV of ${value.length} bytes, at most 65535 can be said`,
    );
  }
}

/** The first field of this type. */
export function findTlv(
  tlvs: readonly ProxyTlv[],
  type: number,
): ProxyTlv | undefined {
  return tlvs.find((tlv) => tlv.type === type);
}

/**
 * The first field of this type as text.
 *
 * @throws {ProtocolError} If it is not UTF-8.
 */
export function tlvText(
  tlvs: readonly ProxyTlv[],
  type: number,
): string | undefined {
  const tlv = findTlv(tlvs, type);
  if (tlv === undefined) return undefined;
  try {
    return decoder.decode(tlv.value);
  } catch (cause) {
    throw new ProtocolError(
      `Cannot decode PROXY header version 2: TLV 0x${
        type.toString(16)
      } is not UTF-8`,
      { cause },
    );
  }
}

/** The list with each of the given values in place of the fields of its type; undefined ones stand for nothing. */
export function replaceTlvs(
  tlvs: readonly ProxyTlv[],
  values: readonly [type: number, value: string | Uint8Array | undefined][],
): ProxyTlv[] {
  const given: ProxyTlv[] = [];
  for (const [type, value] of values) {
    if (value === undefined) continue;
    given.push({
      type,
      value: typeof value === "string"
        ? encoder.encode(value)
        : new Uint8Array(value),
    });
  }
  const types = new Set(given.map(({ type }) => type));
  return [...tlvs.filter(({ type }) => !types.has(type)), ...given];
}
