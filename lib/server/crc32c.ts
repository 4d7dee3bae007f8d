/**
 * CRC-32C (Castagnoli): the checksum of PROXY protocol version 2, used by proxy_v2.ts.
 *
 * @module
 */

/** The polynomial 0x1EDC6F41 with its bits reversed (RFC 3720 appendix B.4). */
const POLYNOMIAL = 0x82f63b78;

let table: Uint32Array | undefined;

/** The remainders of all single bytes; made when the first checksum is needed. */
function remainders(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) {
      remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
    }
    return remainder;
  });
}

/** The CRC-32C of the bytes, as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  table ??= remainders();
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 255]!;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
