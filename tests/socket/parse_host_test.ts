import assert from "node:assert/strict";
import { parseHost } from "../../lib/socket/parse_host.ts";
import { test } from "../support/permissions.ts";

test("parseHost() reads addresses in every spelling", {}, () => {
  const spellings: Record<string, string> = {
    "192.0.2.1": "192.0.2.1",
    "127.1": "127.0.0.1",
    "0x7F.1": "127.0.0.1",
    "0x7f000001": "127.0.0.1",
    "1.2.65535": "1.2.255.255",
    "192.168.010.1": "192.168.8.1",
    "１９２.0.2.1": "192.0.2.1",
    "192。0。2。1": "192.0.2.1",
    "::1": "::1",
    "[::1]": "::1",
    "0:0::1": "::1",
    "::FFFF:127.0.0.1": "::ffff:127.0.0.1",
    "fe80::1%eth0": "fe80::1%eth0",
    "[fe80::1%eth0]": "fe80::1%eth0",
  };
  for (const [hostname, expected] of Object.entries(spellings)) {
    const { name, address } = parseHost(hostname);
    assert.equal(address?.toString(), expected, hostname);
    assert.equal(name, expected);
  }
});

test("parseHost() gives names as they can be asked for", {}, () => {
  const names: Record<string, string> = {
    localhost: "localhost",
    "example.org.": "example.org.",
    "_sip.under_score.test": "_sip.under_score.test",
    "bücher.example": "xn--bcher-kva.example",
    "cafe": "cafe",
    "0xcafe.example": "0xcafe.example",
    "1e100.net": "1e100.net",
    "123.example": "123.example",
  };
  for (const [hostname, expected] of Object.entries(names)) {
    const { name, address } = parseHost(hostname);
    assert.deepEqual([name, address], [expected, undefined], hostname);
  }
});

test("parseHost() refuses what is neither", {}, () => {
  const bad = [
    "",
    " ",
    "a b",
    " 127.0.0.1",
    "127.0.0.1\n",
    "127.0.0.1 x",
    "a..b",
    ".a",
    "a/b",
    "a@b",
    "a%2eb",
    "a:80",
    "b%c",
    "１.2.3.4\0",
    "[::1",
    "::1]",
    "[127.0.0.1]",
    "1.2.3.4.5",
    "256.1.1.1",
    "127.0.0.1.",
    "0x",
    "08.1.1.1",
    "example.0x7f",
    `${"a".repeat(64)}.test`,
    `${"a.".repeat(127)}aa`,
  ];
  for (const hostname of bad) {
    assert.throws(() => parseHost(hostname), { code: "EBADNAME" }, hostname);
  }
  assert.throws(() => parseHost(undefined), TypeError);
});
