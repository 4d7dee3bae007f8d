import assert from "node:assert/strict";
import { daytime, serveTime, time } from "../../examples/time.ts";
import { connect, listenDatagram } from "../../mod.ts";
import { test } from "../support/permissions.ts";

test("time() gives the values that RFC 868 names", {}, () => {
  const cases: [string, number][] = [
    ["1970-01-01T00:00:00Z", 2_208_988_800],
    ["1976-01-01T00:00:00Z", 2_398_291_200],
    ["1980-01-01T00:00:00Z", 2_524_521_600],
    ["1983-05-01T00:00:00Z", 2_629_584_000],
    ["2036-02-07T06:28:16Z", 0],
  ];
  for (const [date, seconds] of cases) {
    const view = new DataView(time(new Date(date)).buffer);
    assert.equal(view.getUint32(0), seconds, date);
  }
});

test("daytime() is one line", {}, () => {
  assert.equal(
    daytime(new Date("1983-05-01T12:34:56Z")),
    "Sun, 01 May 1983 12:34:56 GMT\r\n",
  );
});

test("serveTime() answers over TCP and UDP", { net: true }, async () => {
  const servers = await serveTime({ daytimePort: 0, timePort: 0 });
  try {
    await using udp = await listenDatagram();
    const answers = [];
    for (const { addr: { port } } of [servers[0]!, servers[2]!]) {
      await using tcp = await connect({ port });
      answers.push(await tcp.reader.readAll());
      await udp.send(new Uint8Array(0), { hostname: "127.0.0.1", port });
      answers.push((await udp.receive({ timeout: 5000 })).data);
    }
    for (const text of answers.slice(0, 2)) {
      const said = Date.parse(new TextDecoder().decode(text));
      assert.ok(Math.abs(said - Date.now()) < 60_000);
    }
    for (const bytes of answers.slice(2)) {
      const said = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      assert.ok(Math.abs(said - 2_208_988_800 - Date.now() / 1000) < 60);
      assert.equal(bytes.length, 4);
    }
  } finally {
    await Promise.all(servers.map((server) => server.shutdown()));
  }
});

test("serveTime() leaves nothing open where a port is taken", {
  net: true,
}, async () => {
  await using taken = await listenDatagram();
  const { port } = taken.addr;
  await assert.rejects(
    serveTime({ daytimePort: 0, timePort: port }),
    Deno.errors.AddrInUse,
  );
  await assert.rejects(connect({ port }), Deno.errors.ConnectionRefused);
});
