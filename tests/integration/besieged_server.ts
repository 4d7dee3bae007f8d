/**
 * Servers of every kind in one process of their own, for tests of what floods do to them: lines, frames,
 * a full server with a busy handler, datagrams and sessions. Prints their ports as JSON; for each line of
 * input it prints what they have counted and how much memory the process holds.
 */
import {
  lengthPrefixedCodec,
  serve,
  serveDatagram,
  serveSessions,
  StreamReader,
} from "../../mod.ts";

const errors: string[] = [];
const onError = (error: unknown) => {
  errors.push(String(error));
};
const frames = lengthPrefixedCodec({ maxLength: 65_536 });
/** Datagrams from this port are dropped; a flood can take it without any privilege. */
const DENIED_PORT = Number(Deno.args[0] ?? 0);

const servers = {
  lines: await serve({ port: 0, onError }, async (conn) => {
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  }),
  frames: await serve({ port: 0, onError }, async (conn) => {
    for await (const data of conn.messages(frames)) {
      await conn.writer.writeMessage(frames, data);
    }
  }),
  full: await serve({
    port: 0,
    onError,
    maxConnections: 2,
    overflow: (conn) => conn.send("busy\n"),
  }, async (conn) => {
    for await (const line of conn.lines()) await conn.send(`${line}\n`);
  }),
  datagrams: await serveDatagram({
    port: 0,
    onError,
    denySourcePorts: [DENIED_PORT],
  }, ({ data }) => data.length > 1 ? data : new Uint8Array(1000)),
  sessions: await serveSessions({ port: 0, onError }, async (session) => {
    for await (const data of session) await session.send(data);
  }),
};

function print(value: unknown): void {
  // deno-lint-ignore no-console
  console.log(JSON.stringify(value));
}

print(Object.fromEntries(
  Object.entries(servers).map(([name, { addr }]) => [name, addr.port]),
));
const input = new StreamReader({ read: (buffer) => Deno.stdin.read(buffer) });
while (await input.readLine() !== null) {
  const stats = Object.fromEntries(
    Object.entries(servers).map(([name, { stats }]) => [name, stats]),
  );
  print({ stats, errors, rss: Deno.memoryUsage().rss });
}
for (const server of Object.values(servers)) await server.close();
