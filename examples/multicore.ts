#!/usr/bin/env -S deno run --unstable-net --allow-net=127.0.0.1 --allow-read
// deno-lint-ignore-file no-console
/**
 * One port, every core: a line server in as many workers as there are processors, one drain for all.
 *
 *     deno run --unstable-net --allow-net=127.0.0.1 --allow-read examples/multicore.ts --port 7007
 *     printf 'hello\nworker\n' | nc -N 127.0.0.1 7007          # in a second terminal
 *
 * Each worker listens on the same port (`reusePort`, Linux: the kernel deals connections out), so no
 * connection passes through a common thread. Workers share one process: a crash of the runtime takes
 * them all; `reusePort` works as well between processes that a supervisor starts. On Ctrl-C or SIGTERM each
 * worker drains on its own, and the program ends when the last one has.
 *
 * The line "worker" is answered with the number of the worker, any other line with itself.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type Connection,
  type DrainReport,
  serve,
  type StreamServerStats,
} from "../mod.ts";

const USAGE = `Usage: multicore.ts [options]
  --hostname ADDRESS  where to listen (default 127.0.0.1; "" is every interface)
  --port PORT         default 7007; 0 for a free one
  --workers N         default: one for each processor
  -h, --help          this text`;

const WORKER = "multicore worker";

/** What a worker is told. */
type Order =
  | { order: "serve"; id: number; hostname: string; port: number }
  | { order: "drain" };

/** What a worker tells. */
type News =
  | { news: "listening"; port: number }
  | { news: "ended"; stats: StreamServerStats; report: DrainReport }
  | { news: "failed"; reason: string };

/** Answer each line. */
export function lineServer(id: number): (conn: Connection) => Promise<void> {
  return async (conn) => {
    for await (const line of conn.lines()) {
      await conn.send(line === "worker" ? `worker ${id}\n` : `${line}\n`);
    }
  };
}

// In a worker: serve on the first order, drain on the second.

interface WorkerScope {
  name?: string;
  postMessage(news: News): void;
  onmessage: ((event: MessageEvent<Order>) => unknown) | null;
  close(): void;
}

function beWorker(scope: WorkerScope): void {
  let serving: ReturnType<typeof startServer>;
  scope.onmessage = async ({ data }) => {
    try {
      if (data.order === "serve") {
        serving = startServer(data);
        const { port } = (await serving).addr;
        return scope.postMessage({ news: "listening", port });
      }
      const server = await serving;
      const report = await server.shutdown();
      scope.postMessage({ news: "ended", stats: server.stats, report });
      scope.close();
    } catch (error) {
      scope.postMessage({ news: "failed", reason: String(error) });
    }
  };
}

function startServer(order: { id: number; hostname: string; port: number }) {
  const { id, hostname, port } = order;
  return serve({ hostname, port, reusePort: true }, lineServer(id));
}

// In the main thread: start the workers, and end them together.

/** A worker, and what it tells next. */
class Crew {
  readonly #worker: Worker;
  readonly #news: PromiseWithResolvers<News>[] = [];

  constructor() {
    this.#worker = new Worker(import.meta.url, {
      type: "module",
      name: WORKER,
    });
    this.#worker.onmessage = ({ data }) => this.#news.shift()?.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#news.shift()?.reject(new Error(event.message));
    };
  }

  /** Give an order and wait until it is done. */
  async tell(order: Order): Promise<News> {
    const next = Promise.withResolvers<News>();
    this.#news.push(next);
    this.#worker.postMessage(order);
    const news = await next.promise;
    if (news.news === "failed") throw new Error(news.reason);
    return news;
  }
}

/** All workers of one port. */
export interface Multicore {
  port: number;
  /** Drain all of them; what they have done is told when the last one has ended. */
  drain(): Promise<{ accepted: number; completed: number; aborted: number }>;
}

/** Start so many workers on one port. */
export async function serveOnCores(
  { workers, hostname, port }: {
    workers: number;
    hostname: string;
    port: number;
  },
): Promise<Multicore> {
  const crew: Crew[] = [];
  for (let id = 0; id < workers; id++) {
    const member = new Crew();
    crew.push(member);
    // The first one finds the port, if it is a free one that is wanted.
    const news = await member.tell({ order: "serve", id, hostname, port });
    if (news.news === "listening") port = news.port;
  }
  return {
    port,
    async drain() {
      const sum = { accepted: 0, completed: 0, aborted: 0 };
      const all = await Promise.all(
        crew.map((member) => member.tell({ order: "drain" })),
      );
      for (const news of all) {
        if (news.news !== "ended") continue;
        sum.accepted += news.stats.accepted;
        sum.completed += news.report.completed;
        sum.aborted += news.report.aborted;
      }
      return sum;
    },
  };
}

/** What the command line said. */
function read(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      hostname: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "7007" },
      workers: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const workers = Number(values.workers ?? navigator.hardwareConcurrency);
  if (!Number.isInteger(workers) || workers < 1 || workers > 256) {
    throw new TypeError(`bad --workers "${values.workers}"`);
  }
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65535) {
    throw new TypeError(`bad --port "${values.port}"`);
  }
  return { hostname: values.hostname, port: Number(values.port), workers };
}

async function main(): Promise<void> {
  let options: ReturnType<typeof read>;
  try {
    options = read(Deno.args);
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    Deno.exit(2);
  }
  if (options === undefined) return console.log(USAGE);
  let running: Multicore;
  try {
    running = await serveOnCores(options);
  } catch (error) {
    console.error(`multicore: ${(error as Error).message}`);
    Deno.exit(1);
  }
  console.log(
    `${options.workers} workers on ${options.hostname} port ${running.port}. Ctrl-C ends them.`,
  );
  const drain = async () => {
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      Deno.removeSignalListener(name, drain);
    }
    const { accepted, completed, aborted } = await running.drain();
    console.log(
      `Served ${accepted}; at the end ${completed} were let finish and ${aborted} cut.`,
    );
    Deno.exit(0);
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, drain);
  }
}

// In a worker `import.meta.main` is true as well: the name tells.
const scope = globalThis as unknown as WorkerScope;
if (scope.name === WORKER) beWorker(scope);
else if (import.meta.main) await main();
