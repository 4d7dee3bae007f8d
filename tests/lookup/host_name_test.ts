/** Which names are asked for, in which spelling, and which are taken from answers. */
import assert from "node:assert/strict";
import { fromDenoName } from "../../lib/lookup/deno_name.ts";
import { prepareDomainName } from "../../lib/lookup/domain_name.ts";
import { isHostName, prepareHostName } from "../../lib/lookup/host_name.ts";
import { parseLiteral } from "../../lib/lookup/literal.ts";
import { test } from "../support/permissions.ts";

test("prepareHostName: case, final dot, A-labels", {}, () => {
  const rows: [string, string, boolean][] = [
    ["WWW.Example.TEST", "www.example.test", false],
    ["a.test.", "a.test", true],
    ["under_score.test", "under_score.test", false],
    ["-a-.test".slice(1), "a-.test", false],
    ["испытание.test", "xn--80akhbyknj4f.test", false],
    ["straße.de", "xn--strae-oqa.de", false],
    ["例え。テスト", "xn--r8jz45g.xn--zckzah", false],
    ["１２７.0.0.1", "127.0.0.1", false],
    ["x".repeat(63), "x".repeat(63), false],
  ];
  for (const [text, name, absolute] of rows) {
    assert.deepEqual(prepareHostName(text), { name, absolute }, text);
  }
});

test("prepareHostName refuses what no host is called", {}, () => {
  const bad = [
    "",
    ".",
    "a..b",
    ".a",
    "a b",
    "a\tb",
    "a\0b",
    "-a",
    "a.-b",
    "1+.1.1.1",
    "0.1.1.~1",
    "::1q",
    "::1::2",
    "1:1:1:1:1:1:1:1:1",
    "[::1]",
    "http://a",
    "a/b",
    "a%41",
    "ａ／b",
    "x：80.тест",
    "％41.тест",
    "a@тест",
    "x".repeat(64),
    `${"x".repeat(63)}.`.repeat(4) + "y",
    "$(reboot)",
  ];
  for (const text of bad) {
    assert.throws(() => prepareHostName(text), {
      name: "LookupError",
      code: "EBADNAME",
      host: text,
    }, text);
  }
});

test("prepareHostName says what a host is called", {}, () => {
  for (const text of ["x".repeat(64), "-a", "a..b", "a+b"]) {
    assert.throws(() => prepareHostName(text), {
      message:
        `Cannot look up "${text}": a host name has labels of 1 to 63 letters, digits, hyphens or underscores, none with a hyphen in front`,
    });
  }
});

test("prepareDomainName takes what is a name but no host", {}, () => {
  for (const text of ["_sip._tcp.x.test", "*.x.test", "a=b.test", "a\\.b.x"]) {
    assert.equal(prepareDomainName(text).name, text);
  }
  assert.deepEqual(prepareDomainName("."), { name: ".", absolute: true });
  for (const text of ["", "a..b", "x".repeat(64)]) {
    assert.throws(() => prepareDomainName(text), { code: "EBADNAME" });
  }
});

test("prepareDomainName: escapes come out as in answers", {}, () => {
  const rows: [string, string, boolean][] = [
    ["\\097bc.test", "abc.test", false],
    ["my\\_Printer.test.", "my_printer.test", true],
    ["my\\032printer.test", "my\\032printer.test", false],
    ["a\\.", "a\\.", false],
    ["a\\\\.", "a\\\\", true],
    ["a\\\\.b", "a\\\\.b", false],
    ["\\097".repeat(63), "a".repeat(63), false],
  ];
  for (const [text, name, absolute] of rows) {
    assert.deepEqual(prepareDomainName(text), { name, absolute }, text);
  }
});

test("prepareDomainName refuses escapes that make no name", {}, () => {
  const bad = [
    "\\999x.test",
    "x.test\\",
    "a\\\\..b",
    "\\097".repeat(64),
    `${"\\097".repeat(60)}.`.repeat(5),
  ];
  for (const text of bad) {
    assert.throws(() => prepareDomainName(text), {
      name: "LookupError",
      code: "EBADNAME",
      host: text,
    }, text);
  }
});

test(
  "parseLiteral: strict forms, zones, and the forms of inet_aton",
  {},
  () => {
    const rows: [string, unknown][] = [
      ["192.0.2.1", { address: "192.0.2.1", family: 4 }],
      ["127.1", { address: "127.0.0.1", family: 4 }],
      ["0x7f.1", { address: "127.0.0.1", family: 4 }],
      ["2130706433", { address: "127.0.0.1", family: 4 }],
      ["2001:DB8::1", { address: "2001:db8::1", family: 6 }],
      ["fe80::1%eth0", { address: "fe80::1", family: 6, scope: "eth0" }],
      ["fe80::1%1", { address: "fe80::1", family: 6, scope: "1" }],
      ["localhost", undefined],
      ["256.1.1.1", undefined],
      ["face", undefined],
      ["", undefined],
    ];
    for (const [text, expected] of rows) {
      assert.deepEqual(parseLiteral(text), expected, text);
    }
  },
);

test("isHostName: what may come from an answer", {}, () => {
  for (const name of ["a", "a.test", "under_score.x", "xn--a.b", "a-b"]) {
    assert.equal(isHostName(name), true, name);
  }
  for (
    const name of ["a\\032b", "$(x).y", "", "-rf", "a;b", "a\\010b", "é.x"]
  ) {
    assert.equal(isHostName(name), false, name);
  }
});

test("fromDenoName: no final dot, A-labels again", {}, () => {
  assert.equal(fromDenoName("mx1.lab.test."), "mx1.lab.test");
  assert.equal(fromDenoName("."), ".");
  assert.equal(fromDenoName("例え.lab.test."), "xn--r8jz45g.lab.test");
  assert.equal(isHostName(fromDenoName("My\\040Printer.x.")), false);
});

test("fromDenoName: escapes as the wire has them", {}, () => {
  const rows = [
    ["My\\040Printer.lab.test.", "My\\032Printer.lab.test"],
    ["Brian\\'s\\040\\(1\\).x.", "Brian's\\032\\(1\\).x"],
    ["a\\\\040.x.", "a\\\\040.x"],
    ["\\344.x.", "\\228.x"],
    ["My\\040Printer.例え.test.", "My\\032Printer.xn--r8jz45g.test"],
  ] as const;
  for (const [text, name] of rows) assert.equal(fromDenoName(text), name);
});
