/**
 * The server under siege: kind and options as arguments, its port on standard output. At the end of its
 * input it tells what it counted, and how much memory it held at most.
 *
 * @module
 */
import {
  lengthPrefixedCodec,
  serve,
  serveDatagram,
  serveSessions,
  StreamReader,
} from "../../../mod.ts";
import { CERT, KEY } from "../peers/certificate.mjs";

const [kind = "lines", json = "{}"] = Deno.args;
const options = { port: 0, ...JSON.parse(json) };
const frames = lengthPrefixedCodec({ maxLength: 65_536 });

function start() {
  switch (kind) {
    case "datagrams":
      return serveDatagram(options, ({ data }) => data);
    case "sessions":
      return serveSessions(options, async (session) => {
        for await (const data of session) await session.send(data);
      });
    case "frames":
      return serve(options, async (conn) => {
        for await (const data of conn.messages(frames)) {
          await conn.writer.writeMessage(frames, data);
        }
      });
    default:
      if (kind === "tls") {
        Object.assign(options, { transport: "tls", cert: CERT, key: KEY });
      }
      return serve(options, async (conn) => {
        for await (const line of conn.lines()) await conn.send(`${line}\n`);
      });
  }
}

const server = await start();
// deno-lint-ignore no-console
console.log(server.addr.port);
let most = 0;
const timer = setInterval(() => {
  most = Math.max(most, Deno.memoryUsage().rss);
}, 50);
await new StreamReader({ read: (buffer) => Deno.stdin.read(buffer) }).readAll();
clearInterval(timer);
const { drops, closes } = server.stats;
// deno-lint-ignore no-console
console.log(JSON.stringify({ drops, closes, peakMB: most >> 20 }));
await server.close();
