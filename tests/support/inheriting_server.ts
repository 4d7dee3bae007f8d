// deno-lint-ignore-file no-console
/**
 * A line server on whatever socket it was started with; tests/server/serve_fd_test.ts runs it. The
 * line "stats" is answered with the server's statistics, the line "later" once the client has ended.
 */
import { listenFds, serve } from "../../mod.ts";

const [maxConnections = "1024", overflow = "wait", ...deny] = Deno.args;
const [inherited] = listenFds();
if (inherited === undefined) {
  console.log("nothing was inherited");
  Deno.exit(0);
}
const server = await serve<Deno.Addr>({
  fd: inherited.fd,
  maxConnections: Number(maxConnections),
  overflow: overflow as "wait" | "close",
  shutdownSignals: ["SIGTERM"],
  idleTimeout: 10_000,
  ...(deny.length > 0 && { deny }),
}, async (conn) => {
  let last = "";
  for await (const line of conn.lines()) {
    if (line === "later") {
      last = line;
      continue;
    }
    const answer = line === "stats"
      ? JSON.stringify(server.stats)
      : line === "who"
      ? JSON.stringify(conn.remoteAddr)
      : line;
    await conn.send(`${answer}\n`);
  }
  if (last !== "") await conn.send(`${last}\n`);
}).catch((error) => {
  console.log(String(error));
  Deno.exit(0);
});
console.log(
  `serving ${inherited.name} on ${JSON.stringify(server.addr)}`,
);
const outcome = await server.suspend().then(() => "suspended", String);
console.log(`suspend: ${outcome}`);
await server.finished;
console.log("finished");
