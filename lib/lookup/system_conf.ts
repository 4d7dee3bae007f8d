/**
 * What the system's configuration says at the moment: the servers, the search list, and whether nobody
 * but the system itself may be asked. Where the resolver's options say otherwise, they count.
 *
 * @module
 */
import { granted } from "./granted.ts";
import type { Wait } from "./lookup_wait.ts";
import {
  parseResolvConf,
  type ResolvConf,
  searchCandidates,
} from "./resolv_conf.ts";
import type { ResolverSettings } from "./resolver_options.ts";
import { waitUntil } from "./time_left.ts";
import { WatchedFile } from "./watched_file.ts";

const RESOLV_CONF = "/etc/resolv.conf";

/** resolv.conf, seen through the options of a resolver. */
export class SystemConf {
  readonly #settings: ResolverSettings;
  readonly #file: WatchedFile<ResolvConf> | undefined;

  /** Nothing is read before {@linkcode refresh}. */
  constructor(settings: ResolverSettings) {
    this.#settings = settings;
    const { resolvConf } = settings;
    if (resolvConf === false || Deno.build.os === "windows") return;
    const path = resolvConf === true ? RESOLV_CONF : resolvConf;
    this.#file = new WatchedFile(path, parseResolvConf);
  }

  /** Where resolv.conf is, where it is looked into. */
  get path(): string | undefined {
    return this.#file?.path;
  }

  /** Whether the rest may be asked without {@linkcode refresh}. */
  get fresh(): boolean {
    return this.#settings.servers !== undefined || this.#file === undefined ||
      this.#file.fresh;
  }

  /** How often what resolv.conf says has changed, as far as it matters here. */
  get changes(): number {
    return this.#settings.servers === undefined ? this.#file?.changes ?? 0 : 0;
  }

  /** What resolv.conf says; given servers have nothing to do with it. */
  get value(): ResolvConf | undefined {
    return this.#settings.servers === undefined ? this.#file?.value : undefined;
  }

  /** Look whether resolv.conf has changed, at most once a second, and as long as there is time. */
  async refresh(wait?: Wait): Promise<void> {
    const looking = this.#file?.load();
    if (looking === undefined) return;
    await (wait ? waitUntil(looking, wait.expires, wait.signal) : looking);
  }

  /** The absolute names that a name stands for, in the order in which they are tried. */
  candidates(name: string, absolute: boolean): string[] {
    const { search, ndots } = this.#settings;
    return searchCandidates(
      name,
      absolute,
      search ?? this.value?.search ?? [],
      ndots ?? this.value?.ndots ?? 1,
    );
  }

  /** Whether there may be a search list that we may not read, and Deno applies for us. */
  get searchUnknown(): boolean {
    const { backend, servers, search, resolvConf } = this.#settings;
    return backend !== "wire" && servers === undefined &&
      search === undefined && resolvConf !== false && this.value === undefined;
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
