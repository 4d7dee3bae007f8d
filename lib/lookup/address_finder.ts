/**
 * From a host's name to its addresses: literal, hosts file, reserved name, search list, both families,
 * order. The resolver's `lookup` and `lookupDetail`; also where `resolve` finds A and AAAA.
 *
 * @module
 */
import { looksNumeric } from "../socket/host_text.ts";
import type { WaitOptions } from "../stream/wait.ts";
import { orderAddresses } from "./address_order.ts";
import {
  type Answer,
  type Failure,
  lookupError,
  type Outcome,
  soonerExpiry,
  withoutType,
} from "./answer.ts";
import { askCandidates } from "./ask_candidates.ts";
import type { Asker } from "./asker.ts";
import { granted } from "./granted.ts";
import { badName, prepareHostName } from "./host_name.ts";
import { KeptResults } from "./kept_results.ts";
import { type Address, parseLiteral, parseZoned } from "./literal.ts";
import { isNowhere, type LocalNames } from "./local_names.ts";
import { checkFamily } from "./lookup_checks.ts";
import type { LookupDetail, LookupOptions } from "./lookup_types.ts";
import { refreshHosts, type Wait, withWait } from "./lookup_wait.ts";
import type { ResolverSettings } from "./resolver_options.ts";
import type { SystemConf } from "./system_conf.ts";

/** Finds addresses. */
export class AddressFinder {
  readonly #settings: ResolverSettings;
  readonly #local: LocalNames;
  readonly #conf: SystemConf;
  readonly #asker: Asker;
  readonly #kept: KeptResults<Address[]>;

  constructor(settings: ResolverSettings, local: LocalNames, asker: Asker) {
    this.#settings = settings;
    this.#local = local;
    this.#conf = asker.conf;
    this.#asker = asker;
    this.#kept = new KeptResults(local, asker.conf);
  }

  /** How many lookups were answered from what was kept here. */
  get hits(): number {
    return this.#kept.hits;
  }

  /** A lookup of the same text that still holds: the path that must cost next to nothing. */
  kept(name: string): Address[] | undefined {
    return this.#kept.get(name)?.map(copyAddress);
  }

  /** Forget what was kept here. */
  clear(): void {
    this.#kept.clear();
  }

  /** Run work as long as the caller's signal and time-out and the deadline let it. */
  waiting<T>(
    name: string,
    options: WaitOptions,
    work: (wait: Wait) => Promise<T>,
    since: number,
  ): Promise<T> {
    const longest = this.#settings.timeout;
    return withWait(name, { options, since, longest }, work);
  }

  /** The addresses of a host. */
  async find(
    text: string,
    options: LookupOptions,
    detail: boolean,
    since: number,
  ): Promise<LookupDetail> {
    const { family = 0 } = options;
    checkFamily(family);
    return await this.waiting(
      text,
      options,
      (wait) => this.search(text, family, detail, wait),
      since,
    );
  }

  /** As {@linkcode find}, within a wait that has begun already. */
  async search(
    text: string,
    family: 0 | 4 | 6,
    detail: boolean,
    wait: Wait,
  ): Promise<LookupDetail> {
    const literal = parseLiteral(text);
    if (literal !== undefined) return fromLiteral(literal, family, text);
    const { name, absolute } = prepareHostName(text);
    // Full-width digits have become ASCII ones by now.
    const hidden = parseLiteral(name);
    if (hidden !== undefined) return fromLiteral(hidden, family, text);
    if (looksNumeric(name)) {
      throw badName(text, "it ends in a number and is no address");
    }
    const type = family === 6 ? "AAAA" : "A";
    if (!this.#local.fresh) {
      await refreshHosts(
        { local: this.#local, asker: this.#asker },
        { name, type },
        wait,
      );
    }
    const mark = this.#kept.mark;
    const local = this.#local.find(name, family);
    if (local !== undefined) {
      return { ...local, addresses: this.#order(local.addresses) };
    }
    if (isNowhere(name)) {
      const error = lookupError("ENOTFOUND", { name, type });
      throw family === 0 ? withoutType(error) : error;
    }
    if (!this.#conf.fresh) await this.#conf.refresh(wait);
    const relative = !absolute && this.#conf.searchUnknown;
    const flags = { detail, relative };
    const answer = await askCandidates(
      this.#candidates(name, absolute),
      name,
      (candidate) => this.#ask(candidate, family, flags, wait),
    );
    const result = this.#detailOf(answer);
    if (family === 0) {
      const addresses = result.addresses.map(copyAddress);
      this.#kept.set(text, addresses, answer, mark);
    }
    return result;
  }

  #candidates(name: string, absolute: boolean): string[] {
    // The system has its own search list.
    if (this.#conf.onlySystem(name)) return [absolute ? `${name}.` : name];
    return this.#conf.candidates(name, absolute);
  }

  /** One absolute name, both families at once. */
  async #ask(
    name: string,
    family: 0 | 4 | 6,
    flags: { detail: boolean; relative: boolean },
    { signal, expires }: Wait,
  ): Promise<Outcome> {
    if (this.#conf.onlySystem(name)) {
      const asked = this.#asker.askSystem(name, family, signal, expires);
      const outcome = await asked;
      if (family !== 0 || !("error" in outcome)) return outcome;
      return { ...outcome, error: withoutType(outcome.error) };
    }
    const ask = (type: "A" | "AAAA") =>
      this.#asker.ask({ name, type, ...flags }, signal, expires);
    if (family !== 0) return await ask(family === 4 ? "A" : "AAAA");
    const [v6, v4] = await Promise.all([ask("AAAA"), ask("A")]);
    return bothFamilies(v6, v4);
  }

  #detailOf(answer: Answer): LookupDetail {
    const found = (answer.records as string[]).flatMap((text) =>
      parseZoned(text) ?? []
    );
    const { hostname, aliases, source, server, ttl } = answer;
    // The system has ordered them already, and knows better.
    const addresses = source === "system" ? found : this.#order(found);
    return {
      hostname,
      aliases: [...aliases],
      addresses,
      ...ttl === undefined ? {} : { ttl },
      source,
      ...server === undefined ? {} : { server },
    };
  }

  #order(addresses: Address[]): Address[] {
    if (addresses.length < 2) return addresses;
    const sources = granted({ name: "sys", kind: "networkInterfaces" })
      ? Deno.networkInterfaces().map(({ address }) => address.split("%")[0]!)
      : undefined;
    return orderAddresses(addresses, sources);
  }
}

function copyAddress({ address, family, scope }: Address): Address {
  return scope === undefined ? { address, family } : { address, family, scope };
}

function fromLiteral(
  literal: Address,
  family: 0 | 4 | 6,
  text: string,
): LookupDetail {
  if (family !== 0 && family !== literal.family) {
    const type = family === 4 ? "A" : "AAAA";
    const reason = `it is an IPv${literal.family} address`;
    throw lookupError("ENODATA", { name: text, type }, { reason });
  }
  return {
    hostname: literal.address,
    aliases: [],
    addresses: [literal],
    source: "literal",
  };
}

/** Either family will do; where both fail, the failure that says less is left out. */
function bothFamilies(v6: Outcome, v4: Outcome): Outcome {
  const expires = soonerExpiry(v6, v4);
  if ("error" in v4) {
    if (!("error" in v6)) return { ...v6, expires };
    return { error: withoutType(moreTelling(v4, v6).error), expires };
  }
  if ("error" in v6) return { ...v4, expires };
  const ttl = v4.ttl === undefined || v6.ttl === undefined
    ? v4.ttl ?? v6.ttl
    : Math.min(v4.ttl, v6.ttl);
  return { ...v4, ttl, expires, records: [...v6.records, ...v4.records] };
}

/** "It does not exist" settles it; otherwise a family that could not be asked leaves it open. */
function moreTelling(a: Failure, b: Failure): Failure {
  if (a.error.code === "ENOTFOUND") return a;
  if (b.error.code === "ENOTFOUND") return b;
  return a.error.notFound === true ? b : a;
}
