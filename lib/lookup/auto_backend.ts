/**
 * The backend that asks `Deno.resolveDns` first and our own resolver for what that cannot say:
 * aliases, TTLs, which failure it was, types and names that it does not know, and servers that need
 * longer than its two seconds.
 *
 * @module
 */
import type { AskOptions, Backend, Outcome, Question } from "./answer.ts";
import { answered, type DenoBackend } from "./deno_backend.ts";
import { WIRE_ONLY } from "./record_types.ts";
import type { WireBackend } from "./wire_backend.ts";

/** Milliseconds after which our own resolver is asked beside Deno's. */
const PATIENCE = 1_000;

/** Names that Deno.resolveDns refuses without asking: an underscore within a label, octets in escapes. */
const NOT_FOR_DENO = /[^._]_|\\/;

/** Both. */
export class AutoBackend implements Backend {
  readonly #deno: DenoBackend;
  readonly #wire: WireBackend | undefined;

  /** Without `wire`, only `Deno.resolveDns` is asked. */
  constructor(deno: DenoBackend, wire: WireBackend | undefined) {
    this.#deno = deno;
    this.#wire = wire;
  }

  ask(question: Question, options: AskOptions): Promise<Outcome> {
    if (this.#wire === undefined) return this.#deno.ask(question, options);
    const { detail, name, type } = question;
    if (WIRE_ONLY.has(type) || NOT_FOR_DENO.test(name)) {
      return this.#wire.ask(question, options);
    }
    if (detail) return this.#askDetail(this.#wire, question, options);
    return this.#askBoth(this.#wire, question, options);
  }

  retire(): void {
    this.#wire?.retire();
  }

  close(reason: Error): void {
    this.#wire?.close(reason);
  }

  /** What only the wire knows; or, where nobody can be reached so, as much as Deno does. */
  async #askDetail(
    wire: WireBackend,
    question: Question,
    options: AskOptions,
  ): Promise<Outcome> {
    const first = await wire.ask(question, options);
    if (heard(first) || performance.now() >= options.expires) return first;
    const second = await this.#deno.ask(question, options);
    return found(second) ? second : first;
  }

  async #askBoth(
    wire: WireBackend,
    question: Question,
    options: AskOptions,
  ): Promise<Outcome> {
    const over = new AbortController();
    const signal = AbortSignal.any([options.signal, over.signal]);
    const both = { signal, expires: options.expires };
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asked: Promise<Outcome> | undefined;
    const askWire = () => asked ??= wire.ask(question, both);
    try {
      const first = this.#deno.ask(question, both);
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(resolve, PATIENCE, undefined);
      });
      const early = await Promise.race([first, late]);
      if (early !== undefined) {
        return found(early) ? early : better(early, await askWire());
      }
      const second = askWire();
      return await Promise.race([
        first.then(async (o) => found(o) ? o : better(o, await second)),
        second.then(async (o) => heard(o) ? o : better(await first, o)),
      ]);
    } finally {
      clearTimeout(timer);
      over.abort();
    }
  }
}

function found(outcome: Outcome): boolean {
  return "records" in outcome;
}

/** Whether somebody answered at all. */
function heard(outcome: Outcome): boolean {
  return "records" in outcome || outcome.error.rcode !== undefined;
}

/** Of Deno's outcome and the wire's, the one that says more. */
function better(deno: Outcome, wire: Outcome): Outcome {
  if (found(deno)) return deno;
  return heard(wire) || !answered(deno) ? wire : deno;
}
