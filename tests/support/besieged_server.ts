/** tests/integration/besieged_server.ts as a running process. */
import type { DatagramServerStats, StreamServerStats } from "../../mod.ts";
import { start } from "./programs.ts";

/** What its servers are called. */
export interface Besieged<Stream, Datagram> {
  lines: Stream;
  frames: Stream;
  full: Stream;
  datagrams: Datagram;
  sessions: Datagram;
}

/** What the process tells of itself. */
export interface BesiegedReport {
  stats: Besieged<StreamServerStats, DatagramServerStats>;
  /** What `onError` was told. */
  errors: string[];
  /** Resident memory, in bytes. */
  rss: number;
}

/** The process. */
export interface BesiegedServer extends AsyncDisposable {
  ports: Besieged<number, number>;
  report(): Promise<BesiegedReport>;
}

/** Start it; datagrams from `deniedPort` are dropped. */
export async function startBesiegedServer(
  deniedPort = 0,
): Promise<BesiegedServer> {
  const script =
    new URL("../integration/besieged_server.ts", import.meta.url).pathname;
  const program = start(
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--allow-net",
    script,
    `${deniedPort}`,
  );
  const answer = async () => {
    const line = await program.line();
    if (line !== null) return JSON.parse(line);
    await program.ended();
    throw new Error("The server ended early");
  };
  const ports = await answer();
  return {
    ports,
    async report() {
      await program.stdin.write(new TextEncoder().encode("report\n"));
      return await answer();
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
