/** The PROXY protocol against the program that it comes from, both ways. */
import assert from "node:assert/strict";
import {
  decodeProxyHeader,
  encodeProxyHeader,
  type ProxyHeader,
} from "../../mod.ts";
import { test } from "../support/permissions.ts";

const NEEDS = {
  net: true,
  read: true,
  write: true,
  env: true,
  run: ["haproxy"],
};

/** A port that nothing listens on; HAProxy cannot be asked for one of its choice. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Run HAProxy with this configuration while `use` runs. */
async function withHaproxy(
  sections: string,
  use: () => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/haproxy.cfg`,
      `defaults\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n${sections}`,
    );
    // As a daemon it comes back once its ports are bound: nothing to poll for.
    const { code, stderr } = await new Deno.Command("haproxy", {
      args: ["-D", "-f", `${folder}/haproxy.cfg`, "-p", `${folder}/pid`],
      stdout: "null",
      stderr: "piped",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const pid = Number((await Deno.readTextFile(`${folder}/pid`)).trim());
    try {
      await use();
    } finally {
      Deno.kill(pid, "SIGKILL");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Take one connection and decode the header that it begins with. */
async function acceptHeader(listener: Deno.Listener): Promise<ProxyHeader> {
  using conn = await listener.accept();
  let bytes = new Uint8Array(0);
  const buffer = new Uint8Array(7);
  for (;;) {
    const count = await conn.read(buffer);
    assert.notEqual(count, null, "header is whole");
    bytes = new Uint8Array([...bytes, ...buffer.subarray(0, count!)]);
    const result = decodeProxyHeader(bytes);
    if ("header" in result) return result.header;
  }
}

test(
  "HAProxy's headers are understood, of both versions and with fields",
  NEEDS,
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const rows: [port: number, options: string][] = [
      [freePort(), "send-proxy"],
      [freePort(), "send-proxy-v2"],
      [freePort(), "send-proxy-v2 proxy-v2-options crc32c,unique-id"],
    ];
    const sections = rows.map(([port, options], i) =>
      `listen l${i}\n mode tcp\n bind 127.0.0.1:${port}\n unique-id-format id-%pid\n` +
      ` server s 127.0.0.1:${listener.addr.port} ${options}\n`
    ).join("");
    await withHaproxy(sections, async () => {
      for (const [i, [port]] of rows.entries()) {
        using client = await Deno.connect({ hostname: "127.0.0.1", port });
        const header = await acceptHeader(listener);
        assert.equal(header.version, i === 0 ? 1 : 2);
        assert.equal(header.command, "proxy");
        assert.deepEqual(header.source, { ...client.localAddr });
        assert.deepEqual(header.destination, {
          transport: "tcp",
          hostname: "127.0.0.1",
          port,
        });
        if (i < 2) continue;
        assert.match(new TextDecoder().decode(header.uniqueId), /^id-\d+$/);
        assert.ok(
          header.tlvs.some(({ type }) => type === 3),
          "its checksum was verified",
        );
      }
    });
  },
);

test(
  "HAProxy understands our headers, of both versions and with fields",
  NEEDS,
  async () => {
    const port = freePort();
    const sections =
      `frontend f\n mode http\n bind 127.0.0.1:${port} accept-proxy\n` +
      ` http-request return status 200 content-type text/plain lf-string` +
      ` "%[src] %[src_port] %[dst] %[dst_port] <%[fc_pp_authority]> <%[fc_pp_unique_id]>"\n`;
    const tcp = (hostname: string, port: number): Deno.NetAddr => ({
      transport: "tcp",
      hostname,
      port,
    });
    const four = {
      source: tcp("192.0.2.7", 1234),
      destination: tcp("198.51.100.1", 443),
    };
    const six = {
      source: tcp("2001:db8::7", 1),
      destination: tcp("2001:db8::1", 65535),
    };
    const rows: [bytes: Uint8Array, answer: string][] = [
      [
        encodeProxyHeader({ ...four, version: 1 }),
        "192.0.2.7 1234 198.51.100.1 443 <> <>",
      ],
      [
        encodeProxyHeader({ ...six, version: 1 }),
        "2001:db8::7 1 2001:db8::1 65535 <> <>",
      ],
      [encodeProxyHeader(four), "192.0.2.7 1234 198.51.100.1 443 <> <>"],
      [
        encodeProxyHeader({
          ...six,
          authority: "example.org",
          uniqueId: new TextEncoder().encode("id7"),
          tlvs: [{ type: 4, value: new Uint8Array(5) }],
          checksum: true,
        }),
        "2001:db8::7 1 2001:db8::1 65535 <example.org> <id7>",
      ],
    ];
    await withHaproxy(sections, async () => {
      for (const [header, answer] of rows) {
        using conn = await Deno.connect({ hostname: "127.0.0.1", port });
        const request = new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n");
        assert.equal(
          await conn.write(new Uint8Array([...header, ...request])),
          header.length + request.length,
        );
        const reply = await new Response(conn.readable).text();
        assert.equal(reply.split("\r\n\r\n")[1], answer);
      }
    });
  },
);
