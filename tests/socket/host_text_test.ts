/** Texts that name hosts: what is an address in disguise, and what can be written in A-labels. */
import assert from "node:assert/strict";
import {
  looksNumeric,
  numericAddress,
  toAscii,
} from "../../lib/socket/host_text.ts";
import { test } from "../support/permissions.ts";

test("looksNumeric: the last label is a number", {}, () => {
  for (
    const text of ["1", "1.2.3", "a.1", "0x7f.1", "0X", "1.2.3.4.5", "a.0x"]
  ) {
    assert.equal(looksNumeric(text), true, text);
  }
  for (const text of ["1.a", "a", "1-", "0x7g", "4.in-addr.arpa"]) {
    assert.equal(looksNumeric(text), false, text);
  }
});

test(
  "numericAddress takes every form of inet_aton, and nothing else",
  {},
  () => {
    const rows: Record<string, string> = {
      "127.1": "127.0.0.1",
      "0x7f.1": "127.0.0.1",
      "017700000001": "127.0.0.1",
      "2130706433": "127.0.0.1",
      "1.2.3.4": "1.2.3.4",
    };
    for (const [text, address] of Object.entries(rows)) {
      assert.equal(String(numericAddress(text)), address, text);
    }
    for (
      const text of ["", "a", "a.1", "1.2.3.4.5", "256.1.1.1", "1.", "::1"]
    ) {
      assert.equal(numericAddress(text), undefined, text);
    }
  },
);

test(
  "toAscii writes A-labels, and no text that a URL would take apart",
  {},
  () => {
    assert.equal(toAscii("Bücher.test"), "xn--bcher-kva.test");
    assert.equal(toAscii("１２７.1"), "127.0.0.1");
    assert.equal(toAscii("As it is"), undefined);
    assert.equal(toAscii("As_it-is!"), "As_it-is!");
    for (
      const text of [
        "ü/",
        "ü:1",
        "ü@a",
        "ü?",
        "ü#",
        "[ü]",
        "ü%41",
        "ü\\",
        "ü|",
        "ü\x85",
      ]
    ) {
      assert.equal(toAscii(text), undefined, text);
    }
  },
);
