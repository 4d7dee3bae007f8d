/**
 * A line echo server in a process of its own, for tests of what happens to a process: descriptors,
 * memory, signals. Prints its port each time that it listens, and one line for each error that is
 * reported. With a certificate and its key as arguments it speaks TLS. The line "dial" makes it dial
 * itself, and say how that went.
 */
import {
  connect,
  serve,
  type TcpServeOptions,
  type TlsServeOptions,
} from "../../mod.ts";

const [cert, key] = Deno.args;
const place: TcpServeOptions | TlsServeOptions = cert && key
  ? { transport: "tls", port: 0, cert, key }
  : { port: 0 };

await serve({
  ...place,
  handshakeTimeout: 1000,
  shutdownSignals: ["SIGTERM"],
  // deno-lint-ignore no-console
  onListen: ({ port }) => console.log(`port ${port}`),
  onError: (error, { phase }) => {
    const { code, message } = error as { code?: string; message: string };
    // deno-lint-ignore no-console
    console.log(`${phase} ${code ?? message}`);
  },
}, async (conn) => {
  for await (const line of conn.lines()) {
    const reply = line === "dial" ? await dial(conn.localAddr.port) : line;
    await conn.send(`${reply}\n`);
  }
});

async function dial(port: number): Promise<string> {
  try {
    await using _ = await connect({ port });
    return "connected";
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  }
}
