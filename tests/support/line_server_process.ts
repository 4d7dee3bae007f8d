/** tests/integration/line_server.ts as a running process. */
import { type Program, start } from "./programs.ts";

/** The process, and where it listens. */
export interface LineServerProcess extends AsyncDisposable {
  port: number;
  pid: number;
  /** Resolves to its port when it listens again. */
  listens(): Promise<number>;
  /** The next error that it reports: its phase and code. */
  error(): Promise<string | null>;
  /** Resolves when it has ended with exit code 0; rejects with its output otherwise. */
  ended(): Promise<void>;
}

/** Start it, with at most so many descriptors and with TLS if told. */
export async function startLineServer(
  options: { descriptors?: number; tls?: { cert: string; key: string } } = {},
): Promise<LineServerProcess> {
  const script =
    new URL("../integration/line_server.ts", import.meta.url).pathname;
  const { descriptors, tls } = options;
  // The hard limit: the runtime raises the soft one to it.
  const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors}; `;
  const program: Program = start(
    "sh",
    "-c",
    `${limit}echo "pid $$"; exec "$0" "$@"`,
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--allow-net=127.0.0.1",
    script,
    ...(tls === undefined ? [] : [tls.cert, tls.key]),
  );
  const number = async (name: string) => {
    const line = await program.line();
    const match = line?.match(new RegExp(`^${name} (\\d+)$`));
    if (match) return Number(match[1]);
    await program.ended();
    throw new Error(`The server said ${line} instead of its ${name}`);
  };
  const pid = await number("pid");
  const port = await number("port");
  return {
    port,
    pid,
    listens: () => number("port"),
    error: () => program.line(),
    ended: () => program.ended(),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** The resident memory of a process, in bytes (Linux). */
export function residentMemory(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}
