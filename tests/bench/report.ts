/**
 * The bench's results as a table for the terminal, as Markdown for the README, and as verdicts on
 * what the project promises.
 *
 * @module
 */
import type { Result, Row, Verdict } from "./run_scenario.ts";
import type { StartupResult } from "./startup_bench.ts";

const HEADS = [
  "server",
  "CPU µs/request",
  "to bare",
  "requests/s",
  "p50 ms",
  "p99 ms",
  "Jain",
  "starved",
  "RSS MiB",
];

/** One line of a table. */
function cells(row: Row): string[] {
  const memory = row.perConnection === undefined
    ? (row.rss / 1024).toFixed(0)
    : `${row.perConnection.toFixed(1)} KiB each`;
  const name = row.errors === 0
    ? row.contender
    : `${row.contender} (${row.errors} errors)`;
  if (row.count === 0) return [name, "", "", "", "", "", "", "", memory];
  return [
    name,
    row.cpu.toFixed(2),
    row.ratio.toFixed(2),
    Math.round(row.count / row.seconds).toString(),
    row.p50.toFixed(2),
    row.p99.toFixed(1),
    row.jain.toFixed(3),
    row.starved.toString(),
    memory,
  ];
}

function verdictLine(verdict: Verdict): string {
  const { who, than, atMost, of, value, kept } = verdict;
  const mark = kept ? "kept  " : "MISSED";
  if (than.startsWith("Jain")) {
    return `  ${mark} ${who}: ${value.toFixed(3)} (${than})`;
  }
  if (than.startsWith("KiB")) {
    const goal = `goal: at most ${atMost}`;
    return `  ${mark} ${who}: ${value.toFixed(2)} ${than} (${goal})`;
  }
  const what = of === "p99" ? " in p99" : "";
  return `  ${mark} ${who} / ${than}${what}: ${
    value.toFixed(2)
  } (goal: at most ${atMost.toFixed(2)})`;
}

/** For the terminal. */
export function formatTable(result: Result): string {
  const lines = [HEADS, ...result.rows.map(cells)];
  const widths = HEADS.map((_, i) =>
    Math.max(...lines.map((line) => line[i]!.length))
  );
  const table = lines.map((line) =>
    line.map((text, i) =>
      i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)
    ).join("  ").trimEnd()
  );
  return [
    `== ${result.scenario}: ${result.title}`,
    ...table,
    ...result.verdicts.map(verdictLine),
    "",
  ].join("\n");
}

/** What importing adds to a program, for the terminal. */
export function formatStartup(result: StartupResult): string {
  const { scenario, title, empty, importing, added, atMost, kept } = result;
  const mark = kept ? "kept  " : "MISSED";
  return [
    `== ${scenario}: ${title}`,
    `empty program ${empty.toFixed(1)} ms, with mod.ts ${
      importing.toFixed(1)
    } ms`,
    `  ${mark} mod.ts adds ${added.toFixed(1)} ms (goal: at most ${atMost})`,
    "",
  ].join("\n");
}

/** For the README: CPU time per request of each server in each scenario, and fairness where it differs. */
export function formatMarkdown(results: readonly Result[]): string {
  const names = [
    ...new Set(results.flatMap(({ rows }) => rows.map((row) => row.contender))),
  ];
  const lines = [
    `| CPU µs per request | ${names.join(" | ")} |`,
    `|---|${names.map(() => "---:|").join("")}`,
  ];
  for (const { title, rows } of results) {
    const columns = names.map((name) => {
      const row = rows.find(({ contender }) => contender === name);
      return row === undefined ? "–" : markdownCell(row);
    });
    lines.push(`| ${title} | ${columns.join(" | ")} |`);
  }
  return lines.join("\n");
}

function markdownCell(row: Row): string {
  if (row.perConnection !== undefined) {
    return `${row.perConnection.toFixed(1)} KiB each`;
  }
  const unfair = row.starved > 0
    ? `, ${Math.round(row.starved)} starved`
    : row.jain < 0.95
    ? `, Jain ${row.jain.toFixed(2)}`
    : "";
  return `${row.cpu.toFixed(1)}${unfair}`;
}
