// deno-lint-ignore-file no-console
/**
 * The server that haproxy_rolling_test.ts restarts: tells each client its own process id and the
 * client's address, as HTTP or line by line. Arguments: `http` or `tcp`, and the port.
 */
import { type Connection, serve } from "../../mod.ts";

const [mode, port] = Deno.args;

function answer(conn: Connection): string {
  return `${Deno.pid} ${conn.remoteAddr.hostname} ${conn.remoteAddr.port}\n`;
}

/** As much of HTTP/1.1 as HAProxy needs: requests without a body. */
async function http(conn: Connection): Promise<void> {
  while (await conn.waitForInput()) {
    while (await conn.reader.readLine()) { /* the request and its headers */ }
    const body = answer(conn);
    const headers = [
      "HTTP/1.1 200 OK",
      `content-length: ${body.length}`,
      ...(conn.draining ? ["connection: close"] : []),
    ];
    await conn.send(`${headers.join("\r\n")}\r\n\r\n${body}`);
  }
}

async function lines(conn: Connection): Promise<void> {
  for await (const _line of conn.lines()) await conn.send(answer(conn));
}

const server = await serve({
  port: Number(port),
  proxyProtocol: { trusted: ["127.0.0.1"] },
  shutdownSignals: ["SIGTERM"],
}, mode === "http" ? http : lines);
console.log(`listening on ${server.addr.port}`);
await server.finished;
