#!/usr/bin/env -S deno run --allow-net=127.0.0.1
// deno-lint-ignore-file no-console
/**
 * What time is it? Daytime (RFC 867) and Time (RFC 868) over TCP and UDP.
 *
 *     deno run --allow-net=127.0.0.1 examples/time.ts --daytime 1313 --time 1337
 *     nc 127.0.0.1 1313                      # a line of text
 *     echo | nc -u -w1 127.0.0.1 1313
 *     nc 127.0.0.1 1337 | od -An -tu4 --endian=big    # seconds since 1900
 *
 * Whoever connects is told and let go; whatever datagram comes is answered. Such services were
 * made to answer each other for ever with one forged datagram: `serveDatagram` drops what comes from
 * their ports. The ports that the RFCs give, 13 and 37, need a privileged user. Ctrl-C ends it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  type Connection,
  type DatagramRequest,
  type DatagramServer,
  joinHostPort,
  serve,
  serveDatagram,
  type StreamServer,
} from "../mod.ts";

const USAGE = `Usage: time.ts [options]
  --hostname ADDRESS  where to listen (default 127.0.0.1)
  --daytime PORT      port of the daytime service (default 1313)
  --time PORT         port of the time service (default 1337)`;

/** The line of RFC 867; the RFC leaves its form open. */
export function daytime(now: Date = new Date()): string {
  return `${now.toUTCString()}\r\n`;
}

/** The four bytes of RFC 868: seconds since 1900, in network byte order; they begin anew in 2036. */
export function time(now: Date = new Date()): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  const seconds = Math.floor(now.getTime() / 1000) + 2_208_988_800;
  new DataView(bytes.buffer).setUint32(0, seconds % 2 ** 32);
  return bytes;
}

/** What answers at which port. */
export interface TimeOptions {
  hostname?: string | undefined;
  daytimePort: number;
  timePort: number;
  shutdownSignals?: readonly Deno.Signal[] | undefined;
}

/** Both services, each over TCP and UDP on the same port. */
export async function serveTime(
  options: TimeOptions,
): Promise<(StreamServer | DatagramServer)[]> {
  const { hostname, shutdownSignals } = options;
  // Where one cannot be opened, none stays open.
  await using opened = new AsyncDisposableStack();
  const servers: (StreamServer | DatagramServer)[] = [];
  for (
    const [port, answer] of [
      [options.daytimePort, () => daytime()],
      [options.timePort, () => time()],
    ] as [number, () => string | Uint8Array][]
  ) {
    const tcp = await serve(
      { hostname, port, shutdownSignals },
      (conn: Connection) => conn.send(answer()),
    );
    servers.push(opened.use(tcp));
    const udp = await serveDatagram(
      { hostname, port: tcp.addr.port, shutdownSignals },
      (_request: DatagramRequest) => answer(),
    );
    servers.push(opened.use(udp));
  }
  opened.move();
  return servers;
}

/** Read the command line. */
function options() {
  try {
    return parseArgs({
      options: {
        hostname: { type: "string", default: "127.0.0.1" },
        daytime: { type: "string", default: "1313" },
        time: { type: "string", default: "1337" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    Deno.exit(2);
  }
}

function portOf(text: string): number {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  console.error(`Bad port "${text}"\n${USAGE}`);
  Deno.exit(2);
}

/** A port that is taken is no bad usage, and no reason for a stack trace. */
function fail(error: unknown): never {
  console.error(`time: ${(error as Error).message}`);
  Deno.exit(1);
}

if (import.meta.main) {
  const { hostname, daytime, time, help } = options();
  if (help) {
    console.log(USAGE);
    Deno.exit(0);
  }
  const servers = await serveTime({
    hostname,
    daytimePort: portOf(daytime),
    timePort: portOf(time),
    shutdownSignals: ["SIGINT", "SIGTERM"],
  }).catch(fail);
  for (const { addr } of servers) {
    console.log(`${addr.transport} ${joinHostPort(addr.hostname, addr.port)}`);
  }
  await Promise.all(servers.map((server) => server.finished));
}
