/**
 * Between the resolver and its backends: the cache, the sharing of equal questions, the limit on
 * how many run at once, and the servers as they are known at the moment.
 *
 * @module
 */
import { AnswerCache } from "./answer_cache.ts";
import {
  type AskOptions,
  type Backend,
  lookupError,
  type Outcome,
  type Question,
} from "./answer.ts";
import { AutoBackend } from "./auto_backend.ts";
import { DenoBackend } from "./deno_backend.ts";
import { granted, grantedNet } from "./granted.ts";
import { InFlight, Turnstile } from "./in_flight.ts";
import {
  parseResolvConf,
  type ResolvConf,
  searchCandidates,
} from "./resolv_conf.ts";
import type { ResolverSettings } from "./resolver_options.ts";
import { screenOutcome } from "./screen_answer.ts";
import { SystemBackend } from "./system_backend.ts";
import { WatchedFile } from "./watched_file.ts";
import { type ServerAddress, WireBackend } from "./wire_backend.ts";

/** What has been done so far. */
export interface ResolverStats {
  /** Questions that a backend was asked. */
  queries: number;
  /** Questions that the cache answered. */
  cacheHits: number;
  /** Questions that joined an equal one on its way. */
  shared: number;
  /** Questions that failed, for whatever reason. */
  failures: number;
  /** Questions on their way or queued now. */
  inFlight: number;
  /** Answers kept now. */
  cached: number;
  /** Names in answers that were dropped because they cannot be host names. */
  dropped: number;
}

const RESOLV_CONF = "/etc/resolv.conf";
const DNS_PORT = 53;

/** Asks the backends. */
export class Asker {
  readonly #settings: ResolverSettings;
  readonly #keepOpen: boolean;
  readonly #conf: WatchedFile<ResolvConf> | undefined;
  readonly #cache = new AnswerCache();
  readonly #inFlight = new InFlight<Outcome>();
  readonly #turnstile: Turnstile;
  readonly #counts = { queries: 0, cacheHits: 0, shared: 0, failures: 0 };
  readonly #getaddrinfo: SystemBackend = new SystemBackend();
  #dropped = 0;
  #backend: Backend | undefined;
  #backendConf: ResolvConf | undefined;

  /** With `keepOpen`, connections to servers outlive their questions. */
  constructor(settings: ResolverSettings, keepOpen: boolean) {
    this.#settings = settings;
    this.#keepOpen = keepOpen;
    this.#turnstile = new Turnstile(settings.maxInFlight);
    const { resolvConf } = settings;
    if (resolvConf !== false && Deno.build.os !== "windows") {
      const path = resolvConf === true ? RESOLV_CONF : resolvConf;
      this.#conf = new WatchedFile(path, parseResolvConf);
    }
  }

  /** Whether {@linkcode search} knows without {@linkcode refresh}. */
  get fresh(): boolean {
    return this.#settings.servers !== undefined || this.#conf === undefined ||
      this.#conf.fresh;
  }

  /** Look whether resolv.conf has changed, at most once a second. */
  async refresh(): Promise<void> {
    await this.#conf?.load();
  }

  /** What resolv.conf says; given servers have nothing to do with it. */
  get #system(): ResolvConf | undefined {
    return this.#settings.servers === undefined ? this.#conf?.value : undefined;
  }

  /** The absolute names that a name stands for, in the order in which they are tried. */
  candidates(name: string, absolute: boolean): string[] {
    const { search, ndots } = this.#settings;
    return searchCandidates(
      name,
      absolute,
      search ?? this.#system?.search ?? [],
      ndots ?? this.#system?.ndots ?? 1,
    );
  }

  /** Whether there may be a search list that we may not read, and Deno applies for us. */
  get searchUnknown(): boolean {
    const { backend, servers, search, resolvConf } = this.#settings;
    return backend !== "wire" && servers === undefined &&
      search === undefined && resolvConf !== false &&
      this.#system === undefined;
  }

  /** What is kept of an answer; the way that costs no turn of the event loop. */
  cached(question: Question): Outcome | undefined {
    if (!this.#settings.cache) return undefined;
    const detailed = this.#cache.get(keyOf(question, true));
    const outcome = detailed ??
      (question.detail ? undefined : this.#cache.get(keyOf(question, false)));
    if (outcome !== undefined) this.#counts.cacheHits++;
    return outcome;
  }

  /**
   * Ask, or join who is asking.
   *
   * @throws The signal's reason, or what is nobody's answer: a missing permission, no descriptor left.
   */
  ask(
    question: Question,
    signal: AbortSignal | undefined,
    expires: number,
  ): Promise<Outcome> {
    const kept = this.cached(question);
    if (kept !== undefined) return Promise.resolve(kept);
    const key = keyOf(question, this.#detailMatters(question));
    let started = false;
    const work = this.#inFlight.join(key, signal, (shared) => {
      started = true;
      return this.#start(key, question, { signal: shared, expires });
    });
    if (!started) this.#counts.shared++;
    return work;
  }

  /** Addresses from the system itself, both families in one call. */
  askSystem(
    name: string,
    family: 0 | 4 | 6,
    signal: AbortSignal | undefined,
    expires: number,
  ): Promise<Outcome> {
    const key = `system ${family} ${name}`;
    const kept = this.#settings.cache ? this.#cache.get(key) : undefined;
    if (kept !== undefined) {
      this.#counts.cacheHits++;
      return Promise.resolve(kept);
    }
    return this.#inFlight.join(key, signal, async (shared) => {
      this.#counts.queries++;
      const options = { signal: shared, expires };
      const outcome = await this.#getaddrinfo.addresses(name, family, options);
      return this.#keep(key, outcome);
    });
  }

  /** What has been done so far. */
  stats(): ResolverStats {
    return {
      ...this.#counts,
      inFlight: this.#inFlight.size,
      cached: this.#cache.size,
      dropped: this.#dropped,
    };
  }

  /** Forget all answers. */
  clear(): void {
    this.#cache.clear();
  }

  /** Abort what is under way and close every connection. */
  close(reason: unknown): void {
    this.#inFlight.abortAll(reason);
    this.#backend?.close();
    this.#cache.clear();
  }

  async #start(
    key: string,
    question: Question,
    options: AskOptions,
  ): Promise<Outcome> {
    if (!this.fresh) await this.refresh();
    const backend = this.#currentBackend();
    const outcome = await this.#turnstile.run(options, () => {
      this.#counts.queries++;
      return backend.ask(question, options);
    });
    if (outcome === undefined) {
      return this.#keep(key, { error: lookupError("ETIMEOUT", question) });
    }
    const full = isFull(outcome) ? keyOf(question, true) : key;
    return this.#keep(full, this.#screened(question, outcome));
  }

  /** Only the backend "auto" has two ways to ask. */
  #detailMatters({ detail = false }: Question): boolean {
    return detail && this.#settings.backend === "auto";
  }

  #screened(question: Question, outcome: Outcome): Outcome {
    const screened = screenOutcome(question, outcome);
    if (screened !== outcome) this.#dropped++;
    return screened;
  }

  #keep(key: string, outcome: Outcome): Outcome {
    if ("error" in outcome) this.#counts.failures++;
    if (this.#settings.cache) this.#cache.set(key, outcome);
    return outcome;
  }

  /** The backend for the servers of this moment: resolv.conf may have changed. */
  #currentBackend(): Backend {
    const conf = this.#system;
    if (this.#backend !== undefined && this.#backendConf === conf) {
      return this.#backend;
    }
    const { backend, servers } = this.#settings;
    const known = servers ?? conf?.servers.map(onDnsPort);
    // The old one is not closed: its questions end by themselves, and its idle connection when
    // the server hangs up.
    this.#backendConf = conf;
    return this.#backend = this.#makeBackend(backend, servers, known);
  }

  #makeBackend(
    backend: ResolverSettings["backend"],
    given: ServerAddress[] | undefined,
    known: ServerAddress[] | undefined,
  ): Backend {
    if (backend === "system") return this.#getaddrinfo;
    const deno = new DenoBackend(given ?? []);
    if (backend === "resolveDns") return deno;
    if (backend === "wire") {
      if (known === undefined) {
        throw new Deno.errors.NotCapable(
          `Cannot find the DNS servers: the backend "wire" needs the option servers, or --allow-read=${RESOLV_CONF}`,
        );
      }
      // resolv.conf(5): without a nameserver line it is the one on this host.
      const local = [{ hostname: "127.0.0.1", port: DNS_PORT }];
      return this.#makeWire(known.length === 0 ? local : known);
    }
    const mayAsk = (known ?? []).filter(({ hostname, port }) =>
      grantedNet(hostname, port)
    );
    const wire = mayAsk.length > 0 ? this.#makeWire(mayAsk) : undefined;
    return new AutoBackend(deno, wire);
  }

  #makeWire(servers: ServerAddress[]): WireBackend {
    const { tries } = this.#settings;
    return new WireBackend(servers, { tries, keepOpen: this.#keepOpen });
  }

  /**
   * Whether only the system can be asked: with permission for that name alone (as for
   * `Deno.connect`), no server may be.
   */
  onlySystem(name: string): boolean {
    const { backend, servers } = this.#settings;
    if (backend === "system") return true;
    if (backend !== "auto" || servers !== undefined) return false;
    return !granted({ name: "net" }) && granted({ name: "net", host: name });
  }
}

/** Whether it came over the wire, so that there is no more to be known. */
function isFull(outcome: Outcome): boolean {
  return "records" in outcome
    ? outcome.source === "wire"
    : outcome.error.rcode !== undefined;
}

function keyOf({ name, type, relative }: Question, detail: boolean): string {
  const key = detail ? `detail ${type} ${name}` : `${type} ${name}`;
  return relative ? `relative ${key}` : key;
}

function onDnsPort(hostname: string): ServerAddress {
  return { hostname, port: DNS_PORT };
}
