/**
 * The IANA IPv6 Special-Purpose Address Registry as data, as last updated 2025-10-09. Read by
 * special_purpose.ts, which gives it its meaning; nothing else may hold a copy of these facts.
 *
 * @module
 */
import { entry, type SpecialPurposeEntry } from "./special_purpose_entry.ts";

/**
 * Every row of the IANA IPv6 Special-Purpose Address Registry.
 *
 * @see RFC 6890
 *
 * @example Which blocks may be forwarded but never leave an organisation?
 * ```ts
 * import { SPECIAL_PURPOSE_IPV6 } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const inner = SPECIAL_PURPOSE_IPV6.filter((row) => row.forwardable && row.globallyReachable === false);
 * assert.ok(inner.some((row) => row.network === "fc00::/7"));
 * ```
 */
export const SPECIAL_PURPOSE_IPV6: readonly SpecialPurposeEntry[] = Object
  .freeze([
    entry("::1/128", "nnnny", "2006-02", { name: "Loopback", rfc: ["4291"] }),
    entry("::/128", "ynnny", "2006-02", { name: "Unspecified", rfc: ["4291"] }),
    entry("::ffff:0:0/96", "nnnny", "2006-02", {
      name: "IPv4-mapped",
      rfc: ["4291"],
    }),
    entry("64:ff9b::/96", "yyyyn", "2010-10", {
      name: "IPv4-IPv6 Translation (well-known)",
      rfc: ["6052"],
    }),
    entry("64:ff9b:1::/48", "yyynn", "2017-06", {
      name: "IPv4-IPv6 Translation (local use)",
      rfc: ["8215"],
    }),
    entry("100::/64", "yyynn", "2012-06", {
      name: "Discard-Only",
      rfc: ["6666"],
    }),
    entry("100:0:0:1::/64", "ynnnn", "2025-04", {
      name: "Dummy IPv6 Prefix",
      rfc: ["9780"],
    }),
    entry("2001::/23", "nnnnn", "2000-09", {
      name: "IETF Protocol Assignments (unless a more specific allocation)",
      rfc: ["2928"],
    }),
    entry("2001::/32", "yyy-n", "2006-01", {
      name: "TEREDO",
      rfc: ["4380", "8190"],
    }),
    entry("2001:1::1/128", "yyyyn", "2015-10", {
      name: "Port Control Protocol Anycast",
      rfc: ["7723"],
    }),
    entry("2001:1::2/128", "yyyyn", "2017-02", {
      name: "TURN Anycast",
      rfc: ["8155"],
    }),
    entry("2001:1::3/128", "yyyyn", "2024-04", {
      name: "DNS-SD SRP Anycast",
      rfc: ["9665"],
    }),
    entry("2001:2::/48", "yyynn", "2008-04", {
      name: "Benchmarking",
      rfc: ["5180"],
    }),
    entry("2001:3::/32", "yyyyn", "2014-12", { name: "AMT", rfc: ["7450"] }),
    entry("2001:4:112::/48", "yyyyn", "2014-12", {
      name: "AS112-v6",
      rfc: ["7535"],
    }),
    entry("2001:10::/28", "-----", "2007-03, ended 2014-03", {
      name: "Deprecated (ORCHID)",
      rfc: ["4843"],
    }),
    entry("2001:20::/28", "yyyyn", "2014-07", {
      name: "ORCHIDv2",
      rfc: ["7343"],
    }),
    entry("2001:30::/28", "yyyyn", "2022-12", {
      name: "Drone Remote ID (DETs)",
      rfc: ["9374"],
    }),
    entry("2001:db8::/32", "nnnnn", "2004-07", {
      name: "Documentation",
      rfc: ["3849"],
    }),
    entry("2002::/16", "yyy-n", "2001-02", { name: "6to4", rfc: ["3056"] }),
    entry("2620:4f:8000::/48", "yyyyn", "2011-05", {
      name: "Direct Delegation AS112",
      rfc: ["7534"],
    }),
    entry("3fff::/20", "nnnnn", "2024-07", {
      name: "Documentation",
      rfc: ["9637"],
    }),
    entry("5f00::/16", "yyynn", "2024-04", {
      name: "Segment Routing (SRv6) SIDs",
      rfc: ["9602"],
    }),
    entry("fc00::/7", "yyynn", "2005-10", {
      name: "Unique-Local",
      rfc: ["4193", "8190"],
    }),
    entry("fe80::/10", "yynny", "2006-02", {
      name: "Link-Local Unicast",
      rfc: ["4291"],
    }),
  ]);
