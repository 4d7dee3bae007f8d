/** Names of a search list: which failure is told, and how long what was found holds. */
import assert from "node:assert/strict";
import type { LookupErrorCode } from "../../lib/errors.ts";
import { lookupError, type Outcome } from "../../lib/lookup/answer.ts";
import { askCandidates } from "../../lib/lookup/ask_candidates.ts";
import { test } from "../support/permissions.ts";
import { failsWith } from "./support/fails.ts";

function failure(code: LookupErrorCode, expires?: number): Outcome {
  return { error: lookupError(code, { name: "a", type: "A" }), expires };
}

function answer(expires: number | undefined): Outcome {
  return {
    records: ["192.0.2.1"],
    ttl: 300,
    hostname: "a",
    aliases: [],
    server: undefined,
    source: "wire",
    dropped: [],
    expires,
  };
}

test(
  "askCandidates: what nobody could say outweighs a certain no",
  {},
  async () => {
    const rows: [told: LookupErrorCode, ...outcomes: LookupErrorCode[]][] = [
      ["ENOTFOUND", "ENODATA", "ENOTFOUND"],
      ["ESERVFAIL", "ESERVFAIL", "ENOTFOUND"],
      ["EUNRESOLVED", "EUNRESOLVED", "ENOTFOUND"],
      ["EREFUSED", "ESERVFAIL", "EREFUSED"],
      ["ENOTFOUND", "EBADNAME", "ENOTFOUND"],
      ["ETIMEOUT", "ETIMEOUT", "ENOTFOUND"],
    ];
    for (const [told, first, asGiven] of rows) {
      const outcomes: Record<string, LookupErrorCode> = {
        "a.test": first!,
        "a": asGiven!,
      };
      const asked = askCandidates(
        ["a.test", "a"],
        "a",
        (name) => Promise.resolve(failure(outcomes[name]!)),
      );
      const error = await failsWith(asked, told);
      assert.equal(error.host, "a");
    }
  },
);

test(
  "askCandidates: an answer holds no longer than the failures before it",
  {},
  async () => {
    const find = (...outcomes: Outcome[]) =>
      askCandidates(
        outcomes.map((_, index) => `${index}`),
        "a",
        (name) => Promise.resolve(outcomes[Number(name)]!),
      );
    const rows: [number | undefined, ...Outcome[]][] = [
      [300, answer(300)],
      [1, failure("ESERVFAIL", 1), answer(300)],
      [undefined, failure("ENOTFOUND"), answer(300)],
      [undefined, failure("ENOTFOUND", 1), answer(undefined)],
    ];
    for (const [expires, ...outcomes] of rows) {
      assert.equal((await find(...outcomes)).expires, expires);
    }
  },
);

test(
  "askCandidates: of equal failures that of the name as given is told",
  {},
  async () => {
    for (const code of ["ENOTFOUND", "ESERVFAIL"] as const) {
      for (const names of [["a", "a.test"], ["a.test", "a"]]) {
        const asked = askCandidates(
          names,
          "a",
          (name) =>
            Promise.resolve({ error: lookupError(code, { name, type: "A" }) }),
        );
        assert.match((await failsWith(asked, code)).message, / of "a":/);
      }
    }
  },
);

test(
  "askCandidates: where nobody answers no further name is asked",
  {},
  async () => {
    for (const code of ["ETIMEOUT", "ECONNREFUSED", "ESERVFAIL"] as const) {
      const names: string[] = [];
      const asked = askCandidates(["a.test", "a"], "a", (name) => {
        names.push(name);
        return Promise.resolve(failure(code));
      });
      await failsWith(asked, code);
      assert.equal(names.length, code === "ESERVFAIL" ? 2 : 1);
    }
  },
);
