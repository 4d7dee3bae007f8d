/**
 * resolv.conf(5): the servers, the search list and ndots.
 *
 * Other options (rotate, use-vc, edns0, …) are passed over: the wire backend has its own way of
 * choosing a server and a transport.
 *
 * @module
 */
import { tryParseAddress } from "../address/ip_address.ts";
import { searchDomain } from "./host_name.ts";
import { serverHost } from "./resolver_options.ts";
import { isDomainName } from "./wire_name.ts";

/** What a resolv.conf says. */
export interface ResolvConf {
  /** Addresses of servers; they listen on port 53. */
  servers: string[];
  /** Domains that a name with few dots is tried in. */
  search: string[];
  /** Names with at least so many dots are tried as they are first. */
  ndots: number;
}

/** glibc's limits: three servers, ndots up to 15. */
const MOST_SERVERS = 3;
const MOST_NDOTS = 15;

/** Parse the text of a resolv.conf; lines that cannot be understood are passed over, as in glibc. */
export function parseResolvConf(text: string): ResolvConf {
  const conf: ResolvConf = { servers: [], search: [], ndots: 1 };
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line.replace(/[#;].*/, "").trim().split(/\s+/);
    switch (keyword) {
      case "nameserver": {
        const server = tryParseAddress(values[0] ?? "");
        if (server !== undefined && conf.servers.length < MOST_SERVERS) {
          conf.servers.push(serverHost(server));
        }
        break;
      }
      // "domain" and "search" replace each other: the last line counts that says anything.
      case "domain":
      case "search": {
        const domains = keyword === "domain" ? values.slice(0, 1) : values;
        if (domains.length > 0) conf.search = domains.flatMap(writtenDomain);
        break;
      }
      case "options":
        for (const option of values) {
          const match = /^ndots:([0-9]+)$/.exec(option);
          if (match) conf.ndots = Math.min(Number(match[1]), MOST_NDOTS);
        }
        break;
      default:
    }
  }
  return conf;
}

/** What is no domain is passed over, as every other nonsense in the file. */
function writtenDomain(text: string): string[] {
  try {
    return searchDomain(text);
  } catch {
    return [];
  }
}

/**
 * The absolute names to ask for, in order (resolv.conf(5), "search" and "ndots"). A domain with
 * which the name becomes too long is passed over, as in glibc.
 *
 * @param name The name without a final dot.
 */
export function searchCandidates(
  name: string,
  absolute: boolean,
  search: readonly string[],
  ndots: number,
): string[] {
  if (absolute || search.length === 0) return [name];
  const dots = name.split(".").length - 1;
  const extended = search.map((domain) => `${name}.${domain}`)
    .filter(isDomainName);
  return dots >= ndots ? [name, ...extended] : [...extended, name];
}
