/** examples/echo.ts, as a module and as a newcomer starts it. */
import assert from "node:assert/strict";
import { connect, serve } from "../../mod.ts";
import { Echo, echo } from "../../examples/echo.ts";
import { startExample } from "../support/example_process.ts";
import { test } from "../support/permissions.ts";

for (const [name, handler] of [["function", echo], ["class", Echo]] as const) {
  test(`echo.ts as a ${name} gives back what it gets, to the end`, {
    net: true,
  }, async () => {
    await using server = await serve({ port: 0 }, handler);
    await using client = await connect({ port: server.addr.port });
    await client.send("one\ntwo");
    await client.closeWrite();
    assert.equal(
      new TextDecoder().decode(await client.reader.readAll()),
      "one\ntwo",
    );
  });
}

test(
  "echo.ts runs with the least permissions and ends on SIGTERM with code 0",
  {
    net: true,
    run: [Deno.execPath()],
    env: true,
    read: true,
  },
  async () => {
    await using program = await startExample(
      ["--allow-net=127.0.0.1"],
      "echo.ts",
      ["--port", "0"],
      /port (\d+)/,
    );
    await using client = await connect({ port: Number(program.match[1]) });
    await client.send("hello\n");
    assert.equal(await client.reader.readLine(), "hello");
    program.kill("SIGTERM");
    assert.equal(await client.recv(), null);
    assert.equal(await program.exitCode, 0);
  },
);

for (const bad of [["--prot", "1"], ["--port", "70000"], ["--port", "x"]]) {
  test(`echo.ts ${bad.join(" ")} ends with code 2`, {
    run: [Deno.execPath()],
    env: true,
    read: true,
  }, async () => {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        new URL("../../examples/echo.ts", import.meta.url).href,
        ...bad,
      ],
      stdout: "null",
      stderr: "null",
    }).output();
    assert.equal(code, 2);
  });
}
