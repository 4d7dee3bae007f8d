/**
 * Between the resolver and its backends: the cache, the sharing of equal questions, and the limit on
 * how many run at once.
 *
 * @module
 */
import { AnswerCache } from "./answer_cache.ts";
import {
  type AskOptions,
  lookupError,
  type Outcome,
  type Question,
} from "./answer.ts";
import { Backends } from "./backends.ts";
import { InFlight, Turnstile } from "./in_flight.ts";
import type { ResolverSettings } from "./resolver_options.ts";
import { screenOutcome } from "./screen_answer.ts";
import { SystemBackend } from "./system_backend.ts";
import { SystemConf } from "./system_conf.ts";
import { waitUntil } from "./time_left.ts";

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

/** Milliseconds below which a question is not worth asking again. */
const WORTH_ASKING = 20;

/** Asks the backends. */
export class Asker {
  /** What the system's configuration says: it decides who is asked, and for which names. */
  readonly conf: SystemConf;
  readonly #settings: ResolverSettings;
  readonly #cache = new AnswerCache();
  readonly #inFlight = new InFlight<Outcome>();
  readonly #turnstile: Turnstile;
  readonly #counts = { queries: 0, cacheHits: 0, shared: 0, failures: 0 };
  readonly #getaddrinfo: SystemBackend = new SystemBackend();
  readonly #backends: Backends;
  #dropped = 0;
  /** How often all answers were forgotten: what was asked before is not kept after. */
  #cleared = 0;
  #closed: Error | undefined;

  /** With `keepOpen`, connections to servers outlive their questions. */
  constructor(settings: ResolverSettings, keepOpen: boolean) {
    this.#settings = settings;
    this.#turnstile = new Turnstile(settings.maxInFlight);
    this.conf = new SystemConf(settings);
    this.#backends = new Backends(settings, {
      system: this.#getaddrinfo,
      confPath: this.conf.path,
      keepOpen,
    });
  }

  /** @throws The reason for which it was closed. */
  throwIfClosed(): void {
    if (this.#closed !== undefined) throw this.#closed;
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
    return this.#share(
      { key, question },
      { signal, expires },
      (options) => this.#askBackend(key, question, options),
    );
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
    const question = { name, type: family === 6 ? "AAAA" : "A" } as const;
    return this.#share(
      { key, question },
      { signal, expires },
      (options) =>
        this.#run(
          key,
          question,
          options,
          () => this.#getaddrinfo.addresses(name, family, options),
        ),
    );
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

  /** Forget all answers, those on their way included. */
  clear(): void {
    this.#cleared++;
    this.#cache.clear();
  }

  /** Abort what is under way and close every connection; questions from now on reject alike. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#inFlight.abortAll(reason);
    this.#backends.close(reason);
    this.#cache.clear();
  }

  /** Do the work, or wait beside those for whom it is done already. */
  async #share(
    asked: { key: string; question: Question },
    wait: { signal: AbortSignal | undefined; expires: number },
    start: (options: AskOptions) => Promise<Outcome>,
  ): Promise<Outcome> {
    const { key, question } = asked;
    const { signal, expires } = wait;
    this.throwIfClosed();
    let started = false;
    // What was asked before all was forgotten is not for those who ask after.
    const work = this.#inFlight.join(`${this.#cleared} ${key}`, signal, (s) => {
      started = true;
      return start({ signal: s, expires });
    });
    if (started) return await work;
    this.#counts.shared++;
    const outcome = await waitUntil(work, expires, undefined);
    if (outcome === undefined) {
      return { error: lookupError("ETIMEOUT", question) };
    }
    // Its time was that of who asked first: where there is more, ask again.
    const early = "error" in outcome && outcome.error.timedOut &&
      expires - performance.now() > WORTH_ASKING;
    return early ? await this.#share(asked, wait, start) : outcome;
  }

  async #askBackend(
    key: string,
    question: Question,
    options: AskOptions,
  ): Promise<Outcome> {
    if (!this.conf.fresh) {
      await this.conf.refresh();
      options.signal.throwIfAborted();
    }
    const backend = this.#backends.current(this.conf.value);
    return await this.#run(
      key,
      question,
      options,
      async () =>
        this.#screened(question, await backend.ask(question, options)),
    );
  }

  /** Ask when it is this question's turn, and keep what comes of it. */
  async #run(
    key: string,
    question: Question,
    options: AskOptions,
    ask: () => Promise<Outcome>,
  ): Promise<Outcome> {
    const cleared = this.#cleared;
    const time = options.expires - performance.now();
    const outcome = await this.#turnstile.run(options, () => {
      this.#counts.queries++;
      return ask();
    }) ?? { error: lookupError("ETIMEOUT", question) };
    if ("error" in outcome) this.#counts.failures++;
    if (!this.#settings.cache || cleared !== this.#cleared) return outcome;
    // Who has little time says nothing about the servers.
    const hadTime = time > this.#settings.timeout - WORTH_ASKING;
    if ("error" in outcome && outcome.error.timedOut && !hadTime) {
      return outcome;
    }
    const full = isFull(outcome) ? keyOf(question, true) : key;
    return this.#cache.set(full, outcome);
  }

  /** Only the backend "auto" has two ways to ask. */
  #detailMatters({ detail = false }: Question): boolean {
    return detail && this.#settings.backend === "auto";
  }

  #screened(question: Question, outcome: Outcome): Outcome {
    const screened = screenOutcome(question, outcome);
    this.#dropped += screened.dropped;
    return screened.outcome;
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
