/**
 * Many networks to the fewest that hold the same addresses.
 *
 * @module
 */
import type { IPNetwork } from "./ip_network.ts";
import { checkList } from "./ip_range.ts";
import {
  IPv4Network,
  ipv4NetworkFromBits,
  ipv4NetworkKey,
} from "./ipv4_network.ts";
import { IPv6Network } from "./ipv6_network.ts";
import { mixedVersions } from "./operands.ts";
import { quoteValue } from "./syntax_error.ts";

/**
 * Drop networks that lie in others and join halves, until the fewest are left, in order.
 *
 * @throws {TypeError} If they are of different families, or not all networks.
 *
 * @example Join what belongs together
 * ```ts
 * import { collapse, parseNetwork } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const networks = ["192.0.2.128/25", "192.0.2.0/25", "192.0.2.7"].map((text) => parseNetwork(text));
 * assert.deepEqual(collapse(networks).map(String), ["192.0.2.0/24"]);
 * ```
 */
export function collapse<N extends IPNetwork>(networks: Iterable<N>): N[] {
  checkList("collapse", networks, "networks");
  const list = [...networks];
  checkNetworks(list);
  const first = list[0];
  if (first === undefined) return [];
  return (first.version === 4
    ? collapseIPv4(list as IPNetwork[] as IPv4Network[])
    : collapseObjects(list)) as N[];
}

/** IPv4 networks as doubles, first address and length in one: they sort without calling back. */
function collapseIPv4(networks: readonly IPv4Network[]): IPv4Network[] {
  const keys = new Float64Array(networks.length);
  for (let i = 0; i < keys.length; i++) keys[i] = ipv4NetworkKey(networks[i]!);
  keys.sort();
  const firsts: number[] = [];
  const lengths: number[] = [];
  let end = -1; // the last address that is covered
  for (const key of keys) {
    let length = key % 64;
    let first = (key - length) / 64;
    if (first <= end) continue;
    end = first + 2 ** (32 - length) - 1;
    // While this is the second half of a network whose first half came before, put that in place.
    while (
      firsts.length > 0 && lengths[lengths.length - 1] === length &&
      firsts[firsts.length - 1] === first - 2 ** (32 - length) &&
      firsts[firsts.length - 1]! % 2 ** (33 - length) === 0
    ) {
      first = firsts.pop()!;
      lengths.pop();
      length--;
    }
    firsts.push(first);
    lengths.push(length);
  }
  return firsts.map((first, i) => ipv4NetworkFromBits(first | 0, lengths[i]!));
}

function collapseObjects(networks: IPNetwork[]): IPNetwork[] {
  networks.sort((x, y) => x.compareTo(y));
  const kept: IPNetwork[] = [];
  for (const network of networks) {
    if (kept.length > 0 && kept[kept.length - 1]!.contains(network)) continue;
    kept.push(network);
    joinHalves(kept);
  }
  return kept;
}

/** While the last two are the halves of one network, put that one in their place. */
function joinHalves(kept: IPNetwork[]): void {
  while (kept.length > 1) {
    const right = kept[kept.length - 1]!;
    const left = kept[kept.length - 2]!;
    if (left.prefixLength !== right.prefixLength) return;
    const whole = left.supernet();
    if (!whole.contains(right)) return;
    kept.length -= 2;
    kept.push(whole);
  }
}

function checkNetworks(networks: readonly IPNetwork[]): void {
  const first = networks[0];
  for (const network of networks) {
    if (!(network instanceof IPv4Network || network instanceof IPv6Network)) {
      throw new TypeError(
        `Cannot collapse ${quoteValue(network)}: must be a network`,
      );
    }
    if (network.version !== first!.version) {
      throw mixedVersions("collapse", `${first}`, network);
    }
  }
}
