/** examples/ipcalc.ts: its handler directly, and once as a program without any permission. */
import assert from "node:assert/strict";
import { ipcalc } from "../../examples/ipcalc.ts";
import { test } from "../support/permissions.ts";

async function run(
  args: string[],
  lines: string[] = [],
): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await ipcalc(args, {
    async *input() {
      yield* lines;
      await Promise.resolve();
    },
    print: (line) => out.push(line),
    complain: (line) => err.push(line),
  });
  return { code, out, err };
}

test("ipcalc describes a network and the address in it", {}, async () => {
  const { code, out } = await run(["--json", "192.0.2.77/24"]);
  assert.equal(code, 0);
  const facts = JSON.parse(out[0]!);
  assert.equal(facts.network, "192.0.2.0/24");
  assert.equal(facts.kind, "documentation");
  assert.equal(facts.size, "256");
  assert.equal(facts.reversePointer, "77.2.0.192.in-addr.arpa");
});

test("ipcalc prints one fact a line", {}, async () => {
  const { out } = await run(["fe80::1%eth0"]);
  assert.ok(out.includes("kind:             link-local"));
  assert.ok(out.includes("address:          fe80::1%eth0"));
});

test("ipcalc classify sees what an address carries", {}, async () => {
  const { out } = await run(["classify", "--json", "2002:7f00:1::", "8.8.8.8"]);
  assert.equal(JSON.parse(out[0]!).embedded, "127.0.0.1 (6to4)");
  assert.deepEqual(out.map((line) => JSON.parse(line).global), [false, true]);
});

test("ipcalc splits, lists and excludes", {}, async () => {
  assert.deepEqual((await run(["split", "10.0.0.0/8", "/9"])).out, [
    "10.0.0.0/9",
    "10.128.0.0/9",
  ]);
  assert.deepEqual((await run(["list", "::/127"])).out, ["::", "::1"]);
  assert.deepEqual(
    (await run(["exclude", "10.0.0.0/30", "10.0.0.1"])).out,
    ["10.0.0.0/32", "10.0.0.2/31"],
  );
});

test("ipcalc collapses what it reads", {}, async () => {
  const lines = [
    "10.0.0.0/9",
    "# half",
    "",
    "10.128.0.0/9 # the other",
    "::1-::2",
  ];
  assert.deepEqual((await run(["collapse"], lines)).out, [
    "10.0.0.0/8",
    "::1/128",
    "::2/128",
  ]);
});

test("ipcalc test answers with its exit code too", {}, async () => {
  const lines = ["10.0.0.0/8"];
  const hit = await run(["test", "::ffff:10.1.2.3"], lines);
  assert.deepEqual([hit.code, hit.out], [0, ["::ffff:10.1.2.3 listed"]]);
  assert.equal((await run(["test", "10.1.2.3", "11.0.0.1"], lines)).code, 1);
});

test("ipcalc marks the place of a fault and exits with 2", {}, async () => {
  const { code, err } = await run(["192.0.2.256"]);
  assert.equal(code, 2);
  assert.match(err[0]!, /\n {2}192\.0\.2\.256\n {12}\^$/);
  assert.equal((await run([])).code, 2);
  assert.equal((await run(["--nonsense"])).code, 2);
  assert.equal((await run(["split", "10.0.0.0/8", "7"])).code, 2);
  const bad = await run(["collapse"], ["10.0.0.0/8", "garbage"]);
  assert.deepEqual([bad.code, bad.out, bad.err[0]], [
    2,
    [],
    "Line 2 of the list:",
  ]);
});

test("ipcalc runs without any permission", {
  run: ["deno"],
  read: true,
  env: true,
}, async () => {
  const program = new URL("../../examples/ipcalc.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", program, "test", "192.0.2.9"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("192.0.2.0/24\n"));
  await writer.close();
  const { code, stdout } = await child.output();
  assert.equal(new TextDecoder().decode(stdout), "192.0.2.9 listed\n");
  assert.equal(code, 0);
});
