/**
 * The Resolver: names to addresses, addresses to names, and records of any type. The functions with
 * Python's names stand on one; `connect({ resolver })` takes one.
 *
 * It is the door only: what looks up is loaded with the first question (lookups.ts).
 *
 * @module
 */
import { onFirstUse } from "../socket/first_use.ts";
import type { ResolverStats } from "./asker.ts";
import type { Address } from "./literal.ts";
import type {
  LookupDetail,
  LookupOptions,
  ResolveDetail,
  ReverseOptions,
} from "./lookup_types.ts";
import type { Lookups } from "./lookups.ts";
import type { RecordMap, RecordType } from "./record_types.ts";
import {
  type ResolverOptions,
  type ResolverSettings,
  resolverSettings,
} from "./resolver_options.ts";
import { checkText } from "./lookup_checks.ts";
import { checkBoolean, checkKnownOptions } from "../socket/known_options.ts";
import type { WaitOptions } from "../stream/wait.ts";

/** What may be said of a question besides its name. */
const FOR_RECORDS: ReadonlySet<string> = new Set(["timeout", "signal"]);
const FOR_ADDRESSES: ReadonlySet<string> = new Set([...FOR_RECORDS, "family"]);
const FOR_NAMES: ReadonlySet<string> = new Set([...FOR_RECORDS, "verify"]);

/**
 * {@linkcode Resolver.reverse} as the second step of a lookup that began at `since`, by
 * `performance.now()`: its deadline and its time-out run from there.
 */
export let reverseSince: (
  resolver: Resolver,
  address: string,
  options: ReverseOptions | undefined,
  since: number,
) => Promise<string[]>;

/**
 * Looks names up.
 *
 * Equal questions at the same time share one query, answers are kept for as long as they may be,
 * at most 64 queries run at once, and a whole lookup takes five seconds at most (`timeout` of the
 * constructor: a LookupError `ETIMEOUT`; `timeout` of one call: a DOMException "TimeoutError").
 * Addresses written as text are answered at once and never asked for.
 *
 * **Permissions.** `Deno.resolveDns` and the wire need `--allow-net` for the DNS servers, `system`
 * for the name. The hosts file, `resolv.conf` and the interfaces (for the order of addresses) are
 * used where access is granted already; nothing is asked for, so nobody is prompted for them.
 *
 * Dispose it (`using`) when it is no longer needed: a `wire` connection is kept open for the next
 * question. It does not keep the process alive.
 *
 * @example What needs no network
 * ```ts
 * import { Resolver } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * using resolver = new Resolver();
 * assert.deepEqual(await resolver.lookup("192.0.2.1"), [
 *   { address: "192.0.2.1", family: 4 },
 * ]);
 * await assert.rejects(resolver.lookup("no such name"), { code: "EBADNAME" });
 * await assert.rejects(resolver.lookup("nowhere.invalid"), { notFound: true });
 * ```
 */
export class Resolver {
  readonly #settings: ResolverSettings;
  readonly #keepOpen: boolean;
  /** Made for the first question. */
  #lookups: Lookups | undefined;
  #closed = false;

  static {
    reverseSince = (resolver, address, options, since) =>
      resolver.#reverse(address, options, since);
  }

  /**
   * Make a resolver. Nothing is asked or opened yet.
   *
   * @throws {TypeError} If an option is unknown or of a wrong type.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: ResolverOptions = {}) {
    this.#settings = resolverSettings(options);
    this.#keepOpen = options !== FOR_FUNCTIONS;
  }

  /**
   * The addresses of a host, best first (RFC 6724).
   *
   * Addresses as text, in any form that inet_aton and inet_pton take, give themselves. Then come
   * the hosts file, the reserved names (`localhost` is this host, `*.invalid` and `*.onion` exist
   * nowhere) and the backend, with the search list.
   *
   * @param name The host. Non-ASCII names become A-labels; a final dot keeps the search list out.
   * @param options.family Only that family.
   * @returns At least one address.
   * @throws {LookupError} If there is none, or nobody could say; `code` tells which.
   * @throws {TypeError} If an option is unknown or of a wrong type.
   * @throws {RangeError} If `timeout` is not positive.
   * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
   * @throws {Deno.errors.BadResource} If the resolver is closed; Interrupted if it is closed meanwhile.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   *
   * @example An address gives itself
   * ```ts
   * import { Resolver } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * using resolver = new Resolver();
   * assert.deepEqual(await resolver.lookup("fe80::1%eth0"), [
   *   { address: "fe80::1", family: 6, scope: "eth0" },
   * ]);
   * ```
   */
  lookup(name: string, options?: LookupOptions): Promise<Address[]> {
    if (!this.#closed && options === undefined) {
      const kept = this.#lookups?.addresses.kept(name);
      if (kept !== undefined) return Promise.resolve(kept);
    }
    return this.#lookup(name, options);
  }

  async #lookup(name: string, options?: LookupOptions): Promise<Address[]> {
    this.#check(name, options, FOR_ADDRESSES);
    const since = performance.now();
    const { addresses } = this.#lookups ?? this.#begin(await load());
    const found = await addresses.find(name, options ?? {}, false, since);
    return found.addresses;
  }

  /**
   * The addresses of a host with its canonical name, its aliases and how long that holds.
   *
   * With the default backend this asks the DNS servers directly where they are known, since
   * `Deno.resolveDns` has neither aliases nor TTLs.
   *
   * @param name The host.
   * @param options.family Only that family.
   * @throws {LookupError} If there is no address, or nobody could say; `code` tells which.
   * @throws {TypeError} If an option is unknown or of a wrong type.
   * @throws {RangeError} If `timeout` is not positive.
   * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
   * @throws {Deno.errors.BadResource} If the resolver is closed; Interrupted if it is closed meanwhile.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   *
   * @example Who knew
   * ```ts
   * import { Resolver } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * using resolver = new Resolver();
   * const found = await resolver.lookupDetail("192.0.2.1");
   * assert.equal(found.hostname, "192.0.2.1");
   * assert.equal(found.source, "literal");
   * ```
   */
  async lookupDetail(
    name: string,
    options?: LookupOptions,
  ): Promise<LookupDetail> {
    this.#check(name, options, FOR_ADDRESSES);
    const since = performance.now();
    const { addresses } = this.#lookups ?? this.#begin(await load());
    return await addresses.find(name, options ?? {}, true, since);
  }

  /**
   * The names of an address.
   *
   * @param address An IPv4 or IPv6 address; an IPv4-mapped one has the names of its IPv4 address.
   * @param options.verify Keep only names whose addresses contain this one.
   * @returns At least one name.
   * @throws {LookupError} `EBADNAME` if it is no address; else if there is no name, or nobody could say.
   * @throws {TypeError} If an option is unknown or of a wrong type.
   * @throws {RangeError} If `timeout` is not positive.
   * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
   * @throws {Deno.errors.BadResource} If the resolver is closed; Interrupted if it is closed meanwhile.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   *
   * @example What is no address
   * ```ts
   * import { Resolver } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * using resolver = new Resolver();
   * await assert.rejects(resolver.reverse("www.example"), { code: "EBADNAME" });
   * assert.ok((await resolver.reverse("127.0.0.1")).length > 0);
   * ```
   */
  reverse(address: string, options?: ReverseOptions): Promise<string[]> {
    return this.#reverse(address, options, performance.now());
  }

  async #reverse(
    address: string,
    options: ReverseOptions | undefined,
    since: number,
  ): Promise<string[]> {
    this.#check(address, options, FOR_NAMES);
    checkBoolean(options?.verify, "verify");
    const { records } = this.#lookups ?? this.#begin(await load());
    return await records.reverse(address, options ?? {}, since);
  }

  /**
   * The records of a name.
   *
   * In the shapes of `Deno.resolveDns` and without final dots (a lone "." stays). SRV records come
   * drawn by priority and weight (RFC 2782), MX records by preference.
   *
   * @param name The name; of PTR, also an address.
   * @param type The record type.
   * @returns At least one record.
   * @throws {LookupError} If there is none, or nobody could say; `code` tells which.
   * @throws {Deno.errors.NotSupported} If the backend does not know the type.
   * @throws {TypeError} If the type or an option is unknown, or an option is of a wrong type.
   * @throws {RangeError} If `timeout` is not positive.
   * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
   * @throws {Deno.errors.BadResource} If the resolver is closed; Interrupted if it is closed meanwhile.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   *
   * @example A literal gives itself
   * ```ts
   * import { Resolver } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * using resolver = new Resolver();
   * assert.deepEqual(await resolver.resolve("2001:db8::1", "AAAA"), [
   *   "2001:db8::1",
   * ]);
   * await assert.rejects(resolver.resolve("a.invalid", "MX"), {
   *   code: "ENOTFOUND",
   * });
   * ```
   */
  resolve<T extends RecordType>(
    name: string,
    type: T,
    options?: WaitOptions,
  ): Promise<RecordMap[T][]>;
  /** The IPv4 addresses of a name. */
  resolve(name: string): Promise<string[]>;
  resolve(
    name: string,
    type: RecordType = "A",
    options?: WaitOptions,
  ): Promise<RecordMap[RecordType][]> {
    if (!this.#closed && options === undefined) {
      const kept = typeof type === "string"
        ? this.#lookups?.records.kept(name, type)
        : undefined;
      if (kept !== undefined) return Promise.resolve(kept);
    }
    return this.#resolve(name, type, options);
  }

  async #resolve(
    name: string,
    type: RecordType,
    options?: WaitOptions,
  ): Promise<RecordMap[RecordType][]> {
    this.#check(name, options, FOR_RECORDS);
    const since = performance.now();
    const { records } = this.#lookups ?? this.#begin(await load());
    const found = await records.find(name, type, options ?? {}, false, since);
    return found.records;
  }

  /**
   * The records of a name, with its aliases, how long that holds and who said so, where known.
   *
   * @param name The name; of PTR, also an address.
   * @param type The record type.
   * @throws {LookupError} If there is none, or nobody could say; `code` tells which.
   * @throws {Deno.errors.NotSupported} If the backend does not know the type.
   * @throws {TypeError} If the type or an option is unknown, or an option is of a wrong type.
   * @throws {RangeError} If `timeout` is not positive.
   * @throws {Deno.errors.NotCapable} If nobody may be asked for want of a permission; the message names the flag.
   * @throws {Deno.errors.BadResource} If the resolver is closed; Interrupted if it is closed meanwhile.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   *
   * @example Records and who said so
   * ```ts
   * import { Resolver } from "@deno-socket/socket";
   * import assert from "node:assert/strict";
   *
   * using resolver = new Resolver();
   * const found = await resolver.resolveDetail("localhost", "AAAA");
   * assert.ok(found.source === "reserved" || found.source === "hosts");
   * assert.deepEqual(found.records, ["::1"]);
   * ```
   */
  async resolveDetail<T extends RecordType>(
    name: string,
    type: T,
    options?: WaitOptions,
  ): Promise<ResolveDetail<T>> {
    this.#check(name, options, FOR_RECORDS);
    const since = performance.now();
    const { records } = this.#lookups ?? this.#begin(await load());
    const found = await records.find(name, type, options ?? {}, true, since);
    return found as ResolveDetail as ResolveDetail<T>;
  }

  /** Forget all answers. */
  clearCache(): void {
    this.#lookups?.clear();
  }

  /** What has been done so far. */
  stats(): ResolverStats {
    return this.#lookups?.stats() ?? { ...UNASKED };
  }

  /** Close its connections and reject what is under way. A second call does nothing. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lookups?.close(interrupted());
  }

  #begin({ Lookups }: LookupsModule): Lookups {
    if (this.#closed) throw interrupted();
    return this.#lookups ??= new Lookups(this.#settings, this.#keepOpen);
  }

  #check(name: unknown, options: unknown, known: ReadonlySet<string>): void {
    checkText("name", name);
    if (options !== undefined) {
      checkKnownOptions("Cannot look up", options, known);
    }
    if (this.#closed) throw closed();
  }
}

type LookupsModule = typeof import("./lookups.ts");

/** The time that this takes counts: those who call it pass on when they began. */
const load: () => Promise<LookupsModule> = onFirstUse(() =>
  import("./lookups.ts")
);

/** The statistics of a resolver that was asked nothing. */
const UNASKED: ResolverStats = {
  queries: 0,
  cacheHits: 0,
  shared: 0,
  failures: 0,
  inFlight: 0,
  cached: 0,
  dropped: 0,
};

/** For who asks a closed resolver. */
function closed(): Error {
  return new Deno.errors.BadResource("Cannot look up: the resolver is closed");
}

/** For who has asked, and is still waiting when it is closed. */
function interrupted(): Error {
  return new Deno.errors.Interrupted("The resolver is closed");
}

/** The options of the resolver behind the functions: nothing stays open when they are done. */
const FOR_FUNCTIONS: ResolverOptions = {};
let forFunctions: Resolver | undefined;

/** The resolver behind getaddrinfo and its like, made at the first use. */
export function functionsResolver(): Resolver {
  return forFunctions ??= new Resolver(FOR_FUNCTIONS);
}
