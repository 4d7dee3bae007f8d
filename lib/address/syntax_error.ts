/**
 * The one place that words a syntax error: from the rule that a scanner found broken and the
 * position where it stopped to an {@linkcode AddressSyntaxError}. Every parser of this room calls
 * it, and only after a scan has failed, so nothing here is on a fast path.
 *
 * @module
 */
import { type AddressSyntaxCode, AddressSyntaxError } from "../errors.ts";

/** Longest piece of a caller's text that a message repeats: an access log line must stay readable. */
const LONGEST_QUOTE = 100;

/** A caller's text as it may stand in a message: quoted, escaped and not endless. */
function quoteText(text: string): string {
  if (text.length <= LONGEST_QUOTE) return JSON.stringify(text);
  return `${
    JSON.stringify(text.slice(0, LONGEST_QUOTE))
  }… (${text.length} characters)`;
}

/** Any value as it may stand in a message. */
export function quoteValue(value: unknown): string {
  if (typeof value === "string") return quoteText(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value !== "object" || value === null) return String(value);
  return `an object of class ${value.constructor?.name ?? "null"}`;
}

/** The error for text that is no `what`, which stopped at `position` because of `code`. */
export function addressSyntaxError(
  what: string,
  input: string,
  code: AddressSyntaxCode,
  position: number,
): AddressSyntaxError {
  const reason = reasonFor(what, input, code, position);
  return new AddressSyntaxError(
    `Cannot parse ${what} ${quoteText(input)}: ${reason}`,
    { input, position, code },
  );
}

/** The error for a value that is not even text. */
export function notText(what: string, value: unknown): TypeError {
  return new TypeError(
    `Cannot parse ${what} ${quoteValue(value)}: must be a string`,
  );
}

function reasonFor(
  what: string,
  input: string,
  code: AddressSyntaxCode,
  position: number,
): string {
  switch (code) {
    case "empty":
      if (input === "") return "is empty";
      return position >= input.length
        ? "ends where something must follow"
        : `has nothing before ${characterAt(input, position)}`;
    case "bad-character":
      return `has ${characterAt(input, position)}`;
    case "too-few-parts":
      return tooFew(what, input, position);
    case "too-many-parts":
      return `has more parts than fit, the first too many at position ${position}`;
    case "leading-zero":
      return `has a number with a leading zero, at position ${position}`;
    case "out-of-range":
      return `has a number that is too large, at position ${position}`;
    case "group-too-long":
      return `has a group of more than four digits, at position ${position}`;
    case "lone-colon":
      return `has a lone colon before position ${position}`;
    case "second-gap":
      return `has a second "::", at position ${position}`;
    case "misplaced-ipv4":
      return `has an IPv4 part that is not its last 32 bits, at position ${position}`;
    case "empty-zone":
      return "has an empty zone";
    case "bad-zone":
      return `has ${characterAt(input, position)} in its zone`;
    case "zone-not-allowed":
      return `has a zone, at position ${position}, where none may stand`;
    case "bad-netmask":
      return `has a netmask that is not contiguous, at position ${position}`;
    case "host-bits":
      return "has bits set behind its prefix";
    case "bad-order":
      return "ends before it begins";
    case "mixed-versions":
      return "begins in one address family and ends in the other";
    case "unclosed-bracket":
      return 'has "[" without "]"';
    case "missing-port":
      return "has no port";
  }
}

function characterAt(input: string, position: number): string {
  const point = input.codePointAt(position);
  if (point === undefined) return "an end";
  const character = JSON.stringify(String.fromCodePoint(point));
  return `${character} at position ${position}`;
}

function tooFew(what: string, input: string, position: number): string {
  if (what.startsWith("IPv4 address")) {
    return `has ${input.split(".").length} parts, needs 4`;
  }
  if (what.startsWith("IPv6 address")) {
    const groups = input.slice(0, position).split(":");
    return `has ${groups.length} groups and no "::", needs 8`;
  }
  return `has too few parts before position ${position}`;
}
