import assert from "node:assert/strict";
import { escapeText } from "../../lib/socket/escape.ts";
import { errorLine, reportError } from "../../lib/server/report_error.ts";
import { test } from "../support/permissions.ts";

const ESCAPES: [text: string, out: string, why: string][] = [
  ["plain", "plain", "nothing to do"],
  ["Grüße 例え 😀", "Grüße 例え 😀", "letters and symbols stay"],
  ["a\nb\rc\td", "a\\nb\\rc\\td", "line breaks and tabs"],
  ["\x1b[31mred", "\\x1b[31mred", "terminal commands"],
  ["\x9b31m", "\\x9b31m", "their one-byte form"],
  ["\0\x7f", "\\x00\\x7f", "NUL and DEL"],
  ["\\n", "\\\\n", "a backslash cannot pose as an escape"],
  ["a\u202eb\u2066c", "a\\u202eb\\u2066c", "bidirectional controls"],
  [
    "a\u2028b\u200bc\ufeff",
    "a\\u2028b\\u200bc\\ufeff",
    "separators, zero width",
  ],
  ["\ud83d", "\\ud83d", "half a surrogate pair"],
  ["\u{e0041}", "\\u{e0041}", "tags"],
];

test("escapeText() leaves nothing that a terminal acts on", {}, () => {
  for (const [text, out, why] of ESCAPES) {
    assert.equal(escapeText(text), out, why);
  }
});

test("escapeText() cuts long text and shows it", {}, () => {
  assert.equal(escapeText("abcdef", 4), "abcd…");
  assert.equal(escapeText("abcd", 4), "abcd");
});

test(
  "errorLine() is one line that names phase, peer, error and place",
  {},
  () => {
    const error = new TypeError("bad \x1b[2J\n    at fake (x.ts:1:1)");
    const line = errorLine(error, {
      phase: "handler",
      remoteAddr: { transport: "udp", hostname: "::1", port: 9 },
    });
    assert.ok(
      line.startsWith(
        "Error in handler for [::1]:9: TypeError: bad \\x1b[2J\\n    at fake (x.ts:1:1) (at ",
      ),
      line,
    );
    assert.match(line, /report_error_test\.ts:\d+:\d+\)$/);
    assert.ok(!line.includes("\n"));
  },
);

test("errorLine() survives values that are no errors", {}, () => {
  const phase = "handler";
  assert.equal(errorLine("x\ny", { phase }), "Error in handler: x\\ny");
  assert.equal(errorLine(undefined, { phase }), "Error in handler: undefined");
  const hostile = { toString: () => assert.fail() };
  assert.equal(
    errorLine(hostile, { phase }),
    "Error in handler: a value that cannot be shown",
  );
});

test(
  "reportError() tells onError once, and swallows what it throws",
  {},
  async () => {
    const calls: unknown[] = [];
    let failures = 0;
    const count = () => failures++;
    const context = { phase: "handler" };
    reportError(
      1,
      context,
      (error, where) => calls.push([error, where]),
      count,
    );
    assert.deepEqual(calls, [[1, context]]);
    reportError(2, context, () => assert.fail(), count);
    assert.equal(failures, 1);
    reportError(3, context, () => Promise.reject(new Error("late")), count);
    await Promise.resolve();
    assert.equal(failures, 2);
  },
);
