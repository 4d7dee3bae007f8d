/**
 * The networks of one family that a {@linkcode PrefixTable} holds: a map as the truth, and segments
 * made from it once enough lookups have come since the last change.
 *
 * @module
 */
import type { IPAddress } from "./ip_address.ts";
import type { IPNetwork } from "./ip_network.ts";
import { type IPv4Address, ipv4Bits } from "./ipv4_address.ts";
import {
  type IPv6Address,
  ipv6WordA,
  ipv6WordB,
  ipv6WordC,
  ipv6WordD,
} from "./ipv6_address.ts";
import { flatten, type Segments } from "./prefix_segments.ts";
import { maskWord } from "./special_purpose.ts";

/** A network and its value. */
export interface PrefixEntry<V> {
  readonly network: IPNetwork;
  readonly value: V;
}

/**
 * Flattening costs about as much as this many slow lookups per network, so it waits for
 * `size / PATIENCE` of them: tables that change and are asked in turn stay linear.
 */
const PATIENCE = 16;

/** Networks of one family and their values. */
export class PrefixMap<V> {
  readonly #bitLength: 32 | 128;
  /** By prefix length, then by the words of the network. */
  readonly #byLength: (Map<string | number, PrefixEntry<V>> | undefined)[];
  #size = 0;
  #segments: Segments<PrefixEntry<V>> | undefined;
  #slowLookups = 0;

  /** An empty map. */
  constructor(version: 4 | 6) {
    this.#bitLength = version === 4 ? 32 : 128;
    this.#byLength = new Array(this.#bitLength + 1).fill(undefined);
  }

  /** How many networks there are. */
  get size(): number {
    return this.#size;
  }

  /** Store an entry. */
  set(network: IPNetwork, value: V): void {
    const length = network.prefixLength;
    const entries = this.#byLength[length] ??= new Map();
    const before = entries.size;
    entries.set(keyOf(network.first, length), { network, value });
    this.#size += entries.size - before;
    this.#change();
  }

  /** The entry of exactly this network. */
  get(network: IPNetwork): PrefixEntry<V> | undefined {
    const length = network.prefixLength;
    return this.#byLength[length]?.get(keyOf(network.first, length));
  }

  /** Remove the entry of exactly this network. */
  delete(network: IPNetwork): boolean {
    const length = network.prefixLength;
    const entries = this.#byLength[length];
    if (!entries?.delete(keyOf(network.first, length))) return false;
    if (entries.size === 0) this.#byLength[length] = undefined;
    this.#size--;
    this.#change();
    return true;
  }

  /** The longest network with an IPv4 address in it. */
  findIPv4(address: IPv4Address): PrefixEntry<V> | undefined {
    const segments = this.#segments ?? this.#flattenSoon();
    return segments === undefined
      ? this.#matches(address).next().value
      : segments.owners[segments.finder.findIPv4(ipv4Bits(address))];
  }

  /** The longest network with an IPv6 address in it. */
  findIPv6(address: IPv6Address): PrefixEntry<V> | undefined {
    const segments = this.#segments ?? this.#flattenSoon();
    if (segments === undefined) return this.#matches(address).next().value;
    return segments.owners[
      segments.finder.findIPv6(
        ipv6WordA(address),
        ipv6WordB(address),
        ipv6WordC(address),
        ipv6WordD(address),
      )
    ];
  }

  /** All networks with an address in them, the longest first. */
  findAll(address: IPAddress): PrefixEntry<V>[] {
    return [...this.#matches(address)];
  }

  /** All entries in the order of their networks. */
  sorted(): PrefixEntry<V>[] {
    const entries: PrefixEntry<V>[] = [];
    for (const map of this.#byLength) {
      // Not spread: as arguments 130,000 of them overflow the stack.
      for (const entry of map?.values() ?? []) entries.push(entry);
    }
    return entries.sort((x, y) => x.network.compareTo(y.network));
  }

  /** The slow way: one question per prefix length in use, the longest first. */
  *#matches(address: IPAddress): Generator<PrefixEntry<V>, undefined, unknown> {
    for (let length = this.#bitLength; length >= 0; length--) {
      const entry = this.#byLength[length]?.get(keyOf(address, length));
      if (entry !== undefined) yield entry;
    }
    return undefined;
  }

  #change(): void {
    this.#segments = undefined;
    this.#slowLookups = 0;
  }

  #flattenSoon(): Segments<PrefixEntry<V>> | undefined {
    if (this.#slowLookups++ * PATIENCE < this.#size) return undefined;
    return this.#segments = flatten(
      this.sorted(),
      this.#bitLength === 32 ? 1 : 4,
    );
  }
}

/** The first `length` bits of an address as a key. */
function keyOf(address: IPAddress, length: number): string | number {
  if (address.version === 4) return ipv4Bits(address) & maskWord(length);
  const a = ipv6WordA(address) & maskWord(length);
  const b = ipv6WordB(address) & maskWord(length - 32);
  const c = ipv6WordC(address) & maskWord(length - 64);
  const d = ipv6WordD(address) & maskWord(length - 96);
  return `${a},${b},${c},${d}`;
}
