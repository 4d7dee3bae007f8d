/**
 * The PROXY protocol version 2: the binary form. Called by proxy_header.ts once the signature is
 * there, and by encode_proxy_header.ts.
 *
 * @module
 */
import { LimitExceededError, ProtocolError } from "../errors.ts";
import { crc32c } from "./crc32c.ts";
import {
  decodeEnds,
  encodeEnds,
  LENGTH_OF_ENDS,
  type ProxyEnds,
} from "./proxy_address.ts";
import type {
  DecodedProxyHeader,
  ProxyHeader,
  ProxyHeaderNeeds,
  ProxyTlv,
} from "./proxy_header.ts";
import { decodeProxySsl } from "./proxy_ssl.ts";
import {
  decodeTlvs,
  encodeTlvs,
  findTlv,
  TLV,
  TLV_HEADER,
  tlvText,
} from "./proxy_tlv.ts";

/** CR LF CR LF NUL CR LF "QUIT" LF, which begins version 2 and no known protocol. */
export const SIGNATURE_V2: Uint8Array = new Uint8Array([
  ...[13, 10, 13, 10, 0, 13, 10],
  ...[81, 85, 73, 84, 10],
]);

/** Signature (12), version and command, family and protocol, length (2). */
const FIXED = 16;

/** Longest header that we take or send; the length field could say 64 KiB. */
const MAX_LENGTH = 4096;

/** Section 2.2.5. */
const MAX_UNIQUE_ID = 128;

const VERSION = 0x20;
const LOCAL = 0;
const PROXY = 1;

/**
 * Decode the header that starts the bytes, whose signature has been seen.
 *
 * @throws {ProtocolError} If it is not as section 2.2 says, or longer than 4 KiB.
 */
export function decodeProxyV2(
  bytes: Uint8Array,
): DecodedProxyHeader | ProxyHeaderNeeds {
  if (bytes.length > 12) checkCommand(bytes[12]!);
  if (bytes.length < FIXED) return { need: bytes.length + 1 };
  const consumed = FIXED + bytes[14]! * 256 + bytes[15]!;
  if (consumed > MAX_LENGTH) {
    throw bad(`${consumed} bytes are more than the ${MAX_LENGTH} accepted`);
  }
  // LOCAL: the block, its family included, is to be skipped unseen.
  const local = bytes[12] === (VERSION | LOCAL);
  const family = bytes[13]!;
  const ends = local ? 0 : lengthOfEnds(family);
  if (!local && consumed < FIXED + ends) {
    throw bad(`length ${consumed - FIXED} is too short for its addresses`);
  }
  if (bytes.length < consumed) return { need: consumed };
  if (local) {
    return { header: { version: 2, command: "local", tlvs: [] }, consumed };
  }
  const tlvs = decodeTlvs(bytes.subarray(FIXED + ends, consumed));
  checkChecksum(bytes.subarray(0, consumed), tlvs, FIXED + ends);
  const header: ProxyHeader = {
    version: 2,
    command: "proxy",
    ...decodeEnds(family, bytes.subarray(FIXED, FIXED + ends)),
    tlvs,
  };
  decodeFields(header);
  return { header, consumed };
}

function checkCommand(byte: number): void {
  if ((byte & 0xf0) !== VERSION) throw bad(`version ${byte >> 4} is not 2`);
  if ((byte & 0x0f) > PROXY) throw bad(`command ${byte & 0x0f} is unknown`);
}

function lengthOfEnds(family: number): number {
  const length = LENGTH_OF_ENDS.get(family);
  if (length === undefined) {
    throw bad(`family and protocol 0x${family.toString(16)} are unknown`);
  }
  return length;
}

/** Verify the checksum if there is one (section 2.2.3): it covers all, with itself as zeros. */
function checkChecksum(
  bytes: Uint8Array,
  tlvs: readonly ProxyTlv[],
  start: number,
): void {
  let at = start;
  let found = false;
  for (const { type, value } of tlvs) {
    if (type === TLV.crc32c) {
      if (found || value.length !== 4) {
        throw bad("needs one checksum of 4 bytes");
      }
      found = true;
      const covered = new Uint8Array(bytes);
      covered.fill(0, at + TLV_HEADER, at + TLV_HEADER + 4);
      if (crc32c(covered) !== new DataView(value.buffer).getUint32(0)) {
        throw bad("its checksum is wrong");
      }
    }
    at += TLV_HEADER + value.length;
  }
}

/** Decode the fields that have a meaning of their own. */
function decodeFields(header: ProxyHeader): void {
  const { tlvs } = header;
  const alpn = tlvText(tlvs, TLV.alpn);
  const authority = tlvText(tlvs, TLV.authority);
  const netns = tlvText(tlvs, TLV.netns);
  const uniqueId = findTlv(tlvs, TLV.uniqueId);
  const ssl = findTlv(tlvs, TLV.ssl);
  if (alpn !== undefined) header.alpn = alpn;
  if (authority !== undefined) header.authority = authority;
  if (netns !== undefined) header.netns = netns;
  if (uniqueId !== undefined) {
    if (uniqueId.value.length > MAX_UNIQUE_ID) {
      throw bad(`unique id is longer than ${MAX_UNIQUE_ID} bytes`);
    }
    header.uniqueId = uniqueId.value;
  }
  if (ssl !== undefined) header.ssl = decodeProxySsl(ssl.value);
}

function bad(reason: string): ProtocolError {
  return new ProtocolError(`Cannot decode PROXY header version 2: ${reason}`);
}

/** What a version 2 header is made of. */
interface ProxyV2Parts {
  command: "proxy" | "local";
  ends: ProxyEnds | undefined;
  tlvs: readonly ProxyTlv[];
  checksum: boolean;
}

/**
 * The bytes of a version 2 header.
 *
 * @throws {LimitExceededError} If it would be longer than 4 KiB.
 */
export function encodeProxyV2(
  { command, ends, tlvs, checksum }: ProxyV2Parts,
): Uint8Array<ArrayBuffer> {
  const { family, block } = encodeEnds(ends);
  const fields = encodeTlvs(
    checksum ? [...tlvs, { type: TLV.crc32c, value: new Uint8Array(4) }] : tlvs,
  );
  const length = block.length + fields.length;
  if (FIXED + length > MAX_LENGTH) {
    throw new LimitExceededError(
      `Cannot encode PROXY header: ${
        FIXED + length
      } bytes are more than the limit of ${MAX_LENGTH}`,
      { limit: MAX_LENGTH, actual: FIXED + length },
    );
  }
  const bytes = new Uint8Array(FIXED + length);
  const view = new DataView(bytes.buffer);
  bytes.set(SIGNATURE_V2);
  bytes[12] = VERSION | (command === "local" ? LOCAL : PROXY);
  bytes[13] = family;
  view.setUint16(14, length);
  bytes.set(block, FIXED);
  bytes.set(fields, FIXED + block.length);
  if (checksum) view.setUint32(bytes.length - 4, crc32c(bytes));
  return bytes;
}
