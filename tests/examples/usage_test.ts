/** What every example answers to a command line that is wrong, and to a port that is taken. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, run: [Deno.execPath()], read: true };

/** A certificate is not needed to refuse a port. */
const TLS = ["--cert", "x", "--key", "x", "--backend", "1"];

/** Each example with a command line that is wrong. */
const BAD: [file: string, ...args: string[]][] = [
  ["chat", "--port", "70000"],
  ["dns_stub", "--port", "70000", "/dev/null"],
  ["echo", "--port", "x"],
  ["forward", "99999", "127.0.0.1:1"],
  ["forward", "0", "127.0.0.1:1", "--idle", "x"],
  ["host", "--nonsense"],
  ["ipcalc", "--nonsense"],
  ["keyvalue", "--port", ""],
  ["multicore", "--port", "99999"],
  ["nc", "127.0.0.1", "x"],
  ["nc", "-w", "0", "127.0.0.1", "1"],
  ["socks5", "--port", ""],
  ["syslog", "--port", ""],
  ["time", "--time", "70000"],
  ["tls_front", ...TLS, "--port", "x"],
];

/** Each server with where it takes its port. */
const SERVERS: [file: string, option: string, ...more: string[]][] = [
  ["chat", "--port"],
  ["echo", "--port"],
  ["forward", "", "127.0.0.1:1"],
  ["keyvalue", "--port"],
  ["multicore", "--port", "--workers", "1"],
  ["socks5", "--port"],
  ["syslog", "--port"],
  ["time", "--time"],
];

async function run(
  file: string,
  args: string[],
): Promise<{ code: number; said: string }> {
  const script = new URL(`../../examples/${file}.ts`, import.meta.url);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-A", script.href, ...args],
    stdin: "null",
  }).output();
  return { code, said: new TextDecoder().decode(stderr) };
}

for (const [file, ...args] of BAD) {
  test(`${file}.ts ${args.join(" ")}: exit code 2`, NEEDS, async () => {
    const { code, said } = await run(file, args);
    assert.equal(code, 2, said);
    assert.doesNotMatch(said, /\n {4}at /);
  });
}

for (const [file, option, ...more] of SERVERS) {
  test(`${file}.ts on a port that is taken: exit code 1`, NEEDS, async () => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      const args = [option, String(taken.addr.port), ...more].filter(Boolean);
      const { code, said } = await run(file, args);
      assert.equal(code, 1, said);
      assert.match(said, /in use/i);
      assert.doesNotMatch(said, /\n {4}at /);
    } finally {
      taken.close();
    }
  });
}

test(
  "host.ts tells by its exit code that there is no such service",
  NEEDS,
  async () => {
    assert.equal((await run("host", ["--service", "nosuch"])).code, 1);
    assert.equal((await run("host", ["--service", "ssh"])).code, 0);
  },
);
