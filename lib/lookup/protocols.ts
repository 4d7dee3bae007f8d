/**
 * getprotobyname: synchronous, from the system's table where reading it is granted already,
 * then from our own (IANA "Assigned Internet Protocol Numbers").
 *
 * @module
 */
import { LookupError } from "../errors.ts";
import { quote } from "../stream/quote.ts";
import { checkText } from "./lookup_checks.ts";
import { readSystemFileSync } from "./system_file.ts";

/** `name number`; each name also stands in upper case, as protocols(5) has it for an alias. */
const PROTOCOL_DATA =
  `ip 0;hopopt 0;icmp 1;igmp 2;ggp 3;ipencap 4;st 5;tcp 6;egp 8;igp 9;pup 12;udp 17;hmp 20;
xns-idp 22;rdp 27;iso-tp4 29;dccp 33;xtp 36;ddp 37;idpr-cmtp 38;ipv6 41;ipv6-route 43;ipv6-frag 44;
idrp 45;rsvp 46;gre 47;esp 50;ah 51;skip 57;ipv6-icmp 58;ipv6-nonxt 59;ipv6-opts 60;rspf 73;vmtp 81;
eigrp 88;ospf 89;ax.25 93;ipip 94;etherip 97;encap 98;pim 103;ipcomp 108;vrrp 112;l2tp 115;isis 124;
sctp 132;fc 133;mobility-header 135;udplite 136;mpls-in-ip 137;manet 138;hip 139;shim6 140;wesp 141;
rohc 142;ethernet 143`;

let system: Map<string, number> | undefined;
let embedded: Map<string, number> | undefined;

function findProtocol(name: string): number | undefined {
  if (system === undefined) {
    const text = readSystemFileSync("protocols");
    if (text !== undefined) system = parseProtocols(text);
  }
  return system?.get(name) ?? (embedded ??= embeddedProtocols()).get(name);
}

/** Our own table. */
export function embeddedProtocols(): Map<string, number> {
  const table = new Map<string, number>();
  for (const item of PROTOCOL_DATA.split(";")) {
    const [name, number] = item.trim().split(" ") as [string, string];
    table.set(name, Number(number));
    table.set(name.toUpperCase(), Number(number));
  }
  return table.set("IPv6", 41).set("IPv6-ICMP", 58);
}

/** A text in the form of protocols(5); lines that are not are passed over, the first of a name counts. */
export function parseProtocols(text: string): Map<string, number> {
  const table = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name, number, ...aliases] = line.replace(/#.*/, "").trim().split(
      /\s+/,
    );
    if (!name || !/^[0-9]{1,3}$/.test(number ?? "")) continue;
    for (const key of [name, ...aliases]) {
      if (!table.has(key)) table.set(key, Number(number));
    }
  }
  return table;
}

/**
 * The number of an internet protocol.
 *
 * Names are case-sensitive; each has an alias in upper case, as in `/etc/protocols`, which is asked
 * first where reading it is granted already; otherwise a table that comes with this module answers.
 *
 * @param name The protocol, such as `"tcp"`.
 * @returns Its number in the IP header.
 * @throws {LookupError} With code `ESERVICE` if there is no such protocol.
 * @throws {TypeError} If the name is not a string.
 *
 * @example TCP is 6
 * ```ts
 * import { getprotobyname } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(getprotobyname("tcp"), 6);
 * assert.equal(getprotobyname("ipv6"), 41);
 * assert.throws(() => getprotobyname("nosuch"), { code: "ESERVICE" });
 * ```
 */
export function getprotobyname(name: string): number {
  checkText("protocol name", name);
  const number = findProtocol(name);
  if (number === undefined) {
    throw new LookupError(
      `Cannot look up protocol ${quote(name)}: no such protocol`,
      { code: "ESERVICE", host: name },
    );
  }
  return number;
}
