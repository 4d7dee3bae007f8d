/**
 * The backend that a resolver asks: the one that its options name, for the servers that are known
 * at the moment.
 *
 * @module
 */
import type { Backend } from "./answer.ts";
import { AutoBackend } from "./auto_backend.ts";
import { DenoBackend } from "./deno_backend.ts";
import { granted, grantedNet } from "./granted.ts";
import type { ResolvConf } from "./resolv_conf.ts";
import { DNS_PORT, type ResolverSettings } from "./resolver_options.ts";
import type { SystemBackend } from "./system_backend.ts";
import { type ServerAddress, WireBackend } from "./wire_backend.ts";

/** What a backend is made with besides the resolver's options. */
interface BackendParts {
  system: SystemBackend;
  /** Where resolv.conf is, where it is looked into. */
  confPath: string | undefined;
  /** Whether connections to servers outlive their questions. */
  keepOpen: boolean;
}

/** Makes the backend, and another when resolv.conf has changed. */
export class Backends {
  readonly #settings: ResolverSettings;
  readonly #parts: BackendParts;
  #backend: Backend | undefined;
  #conf: ResolvConf | undefined;

  /** Nothing is made yet. */
  constructor(settings: ResolverSettings, parts: BackendParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /**
   * The backend for what resolv.conf says now.
   *
   * @throws {Deno.errors.NotCapable} If it needs servers, and they are neither given nor readable.
   */
  current(conf: ResolvConf | undefined): Backend {
    if (this.#backend === undefined || this.#conf !== conf) {
      // What it is asked ends by itself, or with the signal that it was asked with.
      this.#backend?.retire();
      this.#backend = this.#make(conf);
      this.#conf = conf;
    }
    return this.#backend;
  }

  /** Close the connections; what is still asked rejects with the reason. */
  close(reason: Error): void {
    this.#backend?.close(reason);
  }

  #make(conf: ResolvConf | undefined): Backend {
    const { backend, servers, resolvConf } = this.#settings;
    if (backend === "system") return this.#parts.system;
    const known = servers ?? conf?.servers.map(onDnsPort);
    // The system's own Deno finds by itself, and only those.
    const told = typeof resolvConf === "string" ? known : servers;
    const deno = new DenoBackend(told ?? []);
    if (backend === "resolveDns") return deno;
    if (backend === "wire") return this.#makeWire(known ?? this.#unnamed());
    const mayAsk = (known ?? []).filter(({ hostname, port }) =>
      grantedNet(hostname, port)
    );
    const wire = mayAsk.length > 0 ? this.#makeWire(mayAsk) : undefined;
    return new AutoBackend(deno, wire);
  }

  /** The servers where there is no resolv.conf: none, unless it only may not be read. */
  #unnamed(): ServerAddress[] {
    const path = this.#parts.confPath;
    if (path !== undefined && granted({ name: "read", path })) return [];
    const file = path === undefined ? "" : `, or --allow-read=${path}`;
    throw new Deno.errors.NotCapable(
      `Cannot find the DNS servers: the backend "wire" needs the option servers${file}`,
    );
  }

  #makeWire(known: ServerAddress[]): WireBackend {
    // resolv.conf(5): without a nameserver line it is the one on this host.
    const servers = known.length === 0 ? [onDnsPort("127.0.0.1")] : known;
    const { tries } = this.#settings;
    return new WireBackend(servers, { tries, keepOpen: this.#parts.keepOpen });
  }
}

function onDnsPort(hostname: string): ServerAddress {
  return { hostname, port: DNS_PORT };
}
