/**
 * From a name to its records of one type, and from an address to its names: the resolver's `resolve`,
 * `resolveDetail` and `reverse`.
 *
 * @module
 */
import { LookupError } from "../errors.ts";
import { looksNumeric } from "../socket/host_text.ts";
import { quote } from "../stream/quote.ts";
import type { WaitOptions } from "../stream/wait.ts";
import type { AddressFinder } from "./address_finder.ts";
import {
  type Answer,
  lookupError,
  type Outcome,
  type Question,
  repeatError,
} from "./answer.ts";
import { askCandidates, isOpen } from "./ask_candidates.ts";
import type { Asker } from "./asker.ts";
import { prepareDomainName } from "./domain_name.ts";
import { badName } from "./host_name.ts";
import { KeptResults } from "./kept_results.ts";
import { type Address, parseLiteral, parseZoned } from "./literal.ts";
import {
  isLocalhost,
  isNowhere,
  type LocalNames,
  type LocalNaming,
} from "./local_names.ts";
import type { ResolveDetail, ReverseOptions } from "./lookup_types.ts";
import { refreshHosts, type Wait } from "./lookup_wait.ts";
import {
  isRecordType,
  type MxRecord,
  type RecordMap,
  type RecordType,
  type SrvRecord,
} from "./record_types.ts";
import {
  addressOfReverseName,
  reverseNameOf,
  unmapped,
} from "./reverse_name.ts";
import { orderSrv } from "./srv_order.ts";
import type { SystemConf } from "./system_conf.ts";

type Records = RecordMap[RecordType][];

/** Finds records. */
export class RecordFinder {
  readonly #addresses: AddressFinder;
  readonly #local: LocalNames;
  readonly #conf: SystemConf;
  readonly #asker: Asker;
  readonly #kept: KeptResults<Records>;

  constructor(addresses: AddressFinder, local: LocalNames, asker: Asker) {
    this.#kept = new KeptResults(local, asker.conf);
    this.#addresses = addresses;
    this.#local = local;
    this.#conf = asker.conf;
    this.#asker = asker;
  }

  /** How many lookups were answered from what was kept here. */
  get hits(): number {
    return this.#kept.hits;
  }

  /** Records of the same text that still hold: the path that must cost next to nothing. */
  kept(text: string, type: RecordType): Records | undefined {
    const records = this.#kept.get(`${type} ${text}`);
    return records && inOrder(type, records);
  }

  /** Forget what was kept here. */
  clear(): void {
    this.#kept.clear();
  }

  /** The records of a name. */
  find(
    text: string,
    type: RecordType,
    options: WaitOptions,
    detail: boolean,
    since: number,
  ): Promise<ResolveDetail> {
    if (!isRecordType(type)) {
      throw new TypeError(
        `Cannot look up ${quote(text)}: unknown record type ${quote(type)}`,
      );
    }
    return this.#addresses.waiting(
      text,
      options,
      (wait) => this.#find(text, type, detail, wait),
      since,
    );
  }

  /** The names of an address. */
  async reverse(
    text: string,
    options: ReverseOptions,
    since: number,
  ): Promise<string[]> {
    return await this.#addresses.waiting(
      text,
      options,
      async (wait) => {
        const parsed = parseZoned(text);
        if (parsed === undefined) throw badName(text, "it is no address");
        const address = unmapped(parsed.address);
        const { records } = await this.#findNames(address, false, wait);
        const names = records as string[];
        if (options.verify !== true) return names;
        return await this.#leadingBack(names, address, wait);
      },
      since,
    );
  }

  async #find(
    text: string,
    type: RecordType,
    detail: boolean,
    wait: Wait,
  ): Promise<ResolveDetail> {
    const literal = parseLiteral(text);
    if (literal !== undefined) {
      return await this.#ofLiteral(literal, text, type, detail, wait);
    }
    const { name, absolute } = prepareDomainName(text);
    // Full-width digits have become ASCII ones by now.
    const hidden = name === text ? undefined : parseLiteral(name);
    if (hidden !== undefined) {
      return await this.#ofLiteral(hidden, text, type, detail, wait);
    }
    if (looksNumeric(name)) {
      throw badName(text, "it ends in a number and is no address");
    }
    if (!this.#local.fresh) await this.#refreshHosts({ name, type }, wait);
    const mark = this.#kept.mark;
    const local = this.#findLocal(name, type);
    if (local !== undefined) return local;
    if (!this.#conf.fresh) await this.#conf.refresh(wait);
    const relative = !absolute && this.#conf.searchUnknown;
    const answer = await askCandidates(
      this.#conf.candidates(name, absolute),
      name,
      (candidate) =>
        this.#ask({ name: candidate, type, detail, relative }, wait),
    );
    this.#kept.set(`${type} ${text}`, answer.records, answer, mark);
    return detailOf(answer, type);
  }

  #refreshHosts(question: Question, wait: Wait): Promise<void> {
    const sources = { local: this.#local, asker: this.#asker };
    return refreshHosts(sources, question, wait);
  }

  #ask(question: Question, { signal, expires }: Wait): Promise<Outcome> {
    const { name, type } = question;
    if ((type === "A" || type === "AAAA") && this.#conf.onlySystem(name)) {
      const family = type === "A" ? 4 : 6;
      return this.#asker.askSystem(name, family, signal, expires);
    }
    return this.#asker.ask(question, signal, expires);
  }

  async #ofLiteral(
    literal: Address,
    text: string,
    type: RecordType,
    detail: boolean,
    wait: Wait,
  ): Promise<ResolveDetail> {
    if (type === "PTR") {
      return await this.#findNames(unmapped(literal.address), detail, wait);
    }
    if (type !== (literal.family === 4 ? "A" : "AAAA")) {
      throw badName(text, `an IPv${literal.family} address has no ${type}`);
    }
    const { address } = literal;
    return {
      hostname: address,
      aliases: [],
      records: [address],
      source: "literal",
    };
  }

  /** What the hosts file and the reserved names say; `undefined` where the servers are to be asked. */
  #findLocal(name: string, type: RecordType): ResolveDetail | undefined {
    if (type === "A" || type === "AAAA") {
      const found = this.#local.find(name, type === "A" ? 4 : 6);
      const records = found?.addresses.map(({ address }) => address);
      if (found && records) return localDetail(found, records);
    }
    if (type === "PTR") {
      const address = addressOfReverseName(name);
      const found = address && this.#local.findNames(address);
      if (found) return localDetail(found, namesOf(found));
    }
    if (isNowhere(name)) throw lookupError("ENOTFOUND", { name, type });
    if (isLocalhost(name)) throw lookupError("ENODATA", { name, type });
    return undefined;
  }

  async #findNames(
    address: string,
    detail: boolean,
    wait: Wait,
  ): Promise<ResolveDetail> {
    const name = reverseNameOf(address);
    const question = { name, type: "PTR", detail } as const;
    if (!this.#local.fresh) await this.#refreshHosts(question, wait);
    const local = this.#local.findNames(address);
    if (local !== undefined) return localDetail(local, namesOf(local));
    const { signal, expires } = wait;
    const outcome = await this.#asker.ask(question, signal, expires);
    if ("error" in outcome) throw repeatError(outcome.error, address);
    return detailOf(outcome, "PTR");
  }

  /**
   * Those of the names that have the address among their own.
   *
   * @throws {LookupError} If there is none: `ENODATA` where that is certain of each name.
   */
  async #leadingBack(
    names: string[],
    address: string,
    wait: Wait,
  ): Promise<string[]> {
    const leads = await Promise.all(
      names.map((name) => this.#leadsBack(name, address, wait)),
    );
    const leading = names.filter((_, index) => leads[index] === true);
    if (leading.length > 0) return leading;
    const unknown = leads.find((lead) => lead instanceof LookupError);
    if (unknown !== undefined) throw repeatError(unknown, address);
    const question = { name: address, type: "PTR" } as const;
    const reason = "none of its names leads back to it";
    throw lookupError("ENODATA", question, { reason });
  }

  /** Whether a name has the address among its own, or why nobody could say. */
  async #leadsBack(
    name: string,
    address: string,
    wait: Wait,
  ): Promise<boolean | LookupError> {
    const family = address.includes(":") ? 6 : 4;
    // The C library does not find names of its hosts file with a final dot.
    const asked = this.#conf.onlySystem(name) ? name : `${name}.`;
    try {
      const { addresses } = await this.#addresses.search(
        asked,
        family,
        false,
        wait,
      );
      return addresses.some((other) => other.address === address);
    } catch (error) {
      if (!(error instanceof LookupError)) throw error;
      return isOpen(error) ? error : false;
    }
  }
}

function localDetail(local: LocalNaming, records: string[]): ResolveDetail {
  const { hostname, aliases, source } = local;
  return { hostname, aliases, records, source };
}

function namesOf({ hostname, aliases }: LocalNaming): string[] {
  return [hostname, ...aliases];
}

function detailOf(answer: Answer, type: RecordType): ResolveDetail {
  const { hostname, ttl, source, server, dropped } = answer;
  return {
    hostname,
    aliases: [...answer.aliases],
    records: inOrder(type, answer.records),
    ...ttl === undefined ? {} : { ttl },
    source,
    ...server === undefined ? {} : { server },
    ...dropped.length === 0 ? {} : { dropped: [...dropped] },
  };
}

/** The records in the order in which they should be tried; copies, since what is kept stays ours. */
function inOrder(type: RecordType, records: Records): Records {
  if (type === "SRV") return orderSrv(records as SrvRecord[]).map(copy);
  if (type === "MX") {
    return (records as MxRecord[]).toSorted((a, b) =>
      a.preference - b.preference
    ).map(copy);
  }
  return records.map(copy);
}

function copy<T>(record: T): T {
  return typeof record === "string" ? record : structuredClone(record);
}
