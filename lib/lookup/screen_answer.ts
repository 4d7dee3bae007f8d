/**
 * The checks on names that come back: what stands where a host name must stand, and cannot be one,
 * is dropped and reported (as the C library does), so that no server puts `$(…)` or a line break
 * into a log, a shell or a configuration.
 *
 * @module
 */
import {
  type Failure,
  lookupError,
  type Outcome,
  type Question,
} from "./answer.ts";
import { isHostName } from "./host_name.ts";
import type { RecordMap, RecordType } from "./record_types.ts";

/** An outcome, and how many names had to be dropped for it. */
interface Screened {
  outcome: Outcome;
  dropped: number;
}

/** The outcome without the records and aliases that name what no host is named. */
export function screenOutcome(question: Question, outcome: Outcome): Screened {
  if ("error" in outcome) return { outcome, dropped: 0 };
  const dropped: string[] = [];
  const keep = (name: string | undefined) => {
    // "." says that there is none (RFC 7505, RFC 2782) and is kept.
    if (name === undefined || name === "." || isHostName(name)) return true;
    dropped.push(name);
    return false;
  };
  const records = outcome.records.filter((record) =>
    keep(hostIn(question, record))
  );
  const keepOwner = (owner: string) =>
    isReverseOwner(question, owner) || keep(owner);
  const aliases = outcome.aliases.filter(keepOwner);
  // The last good name on the way there is the best that can be said.
  const isOwn = outcome.hostname === question.name;
  const hostname = isOwn || keepOwner(outcome.hostname)
    ? outcome.hostname
    : aliases.pop() ?? question.name;
  if (dropped.length === 0) return { outcome, dropped: 0 };
  const screened = records.length === 0
    ? nothingGood(question, outcome.server, dropped[0]!)
    : { ...outcome, hostname, records, aliases, dropped };
  return { outcome: screened, dropped: dropped.length };
}

function nothingGood(
  question: Question,
  server: string | undefined,
  dropped: string,
): Failure {
  const reason = `the answer has no host name but ${JSON.stringify(dropped)}`;
  return { error: lookupError("EBADRESP", question, { server, reason }) };
}

/** Reverse zones that are no multiple of eight bits have a slash in their names (RFC 2317 section 4). */
function isReverseOwner({ type }: Question, owner: string): boolean {
  return type === "PTR" && owner.endsWith(".in-addr.arpa") &&
    isHostName(owner.replaceAll("/", "-"));
}

/** The part of a record that must be a host name, where there is one. */
function hostIn(
  { name, type }: Question,
  record: RecordMap[RecordType],
): string | undefined {
  switch (type) {
    case "NS":
    case "CNAME":
      return record as string;
    case "PTR":
      // Outside the reverse zones a PTR may name anything, such as a printer (RFC 6763 section 4.1).
      return name.endsWith(".arpa") ? record as string : undefined;
    case "MX":
      return (record as RecordMap["MX"]).exchange;
    case "SRV":
      return (record as RecordMap["SRV"]).target;
    case "HTTPS":
    case "SVCB":
      return (record as RecordMap["SVCB"]).target;
    default:
      return undefined;
  }
}
