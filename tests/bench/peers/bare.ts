/**
 * Deno's own connections in the plainest loop that is right, for the bench: what everything that
 * stands on them is measured against. One reused buffer of 4 KiB for each connection.
 *
 *   deno run --allow-net --unstable-net tests/bench/peers/bare.ts SERVICE
 *
 * Prints the port that it listens on.
 */
// deno-lint-ignore-file no-console
import { CERT, KEY } from "./certificate.mjs";

const LF = 10;
const WHERE = { hostname: "127.0.0.1", port: 0, tcpBacklog: 4096 };

async function copy(from: Deno.Conn, to: Deno.Conn, size: number) {
  const buffer = new Uint8Array(size);
  for (let n; (n = await from.read(buffer)) !== null;) {
    for (let sent = 0; sent < n;) {
      sent += await to.write(buffer.subarray(sent, n));
    }
  }
}

async function echo(conn: Deno.Conn): Promise<void> {
  await copy(conn, conn, 4096);
  conn.close();
}

/** What a forwarder forwards to. */
async function bulk(conn: Deno.Conn): Promise<void> {
  await copy(conn, conn, 65_536);
  conn.close();
}

/** One write for each line: what a loop does that does not think of batches. */
async function lines(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let end = 0;
  for (let n; (n = await conn.read(buffer.subarray(end))) !== null;) {
    let start = 0;
    const known = end;
    end += n;
    for (let from = known;;) {
      const at = buffer.subarray(0, end).indexOf(LF, from);
      if (at < 0) break;
      const line = decoder.decode(buffer.subarray(start, at));
      const reply = encoder.encode(`${line}\n`);
      for (let sent = 0; sent < reply.length;) {
        sent += await conn.write(reply.subarray(sent));
      }
      start = from = at + 1;
    }
    buffer.copyWithin(0, start, end);
    end -= start;
  }
  conn.close();
}

/** To the port given as the second argument, both ways. */
async function forward(conn: Deno.Conn): Promise<void> {
  // With the same socket options as the others: without it other pieces are forwarded.
  const upstream = await Deno.connect({ port: Number(Deno.args[1]) });
  upstream.setNoDelay(true);
  await Promise.all([
    copy(conn, upstream, 65_536).then(() => upstream.closeWrite()),
    copy(upstream, conn, 65_536).then(() => conn.closeWrite()),
  ]);
  conn.close();
  upstream.close();
}

async function udp(conn: Deno.DatagramConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const [data, from] = await conn.receive(buffer);
    await conn.send(data, from);
  }
}

async function accept(
  listener: Deno.Listener,
  handle: (conn: Deno.Conn) => Promise<void>,
): Promise<void> {
  for (;;) {
    try {
      const conn = await listener.accept();
      (conn as Deno.TcpConn).setNoDelay?.(true);
      handle(conn).catch(() => {});
    } catch {
      // A client that was gone before it was accepted.
    }
  }
}

const HANDLERS: Record<string, (conn: Deno.Conn) => Promise<void>> = {
  echo,
  bulk,
  tls: echo,
  lines,
  forward,
};

function start(service: string): number {
  if (service === "udp") {
    const conn = Deno.listenDatagram({ transport: "udp", ...WHERE });
    udp(conn);
    return (conn.addr as Deno.NetAddr).port;
  }
  const listener = service === "tls"
    ? Deno.listenTls({ ...WHERE, cert: CERT, key: KEY })
    : Deno.listen(WHERE);
  accept(listener, HANDLERS[service]!);
  return (listener.addr as Deno.NetAddr).port;
}

console.log(start(Deno.args[0]!));
