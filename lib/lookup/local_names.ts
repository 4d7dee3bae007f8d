/**
 * Names that are answered without asking anybody: those of the hosts file, and those that must not
 * leave this host (RFC 6761, RFC 7686).
 *
 * @module
 */
import { type HostsLine, HostsTable } from "./hosts_table.ts";
import type { Address } from "./literal.ts";
import { systemFilePath } from "./system_file.ts";
import { WatchedFile } from "./watched_file.ts";

/** What a local source says of an address. */
export interface LocalNaming {
  hostname: string;
  aliases: string[];
  source: "hosts" | "reserved";
}

/** What it says of a name. */
export interface LocalAnswer extends LocalNaming {
  addresses: Address[];
}

const LOOPBACK: readonly Address[] = [
  { address: "::1", family: 6 },
  { address: "127.0.0.1", family: 4 },
];

/** The hosts file and the reserved names. */
export class LocalNames {
  readonly #hosts: WatchedFile<HostsTable> | undefined;

  /** `true`: the system's hosts file; a path: that file; `false`: reserved names only. */
  constructor(hosts: boolean | string) {
    if (hosts === false) return;
    const path = hosts === true ? systemFilePath("hosts") : hosts;
    this.#hosts = new WatchedFile(path, HostsTable.parse);
  }

  /** Whether {@linkcode find} may be called without {@linkcode refresh}. */
  get fresh(): boolean {
    return this.#hosts === undefined || this.#hosts.fresh;
  }

  /** How often the hosts file has changed. */
  get changes(): number {
    return this.#hosts?.changes ?? 0;
  }

  /** Look whether the hosts file has changed, at most once a second. */
  async refresh(): Promise<void> {
    await this.#hosts?.load();
  }

  /** The addresses of a name, all of its lines in the hosts file merged. */
  find(name: string, family: 0 | 4 | 6): LocalAnswer | undefined {
    const lines = this.#hosts?.value?.byName(name) ?? [];
    const fitting = lines.filter((line) => fits(line, family));
    if (fitting.length > 0) {
      const [hostname, ...aliases] = namesOf(lines);
      const addresses = fitting.map(({ address, family, scope }): Address =>
        scope === undefined ? { address, family } : { address, family, scope }
      );
      return {
        hostname: hostname!,
        aliases,
        addresses: unique(addresses),
        source: "hosts",
      };
    }
    if (!isLocalhost(name)) return undefined;
    const addresses = LOOPBACK.filter((address) => fits(address, family))
      .map((address) => ({ ...address }));
    return { hostname: name, aliases: [], addresses, source: "reserved" };
  }

  /** The names of an address, the canonical one first. */
  findNames(address: string): LocalNaming | undefined {
    const line = this.#hosts?.value?.byAddress(address);
    if (line !== undefined) {
      const [hostname, ...aliases] = namesOf([line]);
      return { hostname: hostname!, aliases, source: "hosts" };
    }
    if (!isLoopback(address)) return undefined;
    return { hostname: "localhost", aliases: [], source: "reserved" };
  }
}

/** Names that exist nowhere, and must not be asked for (RFC 6761 section 6.4, RFC 7686). */
export function isNowhere(name: string): boolean {
  return /(?:^|\.)(?:invalid|onion)$/.test(name);
}

/** `localhost` and everything under it (RFC 6761 section 6.3). */
export function isLocalhost(name: string): boolean {
  return /(?:^|\.)localhost$/.test(name);
}

/** Their names, each once whatever its case. */
function namesOf(lines: readonly HostsLine[]): string[] {
  const names = new Map<string, string>();
  for (const name of lines.flatMap((line) => line.names)) {
    const key = name.toLowerCase();
    if (!names.has(key)) names.set(key, name);
  }
  return [...names.values()];
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

function fits(address: { family: 4 | 6 }, family: 0 | 4 | 6): boolean {
  return family === 0 || address.family === family;
}

function unique(addresses: Address[]): Address[] {
  const seen = new Set<string>();
  return addresses.filter(({ address, scope }) => {
    const key = `${address}%${scope}`;
    return !seen.has(key) && seen.add(key);
  });
}
