import assert from "node:assert/strict";
import {
  parseSyslog,
  printable,
  serveSyslog,
  syslogCodec,
  type SyslogMessage,
} from "../../examples/syslog.ts";
import { connect, listenDatagram } from "../../mod.ts";
import { test } from "../support/permissions.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function textOf(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

const MESSAGES: [text: string, expected: SyslogMessage, why: string][] = [
  [
    "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed",
    {
      form: 5424,
      facility: 4,
      severity: 2,
      timestamp: "2003-10-11T22:14:15.003Z",
      hostname: "mymachine.example.com",
      appName: "su",
      msgId: "ID47",
      message: "'su root' failed",
    },
    "RFC 5424 section 6.5, example 1",
  ],
  [
    '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]',
    {
      form: 5424,
      facility: 20,
      severity: 5,
      timestamp: "2003-10-11T22:14:15.003Z",
      hostname: "mymachine.example.com",
      appName: "evntslog",
      msgId: "ID47",
      structuredData: {
        "exampleSDID@32473": {
          iut: "3",
          eventSource: "Application",
          eventID: "1011",
        },
        "examplePriority@32473": { class: "high" },
      },
      message: "",
    },
    "RFC 5424 section 6.5, example 4",
  ],
  [
    '<13>1 - - - - - [a b="x\\]y\\"z\\\\"] text',
    {
      form: 5424,
      facility: 1,
      severity: 5,
      structuredData: { a: { b: 'x]y"z\\' } },
      message: "text",
    },
    "escapes in structured data",
  ],
  [
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    {
      form: 3164,
      facility: 4,
      severity: 2,
      timestamp: "Oct 11 22:14:15",
      hostname: "mymachine",
      appName: "su",
      message: "'su root' failed for lonvick on /dev/pts/8",
    },
    "RFC 3164 section 5.4, example 1",
  ],
  [
    "<13>Feb  5 17:32:18 10.0.0.99 app[42]: text\n",
    {
      form: 3164,
      facility: 1,
      severity: 5,
      timestamp: "Feb  5 17:32:18",
      hostname: "10.0.0.99",
      appName: "app",
      procId: "42",
      message: "text",
    },
    "a tag with a process, a line end",
  ],
  [
    "Use the BFG!",
    { form: 3164, facility: 1, severity: 5, message: "Use the BFG!" },
    "RFC 3164 section 5.4, example 2: no priority",
  ],
  [
    "<192>x",
    { form: 3164, facility: 1, severity: 5, message: "<192>x" },
    "a priority that does not exist",
  ],
  [
    "<13>1 - - - - - [broken text",
    {
      form: 3164,
      facility: 1,
      severity: 5,
      message: "1 - - - - - [broken text",
    },
    "broken structured data is no RFC 5424",
  ],
  ["", { form: 3164, facility: 1, severity: 5, message: "" }, "nothing"],
];

test("parseSyslog() understands both RFCs", {}, () => {
  for (const [text, expected, why] of MESSAGES) {
    const parsed = JSON.parse(JSON.stringify(parseSyslog(bytesOf(text))));
    assert.deepEqual(parsed, expected, why);
  }
});

test("parseSyslog() takes no time over hostile structured data", {}, () => {
  const text = `<13>1 - - - - - [a${' b="'.repeat(10_000)}`;
  assert.equal(parseSyslog(bytesOf(text)).form, 3164);
});

test("printable() leaves nothing that a terminal acts on", {}, () => {
  const message = "\x1b[2J\n\x9b1m\u202e";
  const line = printable({ ...parseSyslog(bytesOf(message)), from: "::1" });
  assert.match(line, /^[\x20-\x7e]+$/);
  assert.equal(JSON.parse(line).message, message);
});

test("syslogCodec() takes both framings, whatever the chunks", {}, () => {
  const codec = syslogCodec(20);
  const stream = bytesOf("3 abc<1>line\n5 <2>xy\n12 123456789012last");
  for (let size = 1; size <= stream.length; size++) {
    const messages: string[] = [];
    let at = 0;
    let scanned = 0;
    for (let end = size; at < stream.length; end += size) {
      const eof = end >= stream.length;
      for (;;) {
        const result = codec.decode(stream.subarray(at, end), eof, scanned);
        scanned = 0;
        if ("need" in result) {
          scanned = result.scanned ?? 0;
          break;
        }
        messages.push(textOf(result.message));
        at += result.consumed;
        if (at >= Math.min(end, stream.length)) break;
      }
    }
    // The empty one is a line end that a sender put between counted frames.
    assert.deepEqual(
      messages,
      ["abc", "<1>line", "<2>xy", "", "123456789012", "last"],
      `chunks of ${size}`,
    );
  }
});

test("syslogCodec() refuses what is too long before it has come", {}, () => {
  const codec = syslogCodec(20);
  assert.throws(() => codec.decode(bytesOf("21 "), false, 0), {
    name: "LimitExceededError",
  });
  assert.throws(() => codec.decode(bytesOf("9999999999"), false, 0), {
    name: "LimitExceededError",
  });
  assert.throws(() => codec.decode(bytesOf("x".repeat(21)), false, 0), {
    name: "LimitExceededError",
  });
  assert.throws(() => codec.decode(bytesOf("1x "), false, 0), {
    name: "ProtocolError",
  });
  assert.equal(textOf(codec.encode(bytesOf("abc"))), "3 abc");
});

/** A receiver whose messages can be waited for one by one. */
async function receiver() {
  const arrived: SyslogMessage[] = [];
  let wake = () => {};
  const server = await serveSyslog({
    port: 0,
    onMessage(message) {
      arrived.push(message);
      wake();
    },
  });
  const next = async () => {
    while (arrived.length === 0) {
      await new Promise<void>((resolve) => wake = resolve);
    }
    return arrived.shift()!;
  };
  return { server, next };
}

test("serveSyslog() receives over UDP and TCP", { net: true }, async () => {
  const { server, next } = await receiver();
  await using udp = await listenDatagram();
  await udp.send(bytesOf("<13>1 - - - - - - udp"), {
    hostname: "127.0.0.1",
    port: server.port,
  });
  assert.equal((await next()).message, "udp");
  {
    await using tcp = await connect({ port: server.port });
    await tcp.send("<13>1 - - - - - - tcp\n");
    assert.equal((await next()).message, "tcp");
  }
  await server.shutdown();
});

const LOGGER: [why: string, args: string[], form: number][] = [
  ["UDP, RFC 5424", ["--udp"], 5424],
  ["UDP, RFC 3164", ["--udp", "--rfc3164"], 3164],
  ["TCP, line by line", ["--tcp"], 5424],
  ["TCP, octet counting", ["--tcp", "--octet-count"], 5424],
  ["TCP, RFC 3164", ["--tcp", "--rfc3164"], 3164],
];

for (const [why, args, form] of LOGGER) {
  test(
    `logger(1) is understood: ${why}`,
    { net: true, run: ["logger"] },
    async () => {
      const { server, next } = await receiver();
      const { code, stderr } = await new Deno.Command("logger", {
        args: [
          ...args,
          "--server",
          "127.0.0.1",
          "--port",
          String(server.port),
          "--priority",
          "local3.warning",
          "--tag",
          "deno",
          "hello from logger",
        ],
      }).output();
      assert.equal(code, 0, textOf(stderr));
      const message = await next();
      assert.equal(message.form, form);
      assert.equal(message.facility, 19);
      assert.equal(message.severity, 4);
      assert.equal(message.appName, "deno");
      assert.equal(message.message, "hello from logger");
      await server.shutdown();
    },
  );
}

test("serveSyslog() leaves nothing open where the port is taken", {
  net: true,
}, async () => {
  await using taken = await listenDatagram();
  const { port } = taken.addr;
  await assert.rejects(
    serveSyslog({ port, onMessage() {} }),
    Deno.errors.AddrInUse,
  );
  await assert.rejects(connect({ port }), Deno.errors.ConnectionRefused);
});
