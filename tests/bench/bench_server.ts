/**
 * A server in a process of its own, on a core of its own where there is more than one.
 *
 * @module
 */
import { hasProgram } from "../support/permissions.ts";
import { BARE, type Contender } from "./contenders.ts";
import type { LoadOptions } from "./load/load_options.ts";
import type { Sample } from "./load/meter.ts";
import type { Scenario } from "./scenarios.ts";
import { usageOf } from "./process_usage.ts";

const CAN_PIN = navigator.hardwareConcurrency > 1 && hasProgram("taskset");

/** The command on that core, where cores can be chosen. */
function pinned(core: number, command: string[]): string[] {
  return CAN_PIN ? ["taskset", "-c", String(core), ...command] : command;
}

/** A process that tells its port in its first line. */
class PortProcess implements AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess, port: number) {
    this.#child = child;
    this.pid = child.pid;
    this.port = port;
  }

  static async start(command: string[]): Promise<PortProcess> {
    const [program, ...args] = command;
    const child = new Deno.Command(program!, {
      args,
      stdout: "piped",
      // Peers complain of clients that leave.
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`Cannot start ${command.join(" ")}`);
      text += new TextDecoder().decode(value);
    }
    await reader.cancel();
    return new PortProcess(child, Number(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

/** One contender, running one service. */
export class BenchServer implements AsyncDisposable {
  readonly contender: Contender;
  /** Resident memory before the first client, in KiB. */
  readonly rssAtStart: number;
  readonly #server: PortProcess;
  readonly #upstream: PortProcess | undefined;

  private constructor(
    contender: Contender,
    server: PortProcess,
    upstream: PortProcess | undefined,
  ) {
    this.contender = contender;
    this.rssAtStart = usageOf(server.pid).rss;
    this.#server = server;
    this.#upstream = upstream;
  }

  /** Start it. A forwarder gets something to forward to. */
  static async start(
    contender: Contender,
    scenario: Scenario,
  ): Promise<BenchServer> {
    const { service } = scenario;
    const upstream = service === "forward"
      ? await PortProcess.start(pinned(1, BARE.command("bulk")))
      : undefined;
    const port = upstream === undefined ? [] : [String(upstream.port)];
    const command = pinned(0, [...contender.command(service), ...port]);
    const server = await PortProcess.start(command);
    return new BenchServer(contender, server, upstream);
  }

  /** One window of load, from a new process. */
  async load(
    scenario: Scenario,
    warmup: number,
    seconds: number,
  ): Promise<Sample> {
    const { port, pid } = this.#server;
    const options: LoadOptions = {
      ...scenario.load,
      port,
      pid,
      warmup,
      seconds,
    };
    const path = `${import.meta.dirname}/load/main.ts`;
    const [program, ...args] = pinned(1, [
      Deno.execPath(),
      "run",
      "--allow-all",
      "--no-check",
      path,
      JSON.stringify(options),
    ]);
    const output = await new Deno.Command(program!, { args }).output();
    if (!output.success) {
      const reason = new TextDecoder().decode(output.stderr);
      throw new Error(
        `Cannot measure ${this.contender.name}, ${scenario.name}: ${reason}`,
      );
    }
    return JSON.parse(new TextDecoder().decode(output.stdout));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#upstream?.[Symbol.asyncDispose]();
  }
}
