#!/usr/bin/env -S deno run --allow-all
/**
 * What address libraries answer to awkward input: the table of the README, computed. Every row has the
 * right answer and its reason; a cell that differs is printed bold.
 *
 *   deno run --allow-all tests/bench/address_faults.ts
 */
// deno-lint-ignore-file no-console
import { BlockList, isIP as nodeIsIP } from "node:net";
import {
  IPSet,
  isIP,
  parseAddress,
  parseNetwork,
  tryParseAddress,
} from "../../mod.ts";
import { loadPeer } from "./address_peers.ts";

/** One question to all: `right` is the answer, the others what each library is asked. */
interface Question {
  text: string;
  right: string;
  ours(): unknown;
  peers: Record<string, () => unknown>;
}

const [ipaddr, ipAddress, netmask, cidrTools] = [
  await loadPeer("ipaddr.js"),
  await loadPeer("ip-address"),
  await loadPeer("netmask"),
  await loadPeer("cidr-tools"),
];

/** Whether a text is taken as an address. */
function accepts(text: string, right: boolean): Question {
  return {
    text: `takes ${JSON.stringify(text)}`,
    right: String(right),
    ours: () => tryParseAddress(text) !== undefined && isIP(text) !== 0,
    peers: {
      "ipaddr.js": () => ipaddr.isValid(text),
      "ip-address": () =>
        text.includes(":")
          ? ipAddress.Address6.isValid(text)
          : ipAddress.Address4.isValid(text),
      netmask: () => (netmask.ip2long(text), true),
      "cidr-tools": () => (cidrTools.normalizeCidr(text), true),
      "node:net": () => nodeIsIP(text) !== 0,
    },
  };
}

/** Whether a text is taken as a network. */
function acceptsNetwork(text: string, right: boolean): Question {
  return {
    text: `takes ${JSON.stringify(text)}`,
    right: String(right),
    ours: () => (parseNetwork(text), true),
    peers: {
      "ipaddr.js": () => (ipaddr.parseCIDR(text), true),
      "ip-address": () => ipAddress.Address4.isValid(text),
      netmask: () => (new netmask.Netmask(text), true),
      "cidr-tools": () => (cidrTools.normalizeCidr(text), true),
    },
  };
}

/** Whether an address is in a list of one network. */
function blocked(network: string, address: string, right: boolean): Question {
  const isIPv6 = address.includes(":");
  return {
    text: `${address} in ${network}`,
    right: String(right),
    ours: () => IPSet.from([network]).has(address),
    peers: {
      "ipaddr.js": () => ipaddr.parse(address).match(ipaddr.parseCIDR(network)),
      "ip-address": () =>
        (isIPv6
          ? new ipAddress.Address6(address)
          : new ipAddress.Address4(address))
          .isInSubnet(
            network.includes(":")
              ? new ipAddress.Address6(network)
              : new ipAddress.Address4(network),
          ),
      netmask: () => new netmask.Netmask(network).contains(address),
      "cidr-tools": () => cidrTools.containsCidr(network, address),
      "node:net": () => {
        const list = new BlockList();
        const [base, length] = network.split("/");
        list.addSubnet(
          base!,
          Number(length),
          base!.includes(":") ? "ipv6" : "ipv4",
        );
        return list.check(address, isIPv6 ? "ipv6" : "ipv4");
      },
    },
  };
}

/** Whether an address may be dialled from outside: the question behind SSRF checks. */
function global(address: string, right: boolean): Question {
  return {
    text: `${address} is global`,
    right: String(right),
    ours: () => parseAddress(address).isGlobal,
    peers: { "ipaddr.js": () => ipaddr.parse(address).range() === "unicast" },
  };
}

/** RFC 5952 text. */
function prints(address: string, right: string): Question {
  return {
    text: `prints ${address}`,
    right,
    ours: () => parseAddress(address).toString(),
    peers: {
      "ipaddr.js": () => ipaddr.parse(address).toString(),
      "ip-address": () => new ipAddress.Address6(address).correctForm(),
      "cidr-tools": () => cidrTools.normalizeCidr(address),
    },
  };
}

const QUESTIONS: Question[] = [
  accepts("1.2.3", false),
  accepts("0x7f.1", false),
  accepts("010.0.0.1", false),
  accepts("1.2.3.4 ", false),
  accepts("1.2.3.256", false),
  accepts(":::", false),
  accepts("::1\n", false),
  accepts("fe80::1%eth0", true),
  accepts("1::2:3:4:5:6:7:8", false),
  acceptsNetwork("10.0.0.0/8x", false),
  acceptsNetwork("10.0.0.0/08", false),
  acceptsNetwork("10.0.0.0/33", false),
  acceptsNetwork("10.0.0.1/8", false),
  blocked("10.0.0.0/8", "::ffff:10.1.2.3", true),
  blocked("10.0.0.0/8", "::ffff:a01:203", true),
  blocked("10.0.0.0/8", "11.0.0.1", false),
  global("::ffff:127.0.0.1", false),
  global("::127.0.0.1", false),
  global("64:ff9b::7f00:1", false),
  global("2002:7f00:1::", false),
  global("64:ff9b::808:808", true),
  global("fec0::1", false),
  global("3fff::1", false),
  global("192.0.0.9", true),
  global("192.0.0.8", false),
  global("4000::1", false),
  prints("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
  prints("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
  prints("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
];

function answer(ask: (() => unknown) | undefined): string {
  if (ask === undefined) return "–";
  try {
    return String(ask());
  } catch {
    return "throws";
  }
}

/** A refusal and "false" are the same answer, but for a list: there "false" lets the peer in. */
function isRight(given: string, right: string): boolean {
  return given === right || (right === "false" && given === "throws");
}

const names = ["ipaddr.js", "ip-address", "netmask", "cidr-tools", "node:net"];
console.log(`| | right | this | ${names.join(" | ")} |`);
console.log(`|---|---|---|${names.map(() => "---|").join("")}`);
let wrong = 0;
for (const { text, right, ours, peers } of QUESTIONS) {
  const mine = answer(ours);
  if (!isRight(mine, right)) wrong++;
  const cells = names.map((name) => {
    const given = answer(peers[name]);
    return given === "–" || isRight(given, right) ? given : `**${given}**`;
  });
  console.log(`| ${text} | ${right} | ${mine} | ${cells.join(" | ")} |`);
}
Deno.exit(wrong === 0 ? 0 : 1);
