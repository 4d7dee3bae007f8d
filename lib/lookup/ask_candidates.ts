/**
 * Asking for the names of a search list, one after the other, until one is found.
 *
 * @module
 */
import type { LookupError } from "../errors.ts";
import {
  type Answer,
  type Outcome,
  repeatError,
  soonerExpiry,
} from "./answer.ts";

/**
 * Ask for each name until one has records.
 *
 * A server that does not answer ends it: the next name would only wait as long again.
 *
 * @param asGiven The name as the caller wrote it, without its final dot.
 * @returns The answer; it holds no longer than the failures of the names before it.
 * @throws {LookupError} Of a name that may exist, though nobody could say; where there is none, of
 *   the name as it was given.
 */
export async function askCandidates(
  candidates: readonly string[],
  asGiven: string,
  ask: (name: string) => Promise<Outcome>,
): Promise<Answer> {
  let telling: LookupError | undefined;
  let expires: number | undefined = Infinity;
  for (const name of candidates) {
    const outcome = await ask(name);
    expires = soonerExpiry({ expires }, outcome);
    if ("records" in outcome) return { ...outcome, expires };
    const { error } = outcome;
    const more = telling === undefined || isOpen(error) && !isOpen(telling) ||
      name === asGiven && isOpen(error) === isOpen(telling);
    if (more) telling = error;
    if (isUnheard(error)) break;
  }
  throw repeatError(telling!, asGiven);
}

/** Whether the name may exist all the same. */
export function isOpen({ notFound, code }: LookupError): boolean {
  return notFound !== true && code !== "EBADNAME";
}

function isUnheard({ code }: LookupError): boolean {
  return code === "ETIMEOUT" || code === "ECONNREFUSED";
}
