/**
 * This module as a server, for the bench: one service per process, every default protection on.
 *
 *   deno run --allow-net --unstable-net tests/bench/peers/ours.ts SERVICE
 *
 * Prints the port that it listens on.
 */
// deno-lint-ignore-file no-console
import {
  connect,
  type Connection,
  serve,
  serveDatagram,
  type StreamHandler,
  StreamRequestHandler,
  type StreamSocket,
} from "../../../mod.ts";
import { CERT, KEY } from "./certificate.mjs";

/** Clients come by the thousand here; nothing else differs from the defaults. */
const LIMITS = { port: 0, maxConnections: 20_000 };

async function echo(conn: Connection): Promise<void> {
  for (let data; (data = await conn.recv()) !== null;) await conn.send(data);
}

class EchoHandler extends StreamRequestHandler {
  async handle(): Promise<void> {
    const { rfile, wfile } = this;
    for (let data; (data = await rfile.read()) !== null;) {
      await wfile.write(data);
    }
  }
}

async function lines(conn: Connection): Promise<void> {
  for await (const line of conn.lines()) await conn.send(`${line}\n`);
}

/** To the port given as the second argument, both ways. */
async function forward(conn: Connection): Promise<void> {
  await using upstream = await connect({ port: Number(Deno.args[1]) });
  await Promise.all([copy(conn, upstream), copy(upstream, conn)]);
}

async function copy(from: StreamSocket, to: StreamSocket): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (let n; (n = await from.recvInto(buffer)) !== null;) {
    await to.send(buffer.subarray(0, n));
  }
  await to.closeWrite();
}

const HANDLERS: Record<string, StreamHandler> = {
  echo,
  class: EchoHandler,
  lines,
  forward,
};

async function start(service: string): Promise<number> {
  if (service === "udp") {
    const server = await serveDatagram({ port: 0 }, (request) => request.data);
    return server.addr.port;
  }
  const server = service === "tls"
    ? await serve({ ...LIMITS, transport: "tls", cert: CERT, key: KEY }, echo)
    : await serve(LIMITS, HANDLERS[service]!);
  return server.addr.port;
}

console.log(await start(Deno.args[0]!));
