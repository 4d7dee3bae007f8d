/**
 * Many networks to the fewest that hold the same addresses.
 *
 * @module
 */
import type { IPNetwork } from "./ip_network.ts";
import { IPv4Network } from "./ipv4_network.ts";
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
  const sorted = [...networks];
  checkNetworks(sorted);
  sorted.sort((x, y) => x.compareTo(y));
  const kept: IPNetwork[] = [];
  for (const network of sorted) {
    if (kept.length > 0 && kept[kept.length - 1]!.contains(network)) continue;
    kept.push(network);
    joinHalves(kept);
  }
  return kept as N[];
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
