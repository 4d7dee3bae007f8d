#!/usr/bin/env -S deno run --allow-all
/**
 * Servers side by side with their peers, in one run: CPU time per request, latency, fairness, memory;
 * and what importing mod.ts adds to the start of a program.
 *
 *   deno task bench                          # everything: some 20 minutes
 *   deno task bench --quick                  # the same in shorter and fewer windows
 *   deno task bench --scenario echo-64 --runs 15
 *   deno task bench --json > bench.json
 *   deno task bench --markdown               # the README's table
 *
 * Ratios count, never absolute times. The servers and the load are processes of their own, each kind
 * on its own core. Needs Linux: the load generator speaks to epoll, CPU time comes from /proc.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { parseArgs } from "node:util";
import { removeBuilt } from "./contenders.ts";
import { formatMarkdown, formatStartup, formatTable } from "./report.ts";
import { type Result, runScenario } from "./run_scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import { runStartup, STARTUP, type StartupResult } from "./startup_bench.ts";

const NAMES = [STARTUP, ...SCENARIOS].map(({ name }) => name);

const USAGE = `Usage: deno task bench [options]

  --scenario <name>  run this one only; may be given several times
  --runs <n>         windows of load for each server (startup: four starts each)
  --quick            shorter and fewer windows
  --json             print the results as JSON
  --markdown         print the README's table
  --help             print this

Scenarios: ${NAMES.join(" ")}`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    scenario: { type: "string", multiple: true },
    runs: { type: "string" },
    json: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

function usage(problem: string): never {
  console.error(`${problem}\n\n${USAGE}`);
  Deno.exit(2);
}

if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
if (Deno.build.os !== "linux") usage("This bench needs Linux.");
const wanted = values.scenario ?? NAMES;
const unknown = wanted.find((name) => !NAMES.includes(name));
if (unknown !== undefined) usage(`Unknown scenario "${unknown}".`);
const runs = Number(values.runs ?? (values.quick ? 3 : 7));
if (!Number.isSafeInteger(runs) || runs < 1) {
  usage(`--runs must be a whole number, not "${values.runs}".`);
}

const options = { runs, seconds: values.quick ? 0.5 : 1, warmup: 0.3 };
const results: Result[] = [];
let startup: StartupResult | undefined;

/** Progress goes to where it does not mix with the result. */
function show(text: string): void {
  if (values.json || values.markdown) console.error(text);
  else console.log(text);
}

try {
  if (wanted.includes(STARTUP.name)) {
    startup = await runStartup(4 * runs);
    show(formatStartup(startup));
  }
  for (const scenario of SCENARIOS) {
    if (!wanted.includes(scenario.name)) continue;
    const result = await runScenario(scenario, options);
    results.push(result);
    show(formatTable(result));
  }
} finally {
  removeBuilt();
}
if (values.json) {
  const all = startup === undefined ? results : [startup, ...results];
  console.log(JSON.stringify(all, null, 2));
}
if (values.markdown) console.log(formatMarkdown(results));
