// deno-lint-ignore-file no-console
/**
 * Lookups side by side in one run: `Deno.resolveDns` against our wire backend, the same server, the
 * same 64 questions at once, every name a new one. Then what a cached answer costs.
 *
 *     deno run -A tests/bench/lookup_bench.ts
 *
 * Needs NSD. Prints one line per measurement; the ratio is what counts.
 */
import { Resolver } from "../../mod.ts";
import { Nsd } from "../lookup/support/nsd.ts";

const AT_ONCE = 64;
const QUESTIONS = 2_000;
const ROUNDS = 15;

/** Questions per second. */
async function rate(ask: (name: string) => Promise<unknown>): Promise<number> {
  let next = 0;
  const salt = Math.random().toString(36).slice(2);
  const begun = performance.now();
  const one = async () => {
    while (next < QUESTIONS) await ask(`n${next++}-${salt}.wild.lab.test`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return QUESTIONS / (performance.now() - begun) * 1000;
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
const rates = { resolveDns: [] as number[], wire: [] as number[] };
const before = sockets();
for (let round = 0; round < ROUNDS; round++) {
  rates.resolveDns.push(
    await rate((name) => Deno.resolveDns(`${name}.`, "A", { nameServer })),
  );
  rates.wire.push(await rate((name) => resolver.resolve(`${name}.`, "A")));
}
// Sockets of the last round of Deno.resolveDns are gone by the first sample.
let used = 0;
const watching = setInterval(() => used = Math.max(used, sockets()), 50);
await rate((name) => resolver.resolve(`${name}.`, "A"));
clearInterval(watching);
const [deno, wire] = [median(rates.resolveDns), median(rates.wire)];
console.log(`Deno.resolveDns   ${deno.toFixed(0)} questions/s`);
console.log(`wire backend      ${wire.toFixed(0)} questions/s`);
// Each round's two runs stand side by side, so that what else the machine does hits both.
const ratio = median(rates.wire.map((rate, i) => rate / rates.resolveDns[i]!));
console.log(`ratio             ${ratio.toFixed(2)}`);
console.log(`descriptors       ${used - before}`);

using cached = new Resolver({ backend: "wire", servers: [nsd.server] });
await cached.lookup("dual.lab.test");
await cached.resolve("lab.test", "MX");
const lookupCost = await cost(() => cached.lookup("dual.lab.test"));
const resolveCost = await cost(() => cached.resolve("host.lab.test", "A"));
console.log(`cached lookup     ${lookupCost.toFixed(2)} µs`);
console.log(`cached resolve    ${resolveCost.toFixed(2)} µs`);
