/** The errors of failed questions, and how long two outcomes hold together. */
import assert from "node:assert/strict";
import {
  lookupError,
  repeatError,
  soonerExpiry,
  withoutType,
} from "../../lib/lookup/answer.ts";
import { test } from "../support/permissions.ts";

const QUESTION = { name: "a.test", type: "MX" } as const;

test(
  "lookupError() says what was asked, of whom, and why it failed",
  {},
  () => {
    const bare = lookupError("ENOTFOUND", QUESTION);
    assert.equal(bare.message, 'Cannot look up MX of "a.test": no such name');
    assert.deepEqual(
      [bare.code, bare.host, bare.type, bare.server, bare.rcode, bare.cause],
      ["ENOTFOUND", "a.test", "MX", undefined, undefined, undefined],
    );
    const full = lookupError("ESERVFAIL", QUESTION, {
      server: "192.0.2.53:53",
      rcode: 2,
      cause: "cause",
      reason: "it is ill",
    });
    assert.equal(
      full.message,
      'Cannot look up MX of "a.test" at 192.0.2.53:53: it is ill',
    );
    assert.deepEqual([full.server, full.rcode, full.cause], [
      "192.0.2.53:53",
      2,
      "cause",
    ]);
    const repeated = repeatError(full, "A");
    assert.notEqual(repeated, full);
    assert.deepEqual(
      { ...repeated, host: full.host, message: repeated.message },
      { ...full, message: full.message },
    );
    assert.equal(repeated.host, "A");
    const untyped = withoutType(full);
    assert.equal(untyped.type, undefined);
    assert.equal(
      untyped.message,
      'Cannot look up "a.test" at 192.0.2.53:53: it is ill',
    );
    assert.deepEqual([untyped.code, untyped.rcode, untyped.server], [
      "ESERVFAIL",
      2,
      full.server,
    ]);
  },
);

test(
  "soonerExpiry() knows nothing where one of the two is not kept",
  {},
  () => {
    assert.equal(soonerExpiry({ expires: 2 }, { expires: 1 }), 1);
    assert.equal(soonerExpiry({ expires: 1 }, { expires: 2 }), 1);
    assert.equal(soonerExpiry({ expires: 1 }, {}), undefined);
    assert.equal(soonerExpiry({}, { expires: 1 }), undefined);
  },
);
