/**
 * The backend over getaddrinfo and getnameinfo of the system, through `node:dns`: the only one that
 * follows nsswitch.conf, mDNS and whatever else the host is set up with.
 *
 * These calls block a thread each and cannot be cancelled, and Deno's file system calls use the same
 * threads: so only eight run at once in the whole process, however many resolvers there are.
 *
 * @module
 */
import type { LookupErrorCode } from "../errors.ts";
import {
  type Answer,
  type AskOptions,
  type Backend,
  type Failure,
  lookupError,
  type Outcome,
  type Question,
} from "./answer.ts";
import { Turnstile } from "./in_flight.ts";
import { addressOfReverseName } from "./reverse_name.ts";
import { waitUntil } from "./time_left.ts";

type NodeDns = typeof import("node:dns/promises");

/** A quarter of Deno's 32 blocking threads. */
const MOST_THREADS = 8;
const threads = new Turnstile(MOST_THREADS);

/** Error numbers of node:dns, which tell "no such name" and "no such record" apart where its codes do not. */
const EAI_NODATA = -3007;

/** Asks the system. */
export class SystemBackend implements Backend {
  /** Addresses of the name, in the order in which the system says they should be tried. */
  addresses(
    name: string,
    family: 0 | 4 | 6,
    options: AskOptions,
  ): Promise<Outcome> {
    const type = family === 6 ? "AAAA" : "A";
    return this.#run({ name, type }, name, options, async (dns) => {
      // "verbatim": Deno's default order reverses the list.
      const wanted = { all: true, family, order: "verbatim" } as const;
      const found = await dns.lookup(name, wanted);
      return [...new Set(found.map(({ address }) => address))];
    });
  }

  async ask(question: Question, options: AskOptions): Promise<Outcome> {
    const { name, type } = question;
    if (type === "A") return await this.addresses(name, 4, options);
    if (type === "AAAA") return await this.addresses(name, 6, options);
    const address = type === "PTR" ? addressOfReverseName(name) : undefined;
    if (address !== undefined) {
      return await this.#run(question, address, options, async (dns) => {
        const { hostname } = await dns.lookupService(address, 0);
        return [hostname];
      });
    }
    throw new Deno.errors.NotSupported(
      `Cannot look up ${type} of "${name}": the backend "system" knows addresses and their names only`,
    );
  }

  /**
   * Run in one of the eight threads; who stops waiting leaves the thread to its end.
   *
   * @param host The name or the address that the permission must be for.
   */
  async #run(
    question: Question,
    host: string,
    options: AskOptions,
    work: (dns: NodeDns) => Promise<string[]>,
  ): Promise<Outcome> {
    const dns = await import("node:dns/promises");
    const working = threads.run(options, () => work(dns)).then(
      (records) => records && answer(question, records),
      (error) => failed(question, host, error),
    );
    const { expires, signal } = options;
    const outcome = await waitUntil(working, expires, signal);
    return outcome ?? { error: lookupError("ETIMEOUT", question) };
  }

  retire(): void {}

  close(): void {}
}

function answer(question: Question, records: string[]): Answer {
  return {
    records,
    ttl: undefined,
    hostname: question.name,
    aliases: [],
    server: undefined,
    source: "system",
    dropped: [],
  };
}

/** @throws What is not the name's fault, such as a missing permission. */
function failed(
  question: Question,
  host: string,
  cause: Error & { code?: string; errno?: number },
): Failure {
  if (cause.code === "EPERM") {
    throw new Deno.errors.NotCapable(
      `Cannot look up "${host}": the backend "system" needs --allow-net=${
        host.includes(":") ? `[${host}]` : host
      }`,
    );
  }
  if (cause.code === undefined) throw cause;
  const code = systemCode(cause);
  const init = code === "ESERVFAIL"
    ? { cause, reason: "the system's resolver cannot say for now (EAI_AGAIN)" }
    : { cause };
  return { error: lookupError(code, question, init) };
}

function systemCode(
  error: { code?: string; errno?: number },
): LookupErrorCode {
  switch (error.code) {
    case "ENOTFOUND":
      return error.errno === EAI_NODATA ? "ENODATA" : "ENOTFOUND";
    case "EAI_AGAIN":
      // SERVFAIL, REFUSED and silence are all that: it may work later.
      return "ESERVFAIL";
    default:
      return "EUNRESOLVED";
  }
}
