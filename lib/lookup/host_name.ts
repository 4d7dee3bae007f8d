/**
 * Names before they are asked for and after they have been answered: A-labels for what is not
 * ASCII, the checks that keep impossible names off the network, and those on names that come back.
 *
 * @module
 */
import { LookupError } from "../errors.ts";
import { toAscii } from "../socket/host_text.ts";
import { quote } from "../stream/quote.ts";

/** RFC 1035 section 2.3.4, as text without the final dot. */
const LONGEST_NAME = 253;

/**
 * Letters, digits, hyphens and underscores (which are common although RFC 952 has none), at most
 * 63 to a label, no hyphen in front (it could pass for an option where the name is handed on).
 */
const HOST_NAME = /^(?!-)[\w-]{1,63}(?:\.(?!-)[\w-]{1,63})*$/;

/** A dot at the end that no backslash escapes: each two of them are one that is part of the name. */
const FINAL_DOT = /(?<!\\)(?:\\\\)*\.$/;

/** A name that can be asked for. */
export interface HostName {
  /** In lower case, A-labels only, escapes as in answers, without the final dot. */
  name: string;
  /** Whether it was written with a final dot, so that no search list applies. */
  absolute: boolean;
}

/**
 * Make a host name ready to be asked for.
 *
 * The caller has tried whether it is an address; since full-width digits turn into ASCII here, it
 * tries that once more with the result (`looksNumeric`).
 *
 * @throws {LookupError} With code `EBADNAME` if no host can have that name.
 */
export function prepareHostName(text: string): HostName {
  const { name, absolute } = prepareName(text);
  if (!HOST_NAME.test(name)) {
    throw badName(
      text,
      "a host name has labels of 1 to 63 letters, digits, hyphens or underscores, none with a hyphen in front",
    );
  }
  return { name, absolute };
}

/**
 * A search domain in the form in which names are asked for; the root (".") adds nothing and is left out.
 *
 * @throws {LookupError} With code `EBADNAME` if there can be no such domain.
 */
export function searchDomain(text: string): string[] {
  return text === "" || text === "." ? [] : [prepareHostName(text).name];
}

/** What names of all kinds have in common: A-labels, lower case, the final dot, the length. */
export function prepareName(text: string): HostName {
  const ascii = toAscii(text)?.toLowerCase();
  if (ascii === undefined) {
    throw badName(
      text,
      "it has a bad character, or cannot be written in A-labels",
    );
  }
  const absolute = FINAL_DOT.test(ascii);
  const name = absolute ? ascii.slice(0, -1) : ascii;
  if (name === "") throw badName(text, "it is empty");
  if (name.length > LONGEST_NAME && !name.includes("\\")) {
    throw badName(text, `it has ${name.length} characters, at most 253`);
  }
  return { name, absolute };
}

/** Whether a name from an answer is a host name; anything else must not reach a log or a shell. */
export function isHostName(name: string): boolean {
  return name.length <= LONGEST_NAME && HOST_NAME.test(name);
}

/** The error for a name that was not asked for. */
export function badName(host: string, reason: string): LookupError {
  return new LookupError(`Cannot look up ${quote(host)}: ${reason}`, {
    code: "EBADNAME",
    host,
  });
}
