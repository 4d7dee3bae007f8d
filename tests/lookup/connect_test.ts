/** A Resolver inside connect: lookup and connection agree, and literals are dialled. */
import assert from "node:assert/strict";
import { Resolver } from "../../lib/lookup/resolver.ts";
import { connect } from "../../lib/socket/connect.ts";
import { listen } from "../../lib/socket/listen.ts";
import { test } from "../support/permissions.ts";
import { FakeDns, NXDOMAIN, reply, replyA } from "./support/fake_dns.ts";

const NET = { net: true, read: true };

test("connect asks the resolver that it is given", NET, async () => {
  await using fake = await FakeDns.start({
    tcp: (q) => replyA(q, "127.0.0.1"),
  });
  using resolver = new Resolver({
    backend: "wire",
    servers: [fake.server],
    hosts: false,
  });
  await using listener = await listen({ port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepted = listener.accept();
  await using socket = await connect({ hostname: "a.test", port, resolver });
  await using peer = await accepted;
  await socket.send("hi");
  assert.equal(new TextDecoder().decode((await peer.recv())!), "hi");
  assert.deepEqual(new Set(fake.names()), new Set(["a.test"]));
});

test("connect fails with the resolver's own error", NET, async () => {
  await using fake = await FakeDns.start({
    tcp: (q) => reply(q, { rcode: NXDOMAIN }),
  });
  using resolver = new Resolver({
    backend: "wire",
    servers: [fake.server],
    hosts: false,
  });
  await assert.rejects(
    connect({ hostname: "a.test", port: 1, resolver }),
    { name: "LookupError", code: "ENOTFOUND" },
  );
});
