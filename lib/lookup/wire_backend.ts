/**
 * The backend that speaks DNS itself: it knows response codes, TTLs and aliases, and every type of
 * record_types.ts. It is a stub resolver: it asks recursive servers, and follows aliases itself only
 * where a server has left that to it.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import {
  type AskOptions,
  type Backend,
  lookupError,
  type Outcome,
  type Question,
} from "./answer.ts";
import type { DnsRecord, DnsResponse } from "./dns_message.ts";
import { isHostName } from "./host_name.ts";
import type { SoaRecord } from "./record_types.ts";
import { askServers } from "./wire_exchange.ts";
import { WireServer } from "./wire_server.ts";

/** Aliases in one answer, and answers that end in an alias: more is a loop or an attack. */
const MOST_ALIASES = 32;
const MOST_QUESTIONS = 8;

const NXDOMAIN = 3;

/** Where a DNS server listens. */
export interface ServerAddress {
  /** Its address. */
  hostname: string;
  /** Its port. */
  port: number;
}

/** Asks DNS servers directly. */
export class WireBackend implements Backend {
  readonly #servers: WireServer[];
  readonly #tries: number;

  /** Nothing is opened before the first question. With `keepOpen` connections outlive their questions. */
  constructor(
    servers: readonly ServerAddress[],
    options: { tries: number; keepOpen: boolean },
  ) {
    this.#servers = servers.map((server) =>
      new WireServer(server, options.keepOpen)
    );
    this.#tries = options.tries;
  }

  async ask(question: Question, options: AskOptions): Promise<Outcome> {
    const aliases: string[] = [];
    let ttl = Infinity;
    let name = question.name;
    for (let asked = 0; asked < MOST_QUESTIONS; asked++) {
      const step = { name, type: question.type };
      const result = await askServers(
        this.#servers,
        this.#tries,
        step,
        options,
      );
      if ("error" in result) return result;
      const { response } = result;
      const server = result.server.label;
      const chain = followAliases(response, step);
      if (chain === undefined || aliases.includes(chain.end)) break;
      aliases.push(...chain.aliases);
      ttl = Math.min(ttl, chain.ttl);
      const { rcode } = response;
      const owned = response.answers.filter((record) =>
        record.type === question.type && record.name === chain.end
      );
      // Where the code denies what the records say, the code counts, as in the C library.
      if (owned.length > 0 && rcode !== NXDOMAIN) {
        for (const record of owned) ttl = Math.min(ttl, record.ttl);
        return {
          records: owned.map((record) => record.data),
          ttl,
          hostname: chain.end,
          aliases,
          server,
          source: "wire",
          dropped: [],
        };
      }
      if (
        rcode === NXDOMAIN || chain.aliases.length === 0 || hasSoa(response)
      ) {
        const code = rcode === NXDOMAIN ? "ENOTFOUND" : "ENODATA";
        const error = lookupError(code, question, { server, rcode });
        return { error, ttl: negativeTtl(response) };
      }
      if (!isHostName(chain.end) && isAddressType(question)) {
        const cause = new ProtocolError("The alias is not a host name");
        const reason = "its alias is not a host name";
        const init = { server, rcode, cause, reason };
        return { error: lookupError("EBADRESP", question, init) };
      }
      name = chain.end;
    }
    const reason = "its aliases lead nowhere";
    return { error: lookupError("ENODATA", question, { reason, rcode: 0 }) };
  }

  retire(): void {
    for (const server of this.#servers) server.retire();
  }

  close(reason: Error): void {
    for (const server of this.#servers) server.close(reason);
  }
}

interface Chain {
  aliases: string[];
  end: string;
  ttl: number;
}

/** Walk from the question's name over the CNAME records of the answer; `undefined` when they loop. */
function followAliases(
  response: DnsResponse,
  { name, type }: Question,
): Chain | undefined {
  const chain: Chain = { aliases: [], end: name, ttl: Infinity };
  if (type === "CNAME") return chain;
  const targets = new Map<string, Extract<DnsRecord, { type: "CNAME" }>>();
  for (const record of response.answers) {
    if (record.type === "CNAME") targets.set(record.name, record);
  }
  while (true) {
    const record = targets.get(chain.end);
    if (record === undefined) return chain;
    if (chain.aliases.includes(chain.end)) return undefined;
    if (chain.aliases.length === MOST_ALIASES) return undefined;
    chain.aliases.push(chain.end);
    chain.end = record.data.toLowerCase();
    chain.ttl = Math.min(chain.ttl, record.ttl);
  }
}

function isAddressType({ type }: Question): boolean {
  return type === "A" || type === "AAAA";
}

function hasSoa(response: DnsResponse): boolean {
  return response.authorities.some((record) => record.type === "SOA");
}

/** How long "there is none" may be kept: the lesser of the SOA's TTL and its minimum (RFC 2308 section 5). */
function negativeTtl(response: DnsResponse): number | undefined {
  const soa = response.authorities.find((record) => record.type === "SOA");
  return soa && Math.min(soa.ttl, (soa.data as SoaRecord).minimum);
}
