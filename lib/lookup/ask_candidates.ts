/**
 * Asking for the names of a search list, one after the other, until one is found.
 *
 * @module
 */
import type { LookupError } from "../errors.ts";
import { type Answer, type Outcome, repeatError } from "./answer.ts";

/**
 * Ask for each name until one has records.
 *
 * A server that does not answer ends it: the next name would only wait as long again.
 *
 * @param asGiven The name as the caller wrote it, without its final dot.
 * @throws {LookupError} Of the name as it was given, unless another one was not heard.
 */
export async function askCandidates(
  candidates: readonly string[],
  asGiven: string,
  ask: (name: string) => Promise<Outcome>,
): Promise<Answer> {
  let telling: LookupError | undefined;
  for (const name of candidates) {
    const outcome = await ask(name);
    if ("records" in outcome) return outcome;
    const { error } = outcome;
    if (telling === undefined || name === asGiven || isUnheard(error)) {
      telling = error;
    }
    if (isUnheard(error)) break;
  }
  throw repeatError(telling!, asGiven);
}

function isUnheard({ code }: LookupError): boolean {
  return code === "ETIMEOUT" || code === "ECONNREFUSED";
}
