/** That a test which leaves something behind fails, with our own `test` and with `Deno.test` alike. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";

const ROOT = new URL("../../", import.meta.url);

test("SV28 a test that leaves a resource or an operation behind fails", {
  net: true,
  read: true,
  write: true,
  env: true,
  run: ["deno"],
}, async () => {
  const path = await Deno.makeTempFile({ suffix: "_test.ts" });
  const ours = new URL("tests/support/permissions.ts", ROOT).href;
  try {
    await Deno.writeTextFile(
      path,
      `import { test } from ${JSON.stringify(ours)};
      const listen = () => Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const listeners = [listen(), listen()];
      for (const define of [(name, fn) => test(name, {}, fn), Deno.test]) {
        define("leaves nothing", () => {});
        define("leaves a resource", async () => { await Deno.open(new URL(import.meta.url)); });
        define("leaves an operation", () => { listeners.pop().accept(); });
      }`,
    );
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        "--no-check",
        "--allow-read",
        "--allow-net",
        "--config",
        "deno.json",
        path,
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert.equal(code, 1, text);
    assert.match(text, /\| 2 passed \| 4 failed/);
    assert.match(text, /Leaks detected/);
  } finally {
    await Deno.remove(path);
  }
});
