/** examples/chat.ts: who hears what, and that nobody holds up the others. */
import assert from "node:assert/strict";
import { connect, type StreamSocket } from "../../mod.ts";
import { serveChat } from "../../examples/chat.ts";
import { test } from "../support/permissions.ts";

async function join(port: number, name: string): Promise<StreamSocket> {
  const client = await connect({ port });
  await client.send(`${name}\n`);
  await client.reader.readUntil("* welcome");
  await client.reader.readLine();
  return client;
}

test("chat.ts sends a line to all others, made safe to print", {
  net: true,
}, async () => {
  await using server = await serveChat({ port: 0 });
  await using ann = await join(server.addr.port, "ann");
  await using bob = await join(server.addr.port, "bob");
  assert.equal(await ann.reader.readLine(), "* bob came");
  await bob.send("hi \x1b[31mall\n");
  assert.equal(await ann.reader.readLine(), "<bob> hi \u{FFFD}[31mall");
  await bob.close();
  assert.equal(await ann.reader.readLine(), "* bob left");
});

test("chat.ts refuses a name twice", { net: true }, async () => {
  await using server = await serveChat({ port: 0 });
  await using _ann = await join(server.addr.port, "ann");
  await using other = await connect({ port: server.addr.port });
  await other.send("ann\n");
  assert.match((await other.reader.readLine())!, /taken/);
  assert.equal(await other.recv(), null);
});

test("chat.ts welcomes one of two who give the same name together", {
  net: true,
}, async () => {
  await using server = await serveChat({ port: 0 });
  await using one = await connect({ port: server.addr.port });
  await using other = await connect({ port: server.addr.port });
  await Promise.all([one, other].map((client) => client.reader.readExactly(6)));
  await Promise.all([one, other].map((client) => client.send("bob\n")));
  const said = await Promise.all(
    [one, other].map((client) => client.reader.readLine()),
  );
  assert.deepEqual(said.sort(), [
    "* that name is taken or not fit",
    "* welcome, here: nobody",
  ]);
});

test("chat.ts lets go of a client who gives no name, which is no error", {
  net: true,
}, async () => {
  await using server = await serveChat({ port: 0, patience: 10 });
  await using client = await connect({ port: server.addr.port });
  await client.reader.readAll().catch(() => {}); // Cut.
  await server.shutdown();
  assert.equal(server.stats.closes.deadline, 1);
  assert.equal(server.stats.handlerErrors, 0);
});

test("chat.ts cuts a client who never reads, and the others hear everything", {
  net: true,
}, async () => {
  await using server = await serveChat({ port: 0 });
  await using ann = await join(server.addr.port, "ann");
  await using bob = await join(server.addr.port, "bob");
  await using _deaf = await join(server.addr.port, "deaf");
  await ann.reader.readUntil("* deaf came\n");
  const line = "x".repeat(900);
  let sent = 0;
  let heard = 0;
  const talking = (async () => {
    while (server.stats.closes.aborted === undefined && sent < 20_000) {
      await bob.send(`${line}\n`);
      sent++;
    }
    await bob.send("end\n");
  })();
  for await (const text of ann.lines()) {
    if (text.endsWith("end")) break;
    if (text.startsWith("<bob>")) heard++;
  }
  await talking;
  assert.equal(server.stats.closes.aborted, 1);
  assert.equal(heard, sent);
});
