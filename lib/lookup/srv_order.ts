/**
 * The order in which the targets of SRV records should be tried.
 *
 * @module
 */
import type { SrvRecord } from "./record_types.ts";

/**
 * SRV records by priority, and within one priority drawn by weight (RFC 2782, "Weight").
 *
 * @param random Gives a number from 0 to below 1, as `Math.random` does.
 */
export function orderSrv(
  records: readonly SrvRecord[],
  random: () => number = Math.random,
): SrvRecord[] {
  const ordered: SrvRecord[] = [];
  // Records of weight 0 stand first, so that they are drawn seldom but not never.
  const left = [...records].sort((a, b) =>
    a.priority - b.priority || Number(a.weight > 0) - Number(b.weight > 0)
  );
  while (left.length > 0) {
    const priority = left[0]!.priority;
    let end = left.findIndex((record) => record.priority !== priority);
    if (end < 0) end = left.length;
    while (end > 0) {
      ordered.push(...left.splice(drawByWeight(left, end, random), 1));
      end--;
    }
  }
  return ordered;
}

/** Which of the first `end` records is drawn. */
function drawByWeight(
  records: SrvRecord[],
  end: number,
  random: () => number,
): number {
  let sum = 0;
  for (let i = 0; i < end; i++) sum += records[i]!.weight;
  const drawn = Math.floor(random() * (sum + 1));
  let running = 0;
  for (let i = 0; i < end; i++) {
    running += records[i]!.weight;
    if (running >= drawn) return i;
  }
  return end - 1;
}
