/**
 * A server's statistics as text for Prometheus. Pure: it formats the plain object that it is
 * given, be it a stream server's, a datagram server's or the caller's own.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @module
 */
import { quote } from "../stream/quote.ts";

/** The `content-type` of what {@linkcode formatPrometheus} gives. */
export const PROMETHEUS_CONTENT_TYPE =
  "text/plain; version=0.0.4; charset=utf-8";

/** What {@linkcode formatPrometheus} can be told. */
export interface PrometheusOptions {
  /** What all names begin with. Default `"deno_socket"`. */
  prefix?: string | undefined;
  /** Labels for every sample, such as `{ server: "echo" }`. */
  labels?: Readonly<Record<string, string>> | undefined;
  /** Keys whose value can fall again, besides those that servers have. */
  gauges?: readonly string[] | undefined;
}

/** Keys that are levels; all others only grow. */
const GAUGES: readonly string[] = ["active", "lingering", "peak"];

/** What the keys mean that servers have. */
const HELP: Readonly<Record<string, string>> = {
  accepted: "Connections taken from the listener.",
  acceptErrors: "Times that accepting failed.",
  active: "Connections or requests whose handler has not ended.",
  bytesRead: "Bytes received.",
  bytesWritten: "Bytes sent.",
  closes: "Connections or sessions ended, by reason.",
  drops: "Connections or datagrams refused, by reason.",
  flushErrors:
    "Connections of which a write failed when the handler had ended, or had been refused unnoticed.",
  handled: "Requests or sessions that were handed to a handler.",
  handlerErrors: "Handlers that failed.",
  hookErrors: "Hooks that failed.",
  lingering: "Connections that wait for the peer to read the rest.",
  peak: "The most that were ever active at once.",
  received: "Datagrams received.",
  receiveErrors: "Times that receiving failed.",
  sendErrors: "Times that sending failed.",
  sent: "Datagrams sent.",
};

/** One metric with the lines of its samples. */
interface Family {
  type: "counter" | "gauge";
  help: string;
  samples: string[];
}

/**
 * Format statistics in Prometheus' text exposition format, version 0.0.4.
 *
 * Takes any object of numbers and records of numbers, `server.stats` above all: `bytesRead`
 * becomes `deno_socket_bytes_read_total`, and each entry of a record such as `drops` a sample
 * with the label `reason`. Keys with the value undefined are left out. For several servers give a
 * list of `{ stats, labels }`: a metric may stand on a page once only.
 *
 * @param stats The statistics, or several with the labels that tell them apart.
 * @param options What names begin with, labels for all, and which keys are levels.
 * @returns The page; serve it with {@linkcode PROMETHEUS_CONTENT_TYPE}.
 * @throws {TypeError} If a value is neither a number nor a record of numbers.
 * @throws {RangeError} If the prefix or a label's name is none that Prometheus accepts.
 *
 * @example Drops by reason
 * ```ts
 * import { formatPrometheus } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const page = formatPrometheus({ active: 3, drops: { deny: 2 } }, { prefix: "echo" });
 * assert.equal(
 *   page,
 *   "# HELP echo_active Connections or requests whose handler has not ended.\n" +
 *     "# TYPE echo_active gauge\n" +
 *     "echo_active 3\n" +
 *     "# HELP echo_drops_total Connections or datagrams refused, by reason.\n" +
 *     "# TYPE echo_drops_total counter\n" +
 *     'echo_drops_total{reason="deny"} 2\n',
 * );
 * ```
 */
export function formatPrometheus(
  stats: object | readonly LabelledStats[],
  options: PrometheusOptions = {},
): string {
  const prefix = options.prefix ?? "deno_socket";
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix)) {
    throw new RangeError(
      `Cannot use prefix ${quote(prefix)}: is no metric name`,
    );
  }
  const gauges = new Set([...GAUGES, ...options.gauges ?? []]);
  const families = new Map<string, Family>();
  const all: readonly LabelledStats[] = Array.isArray(stats)
    ? stats
    : [{ stats, labels: {} }];
  for (const one of all) {
    const labels = { ...options.labels, ...one.labels };
    for (const [key, value] of Object.entries(one.stats)) {
      if (value === undefined) continue;
      const type = gauges.has(key) ? "gauge" : "counter";
      const name = `${prefix}_${snakeCase(key)}${
        type === "counter" ? "_total" : ""
      }`;
      const help = HELP[key] ?? `The ${key} of the server.`;
      const family = families.get(name) ?? { type, help, samples: [] };
      for (const [reason, number] of samplesOf(key, value)) {
        const own = reason === undefined ? labels : { ...labels, reason };
        family.samples.push(
          `${name}${formatLabels(own)} ${formatNumber(number)}`,
        );
      }
      families.set(name, family);
    }
  }
  return [...families].map(([name, family]) => formatFamily(name, family)).join(
    "",
  );
}

/** The statistics of one of several servers. */
export interface LabelledStats {
  /** An object of numbers and records of numbers. */
  stats: object;
  /** What tells them apart, such as `{ server: "echo" }`. */
  labels: Readonly<Record<string, string>>;
}

/** The numbers under a key: one without a reason, or one for each reason. */
function samplesOf(
  key: string,
  value: unknown,
): [reason: string | undefined, number: number | bigint][] {
  if (isNumber(value)) return [[undefined, value]];
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([reason, number]) => {
      if (!isNumber(number)) throw notNumber(`${key}.${reason}`, number);
      return [reason, number];
    });
  }
  throw notNumber(key, value);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function notNumber(key: string, value: unknown): TypeError {
  return new TypeError(
    `Cannot format statistics: ${key} ${
      quote(value)
    } is neither a number nor a record of numbers`,
  );
}

function formatFamily(name: string, { type, help, samples }: Family): string {
  if (samples.length === 0) return "";
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n${
    samples.join("\n")
  }\n`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => {
    // Names that begin with two underscores are Prometheus' own.
    if (!/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
      throw new RangeError(`Cannot use label ${quote(name)}: is no label name`);
    }
    const escaped = String(value).replaceAll("\\", "\\\\")
      .replaceAll('"', '\\"').replaceAll("\n", "\\n");
    return `${name}="${escaped}"`;
  });
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function formatNumber(value: number | bigint): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}

/** `bytesRead` as `bytes_read`; whatever a metric name may not have becomes an underscore. */
function snakeCase(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase()
    .replace(/[^a-z0-9_]/g, "_");
}
