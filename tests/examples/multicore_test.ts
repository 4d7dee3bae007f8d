/** examples/multicore.ts: several workers on one port, ended together. */
import assert from "node:assert/strict";
import { connect, type StreamSocket } from "../../mod.ts";
import { startExample } from "../support/example_process.ts";
import { test } from "../support/permissions.ts";

const NEEDS = {
  net: true,
  run: [Deno.execPath()],
  env: true,
  read: true,
};

test(
  "multicore.ts: each worker gets connections, and one signal drains all",
  { ...NEEDS, timeout: 30_000 },
  async () => {
    // The kernel deals connections out to the listeners of one port on Linux only.
    if (Deno.build.os !== "linux") return;
    await using program = await startExample(
      ["--unstable-net", "--allow-net=127.0.0.1", "--allow-read"],
      "multicore.ts",
      ["--port", "0", "--workers", "2"],
      /2 workers on 127\.0\.0\.1 port (\d+)/,
    );
    const port = Number(program.match[1]);
    const clients: StreamSocket[] = [];
    try {
      const workers = new Set<string>();
      // By the hash of the addresses: that 64 of them are the same has a chance of 2^-63.
      for (let i = 0; i < 64; i++) {
        const client = await connect({ port });
        clients.push(client);
        await client.send("worker\n");
        workers.add((await client.reader.readLine())!);
      }
      assert.deepEqual([...workers].sort(), ["worker 0", "worker 1"]);
      for (const client of clients) await client.send("half a li");
      program.kill("SIGTERM");
      for (const client of clients) {
        await client.send("ne\n");
        assert.equal(await client.reader.readLine(), "half a line");
        assert.equal(await client.recv(), null);
      }
    } finally {
      for (const client of clients) await client.close();
    }
    assert.equal(await program.exitCode, 0);
  },
);

async function output(
  args: string[],
): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-config", "--allow-net", "--allow-read"],
      new URL("../../examples/multicore.ts", import.meta.url).href,
      ...args,
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

test("multicore.ts without --unstable-net says so", NEEDS, async () => {
  const { code, stderr } = await output(["--port", "0"]);
  assert.equal(code, 1);
  assert.match(stderr, /Cannot listen with reusePort.*--unstable-net/);
});

for (const bad of [["--workers", "0"], ["--port", "x"], ["--wrokers", "2"]]) {
  test(`multicore.ts ${bad.join(" ")} ends with code 2`, NEEDS, async () => {
    assert.equal((await output(bad)).code, 2);
  });
}
