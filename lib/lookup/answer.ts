/**
 * What passes between the resolver and its backends: a question, and what came of it.
 *
 * @module
 */
import { LookupError, type LookupErrorCode } from "../errors.ts";
import { quote } from "../stream/quote.ts";
import type { RecordMap, RecordType } from "./record_types.ts";

/** Who knew: the text itself, the hosts file, a reserved name, or one of the backends. */
export type AnswerSource =
  | "literal"
  | "hosts"
  | "reserved"
  | "resolveDns"
  | "system"
  | "wire";

/** One question. The name is absolute, in lower case, its escapes as in answers, without its final dot. */
export interface Question {
  name: string;
  type: RecordType;
  /** Whether the TTL and the aliases matter, where somebody knows them. */
  detail?: boolean;
  /** Whether the system's search list applies, which only `Deno.resolveDns` may have read. */
  relative?: boolean;
}

/** How long a backend may take. */
export interface AskOptions {
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** When to give up, on the clock of `performance.now()`. */
  expires: number;
}

/** Records were found. */
export interface Answer {
  records: RecordMap[RecordType][];
  /** Seconds for which it may be kept, where that is known. */
  ttl: number | undefined;
  /** The end of the chain of aliases, or the name that was asked. */
  hostname: string;
  /** The names that led there, the one that was asked first; empty where there is no alias or none is known. */
  aliases: string[];
  /** The server that answered, where it is known. */
  server: string | undefined;
  source: AnswerSource;
  /** Names that were in the answer but cannot be host names, escaped. */
  dropped: string[];
  /** Until when it holds, on the clock of `performance.now()`, where it is kept. */
  expires?: number | undefined;
}

/** Nothing was found, or nobody could say. */
export interface Failure {
  error: LookupError;
  /** Seconds for which it may be kept (RFC 2308), where that is known. */
  ttl?: number | undefined;
  /** Until when it holds, on the clock of `performance.now()`, where it is kept. */
  expires?: number | undefined;
}

/** What came of a question. Anything else than these (a missing permission, an abort) is thrown. */
export type Outcome = Answer | Failure;

/** Until when two outcomes hold together, where both are kept. */
export function soonerExpiry(
  a: Pick<Outcome, "expires">,
  b: Pick<Outcome, "expires">,
): number | undefined {
  if (a.expires === undefined || b.expires === undefined) return undefined;
  return Math.min(a.expires, b.expires);
}

/** Somebody who can be asked. */
export interface Backend {
  ask(question: Question, options: AskOptions): Promise<Outcome>;
  /** Nothing more will be asked: close what it holds open once the last question has ended. */
  retire(): void;
  /** Close what it holds open; what is still asked rejects with the reason. */
  close(reason: Error): void;
}

/** What each code says in a message. */
const REASONS: Readonly<Record<LookupErrorCode, string>> = {
  EBADNAME: "there can be no such name",
  ESERVICE: "no such service",
  ENOTFOUND: "no such name",
  ENODATA: "the name has no such record",
  EUNRESOLVED: "nothing was found, and the system's resolver does not tell why",
  ESERVFAIL: "the server failed (SERVFAIL)",
  EREFUSED: "the server refused to answer",
  EFORMERR: "the server did not understand the question (FORMERR)",
  ENOTIMP: "the server does not do such questions (NOTIMP)",
  ETIMEOUT: "no answer in time",
  ECONNREFUSED: "the server cannot be reached, or hangs up",
  EBADRESP: "the answer cannot be understood",
};

/** The error of a failed question, in the words of its code. */
export function lookupError(
  code: LookupErrorCode,
  question: Question,
  init: {
    server?: string | undefined;
    rcode?: number | undefined;
    cause?: unknown;
    reason?: string;
  } = {},
): LookupError {
  const at = init.server === undefined ? "" : ` at ${init.server}`;
  return new LookupError(
    `Cannot look up ${question.type} of ${quote(question.name)}${at}: ${
      init.reason ?? REASONS[code]
    }`,
    {
      code,
      host: question.name,
      type: question.type,
      server: init.server,
      rcode: init.rcode,
      cause: init.cause,
    },
  );
}

/** The same failure for another caller, under the name that this one gave: an error object has one owner. */
export function repeatError(error: LookupError, host: string): LookupError {
  const { message, code, type, server, rcode, cause } = error;
  return new LookupError(message, { code, host, type, server, rcode, cause });
}

/** The same failure where addresses of either family were wanted. */
export function withoutType(error: LookupError): LookupError {
  const { code, host, type, server, rcode, cause } = error;
  const message = error.message.replace(`look up ${type} of`, "look up");
  return new LookupError(message, { code, host, server, rcode, cause });
}
