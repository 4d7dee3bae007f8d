/** AutoBackend between two backends that say what a test wants: who is asked, and whose answer counts. */
import assert from "node:assert/strict";
import type { LookupErrorCode } from "../../lib/errors.ts";
import {
  type AskOptions,
  lookupError,
  type Outcome,
  type Question,
} from "../../lib/lookup/answer.ts";
import { AutoBackend } from "../../lib/lookup/auto_backend.ts";
import type { DenoBackend } from "../../lib/lookup/deno_backend.ts";
import type { WireBackend } from "../../lib/lookup/wire_backend.ts";
import { test } from "../support/permissions.ts";

type Said = LookupErrorCode | "found";

const RCODES: Partial<Record<LookupErrorCode, number>> = {
  ENODATA: 0,
  ESERVFAIL: 2,
  ENOTFOUND: 3,
};

/** Both backends, the second only where it says something; and who was asked, in order. */
function make(deno: Said, wire?: Said): { asked: string[]; auto: AutoBackend } {
  const asked: string[] = [];
  const backend = (source: "resolveDns" | "wire", said: Said) => ({
    ask(question: Question): Promise<Outcome> {
      asked.push(source);
      if (said !== "found") {
        const rcode = source === "wire" ? RCODES[said] : undefined;
        // How Deno says that it was told of no such record.
        const cause = said === "EUNRESOLVED"
          ? new Deno.errors.NotFound()
          : undefined;
        const init = { rcode, reason: source, cause };
        return Promise.resolve({ error: lookupError(said, question, init) });
      }
      return Promise.resolve({
        records: ["192.0.2.1"],
        ttl: undefined,
        hostname: question.name,
        aliases: [],
        server: undefined,
        source,
        dropped: [],
      });
    },
    retire: () => asked.push(`${source} retires`),
    close: () => asked.push(`${source} closes`),
  });
  const auto = new AutoBackend(
    backend("resolveDns", deno) as unknown as DenoBackend,
    wire && backend("wire", wire) as unknown as WireBackend,
  );
  return { asked, auto };
}

/** Whose outcome it is, and what it says. */
function told(outcome: Outcome): [who: string, what: Said] {
  if ("records" in outcome) return [outcome.source, "found"];
  const { code, message } = outcome.error;
  return [message.endsWith("wire") ? "wire" : "resolveDns", code];
}

function options(time = 5_000): AskOptions {
  return {
    signal: new AbortController().signal,
    expires: performance.now() + time,
  };
}

const PLAIN: Question = { name: "a.test", type: "A" };
const DETAIL: Question = { ...PLAIN, detail: true };

test(
  "AutoBackend tells what says more, and asks no more than it must",
  {},
  async () => {
    const rows: [
      question: Question,
      deno: Said,
      wire: Said | undefined,
      asked: string[],
      told: [who: string, what: Said],
    ][] = [
      [PLAIN, "found", "found", ["resolveDns"], ["resolveDns", "found"]],
      [PLAIN, "EUNRESOLVED", "found", ["resolveDns", "wire"], [
        "wire",
        "found",
      ]],
      [PLAIN, "EUNRESOLVED", "ENOTFOUND", ["resolveDns", "wire"], [
        "wire",
        "ENOTFOUND",
      ]],
      [PLAIN, "EUNRESOLVED", "ETIMEOUT", ["resolveDns", "wire"], [
        "resolveDns",
        "EUNRESOLVED",
      ]],
      [PLAIN, "ECONNREFUSED", "ETIMEOUT", ["resolveDns", "wire"], [
        "wire",
        "ETIMEOUT",
      ]],
      [DETAIL, "found", "found", ["wire"], ["wire", "found"]],
      [DETAIL, "found", "ENOTFOUND", ["wire"], ["wire", "ENOTFOUND"]],
      [DETAIL, "found", "ECONNREFUSED", ["wire", "resolveDns"], [
        "resolveDns",
        "found",
      ]],
      [DETAIL, "EUNRESOLVED", "ECONNREFUSED", ["wire", "resolveDns"], [
        "wire",
        "ECONNREFUSED",
      ]],
      // Without servers that may be asked there is but one.
      [PLAIN, "EUNRESOLVED", undefined, ["resolveDns"], [
        "resolveDns",
        "EUNRESOLVED",
      ]],
      [DETAIL, "found", undefined, ["resolveDns"], ["resolveDns", "found"]],
      // What Deno.resolveDns refuses without asking.
      [{ ...PLAIN, type: "SVCB" }, "found", "found", ["wire"], [
        "wire",
        "found",
      ]],
      [{ ...PLAIN, name: "a_b.test" }, "found", "found", ["wire"], [
        "wire",
        "found",
      ]],
      [{ ...PLAIN, name: "a\\046b.test" }, "found", "found", ["wire"], [
        "wire",
        "found",
      ]],
      [{ ...PLAIN, name: "_a._tcp.test" }, "found", "found", ["resolveDns"], [
        "resolveDns",
        "found",
      ]],
    ];
    for (const [question, deno, wire, asked, expected] of rows) {
      const at = make(deno, wire);
      const outcome = await at.auto.ask(question, options());
      const what = `${JSON.stringify(question)} ${deno} ${wire}`;
      assert.deepEqual(told(outcome), expected, what);
      assert.deepEqual(at.asked, asked, what);
    }
  },
);

test(
  "AutoBackend: a detail without time left is not asked for again",
  {},
  async () => {
    const { asked, auto } = make("found", "ETIMEOUT");
    const outcome = await auto.ask(DETAIL, options(0));
    assert.deepEqual(told(outcome), ["wire", "ETIMEOUT"]);
    assert.deepEqual(asked, ["wire"]);
  },
);

test("AutoBackend passes the end on", {}, () => {
  const { asked, auto } = make("found", "found");
  auto.retire();
  auto.close(new Error("closed"));
  assert.deepEqual(asked, ["wire retires", "wire closes"]);
});
