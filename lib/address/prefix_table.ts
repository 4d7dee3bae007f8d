/**
 * Values by network, found by longest prefix: routes, owners, policies. The networks stand in
 * prefix_map.ts; lookups among many run over flattened segments (prefix_segments.ts).
 *
 * @module
 */
import type { IPAddress } from "./ip_address.ts";
import { parseAddress } from "./ip_address.ts";
import { type IPNetwork, parseNetwork } from "./ip_network.ts";
import { checkList } from "./ip_range.ts";
import { IPv4Address } from "./ipv4_address.ts";
import { IPv4Network } from "./ipv4_network.ts";
import { IPv6Address } from "./ipv6_address.ts";
import { IPv6Network } from "./ipv6_network.ts";
import { type PrefixEntry, PrefixMap } from "./prefix_map.ts";
import { printAs } from "./print_as.ts";
import { quoteValue } from "./syntax_error.ts";

/** What a lookup finds: the longest matching network and its value. */
export interface PrefixMatch<V> {
  /** The network as it is stored: IPv4 where it was given inside `::ffff:0:0/96`. */
  network: IPNetwork;
  /** The value that was set for it. */
  value: V;
}

/**
 * A table from networks of both families to values, with longest-prefix lookup.
 *
 * Networks inside `::ffff:0:0/96` are stored as IPv4, and an IPv4-mapped address is looked up as its
 * IPv4 address only. Texts are taken wherever networks and addresses are.
 *
 * @example The most specific route
 * ```ts
 * import { PrefixTable } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const routes = new PrefixTable<string>();
 * routes.set("0.0.0.0/0", "upstream");
 * routes.set("10.0.0.0/8", "office");
 * routes.set("10.9.0.0/16", "laboratory");
 * assert.equal(routes.lookup("10.9.8.7")?.value, "laboratory");
 * assert.equal(routes.lookup("10.1.1.1")?.network.toString(), "10.0.0.0/8");
 * assert.deepEqual(routes.lookupAll("10.9.8.7").map((match) => match.value), ["laboratory", "office", "upstream"]);
 * ```
 */
export class PrefixTable<V> {
  readonly #ipv4: PrefixMap<V> = new PrefixMap(4);
  readonly #ipv6: PrefixMap<V> = new PrefixMap(6);

  /**
   * A table, perhaps with its first entries.
   *
   * @throws {AddressSyntaxError} If the text of an entry is no strict network.
   * @throws {TypeError} If it is no list, or an entry no pair.
   */
  constructor(entries: Iterable<readonly [string | IPNetwork, V]> = []) {
    checkList("fill a PrefixTable with", entries, "networks and their values");
    for (const entry of entries) {
      // A text would come apart into its characters.
      if (!Array.isArray(entry)) {
        throw new TypeError(
          `Cannot fill a PrefixTable with ${
            quoteValue(entry)
          }: must be a network and its value`,
        );
      }
      const [network, value] = entry;
      this.set(network, value);
    }
  }

  /** How many networks have a value. */
  get size(): number {
    return this.#ipv4.size + this.#ipv6.size;
  }

  /**
   * Give a network a value, in place of the one that it had.
   *
   * @throws {AddressSyntaxError} If a text is no strict network.
   * @throws {TypeError} If it is neither text nor a network.
   */
  set(network: string | IPNetwork, value: V): this {
    const stored = toStored(network);
    this.#mapOf(stored).set(stored, value);
    return this;
  }

  /**
   * The value of exactly this network.
   *
   * @throws {AddressSyntaxError} If a text is no strict network.
   * @throws {TypeError} If it is neither text nor a network.
   */
  get(network: string | IPNetwork): V | undefined {
    const stored = toStored(network);
    return this.#mapOf(stored).get(stored)?.value;
  }

  /**
   * Whether exactly this network has a value.
   *
   * @throws {AddressSyntaxError} If a text is no strict network.
   * @throws {TypeError} If it is neither text nor a network.
   */
  has(network: string | IPNetwork): boolean {
    const stored = toStored(network);
    return this.#mapOf(stored).get(stored) !== undefined;
  }

  /**
   * Take a network out.
   *
   * @returns Whether it was there.
   * @throws {AddressSyntaxError} If a text is no strict network.
   * @throws {TypeError} If it is neither text nor a network.
   */
  delete(network: string | IPNetwork): boolean {
    const stored = toStored(network);
    return this.#mapOf(stored).delete(stored);
  }

  /**
   * The longest network that holds the address, with its value.
   *
   * @throws {AddressSyntaxError} If a text is no address: never simply `undefined`.
   * @throws {TypeError} If it is neither text nor an address.
   */
  lookup(address: string | IPAddress): PrefixMatch<V> | undefined {
    const entry = this.#find(address);
    return entry === undefined
      ? undefined
      : { network: entry.network, value: entry.value };
  }

  /**
   * Every network that holds the address, the longest first.
   *
   * @throws {AddressSyntaxError} If a text is no address.
   * @throws {TypeError} If it is neither text nor an address.
   */
  lookupAll(address: string | IPAddress): PrefixMatch<V>[] {
    const asked = toAsked(address);
    return (asked.version === 4 ? this.#ipv4 : this.#ipv6).findAll(asked)
      .map(({ network, value }) => ({ network, value }));
  }

  /** All networks with their values: IPv4 before IPv6, in the order of networks. */
  *entries(): Generator<[IPNetwork, V], void, unknown> {
    for (const map of [this.#ipv4, this.#ipv6]) {
      for (const { network, value } of map.sorted()) yield [network, value];
    }
  }

  /** The same as {@linkcode PrefixTable.entries}. */
  [Symbol.iterator](): Generator<[IPNetwork, V], void, unknown> {
    return this.entries();
  }

  /** Pairs of a network's text and its value, in the order of {@linkcode PrefixTable.entries}. */
  toJSON(): [string, V][] {
    return [...this].map(([network, value]) => [network.toString(), value]);
  }

  #mapOf(network: IPNetwork): PrefixMap<V> {
    return network.version === 4 ? this.#ipv4 : this.#ipv6;
  }

  #find(address: string | IPAddress): PrefixEntry<V> | undefined {
    const asked = toAsked(address);
    return asked instanceof IPv4Address
      ? this.#ipv4.findIPv4(asked)
      : this.#ipv6.findIPv6(asked);
  }
}

function toStored(value: string | IPNetwork): IPNetwork {
  const network = typeof value === "string" ? parseNetwork(value) : value;
  if (network instanceof IPv4Network) return network;
  if (!(network instanceof IPv6Network)) {
    throw new TypeError(
      `Cannot use ${
        quoteValue(value)
      } in a PrefixTable: must be a network or its text`,
    );
  }
  const mapped = network.prefixLength >= 96
    ? network.first.ipv4Mapped
    : undefined;
  return mapped === undefined
    ? network
    : mapped.toNetwork(network.prefixLength - 96);
}

function toAsked(value: string | IPAddress): IPAddress {
  if (value instanceof IPv4Address) return value;
  const address = typeof value === "string" ? parseAddress(value) : value;
  if (address instanceof IPv6Address) return address.unmap();
  if (address instanceof IPv4Address) return address;
  throw new TypeError(
    `Cannot look up ${quoteValue(value)}: must be an address or its text`,
  );
}

printAs(
  PrefixTable,
  (table) => `{ ${table.size} ${table.size === 1 ? "network" : "networks"} }`,
);
