/**
 * The backend over `Deno.resolveDns`.
 *
 * What it says is less than what it knows: NXDOMAIN, no data, SERVFAIL and REFUSED are one and the
 * same NotFound, so that its code is EUNRESOLVED; and a resolv.conf with a line that is new to it is
 * an Error of whatever text. It also looks into the hosts file by itself.
 *
 * @module
 */
import type { LookupErrorCode } from "../errors.ts";
import { addrText } from "../socket/addr_text.ts";
import { quote } from "../stream/quote.ts";
import {
  type AskOptions,
  type Backend,
  lookupError,
  type Outcome,
  type Question,
} from "./answer.ts";
import { fromDenoName } from "./deno_name.ts";
import { type RecordMap, type RecordType, WIRE_ONLY } from "./record_types.ts";
import { timeLeft } from "./time_left.ts";
import type { ServerAddress } from "./wire_backend.ts";

/** Milliseconds without an answer after which the next of several servers is asked too. */
const PATIENCE = 1_000;

/** Asks through `Deno.resolveDns`. */
export class DenoBackend implements Backend {
  readonly #servers: readonly (ServerAddress | undefined)[];

  /** Without servers, those of the system. */
  constructor(servers: readonly ServerAddress[]) {
    this.#servers = servers.length === 0 ? [undefined] : servers;
  }

  async ask(question: Question, options: AskOptions): Promise<Outcome> {
    if (WIRE_ONLY.has(question.type)) {
      throw new Deno.errors.NotSupported(
        `Cannot look up ${question.type} of "${question.name}": Deno.resolveDns does not know that type, the backend "wire" does`,
      );
    }
    const running = new AbortController();
    const signal = AbortSignal.any([options.signal, running.signal]);
    const late = setTimeout(
      () => running.abort(TIME_IS_UP),
      timeLeft(options.expires),
    );
    try {
      return await this.#askAll(question, signal);
    } catch (error) {
      if (error === TIME_IS_UP) {
        return { error: lookupError("ETIMEOUT", question) };
      }
      throw error;
    } finally {
      clearTimeout(late);
      running.abort();
    }
  }

  retire(): void {}

  close(): void {}

  /** The servers one after the other, each a second after the one before or when that has failed. */
  #askAll(question: Question, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      let left = this.#servers.length;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const finish = () => clearTimeout(timer);
      const start = (index: number) => {
        clearTimeout(timer);
        const server = this.#servers[index];
        if (index + 1 < this.#servers.length) {
          timer = setTimeout(() => start(index + 1), PATIENCE);
        }
        askOne(question, server, signal).then((outcome) => {
          if (!answered(outcome) && --left > 0) {
            if (index + 1 < this.#servers.length) start(index + 1);
            return;
          }
          finish();
          resolve(outcome);
        }, (error) => {
          finish();
          reject(error);
        });
      };
      start(0);
    });
  }
}

/** Whether a server has answered Deno: with records, or that there are none. */
export function answered(outcome: Outcome): boolean {
  return "records" in outcome ||
    outcome.error.cause instanceof Deno.errors.NotFound;
}

/** What the deadline aborts with; it never leaves this file. */
const TIME_IS_UP = Symbol("time is up");

/**
 * One server, until it answers or the signal aborts.
 *
 * Given a signal, Deno gives up after two tries of a second each, whatever time there is: so it is
 * asked again until time is up.
 */
async function askOne(
  question: Question,
  server: ServerAddress | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  const label = server && addrText({ transport: "udp", ...server });
  while (true) {
    try {
      const records = await query(question, {
        signal,
        ...server &&
          { nameServer: { ipAddr: server.hostname, port: server.port } },
      });
      // Deno passes over records without data, though it has found some.
      if (records.length === 0) {
        return { error: lookupError("EBADRESP", question, { server: label }) };
      }
      return {
        records: records.map((record) => normalise(question.type, record)),
        ttl: undefined,
        hostname: question.name,
        aliases: [],
        server: label,
        source: "resolveDns",
        dropped: [],
      };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const code = failureCode(error);
      if (code === undefined) throw error;
      if (code === "ETIMEOUT") continue;
      const init = { server: label, cause: error };
      if (code !== "EUNRESOLVED" || error instanceof Deno.errors.NotFound) {
        return { error: lookupError(code, question, init) };
      }
      const reason = `Deno.resolveDns says ${quote((error as Error).message)}`;
      return { error: lookupError(code, question, { ...init, reason }) };
    }
  }
}

type DenoOptions = Deno.ResolveDnsOptions & { signal: AbortSignal };

/**
 * Ask Deno. The final dot keeps it from applying a search list, and finds single-label names of the
 * hosts file, which it misses otherwise where there is a search list.
 */
async function query(
  { name, type, relative }: Question,
  options: DenoOptions,
): Promise<unknown[]> {
  const recordType = type as Deno.RecordType;
  const absolute = name === "." ? name : `${name}.`;
  if (!relative) return await Deno.resolveDns(absolute, recordType, options);
  try {
    return await Deno.resolveDns(name, recordType, options);
  } catch (error) {
    const again = error instanceof Deno.errors.NotFound && !name.includes(".");
    if (!again) throw error;
    return await Deno.resolveDns(absolute, recordType, options);
  }
}

/** Its errors have a class only where nothing went wrong on the way; elsewhere there is but the text. */
function failureCode(error: unknown): LookupErrorCode | undefined {
  if (error instanceof Deno.errors.NotFound) return "EUNRESOLVED";
  if (error instanceof Deno.errors.TimedOut) return "ETIMEOUT";
  if (!(error instanceof Error)) return undefined;
  if (error.constructor !== Error) return undefined;
  const { message } = error;
  if (/too many open files/i.test(message)) {
    Object.assign(error, { code: "EMFILE" });
    return undefined;
  }
  if (/refused|reset by peer|closed|unreachable|no route/i.test(message)) {
    return "ECONNREFUSED";
  }
  // Of the name that was asked for, not of one in its search list.
  const ofName = /\b(?:label|char|name label data)\b/i.test(message) &&
    !message.includes("resolv.conf");
  return ofName ? "EBADNAME" : "EUNRESOLVED";
}

/** Names without their final dots and in A-labels, tags in lower case. */
function normalise(type: RecordType, record: unknown): RecordMap[RecordType] {
  if (type === "A" || type === "AAAA" || type === "TXT") {
    return record as RecordMap[RecordType];
  }
  if (typeof record === "string") return fromDenoName(record);
  const copy = { ...record as Record<string, unknown> };
  for (const key of NAME_FIELDS) {
    const value = copy[key];
    if (typeof value === "string") copy[key] = fromDenoName(value);
  }
  if (typeof copy.tag === "string") copy.tag = copy.tag.toLowerCase();
  return copy as unknown as RecordMap[RecordType];
}

const NAME_FIELDS = ["exchange", "target", "mname", "rname", "replacement"];
