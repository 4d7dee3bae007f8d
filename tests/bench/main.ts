#!/usr/bin/env -S deno run --allow-all
/**
 * Servers side by side with their peers, in one run: CPU time per request, latency, fairness, memory.
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
import { formatMarkdown, formatTable } from "./report.ts";
import { type Result, runScenario } from "./run_scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    scenario: { type: "string", multiple: true },
    runs: { type: "string" },
    json: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  },
});

function usage(problem: string): never {
  console.error(problem);
  console.error(`Scenarios: ${SCENARIOS.map(({ name }) => name).join(" ")}`);
  Deno.exit(2);
}

if (Deno.build.os !== "linux") usage("This bench needs Linux.");
const wanted = values.scenario ?? SCENARIOS.map(({ name }) => name);
const unknown = wanted.find((name) =>
  !SCENARIOS.some((scenario) => scenario.name === name)
);
if (unknown !== undefined) usage(`Unknown scenario "${unknown}".`);
const runs = Number(values.runs ?? (values.quick ? 3 : 7));
if (!Number.isSafeInteger(runs) || runs < 1) {
  usage(`--runs must be a whole number, not "${values.runs}".`);
}

const options = { runs, seconds: values.quick ? 0.5 : 1, warmup: 0.3 };
const results: Result[] = [];
try {
  for (const scenario of SCENARIOS) {
    if (!wanted.includes(scenario.name)) continue;
    const result = await runScenario(scenario, options);
    results.push(result);
    // Progress goes to where it does not mix with the result.
    if (values.json || values.markdown) console.error(formatTable(result));
    else console.log(formatTable(result));
  }
} finally {
  removeBuilt();
}
if (values.json) console.log(JSON.stringify(results, null, 2));
if (values.markdown) console.log(formatMarkdown(results));
