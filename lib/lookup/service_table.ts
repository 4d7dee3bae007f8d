/**
 * A table of services: by name and by port, for any protocol. Built from our own data or from a
 * text in the form of services(5). Pure; services.ts decides which table is used.
 *
 * @module
 */
import { SERVICE_DATA } from "./service_data.ts";

/** One service over one protocol. */
export interface ServiceEntry {
  /** Its usual name. */
  name: string;
  /** Its port. */
  port: number;
  /** `"tcp"`, `"udp"`, … */
  protocol: string;
  /** Its other names. */
  aliases: string[];
}

/** Services, found by name or by port. The first entry that fits is the answer, as in getservbyname(3). */
export class ServiceTable {
  readonly #byName = new Map<string, ServiceEntry[]>();
  readonly #byPort = new Map<number, ServiceEntry[]>();

  /** Make a table; the order of the entries counts. */
  constructor(entries: Iterable<ServiceEntry>) {
    for (const entry of entries) {
      for (const name of new Set([entry.name, ...entry.aliases])) {
        append(this.#byName, name, entry);
      }
      append(this.#byPort, entry.port, entry);
    }
  }

  /** The service of that name or alias, spelt exactly so. */
  byName(name: string, protocol?: string): ServiceEntry | undefined {
    return this.#byName.get(name)?.find((entry) => fits(entry, protocol));
  }

  /** The service at that port. */
  byPort(port: number, protocol?: string): ServiceEntry | undefined {
    return this.#byPort.get(port)?.find((entry) => fits(entry, protocol));
  }
}

function fits(entry: ServiceEntry, protocol: string | undefined): boolean {
  return protocol === undefined || entry.protocol === protocol;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

/** The entries of our own data. */
export function* embeddedServices(): Generator<ServiceEntry> {
  for (const item of SERVICE_DATA.split(";")) {
    const [name, port, protocols, ...aliases] = item.trim().split(" ");
    if (!name || !protocols) continue;
    for (const letter of protocols) {
      const protocol = letter === "t" ? "tcp" : "udp";
      yield { name, port: Number(port), protocol, aliases };
    }
  }
}

/** The entries of a text in the form of services(5); lines that are not are passed over. */
export function* parseServices(text: string): Generator<ServiceEntry> {
  for (const line of text.split("\n")) {
    const [name, where, ...aliases] = line.replace(/#.*/, "").trim().split(
      /\s+/,
    );
    const match = /^([0-9]{1,5})\/(\S+)$/.exec(where ?? "");
    if (!name || match === null || Number(match[1]) > 65_535) continue;
    yield { name, port: Number(match[1]), protocol: match[2]!, aliases };
  }
}
