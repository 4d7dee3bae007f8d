/**
 * Words to text: dotted IPv4 and RFC 5952 IPv6. Called by the address classes and `inet_ntop`;
 * parses nothing.
 *
 * @module
 */

/** "0" … "ff", and the same as two digits. */
const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, i) => i.toString(16),
);
const PADDED: readonly string[] = HEX.map((digits) => digits.padStart(2, "0"));

/** The characters of "0" … "255", the first in the second byte, and how many in the first byte. */
const OCTETS = Int32Array.from({ length: 256 }, (_, octet) => {
  const text = String(octet);
  return text.length | (text.charCodeAt(0) << 8) |
    ((text.charCodeAt(1) || 0) << 16) | ((text.charCodeAt(2) || 0) << 24);
});

/** The characters of the text in the making, for all calls. */
const C = new Uint8Array(18);

/** Put one octet and a dot at `at`; what follows overwrites what was too much. */
function putOctet(at: number, octet: number): number {
  const packed = OCTETS[octet]!;
  C[at] = packed >>> 8;
  C[at + 1] = packed >>> 16;
  C[at + 2] = packed >>> 24;
  const end = at + (packed & 255);
  C[end] = 0x2e;
  return end + 1;
}

const ofCodes = String.fromCharCode;

/**
 * Dotted text of one word.
 *
 * From character codes, one call per length: joining strings is as fast to make, but from 13
 * characters on leaves a rope that the first reader pays for (flat text: 74 ns, not 140).
 */
export function formatIPv4(bits: number): string {
  let end = putOctet(0, bits >>> 24);
  end = putOctet(end, (bits >>> 16) & 255);
  end = putOctet(end, (bits >>> 8) & 255);
  end = putOctet(end, bits & 255) - 1;
  // deno-fmt-ignore
  switch (end) {
    case 7:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!);
    case 8:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!, C[7]!);
    case 9:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!, C[7]!, C[8]!);
    case 10:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!, C[7]!, C[8]!, C[9]!);
    case 11:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!, C[7]!, C[8]!, C[9]!, C[10]!);
    case 12:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!, C[7]!, C[8]!, C[9]!, C[10]!, C[11]!);
    case 13:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!, C[7]!, C[8]!, C[9]!, C[10]!, C[11]!, C[12]!);
    case 14:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!, C[7]!, C[8]!, C[9]!, C[10]!, C[11]!, C[12]!, C[13]!);
    default:
      return ofCodes(C[0]!, C[1]!, C[2]!, C[3]!, C[4]!, C[5]!, C[6]!, C[7]!, C[8]!, C[9]!, C[10]!, C[11]!, C[12]!, C[13]!, C[14]!);
  }
}

/** One byte as two hexadecimal digits. */
export function formatByte(byte: number): string {
  return PADDED[byte & 255]!;
}

function formatGroup(group: number): string {
  return group < 256 ? HEX[group]! : HEX[group >>> 8]! + PADDED[group & 255]!;
}

/** One group as four hexadecimal digits. */
export function formatFullGroup(group: number): string {
  return PADDED[group >>> 8]! + PADDED[group & 255]!;
}

const scratch = new Uint16Array(8);

/**
 * RFC 5952 text of four words: lower case, no leading zeros, the longest run of two or more zero
 * groups (the first of equals) as `::`, and the mixed form for `::ffff:0:0/96` only (section 5).
 */
export function formatIPv6(a: number, b: number, c: number, d: number): string {
  if (a === 0 && b === 0 && c === 0xffff) return "::ffff:" + formatIPv4(d);
  const groups = scratch;
  groups[0] = a >>> 16;
  groups[1] = a;
  groups[2] = b >>> 16;
  groups[3] = b;
  groups[4] = c >>> 16;
  groups[5] = c;
  groups[6] = d >>> 16;
  groups[7] = d;
  let gap = -1;
  let gapLength = 1; // a single zero group is never shortened (section 4.2.2)
  for (let i = 0; i < 8; i++) {
    if (groups[i] !== 0) continue;
    const start = i;
    while (i < 8 && groups[i] === 0) i++;
    if (i - start > gapLength) {
      gap = start;
      gapLength = i - start;
    }
  }
  if (gap < 0) return join(groups, 0, 8);
  return join(groups, 0, gap) + "::" + join(groups, gap + gapLength, 8);
}

function join(groups: Uint16Array, from: number, to: number): string {
  if (from >= to) return "";
  let text = formatGroup(groups[from]!);
  for (let i = from + 1; i < to; i++) text += ":" + formatGroup(groups[i]!);
  return text;
}
