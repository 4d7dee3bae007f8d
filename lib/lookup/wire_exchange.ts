/**
 * One question to several servers: who is asked when, and which answer counts.
 *
 * The first server is asked at once; each second without an answer the next one, and after the last
 * the first again, while all that were asked before may still answer. So a lost packet costs a
 * second, and a server that needs three is still heard.
 *
 * @module
 */
import {
  type LookupError,
  type LookupErrorCode,
  ProtocolError,
} from "../errors.ts";
import { type Alarm, AlarmQueue } from "./alarm_queue.ts";
import {
  type AskOptions,
  type Failure,
  lookupError,
  type Question,
} from "./answer.ts";
import { type DnsResponse, encodeQuery } from "./dns_message.ts";
import { TYPE_NUMBERS } from "./record_types.ts";
import { timeLeft } from "./time_left.ts";
import type { Attempt, WireServer } from "./wire_server.ts";

/** Milliseconds without an answer after which the next server, or the same again, is asked. */
const PATIENCE = 1_000;

/** Response codes (RFC 1035 section 4.1.1). */
const NOERROR = 0;
const FORMERR = 1;
const NXDOMAIN = 3;
const RCODES: ReadonlyMap<number, LookupErrorCode> = new Map([
  [FORMERR, "EFORMERR"],
  [2, "ESERVFAIL"],
  [NXDOMAIN, "ENOTFOUND"],
  [4, "ENOTIMP"],
  [5, "EREFUSED"],
]);

/** An answer that counts: the name exists or does not. */
interface ServerAnswer {
  response: DnsResponse;
  server: WireServer;
}

/** Ask the servers. Throws only the signal's reason, and what is nobody's answer. */
export function askServers(
  servers: readonly WireServer[],
  tries: number,
  question: Question,
  options: AskOptions,
): Promise<ServerAnswer | Failure> {
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) return reject(options.signal.reason);
    let race: Race;
    try {
      race = new Race(servers, tries, question, options, resolve, reject);
    } catch (cause) {
      return resolve({ error: lookupError("EBADNAME", question, { cause }) });
    }
    race.next();
  });
}

/** One for all questions: what they wait for before the next server is equally long. */
const patience = new AlarmQueue(PATIENCE);

class Race implements Alarm {
  due = 0;
  before: Alarm | undefined;
  after: Alarm | undefined;
  readonly #question: Question;
  readonly #query: Uint8Array<ArrayBuffer>;
  readonly #queue: WireServer[] = [];
  readonly #asked = new Set<WireServer>();
  readonly #attempts = new Map<WireServer, Attempt>();
  readonly #resolve: (result: ServerAnswer | Failure) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #expires: number;
  readonly #disarm: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: LookupError | undefined;

  /** @throws {ProtocolError} If the name cannot be written; nothing is armed then. */
  constructor(
    servers: readonly WireServer[],
    tries: number,
    question: Question,
    { signal, expires }: AskOptions,
    resolve: (result: ServerAnswer | Failure) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#question = question;
    this.#query = encodeQuery(question.name, question.type, true);
    for (let round = 0; round < tries; round++) this.#queue.push(...servers);
    this.#resolve = resolve;
    this.#reject = reject;
    const onAbort = () => this.#throw(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#disarm = () => signal.removeEventListener("abort", onAbort);
    this.#expires = expires;
  }

  /** Nobody has answered in time. */
  strike(): void {
    this.next();
  }

  /** Ask the next server in the queue; without one, wait for those that were asked. */
  next(): void {
    this.#disarmTimers();
    const left = timeLeft(this.#expires);
    if (left === 0) return this.#fail();
    const server = this.#queue.shift();
    if (server === undefined && this.#attempts.size === 0) return this.#fail();
    if (server !== undefined && left > PATIENCE) patience.set(this);
    else this.#timer = setTimeout(() => this.next(), left);
    if (server === undefined) return;
    const waiting = this.#attempts.get(server);
    if (waiting === undefined) this.#ask(server);
    else waiting.repeat();
  }

  #ask(server: WireServer): void {
    this.#asked.add(server);
    const withEdns = server.edns;
    const { name, type } = this.#question;
    const query = withEdns ? this.#query : encodeQuery(name, type, false);
    const asked = { query, name, type: TYPE_NUMBERS[type] };
    const attempt = server.ask(asked, (result) => {
      this.#attempts.delete(server);
      if (result instanceof Error) return this.#unheard(server, result);
      // A server from before EDNS: once more without (RFC 6891 section 7).
      if (result.rcode === FORMERR && withEdns) {
        server.edns = false;
        return this.#ask(server);
      }
      this.#heard(server, result);
    });
    this.#attempts.set(server, attempt);
  }

  #heard(server: WireServer, response: DnsResponse): void {
    if (response.rcode === NOERROR || response.rcode === NXDOMAIN) {
      this.#stop();
      return this.#resolve({ response, server });
    }
    const { rcode } = response;
    const code = RCODES.get(rcode);
    if (code !== undefined) this.#note(code, server, { rcode });
    else {
      const reason = `the server answered with response code ${rcode}`;
      this.#note("ESERVFAIL", server, { rcode, reason });
    }
    this.#giveUpOn(server);
  }

  #unheard(server: WireServer, error: Error): void {
    if (isOurFault(error)) return this.#throw(error);
    this.#note(failureCode(error), server, { cause: error });
    this.#giveUpOn(server);
  }

  /** What a server said first is what it will say again: ask the others. */
  #giveUpOn(server: WireServer): void {
    const others = this.#queue.filter((other) => other !== server);
    this.#queue.splice(0, this.#queue.length, ...others);
    this.next();
  }

  #note(
    code: LookupErrorCode,
    server: WireServer,
    init: { rcode?: number; cause?: unknown; reason?: string },
  ): void {
    // A response code tells more than a connection that failed.
    if (this.#failure?.rcode !== undefined && init.rcode === undefined) return;
    this.#failure = lookupError(code, this.#question, {
      ...init,
      server: server.label,
    });
  }

  #fail(): void {
    // One way refused and the other silent: the refusal is what is known.
    for (const [server, { error }] of this.#attempts) {
      if (error === undefined || this.#failure !== undefined) continue;
      if (isOurFault(error)) return this.#throw(error);
      this.#note(failureCode(error), server, { cause: error });
    }
    this.#stop();
    const server = [...this.#asked].at(-1)?.label;
    const error = this.#failure ??
      lookupError("ETIMEOUT", this.#question, { server });
    this.#resolve({ error });
  }

  #throw(reason: unknown): void {
    this.#stop();
    this.#reject(reason);
  }

  #disarmTimers(): void {
    patience.clear(this);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }

  #stop(): void {
    this.#disarmTimers();
    this.#disarm();
    for (const attempt of this.#attempts.values()) attempt.end();
  }
}

/** Whether no server is to blame: a missing permission, a closed resolver, no descriptor left. */
function isOurFault(error: Error & { code?: string }): boolean {
  return error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.Interrupted ||
    error.code === "EMFILE" || error.code === "ENFILE";
}

/** The code of an exchange that failed. */
function failureCode(error: Error): LookupErrorCode {
  if (error instanceof ProtocolError) return "EBADRESP";
  if (error instanceof Deno.errors.TimedOut) return "ETIMEOUT";
  return "ECONNREFUSED";
}
