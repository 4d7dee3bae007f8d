/**
 * The IANA IPv4 Special-Purpose Address Registry as data. Read by special_purpose.ts, which gives it
 * its meaning; nothing else may hold a copy of these facts.
 *
 * @module
 */
import { entry, type SpecialPurposeEntry } from "./special_purpose_entry.ts";

/**
 * Every row of the IANA IPv4 Special-Purpose Address Registry.
 *
 * @see RFC 6890
 *
 * @example Which blocks may be forwarded but never leave an organisation?
 * ```ts
 * import { SPECIAL_PURPOSE_IPV4 } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const inner = SPECIAL_PURPOSE_IPV4.filter((row) => row.forwardable && row.globallyReachable === false);
 * assert.ok(inner.some((row) => row.network === "10.0.0.0/8"));
 * ```
 */
export const SPECIAL_PURPOSE_IPV4: readonly SpecialPurposeEntry[] = Object
  .freeze([
    entry("0.0.0.0/8", "ynnny", "1981-09", {
      name: "This network",
      rfc: ["791"],
    }),
    entry("0.0.0.0/32", "ynnny", "1981-09", {
      name: "This host on this network",
      rfc: ["1122"],
    }),
    entry("10.0.0.0/8", "yyynn", "1996-02", {
      name: "Private-Use",
      rfc: ["1918"],
    }),
    entry("172.16.0.0/12", "yyynn", "1996-02", {
      name: "Private-Use",
      rfc: ["1918"],
    }),
    entry("192.168.0.0/16", "yyynn", "1996-02", {
      name: "Private-Use",
      rfc: ["1918"],
    }),
    entry("100.64.0.0/10", "yyynn", "2012-04", {
      name: "Shared Address Space",
      rfc: ["6598"],
    }),
    entry("127.0.0.0/8", "nnnny", "1981-09", {
      name: "Loopback",
      rfc: ["1122"],
    }),
    entry("169.254.0.0/16", "yynny", "2005-05", {
      name: "Link Local",
      rfc: ["3927"],
    }),
    entry("192.0.0.0/24", "nnnnn", "2010-01", {
      name:
        "IETF Protocol Assignments (not usable unless by a more specific reservation)",
      rfc: ["6890"],
    }),
    entry("192.0.0.0/29", "yyynn", "2011-06", {
      name: "IPv4 Service Continuity Prefix",
      rfc: ["7335"],
    }),
    entry("192.0.0.8/32", "ynnnn", "2015-03", {
      name: "IPv4 dummy address",
      rfc: ["7600"],
    }),
    entry("192.0.0.9/32", "yyyyn", "2015-10", {
      name: "Port Control Protocol Anycast",
      rfc: ["7723"],
    }),
    entry("192.0.0.10/32", "yyyyn", "2017-02", {
      name: "TURN Anycast",
      rfc: ["8155"],
    }),
    entry("192.0.0.170/32", "nnnny", "2013-02", {
      name: "NAT64/DNS64 Discovery",
      rfc: ["8880", "7050"],
    }),
    entry("192.0.0.171/32", "nnnny", "2013-02", {
      name: "NAT64/DNS64 Discovery",
      rfc: ["8880", "7050"],
    }),
    entry("192.0.2.0/24", "nnnnn", "2010-01", {
      name: "Documentation (TEST-NET-1)",
      rfc: ["5737"],
    }),
    entry("198.51.100.0/24", "nnnnn", "2010-01", {
      name: "Documentation (TEST-NET-2)",
      rfc: ["5737"],
    }),
    entry("203.0.113.0/24", "nnnnn", "2010-01", {
      name: "Documentation (TEST-NET-3)",
      rfc: ["5737"],
    }),
    entry("192.31.196.0/24", "yyyyn", "2014-12", {
      name: "AS112-v4",
      rfc: ["7535"],
    }),
    entry("192.52.193.0/24", "yyyyn", "2014-12", {
      name: "AMT",
      rfc: ["7450"],
    }),
    entry("192.88.99.0/24", "-----", "2001-06, ended 2015-03", {
      name: "Deprecated (6to4 Relay Anycast)",
      rfc: ["7526"],
    }),
    entry("192.88.99.2/32", "yyynn", "2012-10", {
      name: "6a44-relay anycast address",
      rfc: ["6751"],
    }),
    entry("192.175.48.0/24", "yyyyn", "1996-01", {
      name: "Direct Delegation AS112 Service",
      rfc: ["7534"],
    }),
    entry("198.18.0.0/15", "yyynn", "1999-03", {
      name: "Benchmarking",
      rfc: ["2544"],
    }),
    entry("240.0.0.0/4", "nnnny", "1989-08", {
      name: "Reserved",
      rfc: ["1112"],
    }),
    entry("255.255.255.255/32", "nynny", "1984-10", {
      name: "Limited Broadcast",
      rfc: ["8190", "919"],
    }),
  ]);
