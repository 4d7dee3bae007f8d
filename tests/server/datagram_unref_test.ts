/** What keeps a process alive, and what does not: each case is a process of its own. */
import assert from "node:assert/strict";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, read: true, run: [Deno.execPath()], env: true };
const MODULE = import.meta.resolve("../../mod.ts");

/** What opens `it`, after something has been received. */
const CASES: Record<string, string> = {
  "serveDatagram()": `
    const it = await serveDatagram({}, ({ data }) => data);
    await answered(it);`,
  "serveSessions()": `
    const it = await serveSessions({}, async (session) => {
      for await (const data of session) await session.send(data);
    });
    await answered(it);`,
  "listenDatagram()": `
    const it = await listenDatagram();
    it.receive();`,
};

/** Run a script to its end, which must come. */
async function run(flags: string[], script: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", ...flags, script],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(15_000),
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, text + new TextDecoder().decode(stderr));
  return text;
}

for (const flags of [[], ["--unstable-net"]]) {
  for (const [name, open] of Object.entries(CASES)) {
    const where = flags[0] ?? "no flag";
    test(
      `unref() after ${name} lets the process end: ${where}`,
      NEEDS,
      async () => {
        const script = `
        import * as all from "${MODULE}";
        const { listenDatagram, serveDatagram, serveSessions } = all;
        async function answered(server) {
          await using client = await listenDatagram();
          await client.send(new Uint8Array(1), server.addr);
          await client.receive();
        }
        ${open}
        // A timer that does not hold the process shows whether something else does.
        Deno.unrefTimer(setTimeout(() => {
          console.log("alive");
          it.unref();
        }, 50));
        it.unref();
        it.ref();`;
        assert.equal(await run(flags, script), "alive\n");
      },
    );
  }
}
