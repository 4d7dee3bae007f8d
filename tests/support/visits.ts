/** What many tests of a server begin with: what they need, a handler that echoes, a client that looks in. */
import { connect } from "../../mod.ts";

/** What a test needs that serves over TCP, and one that serves with certificates. */
export const net = { net: true };
export const tls = { net: true, read: true };

/** The part of a connection that an echo needs, whatever it stands on. */
interface Lines {
  lines(): AsyncIterable<string>;
  send(text: string): Promise<void>;
}

/** A handler that sends each line back. */
export async function echoLines(conn: Lines): Promise<void> {
  for await (const line of conn.lines()) await conn.send(`${line}\n`);
}

/** Everything that a client of this port gets, having said something. */
export async function visit(port: number, said = ""): Promise<string> {
  await using client = await connect({ port });
  if (said !== "") await client.send(said);
  return new TextDecoder().decode(await client.reader.readAll());
}
