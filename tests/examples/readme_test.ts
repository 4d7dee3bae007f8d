/**
 * The README's programs, run as a newcomer would copy them: saved as server.ts beside the README's deno.json.
 * Its other blocks are run by `deno test --doc`, which knows no program that waits for clients.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { connect } from "../../mod.ts";
import {
  type ExampleProcess,
  startProgram,
} from "../support/example_process.ts";
import { test } from "../support/permissions.ts";

const NEEDS = {
  net: true,
  read: true,
  write: true,
  env: true,
  run: [Deno.execPath()],
  timeout: 120_000, // Checking the types takes its time.
};

/** What a newcomer's editor would check, too. */
const CHECKED = ["--check", "--quiet", "--no-prompt"];

/** The README's blocks of a language, the code alone. */
async function blocks(language: string): Promise<string[]> {
  const url = new URL("../../README.md", import.meta.url);
  const found = (await Deno.readTextFile(url))
    .matchAll(/^```(\w+)[^\n]*\n(.*?)^```$/gms);
  return [...found].filter(([, of]) => of === language).map(([, , code]) =>
    code!
  );
}

/** Save it in a folder of its own, with the README's deno.json, and give the folder to `use`. */
async function install(
  program: string,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const [config] = await blocks("json");
    const module = fileURLToPath(new URL("../../mod.ts", import.meta.url));
    const where = config!.replace("../deno-socket/mod.ts", module);
    assert.notEqual(where, config);
    await Deno.writeTextFile(`${folder}/deno.json`, where);
    await Deno.writeTextFile(`${folder}/server.ts`, program);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Ask, and see that the program ends well on SIGTERM. */
async function converse(
  program: ExampleProcess,
  { question, answer }: { question: string; answer: string },
): Promise<void> {
  await using client = await connect({ port: Number(program.match[1]) });
  await client.send(`${question}\n`);
  assert.equal(await client.reader.readLine(), answer);
  program.kill("SIGTERM");
  await client.reader.readAll().catch(() => {}); // The drain's end, or its reset.
  assert.equal(await program.exitCode, 0);
}

test(
  "README: the first program serves until it is told to end",
  NEEDS,
  async () => {
    const [first] = await blocks("ts");
    const program = first!.replace("port: 7007", "port: 0");
    assert.notEqual(program, first);
    await install(program, async (cwd) => {
      await using server = await startProgram(
        Deno.execPath(),
        ["run", ...CHECKED, "--allow-net=127.0.0.1", "server.ts"],
        /port (\d+)/,
        { cwd },
      );
      await converse(server, { question: "hello", answer: "HELLO" });
    });
  },
);

test(
  "README: systemd's server.ts serves what it was started with, until it is told to end",
  {
    ...NEEDS,
    run: [Deno.execPath(), "python3"],
  },
  async () => {
    const program = (await blocks("ts")).find((code) =>
      code.includes("listenFds")
    );
    const [unit] = await blocks("ini");
    const permissions = unit!.match(
      /^ExecStart=deno run (.*) \/srv\/echo\/server\.ts$/m,
    )![1]!;
    await install(program!, async (cwd) => {
      await using server = await startProgram(
        "python3",
        [
          fileURLToPath(new URL("../support/inherit.py", import.meta.url)),
          "tcp",
          Deno.execPath(),
          ...["run", ...CHECKED, ...permissions.split(" ")],
          "server.ts",
        ],
        /^(\d+)\n/,
        { cwd },
      );
      await converse(server, { question: "hello", answer: "hello" });
    });
  },
);
