// deno-lint-ignore-file no-console
/**
 * Lookups side by side in one run: `Deno.resolveDns` against our wire backend, the same server, the
 * same 64 questions at once, every name a new one. Then what a cached answer costs.
 *
 *     deno run -A tests/bench/lookup_bench.ts
 *
 * Needs NSD. Prints one line per measurement; the ratio is what counts.
 */
import process from "node:process";
import { Resolver } from "../../mod.ts";
import { Nsd } from "../lookup/support/nsd.ts";

const AT_ONCE = 64;
const QUESTIONS = 4_000;
const ROUNDS = 15;

interface Rate {
  perSecond: number;
  /** Microseconds of processor time in this process for one question. */
  cpu: number;
}

/** Ask for so many new names. */
async function rate(ask: (name: string) => Promise<unknown>): Promise<Rate> {
  let next = 0;
  const salt = Math.random().toString(36).slice(2);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const one = async () => {
    while (next < QUESTIONS) await ask(`n${next++}-${salt}.wild.lab.test`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  const perSecond = QUESTIONS / (performance.now() - begun) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond, cpu: (user + system) / QUESTIONS };
}

/** Descriptors of sockets that this process has open; Linux only. */
function sockets(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const target = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (target.startsWith("socket:")) count++;
    } catch {
      // The descriptor of the listing itself is gone by now.
    }
  }
  return count;
}

/** Microseconds for one call. */
async function cost(call: () => Promise<unknown>): Promise<number> {
  const times = 200_000;
  for (let i = 0; i < 20_000; i++) await call();
  const begun = performance.now();
  for (let i = 0; i < times; i++) await call();
  return (performance.now() - begun) / times * 1000;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

await using nsd = await Nsd.start();
using resolver = new Resolver({
  backend: "wire",
  servers: [nsd.server],
  hosts: false,
  cache: false,
});
const nameServer = { ipAddr: "127.0.0.1", port: nsd.port };
const rates = { resolveDns: [] as Rate[], wire: [] as Rate[] };
// Both have been compiled and have their sockets' paths warm before it counts.
await rate((name) => Deno.resolveDns(`${name}.`, "A", { nameServer }));
await rate((name) => resolver.resolve(`${name}.`, "A"));
for (let round = 0; round < ROUNDS; round++) {
  rates.resolveDns.push(
    await rate((name) => Deno.resolveDns(`${name}.`, "A", { nameServer })),
  );
  rates.wire.push(await rate((name) => resolver.resolve(`${name}.`, "A")));
}
// Each round's two runs stand side by side, so that what else the machine does hits both.
const medianOf = (pick: (deno: Rate, wire: Rate) => number) =>
  median(rates.wire.map((wire, i) => pick(rates.resolveDns[i]!, wire)));
const show = (what: string, value: number, digits: number, unit = "") =>
  console.log(`${what.padEnd(32)}${value.toFixed(digits)}${unit}`);
show("Deno.resolveDns, questions/s", medianOf((deno) => deno.perSecond), 0);
show("wire backend, questions/s", medianOf((_, wire) => wire.perSecond), 0);
show("ratio", medianOf((d, w) => w.perSecond / d.perSecond), 2);
show("Deno.resolveDns, CPU", medianOf((deno) => deno.cpu), 1, " µs");
show("wire backend, CPU", medianOf((_, wire) => wire.cpu), 1, " µs");
show("ratio", medianOf((d, w) => d.cpu / w.cpu), 2);

{
  const before = sockets();
  using fresh = new Resolver({ backend: "wire", servers: [nsd.server] });
  await fresh.resolve("host.lab.test", "A");
  let used = 0;
  const watching = setInterval(() => used = Math.max(used, sockets()), 20);
  await rate((name) => fresh.resolve(`${name}.`, "A"));
  clearInterval(watching);
  show("descriptors of the wire backend", used - before, 0);
}

using cached = new Resolver({ backend: "wire", servers: [nsd.server] });
await cached.lookup("dual.lab.test");
show(
  "cached lookup",
  await cost(() => cached.lookup("dual.lab.test")),
  2,
  " µs",
);
await cached.resolve("host.lab.test", "A");
show(
  "cached resolve",
  await cost(() => cached.resolve("host.lab.test", "A")),
  2,
  " µs",
);
