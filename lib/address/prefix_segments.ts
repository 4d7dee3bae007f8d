/**
 * Nested networks laid flat: disjoint segments, each owned by the longest network that covers it, so
 * that a longest-prefix lookup is one search among ranges.
 *
 * @module
 */
import type { IPNetwork } from "./ip_network.ts";
import { RangeFinder } from "./range_finder.ts";
import { pairOf } from "./set_item.ts";
import { neighbour, type WordCount } from "./range_list.ts";

/** The segments and who owns each. */
export interface Segments<E> {
  readonly finder: RangeFinder;
  /** The owner of each segment; at −1, the finder's answer for "none", there is nobody. */
  readonly owners: readonly E[];
}

/** Lay entries flat; they come in the order of their networks, so that a network precedes its parts. */
export function flatten<E extends { readonly network: IPNetwork }>(
  entries: readonly E[],
  width: WordCount,
): Segments<E> {
  // Each entry opens at most one segment before its first part and one behind each part.
  const most = 2 * entries.length;
  const starts = new Int32Array(most * width);
  const ends = new Int32Array(most * width);
  const owners: E[] = [];
  const open: { entry: E; end: Int32Array }[] = [];
  /** Where the next segment begins; meaningless once the last address is behind. */
  const next = new Int32Array(width);
  let hasNext = true;

  function close(end: Int32Array, owner: E): void {
    if (!hasNext || compare(next, end) > 0) return;
    starts.set(next, owners.length * width);
    ends.set(end, owners.length * width);
    owners.push(owner);
    hasNext = neighbour(end, 0, next, 0, { width, step: 1 });
  }

  for (const entry of entries) {
    const words = Int32Array.from(pairOf(entry.network));
    const start = words.subarray(0, width);
    const end = words.subarray(width);
    while (open.length > 0 && compare(open[open.length - 1]!.end, start) < 0) {
      const { entry: owner, end: last } = open.pop()!;
      close(last, owner);
    }
    if (open.length > 0) {
      const before = new Int32Array(width);
      const isBefore = neighbour(start, 0, before, 0, { width, step: -1 });
      if (isBefore) close(before, open[open.length - 1]!.entry);
    }
    next.set(start);
    hasNext = true;
    open.push({ entry, end });
  }
  while (open.length > 0) {
    const { entry: owner, end } = open.pop()!;
    close(end, owner);
  }
  const length = owners.length;
  return { finder: new RangeFinder({ starts, ends, length, width }), owners };
}

function compare(x: Int32Array, y: Int32Array): number {
  for (let i = 0; i < x.length; i++) {
    if (x[i] !== y[i]) return x[i]! < y[i]! ? -1 : 1;
  }
  return 0;
}
