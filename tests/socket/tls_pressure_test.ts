/** TLS through node:tls: who sends to somebody who does not read waits, as everywhere. */
import assert from "node:assert/strict";
import { socketpair } from "../../mod.ts";
import { authority, serverCertificate } from "../support/certificates.ts";
import { test } from "../support/permissions.ts";

test(
  "a TLS session that nobody reads holds little",
  { read: true },
  async () => {
    const [client, server] = socketpair();
    await Promise.all([
      client.startTls({ serverName: "localhost", caCerts: [authority()] }),
      server.startTls({ serverSide: true, ...serverCertificate() }),
    ]);
    const total = 8_000_000;
    let isSent = false;
    const sending = client.send(new Uint8Array(total)).then(() =>
      isSent = true
    );
    for (let turn = 0; turn < 50; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal(isSent, false);
    const target = new Uint8Array(65_536);
    let got = 0;
    while (got < total) got += (await server.recvInto(target))!;
    await sending;
    assert.equal(got, total);
    await client.close();
    await server.close();
  },
);

test(
  "abort() during a handshake rejects it with its reason",
  { read: true },
  async () => {
    const [client, server] = socketpair();
    const reason = new Error("mine");
    const starting = client.startTls({ serverName: "localhost" });
    client.abort(reason);
    await assert.rejects(starting, reason);
    await server.close();
  },
);
