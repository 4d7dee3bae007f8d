/**
 * Sorted, disjoint ranges of one address family in typed arrays, and the algebra of sets on them.
 * The inside of {@linkcode IPSet}: knows words, no address objects.
 *
 * Words are stored with their top bit inverted, so that the signed order of an Int32Array is the
 * order of the addresses.
 *
 * @module
 */

/** How many words an address has: one for IPv4, four for IPv6. */
export type WordCount = 1 | 4;

/** Ranges from `starts` to `ends`, both inclusive, `width` words each. */
export interface RangeList {
  readonly width: WordCount;
  readonly length: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** What inverts a word's top bit, to store it and to get it back. */
export const BIAS: number = -2147483648;

/** The largest word as stored. */
const LARGEST = 2147483647;

/** The order of the addresses at `i` in `x` and at `j` in `y`, counted in words. */
function order(
  x: Int32Array,
  i: number,
  y: Int32Array,
  j: number,
  width: WordCount,
): number {
  for (let k = 0; k < width; k++) {
    if (x[i + k] !== y[j + k]) return x[i + k]! < y[j + k]! ? -1 : 1;
  }
  return 0;
}

/** Write the address behind (`step` 1) or before (−1) that at `i` in `x` to `j` in `y`; false when there is none. */
export function neighbour(
  x: Int32Array,
  i: number,
  y: Int32Array,
  j: number,
  { width, step }: { width: WordCount; step: 1 | -1 },
): boolean {
  const edge = step === 1 ? LARGEST : BIAS;
  let carry = true;
  for (let k = width - 1; k >= 0; k--) {
    const word = x[i + k]!;
    y[j + k] = carry ? (word === edge ? ~edge : word + step) : word;
    carry = carry && word === edge;
  }
  return !carry;
}

/** Ranges in any order, overlapping or not, as pairs of start and end: sorted and merged. */
export function normalise(pairs: Int32Array, width: WordCount): RangeList {
  const count = pairs.length / (2 * width);
  const sorted = sortedOrder(pairs, width, count);
  const starts = new Int32Array(count * width);
  const ends = new Int32Array(count * width);
  const following = new Int32Array(width);
  let used = 0;
  for (const index of sorted) {
    const start = index * 2 * width;
    const end = start + width;
    const last = (used - 1) * width;
    if (used > 0) {
      // Adjacent ranges are one: the next start may be up to one behind the last end.
      const isFree = neighbour(ends, last, following, 0, { width, step: 1 });
      if (!isFree || order(pairs, start, following, 0, width) <= 0) {
        if (order(pairs, end, ends, last, width) > 0) {
          ends.set(pairs.subarray(end, end + width), last);
        }
        continue;
      }
    }
    starts.set(pairs.subarray(start, end), used * width);
    ends.set(pairs.subarray(end, end + width), used * width);
    used++;
  }
  return {
    width,
    length: used,
    starts: starts.slice(0, used * width),
    ends: ends.slice(0, used * width),
  };
}

/** Above this many, an index no longer fits beside 32 bits into the 53 of a double. */
const MOST_PACKED = 2 ** 21;

/** The positions of the pairs, by start. */
function sortedOrder(
  pairs: Int32Array,
  width: WordCount,
  count: number,
): Uint32Array | number[] {
  if (width === 1 && count < MOST_PACKED) {
    // Doubles sort natively, without calling back: key and position in one.
    const keys = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      keys[i] = (pairs[2 * i]! + 2 ** 31) * MOST_PACKED + i;
    }
    keys.sort();
    return Uint32Array.from(keys, (key) => key % MOST_PACKED);
  }
  const stride = 2 * width;
  return Array.from({ length: count }, (_, i) => i).sort((i, j) =>
    order(pairs, i * stride, pairs, j * stride, width)
  );
}

/** The lists' ranges as pairs again, one list behind the other. */
function toPairs(lists: readonly RangeList[], width: WordCount): Int32Array {
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  const pairs = new Int32Array(total * 2 * width);
  let at = 0;
  for (const { starts, ends, length } of lists) {
    for (let i = 0; i < length; i++) {
      pairs.set(starts.subarray(i * width, (i + 1) * width), at);
      pairs.set(ends.subarray(i * width, (i + 1) * width), at + width);
      at += 2 * width;
    }
  }
  return pairs;
}

/** What is in either. */
export function union(x: RangeList, y: RangeList): RangeList {
  if (x.length === 0) return y;
  if (y.length === 0) return x;
  return normalise(toPairs([x, y], x.width), x.width);
}

/** What is in both. */
export function intersection(x: RangeList, y: RangeList): RangeList {
  const { width } = x;
  const most = (x.length + y.length) * width;
  const starts = new Int32Array(most);
  const ends = new Int32Array(most);
  let used = 0;
  let i = 0;
  let j = 0;
  while (i < x.length && j < y.length) {
    const later = order(x.starts, i * width, y.starts, j * width, width) < 0
      ? y.starts.subarray(j * width, (j + 1) * width)
      : x.starts.subarray(i * width, (i + 1) * width);
    const xEndsFirst = order(x.ends, i * width, y.ends, j * width, width) < 0;
    const earlier = xEndsFirst
      ? x.ends.subarray(i * width, (i + 1) * width)
      : y.ends.subarray(j * width, (j + 1) * width);
    if (order(later, 0, earlier, 0, width) <= 0) {
      starts.set(later, used * width);
      ends.set(earlier, used * width);
      used++;
    }
    if (xEndsFirst) i++;
    else j++;
  }
  return {
    width,
    length: used,
    starts: starts.slice(0, used * width),
    ends: ends.slice(0, used * width),
  };
}

/** What is in neither list nor gap: everything else of the address space. */
export function complement(x: RangeList): RangeList {
  const { width, length } = x;
  const starts = new Int32Array((length + 1) * width);
  const ends = new Int32Array((length + 1) * width);
  let used = 0;
  starts.fill(BIAS, 0, width);
  let isOpen = true;
  for (let i = 0; i < length; i++) {
    const at = used * width;
    const before = neighbour(x.starts, i * width, ends, at, {
      width,
      step: -1,
    });
    if (isOpen && before && order(starts, at, ends, at, width) <= 0) used++;
    isOpen = neighbour(x.ends, i * width, starts, used * width, {
      width,
      step: 1,
    });
  }
  if (isOpen) {
    ends.fill(LARGEST, used * width, (used + 1) * width);
    used++;
  }
  return {
    width,
    length: used,
    starts: starts.slice(0, used * width),
    ends: ends.slice(0, used * width),
  };
}

/** Whether both hold the same addresses: merged lists have one form only. */
export function sameRanges(x: RangeList, y: RangeList): boolean {
  return x.length === y.length &&
    x.starts.every((word, i) => word === y.starts[i]) &&
    x.ends.every((word, i) => word === y.ends[i]);
}
