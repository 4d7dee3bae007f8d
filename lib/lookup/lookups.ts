/**
 * What a Resolver looks up with: addresses, records and who is asked for them, all on the same
 * hosts file and cache. Loaded with the first question, and all that knows DNS with it.
 *
 * The order of things is the finders': literals, reserved names, the hosts file, the search list.
 * Caching and asking are asker.ts; the backends know DNS.
 *
 * @module
 */
import { AddressFinder } from "./address_finder.ts";
import { Asker, type ResolverStats } from "./asker.ts";
import { LocalNames } from "./local_names.ts";
import { RecordFinder } from "./record_finder.ts";
import type { ResolverSettings } from "./resolver_options.ts";

/** The parts of one resolver. */
export class Lookups {
  /** Names to addresses. */
  readonly addresses: AddressFinder;
  /** Everything else. */
  readonly records: RecordFinder;
  readonly #asker: Asker;

  /** @param keepOpen Whether connections wait for the next question. */
  constructor(settings: ResolverSettings, keepOpen: boolean) {
    const local = new LocalNames(settings.hosts);
    const asker = this.#asker = new Asker(settings, keepOpen);
    const addresses = new AddressFinder(settings, local, asker);
    this.addresses = addresses;
    this.records = new RecordFinder(addresses, local, asker);
  }

  /** What it has counted. */
  stats(): ResolverStats {
    const stats = this.#asker.stats();
    stats.cacheHits += this.addresses.hits + this.records.hits;
    return stats;
  }

  /** Forget all answers. */
  clear(): void {
    this.addresses.clear();
    this.records.clear();
    this.#asker.clear();
  }

  /** Forget, and end what is under way with that reason. */
  close(reason: Error): void {
    this.clear();
    this.#asker.close(reason);
  }
}
