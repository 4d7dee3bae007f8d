/** What every example answers to a command line that is wrong, and to a port that is taken. */
import assert from "node:assert/strict";
import { connect } from "../../mod.ts";
import { startExample } from "../support/example_process.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, run: [Deno.execPath()], read: true };

/** A certificate is not needed to refuse a port. */
const TLS = ["--cert", "x", "--key", "x", "--backend", "1"];

/** Each example with a command line that is wrong. */
const BAD: [file: string, ...args: string[]][] = [
  ["chat", "--port", "70000"],
  ["dns_stub", "--port", "70000", "/dev/null"],
  ["dns_stub", "/dev/null", "stray"],
  ["echo", "--port", "x"],
  ["forward", "99999", "127.0.0.1:1"],
  ["forward", "0", "99999"],
  ["forward", "0", "127.0.0.1:0"],
  ["forward", "0", ":1"],
  ["forward", "0", "unix:"],
  ["forward", "0", "127.0.0.1:1", "--idle", "x"],
  ["forward", "0", "127.0.0.1:1", "--idle", "3000000"],
  ["host", "--nonsense"],
  ["host", "localhost", "A", "stray"],
  ["ipcalc", "--nonsense"],
  ["keyvalue", "--port", ""],
  ["keyvalue", "--port", "0xabcd"],
  ["multicore", "--port", "99999"],
  ["nc", "127.0.0.1", "x"],
  ["nc", "-w", "0", "127.0.0.1", "1"],
  ["nc", "-u", "-U", "/tmp/x"],
  ["nc", "-u", "--ssl", "127.0.0.1", "1"],
  ["nc", "-U", "-l", "--ssl", "/tmp/x"],
  ["nc", "--ssl-cert", "x", "127.0.0.1", "1"],
  ["nc", "-l", "--ssl", "1"],
  ["socks5", "--port", ""],
  ["socks5", "--port", "1e4"],
  ["socks5", "--port", "0", "--user", "no-password"],
  ["syslog", "--port", ""],
  ["syslog", "--port"],
  ["syslog", "--hostname"],
  ["syslog", "--port", "0", "stray"],
  ["time", "--time", "70000"],
  ["time", "--hostname"],
  ["time", "--daytime", "0", "--time", "0", "stray"],
  ["tls_front", ...TLS, "--port", "x"],
  ["tls_front", ...TLS, "--port", "99999"],
  ["tls_front", ...TLS, "--idle", "3000000"],
  ["tls_front", ...TLS, "--backend", "99999"],
  ["tls_front", ...TLS, "--backend", "unix:"],
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
    assert.match(said, /Usage: /);
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

for (const file of ["chat", "echo"]) {
  for (const hostname of ["::1", ""]) {
    test(`${file}.ts --hostname "${hostname}" says how it can be reached`, {
      ...NEEDS,
      env: true,
    }, async () => {
      if (!hasIPv6()) return;
      await using program = await startExample(
        ["--allow-net"],
        `${file}.ts`,
        ["--hostname", hostname, "--port", "0"],
        /nc (?:-N )?(\S+) (\d+)\n/,
      );
      const [, host, port] = program.match;
      await using _ = await connect({ hostname: host!, port: Number(port) });
    });
  }
}

function hasIPv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}
