/**
 * What good clients notice of an attack: one server on core 0, attackers and one witness on core 1, the
 * witness once alone and once beside the attack. For one look by hand:
 *
 * ```sh
 * deno run -A tests/bench/siege/main.ts           # all, two minutes
 * deno run -A tests/bench/siege/main.ts plain     # one
 * ```
 *
 * Linux with python3 and taskset; as root the witness goes before the attackers on their core.
 *
 * @module
 */
import { type Program, start } from "../../support/programs.ts";
import { CERT } from "../peers/certificate.mjs";

/** Each: the server's kind and options, the attack, and how many attackers where it asks. */
const SIEGES: Record<string, [string, object, string, number?]> = {
  slowloris: ["lines", { messageTimeout: 3000 }, "slowloris", 1000],
  silent: ["tls", {}, "silent", 1000],
  "silent, node:tls": ["tls", { tlsBackend: "node" }, "silent", 1000],
  plain: ["tls", {}, "plain"],
  "plain, node:tls": ["tls", { tlsBackend: "node" }, "plain"],
  connects: ["lines", { maxConnectionsPerIp: 4 }, "connects", 50_000],
  lines: ["lines", {}, "lines"],
  frames: ["frames", {}, "frames"],
  "never-read": ["lines", {}, "never-read", 200],
  datagrams: ["datagrams", {}, "forged", 5000],
  sessions: ["sessions", {}, "forged", 5000],
};

const SECONDS = 6;
const here = new URL(".", import.meta.url).pathname;

function onCore(core: number, ...command: string[]): Program {
  return start("taskset", "-c", `${core}`, ...command);
}

/** Runs to its end; gives what it printed. */
async function python(
  script: string,
  nice: number,
  ...args: unknown[]
): Promise<string> {
  const command = ["python3", `${here}${script}.py`, ...args.map(String)];
  await using program = onCore(1, "nice", "-n", `${nice}`, ...command);
  const printed = await program.rest();
  await program.ended();
  return printed.trim();
}

async function besiege(name: string, ca: string): Promise<void> {
  const [kind, options, attack, count = 0] = SIEGES[name]!;
  await using server = onCore(
    0,
    Deno.execPath(),
    "run",
    "-A",
    `${here}server.ts`,
    kind,
    JSON.stringify(options),
  );
  const port = await server.line();
  const alone = await python("witness", -15, kind, port, 3, ca);
  const attacker = python("attack", 0, attack, port, SECONDS + 1, count);
  const beside = await python("witness", -15, kind, port, SECONDS, ca);
  const attacked = await attacker;
  await server.stdin.close();
  const report = (await server.rest()).trim();
  // deno-lint-ignore no-console
  console.log(
    `${name}\n  alone:  ${alone}\n  beside: ${beside}\n  ${attacked}, ${report}`,
  );
}

const ca = await Deno.makeTempFile({ suffix: ".pem" });
try {
  await Deno.writeTextFile(ca, CERT);
  const names = Deno.args.length > 0 ? Deno.args : Object.keys(SIEGES);
  for (const name of names) await besiege(name, ca);
} finally {
  await Deno.remove(ca);
}
