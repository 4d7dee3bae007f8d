/**
 * Running one scenario: all its servers live side by side, and short windows of load go round them,
 * so that what disturbs the machine disturbs all of them. Medians of windows, and ratios within a
 * round, are what counts.
 *
 * @module
 */
import { BenchServer } from "./bench_server.ts";
import { contendersFor } from "./contenders.ts";
import type { Sample } from "./load/meter.ts";
import type { Goal, Scenario } from "./scenarios.ts";

/** How long and how often. */
export interface RunOptions {
  runs: number;
  /** Seconds of one window, and before it. */
  seconds: number;
  warmup: number;
}

/** What one contender has shown: medians. */
export interface Row extends Sample {
  contender: string;
  /** CPU time per request, divided by that of the bare loop in the same round. */
  ratio: number;
  /** Memory for each connection, in KiB, where that was measured. */
  perConnection: number | undefined;
}

/** A promise and whether it was kept. */
export interface Verdict extends Goal {
  who: string;
  value: number;
  kept: boolean;
}

/** One scenario's result. */
export interface Result {
  scenario: string;
  title: string;
  rows: Row[];
  verdicts: Verdict[];
}

/** Measure it. */
export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
): Promise<Result> {
  const { service, also = [], only } = scenario;
  const contenders = [...contendersFor(service), ...also].filter(({ name }) =>
    only?.includes(name) ?? true
  );
  const runs = Math.min(options.runs, scenario.runs ?? Infinity);
  const samples = new Map<string, Sample[]>();
  const perConnection = new Map<string, number[]>();
  await using servers = new AsyncDisposableStack();
  const running: BenchServer[] = [];
  if (!scenario.fresh) {
    for (const contender of contenders) {
      running.push(
        servers.use(await BenchServer.start(contender, scenario)),
      );
    }
  }
  for (let round = scenario.fresh ? 1 : 0; round <= runs; round++) {
    for (let i = 0; i < contenders.length; i++) {
      // Another one begins each round.
      const contender = contenders[(i + round) % contenders.length]!;
      const { name } = contender;
      await using own = scenario.fresh
        ? await BenchServer.start(contender, scenario)
        : undefined;
      const server = own ?? running.find((one) => one.contender === contender)!;
      // The first round warms up the engines and counts for nothing.
      const warmup = Math.max(
        round === 0 ? 1 : options.warmup,
        scenario.warmup ?? 0,
      );
      const sample = await server.load(scenario, warmup, options.seconds);
      if (round === 0) continue;
      samples.set(name, [...samples.get(name) ?? [], sample]);
      if (scenario.fresh) {
        const kib = (sample.rss - server.rssAtStart) / scenario.load.idle;
        perConnection.set(name, [...perConnection.get(name) ?? [], kib]);
      }
    }
  }
  const bare = samples.get("bare Deno loop")!;
  const rows = [...samples].map(([contender, all]): Row => ({
    contender,
    ...medians(all),
    ratio: median(all.map(({ cpu }, i) => cpu / bare[i]!.cpu)),
    perConnection: perConnection.has(contender)
      ? median(perConnection.get(contender)!)
      : undefined,
  })).sort((a, b) => order(contenders, a) - order(contenders, b));
  const { name, title } = scenario;
  return {
    scenario: name,
    title,
    rows,
    verdicts: judge(scenario, rows, samples),
  };
}

function order(contenders: readonly { name: string }[], row: Row): number {
  return contenders.findIndex(({ name }) => name === row.contender);
}

function judge(
  scenario: Scenario,
  rows: readonly Row[],
  samples: ReadonlyMap<string, readonly Sample[]>,
): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const goal of scenario.goals) {
    const { who = "deno-socket", than, atMost, of = "cpu" } = goal;
    const ours = samples.get(who);
    const theirs = samples.get(than);
    if (ours === undefined || theirs === undefined) continue;
    const key = of === "p99" ? "p99" : "cpu";
    const value = median(
      ours.map((sample, i) => sample[key] / theirs[i]![key]),
    );
    verdicts.push({ ...goal, who, value, kept: value <= atMost });
  }
  const { fair, memory } = scenario;
  const ours = rows.find((row) => row.contender === "deno-socket");
  if (fair !== undefined && ours !== undefined) {
    const kept = ours.jain >= fair && ours.starved === 0;
    const than = `Jain ${fair}, nobody starved`;
    verdicts.push({
      who: ours.contender,
      than,
      atMost: fair,
      value: ours.jain,
      kept,
    });
  }
  if (memory !== undefined && ours?.perConnection !== undefined) {
    const { atMost, moreThan } = memory;
    const theirs = rows.find((row) => row.contender === moreThan);
    const value = ours.perConnection - (theirs?.perConnection ?? 0);
    const than = moreThan === undefined
      ? "KiB each"
      : `KiB each more than ${moreThan}`;
    const kept = value <= atMost;
    verdicts.push({ who: ours.contender, than, atMost, value, kept });
  }
  return verdicts;
}

function medians(samples: readonly Sample[]): Sample {
  const keys = Object.keys(samples[0]!) as (keyof Sample)[];
  return Object.fromEntries(
    keys.map((key) => [key, median(samples.map((sample) => sample[key]))]),
  ) as unknown as Sample;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
