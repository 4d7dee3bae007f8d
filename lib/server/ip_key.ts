/**
 * The key under which a peer is counted: whoever holds one IPv6 address holds its whole /64, so
 * that is what the limits per peer count. Used by per_ip.ts and rate_limit.ts.
 *
 * @module
 */

const COLON = 58;
const PERCENT = 37;
const DOT = 46;

/**
 * The key of an IP address in text form, as runtime and PROXY headers give it.
 *
 * An IPv4 address stands for itself, an IPv4-mapped one for its IPv4 address, an IPv6 address for
 * its /64; a zone is ignored. A text without a colon is taken as IPv4 and given back as it is, so
 * that the common case costs one scan and no allocation.
 */
export function ipKey(address: string): string {
  if (!address.includes(":")) return address;
  const groups: number[] = [];
  let group = 0;
  let digits = 0;
  let gap = -1;
  for (let i = 0; i <= address.length; i++) {
    const code = i < address.length ? address.charCodeAt(i) : PERCENT;
    if (code === DOT) return dottedKey(address, groups, gap);
    if (code !== COLON && code !== PERCENT) {
      group = group * 16 + parseInt(address[i]!, 16);
      digits++;
      continue;
    }
    if (digits > 0) groups.push(group);
    else if (code === COLON && i > 0) gap = groups.length;
    group = digits = 0;
    if (code === PERCENT) break;
  }
  fillGap(groups, gap, 8);
  if (isMapped(groups)) {
    const [high, low] = [groups[6]!, groups[7]!];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  return networkKey(groups);
}

/** The key of an address that ends in dotted form, where `groups` came before the dots. */
function dottedKey(address: string, groups: number[], gap: number): string {
  fillGap(groups, gap, 6);
  if (!isMapped(groups)) return networkKey(groups);
  const end = address.indexOf("%");
  return address.slice(
    address.lastIndexOf(":") + 1,
    end < 0 ? undefined : end,
  );
}

/** Write the zeros that `::` stands for. */
function fillGap(groups: number[], gap: number, length: number): void {
  if (gap < 0) return;
  const zeros = new Array<number>(Math.max(0, length - groups.length)).fill(0);
  groups.splice(gap, 0, ...zeros);
}

/** Whether the first six groups are those of `::ffff:0:0/96`. */
function isMapped(groups: number[]): boolean {
  return groups[5] === 0xffff && groups[0] === 0 && groups[1] === 0 &&
    groups[2] === 0 && groups[3] === 0 && groups[4] === 0;
}

function networkKey(groups: number[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = groups;
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${
    d.toString(16)
  }::/64`;
}
