/**
 * The servers that are compared: how each is started, and which services it offers. What is not
 * installed is left out of a run.
 *
 * @module
 */
import { hasProgram } from "../support/permissions.ts";

/** What a server does with a connection or a datagram. */
export type Service =
  | "echo"
  | "class"
  | "lines"
  | "forward"
  | "udp"
  | "tls"
  | "bulk";

/** One server. */
export interface Contender {
  /** As it stands in the tables. */
  name: string;
  /** The program that must be installed. */
  program: string;
  services: readonly Service[];
  /** The command line; the service's name is its last argument. */
  command(service: Service): string[];
}

const HERE = import.meta.dirname!;
const DENO = [Deno.execPath(), "run", "--allow-all", "--unstable-net"];

function script(
  name: string,
  program: string,
  file: string,
  services: readonly Service[],
): Contender {
  const start = program === "deno" ? [...DENO, "--no-check"] : [program];
  return {
    name,
    program,
    services,
    command: (service) => [...start, `${HERE}/peers/${file}`, service],
  };
}

const TEXT: readonly Service[] = ["echo", "lines"];

/** This module, with function handlers and with class handlers. */
export const OURS: Contender = script("deno-socket", "deno", "ours.ts", [
  "echo",
  "lines",
  "forward",
  "udp",
  "tls",
]);

/** What everything is compared with. */
export const BARE: Contender = script("bare Deno loop", "deno", "bare.ts", [
  "echo",
  "lines",
  "forward",
  "udp",
  "tls",
  "bulk",
]);

/**
 * The bare loop, with as few sockets served a turn as it takes to be fair to 1000 clients (the
 * variable is undocumented): what being fair costs by itself, since each request then meets a
 * socket that the caches have forgotten.
 */
export const FAIR_BARE: Contender = {
  ...BARE,
  name: "bare Deno loop, made fair",
  command: (service) => [
    "env",
    "DENO_TOKIO_MAX_IO_EVENTS_PER_TICK=100",
    ...BARE.command(service),
  ],
};

/** Those that take part everywhere, in the order of the tables. */
export const CONTENDERS: readonly Contender[] = [
  OURS,
  {
    ...OURS,
    name: "deno-socket, class handler",
    services: ["echo"],
    command: () => OURS.command("class"),
  },
  BARE,
  script("node:net in Deno", "deno", "node_net.mjs", [...TEXT, "udp"]),
  script("Node net", "node", "node_net.mjs", [...TEXT, "udp"]),
  script("socketserver", "python3", "socketserver_peer.py", [...TEXT, "udp"]),
  script("asyncio streams", "python3", "asyncio_streams.py", TEXT),
  script("asyncio Protocol", "python3", "asyncio_protocol.py", [
    ...TEXT,
    "udp",
  ]),
  {
    name: "Go net",
    program: "go",
    services: [...TEXT, "udp"],
    command: (service) => [goProgram(), service],
  },
];

let built: string | undefined;

/** `go run` would measure the go command: the program is built once, outside the tree. */
function goProgram(): string {
  if (built !== undefined) return built;
  const out = `${Deno.makeTempDirSync()}/go_net`;
  const args = ["build", "-o", out, `${HERE}/peers/go_net.go`];
  const { success, stderr } = new Deno.Command("go", { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return built = out;
}

/** Remove what was built. */
export function removeBuilt(): void {
  if (built !== undefined) {
    Deno.removeSync(built.slice(0, built.lastIndexOf("/")), {
      recursive: true,
    });
  }
}

/** Those that are installed and offer the service. */
export function contendersFor(service: Service): Contender[] {
  return CONTENDERS.filter(({ program, services }) =>
    services.includes(service) && (program === "deno" || hasProgram(program))
  );
}
