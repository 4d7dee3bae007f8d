#!/usr/bin/env -S deno run --allow-all
/**
 * Addresses side by side with their peers, in one run: parsing, formatting, `contains`, lookups among
 * many prefixes, collapsing, heap. Ratios count, never absolute times.
 *
 *   deno run --allow-all tests/bench/address_bench.ts
 *
 * The peers come by `npm:` specifiers at run time, for this bench only. Go is asked where it is
 * installed. Exit code 1 when a goal is missed.
 */
// deno-lint-ignore-file no-console
import { BlockList } from "node:net";
import {
  collapse,
  IPSet,
  IPv4Address,
  IPv4Network,
  IPv6Address,
  IPv6Network,
  parseAddress,
  parseNetwork,
  PrefixTable,
} from "../../mod.ts";
import type { IPAddress, IPNetwork } from "../../mod.ts";
import { loadPeer, type Peer } from "./address_peers.ts";

/** Whatever a measured loop makes ends here, so that no loop is optimised away. */
export let sink: unknown;

/**
 * A loop of its own for each contender: in one shared loop the engine would see many functions at
 * one call and inline none of them, and the call would cost more than the parsing.
 */
function loopFor<T>(
  run: (item: T) => unknown,
): (items: readonly T[]) => unknown {
  return new Function(
    "run",
    "return (items) => { let last; for (let i = 0; i < items.length; i++) last = run(items[i]); return last; };",
  )(run);
}

/** Nanoseconds per item of each contender, the lower quartile of interleaved rounds (the machine is shared). */
function race<T>(
  items: readonly T[],
  contenders: Record<string, (item: T) => unknown>,
  rounds = 31,
): Record<string, number> {
  const times: Record<string, number[]> = {};
  const loops = Object.entries(contenders).map(([name, run]) => ({
    name,
    loop: loopFor(run),
  }));
  for (let round = -8; round < rounds; round++) {
    for (const { name, loop } of loops) {
      const start = performance.now();
      sink = loop(items);
      const each = (performance.now() - start) * 1e6 / items.length;
      if (round >= 0) (times[name] ??= []).push(each);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map((
      [name, all],
    ) => [name, all.sort((x, y) => x - y)[all.length >> 2]!]),
  );
}

let missed = 0;

function report(title: string, times: Record<string, number>): void {
  console.log(`\n${title}`);
  const [ours] = Object.values(times);
  for (const [name, time] of Object.entries(times)) {
    console.log(
      `  ${name.padEnd(34)} ${
        time.toFixed(time < 100 ? 1 : 0).padStart(10)
      } ns ${(time / ours!).toFixed(2).padStart(10)} x`,
    );
  }
}

function goal(text: string, value: number, holds: boolean): void {
  if (!holds) missed++;
  console.log(
    `  ${holds ? "reached" : "MISSED "}  ${text}: ${value.toFixed(2)}`,
  );
}

function fastest(times: Record<string, number>, leaveOut: string[]): number {
  return Math.min(
    ...Object.entries(times).filter(([name]) => !leaveOut.includes(name)).map((
      [, time],
    ) => time),
  );
}

/** Reproducible numbers (xorshift32): the same inputs in every run. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const next = random(20251122);
const hex = () => next(65536).toString(16);
const COUNT = 5000;

/** Texts as a file or a packet gives them: template literals leave ropes, which each reader pays for. */
function asRead(texts: string[]): string[] {
  return JSON.parse(JSON.stringify(texts));
}

const textsIPv4 = asRead(Array.from(
  { length: COUNT },
  () => `${next(256)}.${next(256)}.${next(256)}.${next(256)}`,
));
const textsIPv6 = asRead(Array.from(
  { length: COUNT },
  (_, i) =>
    i % 2 === 0
      ? `2001:db8:${hex()}::${hex()}`
      : `2a00:${hex()}:${hex()}:${hex()}:${hex()}:${hex()}:${hex()}:${hex()}`,
));

/** The text as one flat string: concatenation alone only promises it. */
function flat(text: string): number {
  return text.charCodeAt(text.length - 1);
}

/** Nanoseconds per parse of ours in a process of its own, as Go's are; and Go's, run in turn. */
async function besideGo(
  version: 4 | 6,
): Promise<{ ours: number; go: number } | undefined> {
  const best = { ours: Infinity, go: Infinity };
  for (let round = 0; round < 3; round++) {
    const go = await goParse(version === 4 ? textsIPv4 : textsIPv6);
    if (go === undefined) return undefined;
    const ours = await own("alone", String(version));
    best.go = Math.min(best.go, go);
    best.ours = Math.min(best.ours, ours);
  }
  return best;
}

/** The number that this program prints in a process of its own. */
async function own(...args: string[]): Promise<number> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-lock",
      "--v8-flags=--expose-gc",
      import.meta.url,
      ...args,
    ],
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

function parseAlone(version: string | undefined): number {
  const times = version === "4"
    ? race(textsIPv4, { ours: (text) => IPv4Address.parse(text) }, 80)
    : race(textsIPv6, { ours: (text) => IPv6Address.parse(text) }, 80);
  return times.ours!;
}

async function goParse(texts: string[]): Promise<number | undefined> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, texts.join("\n"));
    const source = new URL("netip_peer.go", import.meta.url).pathname;
    const { success, stdout } = await new Deno.Command("go", {
      args: ["run", source, file],
    })
      .output();
    return success ? Number(new TextDecoder().decode(stdout)) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  } finally {
    await Deno.remove(file);
  }
}

async function parsing(
  ipaddr: Peer,
  ipAddress: Peer,
  netmask: Peer,
): Promise<void> {
  const ipv4 = race(textsIPv4, {
    "IPv4Address.parse": (text) => IPv4Address.parse(text),
    "parseAddress": (text) => parseAddress(text),
    "ipaddr.js IPv4.parse": (text) => ipaddr.IPv4.parse(text),
    "ip-address Address4": (text) => new ipAddress.Address4(text),
    "netmask ip2long": (text) => netmask.ip2long(text),
    "netmask Netmask": (text) => new netmask.Netmask(text),
  });
  report("parse IPv4", ipv4);
  const lead4 = fastest(ipv4, ["IPv4Address.parse", "parseAddress"]) /
    ipv4["IPv4Address.parse"]!;
  goal("times the fastest peer's speed, at least 3", lead4, lead4 >= 3);
  const beside4 = await besideGo(4);
  if (beside4 !== undefined) {
    const { ours, go } = beside4;
    goal(
      `times Go's time (${ours.toFixed(0)} to ${
        go.toFixed(0)
      } ns, each alone), at most 1.3`,
      ours / go,
      ours / go <= 1.3,
    );
  }
  const ipv6 = race(textsIPv6, {
    "IPv6Address.parse": (text) => IPv6Address.parse(text),
    "parseAddress": (text) => parseAddress(text),
    "ipaddr.js IPv6.parse": (text) => ipaddr.IPv6.parse(text),
    "ip-address Address6": (text) => new ipAddress.Address6(text),
  });
  report("parse IPv6", ipv6);
  const lead6 = fastest(ipv6, ["IPv6Address.parse", "parseAddress"]) /
    ipv6["IPv6Address.parse"]!;
  goal("times the fastest peer's speed, at least 3", lead6, lead6 >= 3);
  const beside6 = await besideGo(6);
  if (beside6 !== undefined) {
    const { ours, go } = beside6;
    goal(
      `times Go's time (${ours.toFixed(0)} to ${
        go.toFixed(0)
      } ns, each alone), at most 1.3`,
      ours / go,
      ours / go <= 1.3,
    );
  }
}

function formatting(ipaddr: Peer, ipAddress: Peer, netmask: Peer): void {
  const indices = textsIPv4.map((_, i) => i);
  const mine4 = textsIPv4.map((text) => IPv4Address.parse(text));
  const ipaddr4 = textsIPv4.map((text) => ipaddr.IPv4.parse(text));
  const longs = textsIPv4.map((text) => netmask.ip2long(text));
  const address4 = textsIPv4.map((text) => new ipAddress.Address4(text));
  const ipv4 = race(indices, {
    "IPv4Address.toString": (i) => flat(mine4[i]!.toString()),
    "ipaddr.js toString": (i) => flat(ipaddr4[i].toString()),
    "ip-address correctForm": (i) => flat(address4[i]!.correctForm()),
    "netmask long2ip": (i) => flat(netmask.long2ip(longs[i])),
  });
  report("format IPv4 (flat text)", ipv4);
  const lead4 = fastest(ipv4, ["IPv4Address.toString"]) /
    ipv4["IPv4Address.toString"]!;
  goal("times the fastest peer's speed, at least 2", lead4, lead4 >= 2);
  const mine6 = textsIPv6.map((text) => IPv6Address.parse(text));
  const ipaddr6 = textsIPv6.map((text) => ipaddr.IPv6.parse(text));
  const address6 = textsIPv6.map((text) => new ipAddress.Address6(text));
  const ipv6 = race(indices, {
    "IPv6Address.toString": (i) => flat(mine6[i]!.toString()),
    "ipaddr.js toRFC5952String": (i) => flat(ipaddr6[i].toRFC5952String()),
    "ip-address correctForm": (i) => flat(address6[i]!.correctForm()),
  });
  report("format IPv6 (flat text)", ipv6);
  const lead6 = fastest(ipv6, ["IPv6Address.toString"]) /
    ipv6["IPv6Address.toString"]!;
  goal("times the fastest peer's speed, at least 2", lead6, lead6 >= 2);
}

function containing(
  ipaddr: Peer,
  ipAddress: Peer,
  netmask: Peer,
  cidrTools: Peer,
): void {
  const indices = textsIPv4.map((_, i) => i);
  const mine4 = textsIPv4.map((text) => IPv4Address.parse(text));
  const ipaddr4 = textsIPv4.map((text) => ipaddr.IPv4.parse(text));
  const address4 = textsIPv4.map((text) => new ipAddress.Address4(text));
  const network4 = IPv4Network.parse("64.0.0.0/3");
  const range4 = ipaddr.IPv4.parseCIDR("64.0.0.0/3");
  const subnet4 = new ipAddress.Address4("64.0.0.0/3");
  const block4 = new netmask.Netmask("64.0.0.0/3");
  const ipv4 = race(indices, {
    "IPv4Network.contains": (i) => network4.contains(mine4[i]!),
    "ipaddr.js match": (i) => ipaddr4[i].match(range4),
    "ip-address isInSubnet": (i) => address4[i]!.isInSubnet(subnet4),
    "netmask contains (text)": (i) => block4.contains(textsIPv4[i]),
    "cidr-tools containsCidr (text)": (i) =>
      cidrTools.containsCidr("64.0.0.0/3", textsIPv4[i]),
  });
  report("contains IPv4", ipv4);
  const lead4 = fastest(ipv4, ["IPv4Network.contains"]) /
    ipv4["IPv4Network.contains"]!;
  goal("times the fastest peer's speed, at least 1", lead4, lead4 >= 1);
  const mine6 = textsIPv6.map((text) => IPv6Address.parse(text));
  const ipaddr6 = textsIPv6.map((text) => ipaddr.IPv6.parse(text));
  const address6 = textsIPv6.map((text) => new ipAddress.Address6(text));
  const network6 = IPv6Network.parse("2001:db8::/36");
  const range6 = ipaddr.IPv6.parseCIDR("2001:db8::/36");
  const subnet6 = new ipAddress.Address6("2001:db8::/36");
  const ipv6 = race(indices, {
    "IPv6Network.contains": (i) => network6.contains(mine6[i]!),
    "ipaddr.js match": (i) => ipaddr6[i].match(range6),
    "ip-address isInSubnet": (i) => address6[i]!.isInSubnet(subnet6),
    "cidr-tools containsCidr (text)": (i) =>
      cidrTools.containsCidr("2001:db8::/36", textsIPv6[i]),
  });
  report("contains IPv6", ipv6);
  const lead6 = fastest(ipv6, ["IPv6Network.contains"]) /
    ipv6["IPv6Network.contains"]!;
  goal("times the fastest peer's speed, at least 1", lead6, lead6 >= 1);
}

/** Prefixes as lists have them: /12 to /32 or /24 to /64. */
function prefixes(count: number, version: 4 | 6): IPNetwork[] {
  return Array.from(
    { length: count },
    () =>
      version === 4
        ? IPv4Address.fromUint32(next(2 ** 32)).toNetwork(12 + next(21))
        : parseAddress(
          `2${
            (next(4096)).toString(16).padStart(3, "0")
          }:${hex()}:${hex()}:${hex()}::`,
        )
          .toNetwork(24 + next(41)),
  );
}

function lookups(ipaddr: Peer, version: 4 | 6): void {
  const asked: IPAddress[] = (version === 4 ? textsIPv4 : textsIPv6).map((
    text,
  ) => parseAddress(text));
  const [few, many] = [prefixes(100, version), prefixes(10_000, version)];
  const setFew = IPSet.from(few);
  const setMany = IPSet.from(many);
  const tableFew = new PrefixTable(few.map((network, i) => [network, i]));
  const tableMany = new PrefixTable(many.map((network, i) => [network, i]));
  const ours = race(asked, {
    "IPSet.has, 10,000 prefixes": (address) => setMany.has(address),
    "IPSet.has, 100": (address) => setFew.has(address),
    "PrefixTable.lookup, 10,000": (address) => tableMany.lookup(address),
    "PrefixTable.lookup, 100": (address) => tableFew.lookup(address),
  });
  const list = new BlockList();
  for (const network of many) {
    list.addSubnet(
      network.address.toString(),
      network.prefixLength,
      `ipv${version}`,
    );
  }
  const ranges = many.map((network) => ipaddr.parseCIDR(network.toString()));
  const fewAsked = asked.slice(0, 40).map((address) => address.toString());
  const parsed = fewAsked.map((text) => ipaddr.parse(text));
  const theirs = race(fewAsked.map((_, i) => i), {
    "node:net BlockList.check": (i) =>
      list.check(fewAsked[i]!, `ipv${version}`),
    "ipaddr.js subnetMatch": (i) =>
      ipaddr.subnetMatch(parsed[i], { listed: ranges }, "none"),
  }, 5);
  report(`one lookup among IPv${version} prefixes`, { ...ours, ...theirs });
  const peer = Math.min(...Object.values(theirs));
  for (
    const name of ["IPSet.has, 10,000 prefixes", "PrefixTable.lookup, 10,000"]
  ) {
    const lead = peer / ours[name]!;
    goal(
      `${name}: times the fastest peer's speed, at least 1000`,
      lead,
      lead >= 1000,
    );
  }
  const setGrowth = ours["IPSet.has, 10,000 prefixes"]! /
    ours["IPSet.has, 100"]!;
  goal(
    "IPSet: time among 10,000 to among 100, at most 3",
    setGrowth,
    setGrowth <= 3,
  );
  const tableGrowth = ours["PrefixTable.lookup, 10,000"]! /
    ours["PrefixTable.lookup, 100"]!;
  goal(
    "PrefixTable: time among 10,000 to among 100, at most 3",
    tableGrowth,
    tableGrowth <= 3,
  );
}

function collapsing(cidrTools: Peer): void {
  for (const version of [4, 6] as const) {
    const texts = prefixes(10_000, version).map(String);
    const networks = texts.map((text) => parseNetwork(text));
    const times = race([texts], {
      "parseNetwork and collapse": (list) =>
        collapse(list.map((text) => parseNetwork(text))),
      "collapse": () => collapse(networks),
      "IPSet.from and networks": (list) => IPSet.from(list).networks(),
      "cidr-tools mergeCidr": (list) => cidrTools.mergeCidr(list),
    }, 9);
    report(`collapse 10,000 IPv${version} networks`, times);
    const lead = times["cidr-tools mergeCidr"]! /
      times["parseNetwork and collapse"]!;
    goal("from text: times cidr-tools' speed, above 1", lead, lead > 1);
  }
}

async function heap(): Promise<void> {
  const bytes = await own("heap");
  console.log("\nheap");
  goal("bytes per IPv6Address, at most 64", bytes, bytes > 0 && bytes <= 64);
}

/** Bytes of heap per address: what 200,000 of them add after a collection. */
function heapPerAddress(): number {
  const collect = (globalThis as unknown as { gc(): void }).gc;
  const count = 200_000;
  const kept: IPv6Address[] = new Array(count);
  collect();
  const before = Deno.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) {
    kept[i] = IPv6Address.parse(textsIPv6[i % COUNT]!);
  }
  collect();
  const bytes = (Deno.memoryUsage().heapUsed - before) / count;
  sink = kept;
  return bytes;
}

/** Run everything and say how many goals were missed. */
export async function run(): Promise<number> {
  const [ipaddr, ipAddress, netmask, cidrTools] = [
    await loadPeer("ipaddr.js"),
    await loadPeer("ip-address"),
    await loadPeer("netmask"),
    await loadPeer("cidr-tools"),
  ];
  await parsing(ipaddr, ipAddress, netmask);
  formatting(ipaddr, ipAddress, netmask);
  containing(ipaddr, ipAddress, netmask, cidrTools);
  lookups(ipaddr, 4);
  lookups(ipaddr, 6);
  collapsing(cidrTools);
  await heap();
  return missed;
}

if (import.meta.main) {
  if (Deno.args[0] === "heap") console.log(heapPerAddress());
  else if (Deno.args[0] === "alone") console.log(parseAlone(Deno.args[1]));
  else Deno.exit(await run() === 0 ? 0 : 1);
}
