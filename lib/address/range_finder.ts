/**
 * Which of many sorted, disjoint ranges an address lies in: a binary search, behind a first-level
 * index on the top 16 bits where there are many. The lookup of {@linkcode IPSet} and
 * {@linkcode PrefixTable}.
 *
 * @module
 */
import { BIAS, type RangeList } from "./range_list.ts";

/** From so many ranges on, 256 KiB of index pay: below, the search is as short with none. */
const WORTH_INDEXING = 256;

/** Finds the range that an address lies in. */
export class RangeFinder {
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #length: number;
  readonly #width: number;
  /** For each value of the top 16 bits, how many ranges begin below it; made at the first search. */
  #index: Uint32Array | undefined;

  /** A finder over ranges that will not change. */
  constructor(list: Pick<RangeList, "starts" | "ends" | "length" | "width">) {
    this.#starts = list.starts;
    this.#ends = list.ends;
    this.#length = list.length;
    this.#width = list.width;
  }

  /** The position of the range that an IPv4 address lies in, or −1. */
  findIPv4(bits: number): number {
    const word = bits ^ BIAS;
    let low = 0;
    let high = this.#length;
    if (high >= WORTH_INDEXING) {
      const index = this.#index ??= this.#makeIndex();
      const bucket = bits >>> 16;
      low = index[bucket]!;
      high = index[bucket + 1]!;
    }
    const starts = this.#starts;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= word) low = middle + 1;
      else high = middle;
    }
    // The last range that begins at or before the address; it may begin in an earlier bucket.
    return low > 0 && word <= this.#ends[low - 1]! ? low - 1 : -1;
  }

  /** The position of the range that an IPv6 address lies in, or −1. */
  findIPv6(a: number, b: number, c: number, d: number): number {
    let low = 0;
    let high = this.#length;
    if (high >= WORTH_INDEXING) {
      const index = this.#index ??= this.#makeIndex();
      const bucket = a >>> 16;
      low = index[bucket]!;
      high = index[bucket + 1]!;
    }
    const starts = this.#starts;
    const [wa, wb, wc, wd] = [a ^ BIAS, b ^ BIAS, c ^ BIAS, d ^ BIAS];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAtMost(starts, middle, wa, wb, wc, wd)) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return -1;
    const ends = this.#ends;
    const at = 4 * (low - 1);
    const isInside = ends[at] !== wa
      ? wa < ends[at]!
      : ends[at + 1] !== wb
      ? wb < ends[at + 1]!
      : ends[at + 2] !== wc
      ? wc < ends[at + 2]!
      : wd <= ends[at + 3]!;
    return isInside ? low - 1 : -1;
  }

  #makeIndex(): Uint32Array {
    const index = new Uint32Array(65537);
    for (let i = 0; i < this.#length; i++) {
      const bucket = (this.#starts[i * this.#width]! ^ BIAS) >>> 16;
      index[bucket + 1]!++;
    }
    for (let bucket = 1; bucket <= 65536; bucket++) {
      index[bucket]! += index[bucket - 1]!;
    }
    return index;
  }
}

function isAtMost(
  starts: Int32Array,
  position: number,
  a: number,
  b: number,
  c: number,
  d: number,
): boolean {
  const at = 4 * position;
  if (starts[at] !== a) return starts[at]! < a;
  if (starts[at + 1] !== b) return starts[at + 1]! < b;
  if (starts[at + 2] !== c) return starts[at + 2]! < c;
  return starts[at + 3]! <= d;
}
