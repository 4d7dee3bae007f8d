/**
 * A line echo server in a process of its own, for tests of what happens to a process: descriptors,
 * memory, signals. Prints its port, then one line for each error that is reported. Given the paths of
 * a certificate and a key it speaks TLS.
 */
import { serve } from "../../mod.ts";

const [cert, key] = Deno.args.map((path) => Deno.readTextFileSync(path));
const place = cert && key
  ? { port: 0, transport: "tls" as const, cert, key, handshakeTimeout: 1500 }
  : { port: 0 };

const server = await serve({
  ...place,
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
