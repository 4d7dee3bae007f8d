import assert from "node:assert/strict";
import { listen, memoryListener, serve } from "../../mod.ts";
import { checkDatagramSettings } from "../../lib/server/check_datagram_options.ts";
import { BUSY_TIMEOUT, DEFAULTS } from "../../lib/server/serve_options.ts";
import { openDescriptors } from "../support/descriptors.ts";
import { test } from "../support/permissions.ts";

const handler = () => {};

/** Options that must be refused, with what the message must name. */
const BAD: [object, "TypeError" | "RangeError" | "SyntaxError", RegExp][] = [
  [{ maxConnection: 5 }, "TypeError", /"maxConnection"/],
  [{ path: "/tmp/x" }, "TypeError", /"path"/],
  [{ transport: "udp" }, "TypeError", /"udp"/],
  [{ transport: "unix", path: "/tmp/x", port: 0 }, "TypeError", /"port"/],
  [{ transport: "unix" }, "TypeError", /path/i],
  [{ transport: "tls" }, "TypeError", /cert/],
  [
    { transport: "unix", path: "/tmp/x", deny: ["10.0.0.0/8"] },
    "TypeError",
    /deny.*no address/,
  ],
  [{ signal: 5 }, "TypeError", /signal 5/],
  [{ shutdownSignals: ["SIGNONE"] }, "TypeError", /shutdownSignals.*SIGNONE/],
  [{ port: -1 }, "RangeError", /-1/],
  [{ port: 65536 }, "RangeError", /65536/],
  [{ port: 1.5 }, "RangeError", /1\.5/],
  [{ port: NaN }, "RangeError", /NaN/],
  [{ port: "80" }, "TypeError", /"80"/],
  [{ hostname: 5 }, "TypeError", /hostname.*5/],
  [{ tcpBacklog: -1 }, "RangeError", /tcpBacklog.*-1/],
  [{ tcpBacklog: "1" }, "TypeError", /tcpBacklog.*"1"/],
  [{ reusePort: 1 }, "TypeError", /reusePort.*1/],
  ...["maxConnections", "maxConnectionsPerIp", "limit", "maxWriteBuffer"]
    .flatMap((key): typeof BAD => [
      [{ [key]: 0 }, "RangeError", new RegExp(`${key} 0`)],
      [{ [key]: 1.5 }, "RangeError", new RegExp(`${key} 1\\.5`)],
      [{ [key]: "5" }, "TypeError", new RegExp(`${key} "5"`)],
    ]),
  ...[
    "handshakeTimeout",
    "idleTimeout",
    "writeTimeout",
    "messageTimeout",
    "maxConnectionAge",
  ].flatMap((key): typeof BAD => [
    [{ [key]: 0 }, "RangeError", new RegExp(`${key} 0`)],
    [{ [key]: -5 }, "RangeError", new RegExp(`${key} -5`)],
    [{ [key]: NaN }, "RangeError", new RegExp(`${key} NaN`)],
    [{ [key]: "5" }, "TypeError", new RegExp(`${key} "5"`)],
    [{ [key]: null }, "TypeError", new RegExp(`${key} null`)],
  ]),
  ...["shutdownTimeout", "drainIdleTimeout", "lingerTimeout"].flatMap(
    (key): typeof BAD => [
      [{ [key]: -1 }, "RangeError", new RegExp(`${key} -1`)],
      [{ [key]: "1" }, "TypeError", new RegExp(`${key} "1"`)],
    ],
  ),
  ...["noDelay", "keepAlive"].map((key): typeof BAD[0] => [
    { [key]: 1 },
    "TypeError",
    new RegExp(`${key} 1`),
  ]),
  ...[
    "verify",
    "onListen",
    "onConnect",
    "onClose",
    "onDrop",
    "onError",
  ].map((key): typeof BAD[0] => [
    { [key]: "yes" },
    "TypeError",
    new RegExp(`${key} "yes"`),
  ]),
  [{ overflow: "reject" }, "TypeError", /overflow "reject"/],
  [{ signal: {} }, "TypeError", /signal/],
  [{ shutdownSignals: "SIGTERM" }, "TypeError", /shutdownSignals "SIGTERM"/],
  [{ shutdownSignals: [15] }, "TypeError", /shutdownSignals/],
  [{ shutdownSignals: ["SIGKILL"] }, "TypeError", /SIGKILL/],
  [{ shutdownSignals: ["SIGNONE"] }, "TypeError", /SIGNONE/],
  [{ allow: "127.0.0.1" }, "TypeError", /allow "127\.0\.0\.1"/],
  [{ deny: 5 }, "TypeError", /deny 5/],
  [{ deny: ["300.0.0.1"] }, "SyntaxError", /300\.0\.0\.1/],
  [{ rateLimit: null }, "TypeError", /rateLimit/],
  [{ rateLimit: 5 }, "TypeError", /rateLimit/],
  [{ rateLimit: { perSecond: 0 } }, "RangeError", /perSecond 0/],
  [{ rateLimit: { perSecond: 1, per: "user" } }, "TypeError", /"user"/],
];

test(
  "serve() refuses bad options by name and value, and leaves no socket open",
  { net: true, read: true },
  async () => {
    const before = openDescriptors();
    for (const [options, name, message] of BAD) {
      await assert.rejects(
        serve(options as { port: number }, handler),
        { name: name === "SyntaxError" ? /SyntaxError/ : name, message },
        JSON.stringify(options),
      );
    }
    assert.equal(openDescriptors(), before);
  },
);

test("the limits are those of the documentation unless told", {}, () => {
  assert.deepEqual(DEFAULTS, {
    maxConnections: 1024,
    maxConnectionsPerIp: Infinity,
    handshakeTimeout: 5000,
    idleTimeout: 60_000,
    messageTimeout: 30_000,
    writeTimeout: 120_000,
    maxConnectionAge: Infinity,
    shutdownTimeout: 15_000,
    drainIdleTimeout: 1000,
    lingerTimeout: 2000,
  });
  assert.equal(BUSY_TIMEOUT, 1000);
});

test("those of datagram servers are, too", {}, () => {
  const udp = {
    maxAmplification: 3,
    shutdownTimeout: 15_000,
    // echo, daytime, qotd, chargen, time: they answer anything.
    denySourcePorts: new Set([0, 7, 13, 17, 19, 37]),
    maxConcurrent: 1000,
    requestTimeout: 10_000,
    sessionTimeout: 60_000,
    maxSessions: 10_000,
    sessionQueue: 64,
  };
  assert.deepEqual(checkDatagramSettings({}), udp);
  assert.deepEqual(
    checkDatagramSettings({ transport: "unixpacket" }),
    { ...udp, maxAmplification: Infinity, maxConcurrent: 1 },
  );
});

test("serve() refuses options that are no object", {}, async () => {
  for (const options of [null, undefined, 80, "80"]) {
    await assert.rejects(serve(options as never, handler), {
      name: "TypeError",
    });
  }
});

test("setOptions() refuses what it cannot change, and changes nothing then", {
  net: true,
}, async () => {
  await using server = await serve({ port: 0 }, handler);
  const bad = (options: object) => () => server.setOptions(options);
  assert.throws(bad({ port: 80 }), { name: "TypeError", message: /"port"/ });
  assert.throws(bad({ onError() {} }), TypeError);
  assert.throws(bad({ idleTimeout: 0 }), RangeError);
  assert.throws(bad({ maxConnections: "5" }), TypeError);
  assert.throws(bad({ rateLimit: { perSecond: -1 } }), RangeError);
  assert.throws(bad({ allow: "all" }), TypeError);
});

test("a listener that serve() refused options for stays its owner's", {
  net: true,
}, async () => {
  await using listener = await listen({ port: 0 });
  for (
    const bad of [{ deny: 5 }, { shutdownSignals: ["SIGKILL"] }, { port: 80 }]
  ) {
    await assert.rejects(serve({ listener, ...bad } as never, handler), {
      name: "TypeError",
    });
  }
  const conn = await Deno.connect({ port: listener.addr.port });
  await using socket = await listener.accept();
  assert.ok(socket);
  conn.close();
});

test("serve({ listener }) refuses what is none", {}, async () => {
  for (const listener of [undefined, null, {}, "listener", 5]) {
    await assert.rejects(serve({ listener } as never, handler), {
      name: "TypeError",
      message: /listener/,
    });
  }
  await using listener = memoryListener();
  await assert.rejects(serve({ listener, hostname: "::" } as never, handler), {
    message: /"hostname"/,
  });
});
