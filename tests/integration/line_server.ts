/**
 * A line echo server in a process of its own, for tests of what happens to a process: descriptors,
 * memory, signals. Prints its port, then one line for each error that is reported.
 */
import { serve } from "../../mod.ts";

const server = await serve({
  port: 0,
  shutdownSignals: ["SIGTERM"],
  onError: (error, { phase }) => {
    const { code, message } = error as { code?: string; message: string };
    // deno-lint-ignore no-console
    console.log(`${phase} ${code ?? message}`);
  },
}, async (conn) => {
  for await (const line of conn.lines()) await conn.send(`${line}\n`);
});
// deno-lint-ignore no-console
console.log(`port ${server.addr.port}`);
