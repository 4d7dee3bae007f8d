/**
 * The error classes of this module: those that the runtime has no word for.
 *
 * Everything that the operating system or Deno already names (`Deno.errors.*` with their
 * `code`, `DOMException` "TimeoutError") passes through untouched. Nothing here imports anything.
 *
 * @module
 */

/**
 * The rule that a text breaks which is not the address that it should be.
 *
 * | code | meaning |
 * |---|---|
 * | `empty` | there is no text, or nothing where a field must stand |
 * | `bad-character` | a character that cannot stand there |
 * | `too-few-parts` `too-many-parts` | not four decimal parts, eight groups or six bytes |
 * | `leading-zero` | a decimal number with a zero in front |
 * | `out-of-range` | a number that does not fit its field |
 * | `group-too-long` | more than four hexadecimal digits |
 * | `lone-colon` | an IPv6 address that begins or ends with one colon |
 * | `second-gap` | a second `::` |
 * | `misplaced-ipv4` | a dotted tail that is not in the last 32 bits |
 * | `empty-zone` `bad-zone` | nothing, or something forbidden, behind `%` |
 * | `zone-not-allowed` | a zone where none may stand: networks, ranges, `inet_pton` |
 * | `bad-netmask` | a netmask whose ones are not contiguous |
 * | `host-bits` | a strict network with bits set behind its prefix |
 * | `bad-order` | a range whose last address comes before its first |
 * | `mixed-versions` | a range from one family to the other |
 * | `unclosed-bracket` | `[` without `]` |
 * | `missing-port` | a socket address without its port |
 */
export type AddressSyntaxCode =
  | "empty"
  | "bad-character"
  | "too-few-parts"
  | "too-many-parts"
  | "leading-zero"
  | "out-of-range"
  | "group-too-long"
  | "lone-colon"
  | "second-gap"
  | "misplaced-ipv4"
  | "empty-zone"
  | "bad-zone"
  | "zone-not-allowed"
  | "bad-netmask"
  | "host-bits"
  | "bad-order"
  | "mixed-versions"
  | "unclosed-bracket"
  | "missing-port";

/** What {@linkcode AddressSyntaxError} carries besides its message. */
export interface AddressSyntaxErrorInit {
  /** The whole text that was to be parsed. */
  input: string;
  /** Where in `input` parsing stopped, in UTF-16 code units from 0. */
  position: number;
  /** The rule that was broken. */
  code: AddressSyntaxCode;
}

/**
 * A text is not the address, network, range or port that it should be.
 *
 * @example Where the fault is
 * ```ts
 * import { AddressSyntaxError } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const error = new AddressSyntaxError('Cannot parse IPv4 address "1.2.3": has 3 parts, needs 4', {
 *   input: "1.2.3",
 *   position: 5,
 *   code: "too-few-parts",
 * });
 * assert.equal(error.position, 5);
 * assert.ok(error instanceof SyntaxError);
 * ```
 */
export class AddressSyntaxError extends SyntaxError {
  /** The name of the class. */
  override readonly name: string = "AddressSyntaxError";
  /** The whole text that was to be parsed. */
  readonly input: string;
  /** Where in `input` parsing stopped, in UTF-16 code units from 0. */
  readonly position: number;
  /** The rule that was broken. */
  readonly code: AddressSyntaxCode;

  /** Make one from its message and where it happened. */
  constructor(message: string, init: AddressSyntaxErrorInit) {
    super(message);
    this.input = init.input;
    this.position = init.position;
    this.code = init.code;
  }
}

/**
 * More bytes than a limit allows: a line, a message, a queue or a reply that is too long.
 *
 * @example Its two numbers
 * ```ts
 * import { LimitExceededError } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const error = new LimitExceededError("Cannot read line: longer than 4 bytes", { limit: 4, actual: 9 });
 * assert.equal(error.actual - error.limit, 5);
 * ```
 */
export class LimitExceededError extends RangeError {
  /** The name of the class. */
  override readonly name: string = "LimitExceededError";
  /** The limit that stood, in bytes. */
  readonly limit: number;
  /** How much there was when the limit was noticed, in bytes; there may be more. */
  readonly actual: number;

  /** Make one from its message and the two numbers. */
  constructor(message: string, init: { limit: number; actual: number }) {
    super(message);
    this.limit = init.limit;
    this.actual = init.actual;
  }
}

/**
 * The stream ended inside a message.
 *
 * @example What there was
 * ```ts
 * import { IncompleteReadError, StreamReader } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const chunks = [new Uint8Array([1, 2, 3])];
 * const reader = new StreamReader({
 *   read(buffer) {
 *     const chunk = chunks.shift();
 *     if (chunk === undefined) return Promise.resolve(null);
 *     buffer.set(chunk);
 *     return Promise.resolve(chunk.length);
 *   },
 * });
 * await assert.rejects(reader.readExactly(5), (error) => {
 *   assert.ok(error instanceof IncompleteReadError);
 *   assert.deepEqual([...error.partial], [1, 2, 3]);
 *   assert.equal(error.expected, 5);
 *   return true;
 * });
 * ```
 */
export class IncompleteReadError extends Error {
  /** The name of the class. */
  override readonly name: string = "IncompleteReadError";
  /** The bytes that came before the end. */
  readonly partial: Uint8Array<ArrayBuffer>;
  /** How many bytes were wanted, or `undefined` where only a separator would have told. */
  readonly expected: number | undefined;

  /** Make one from its message and what there was. */
  constructor(
    message: string,
    init: { partial: Uint8Array<ArrayBuffer>; expected?: number | undefined },
  ) {
    super(message);
    this.partial = init.partial;
    this.expected = init.expected;
  }
}

/**
 * A peer does not keep to the protocol: a bad length, a bad header, text that is not what it should be.
 *
 * @example Told apart by its class
 * ```ts
 * import { ProtocolError } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(new ProtocolError("Cannot decode netstring: no colon").name, "ProtocolError");
 * ```
 */
export class ProtocolError extends Error {
  /** The name of the class. */
  override readonly name: string = "ProtocolError";
}

/**
 * Why a lookup failed.
 *
 * | code | meaning |
 * |---|---|
 * | `EBADNAME` | the name cannot exist; nothing was asked |
 * | `ESERVICE` | no such service or protocol |
 * | `ENOTFOUND` | the name does not exist (NXDOMAIN) |
 * | `ENODATA` | the name exists, but has no record of that type |
 * | `EUNRESOLVED` | the system's resolver found nothing and does not tell why, or could not ask |
 * | `ESERVFAIL` `EREFUSED` `EFORMERR` `ENOTIMP` | the server's response code (RFC 1035 section 4.1.1); `ESERVFAIL` stands for all others too, and for getaddrinfo's EAI_AGAIN |
 * | `ETIMEOUT` | no answer in time |
 * | `ECONNREFUSED` | nothing listens there, or it hangs up without an answer |
 * | `EBADRESP` | an answer that cannot be understood |
 */
export type LookupErrorCode =
  | "EBADNAME"
  | "ESERVICE"
  | "ENOTFOUND"
  | "ENODATA"
  | "EUNRESOLVED"
  | "ESERVFAIL"
  | "EREFUSED"
  | "EFORMERR"
  | "ENOTIMP"
  | "ETIMEOUT"
  | "ECONNREFUSED"
  | "EBADRESP";

/** What {@linkcode LookupError} carries besides its message. */
export interface LookupErrorInit {
  /** Why it failed. */
  code: LookupErrorCode;
  /** The name, address, service or protocol that was looked up. */
  host: string;
  /** The record type that was asked for. */
  type?: string | undefined;
  /** The server that answered, or did not. */
  server?: string | undefined;
  /** The response code as a number (RFC 1035 section 4.1.1, RFC 6895). */
  rcode?: number | undefined;
  /** What was caught underneath. */
  cause?: unknown;
}

/** Codes after which asking again later makes sense. */
const TEMPORARY: ReadonlySet<LookupErrorCode> = new Set([
  "ESERVFAIL",
  "EREFUSED",
  "ETIMEOUT",
  "ECONNREFUSED",
  "EBADRESP",
]);

/**
 * A name, address, service or protocol could not be looked up.
 *
 * @example Does it not exist, or could nobody say?
 * ```ts
 * import { LookupError } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const gone = new LookupError('Cannot look up "nx.test": no such name', { code: "ENOTFOUND", host: "nx.test" });
 * assert.equal(gone.notFound, true);
 * assert.equal(gone.temporary, false);
 * ```
 */
export class LookupError extends Error {
  /** The name of the class. */
  override readonly name: string = "LookupError";
  /** Why it failed. */
  readonly code: LookupErrorCode;
  /** The name, address, service or protocol that was looked up. */
  readonly host: string;
  /** The record type that was asked for, where there was one. */
  readonly type: string | undefined;
  /** The server that answered, or did not, where it is known. */
  readonly server: string | undefined;
  /** The server's response code, where it is known. */
  readonly rcode: number | undefined;

  /** Make one from its message and the facts. */
  constructor(message: string, init: LookupErrorInit) {
    super(
      message,
      init.cause === undefined ? undefined : { cause: init.cause },
    );
    this.code = init.code;
    this.host = init.host;
    this.type = init.type;
    this.server = init.server;
    this.rcode = init.rcode;
  }

  /** Whether asking again later may help; `undefined` when nobody can say (`EUNRESOLVED`). */
  get temporary(): boolean | undefined {
    return this.code === "EUNRESOLVED" ? undefined : TEMPORARY.has(this.code);
  }

  /** Whether it is certain that there is no such thing; `undefined` when nobody can say. */
  get notFound(): boolean | undefined {
    if (this.code === "EUNRESOLVED") return undefined;
    return this.code === "ENOTFOUND" || this.code === "ENODATA" ||
      this.code === "ESERVICE";
  }

  /** Whether it failed because no answer came in time. */
  get timedOut(): boolean {
    return this.code === "ETIMEOUT";
  }
}
