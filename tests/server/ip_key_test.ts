import assert from "node:assert/strict";
import { ipKey } from "../../lib/server/ip_key.ts";
import { test } from "../support/permissions.ts";

const KEYS: [address: string, key: string, why: string][] = [
  ["192.0.2.1", "192.0.2.1", "IPv4 counts whole"],
  ["::ffff:192.0.2.1", "192.0.2.1", "mapped is IPv4"],
  ["::ffff:192.0.2.1%1", "192.0.2.1", "a zone is ignored"],
  ["::ffff:c000:201", "192.0.2.1", "mapped in hexadecimal"],
  ["0:0:0:0:0:FFFF:192.0.2.1", "192.0.2.1", "mapped, written out"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "IPv6 counts per /64"],
  ["2001:DB8:0001:0002::", "2001:db8:1:2::/64", "one key for every spelling"],
  ["2001:db8::1", "2001:db8:0:0::/64", "a gap in the middle"],
  ["::1", "0:0:0:0::/64", "a gap in front"],
  ["::", "0:0:0:0::/64", "nothing but a gap"],
  ["1::", "1:0:0:0::/64", "a gap at the end"],
  ["fe80::1%eth0", "fe80:0:0:0::/64", "link-local, zone ignored"],
  ["::192.0.2.1", "0:0:0:0::/64", "compatible is not mapped"],
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64", "translated is not mapped"],
  ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4::/64", "dotted tail without a gap"],
  ["no:address", "no:address", "what is no address counts as it is"],
];

test("ipKey gives each peer the key it counts under", {}, () => {
  for (const [address, key, why] of KEYS) {
    assert.equal(ipKey(address), key, `${address}: ${why}`);
  }
});
