/** What waits on a channel: identifiers, which message answers which question, and how it ends. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ProtocolError } from "../../lib/errors.ts";
import { type Exchange, PendingExchanges } from "../../lib/lookup/channel.ts";
import type { DnsResponse } from "../../lib/lookup/dns_message.ts";
import { UdpChannel } from "../../lib/lookup/udp_channel.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { test } from "../support/permissions.ts";
import { name, uint16 } from "./support/fake_dns.ts";

function exchange(results: (DnsResponse | Error)[] = []): Exchange {
  return {
    query: new Uint8Array(12),
    name: "a.test",
    type: 1,
    settle: (result) => results.push(result),
    id: -1,
    resends: 0,
  };
}

function message(id: number, rcode = 0, question = "a.test"): Uint8Array {
  const asked = question === ""
    ? []
    : [...name(question), ...uint16(1), ...uint16(1)];
  return Uint8Array.from([
    ...uint16(id),
    ...[0x81, 0x80 | rcode],
    ...[0, asked.length > 0 ? 1 : 0, 0, 0, 0, 0, 0, 0],
    ...asked,
  ]);
}

test("PendingExchanges has a slot for each of 2048 questions", {}, () => {
  const pending = new PendingExchanges();
  const all = Array.from({ length: 2_048 }, () => exchange());
  for (const each of all) pending.add(each);
  assert.equal(new Set(all.map(({ id }) => id % 2_048)).size, 2_048);
  assert.equal(pending.size, 2_048);
  assert.equal(pending.all().length, 2_048);
  pending.remove(all[0]!);
  pending.remove(all[0]!);
  assert.equal(pending.size, 2_047);
  assert.equal(pending.takeAll().length, 2_047);
  assert.equal(pending.size, 0);
});

test("PendingExchanges draws identifiers that nobody can foretell", {}, () => {
  const pending = new PendingExchanges();
  const ids = Array.from({ length: 1_000 }, () => {
    const each = exchange();
    pending.add(each);
    pending.remove(each);
    return each.id;
  });
  assert.ok(new Set(ids).size > 950, "RFC 5452 section 9.2");
  assert.ok(ids.some((id) => id >= 0x8000) && ids.some((id) => id < 0x8000));
});

test("PendingExchanges passes over what does not answer a question", {}, () => {
  const pending = new PendingExchanges();
  const results: (DnsResponse | Error)[] = [];
  const asked = exchange(results);
  pending.add(asked);
  const { id } = asked;
  const other = (id + 2_048) % 65_536; // the same slot
  for (
    const forged of [
      message(other),
      message(id ^ 1),
      message(id, 0, "b.test"),
      message(id, 0, ""),
      message(id).subarray(0, 11),
      new Uint8Array(0),
    ]
  ) pending.deliver(forged);
  assert.deepEqual(results, []);
  pending.deliver(message(id));
  pending.deliver(message(id));
  assert.equal(results.length, 1);
  assert.equal(pending.size, 0);
});

test(
  "PendingExchanges: FORMERR may be a mere header, and garbage is told",
  {},
  () => {
    const pending = new PendingExchanges();
    const results: (DnsResponse | Error)[] = [];
    for (
      const tail of [
        message(0, 1, "").subarray(2),
        Buffer.from("\x81\x80 garbage!"),
      ]
    ) {
      const asked = exchange(results);
      pending.add(asked);
      pending.deliver(Uint8Array.from([...uint16(asked.id), ...tail]));
    }
    const [formerr, garbage] = results;
    assert.equal(formerr instanceof Error ? formerr : formerr!.rcode, 1);
    assert.ok(garbage instanceof ProtocolError);
  },
);

test(
  "UdpChannel.close() tells each question the reason, once",
  { net: true },
  async () => {
    await using silent = await listenDatagram();
    const { hostname, port } = silent.addr;
    const channel = new UdpChannel({ hostname, port });
    const results: (DnsResponse | Error)[] = [];
    for (let i = 0; i < 2; i++) channel.send(exchange(results));
    await silent.receive();
    const reason = new Deno.errors.Interrupted("closed");
    channel.close(reason);
    channel.close(new Error("again"));
    assert.deepEqual(results, [reason, reason]);
  },
);

test("UdpChannel tells each question that cannot be sent, and keeps no port", {
  net: true,
}, async () => {
  // Nobody can be reached at port 0.
  const channel = new UdpChannel({ hostname: "127.0.0.1", port: 0 });
  const results = await Promise.all(
    [0, 1].map(() =>
      new Promise((resolve) => channel.send({ ...exchange(), settle: resolve }))
    ),
  );
  for (const result of results) assert.ok(result instanceof RangeError);
});
