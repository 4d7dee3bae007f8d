/** Datagrams to and from programs that are not ours: Python's socket, socat, nc. */
import assert from "node:assert/strict";
import { serveDatagram } from "../../lib/server/serve_datagram.ts";
import { listenDatagram } from "../../lib/socket/listen_datagram.ts";
import { test } from "../support/permissions.ts";

const PYTHON_CLIENT = `
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.settimeout(5)
for size in 0, 1, 1024, 1025, 8192, 8193, 65507:
    data = bytes(i * 7 % 256 for i in range(size))
    s.sendto(data, (sys.argv[1], int(sys.argv[2])))
    reply, peer = s.recvfrom(65536)
    assert reply == data, (size, len(reply))
    assert peer[1] == int(sys.argv[2])
print("ok")
`;

const PYTHON_SERVER = `
import socketserver
class Upper(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.packet.upper())
with socketserver.UDPServer(("127.0.0.1", 0), Upper) as server:
    print(server.server_address[1], flush=True)
    server.handle_request()
`;

/** Run a program to its end and give what it wrote. */
async function run(
  command: string,
  args: string[],
  input = "",
): Promise<string> {
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

for (const hostname of ["127.0.0.1", "::1"]) {
  test(`Python's socket gets its datagrams back from ${hostname}`, {
    net: true,
    run: ["python3"],
  }, async () => {
    await using server = await serveDatagram(
      { hostname },
      (request) => request.data,
    );
    const args = ["-c", PYTHON_CLIENT, hostname, String(server.addr.port)];
    assert.equal(await run("python3", args), "ok\n");
  });
}

test("a dual-stack server answers Python over IPv4 and IPv6", {
  net: true,
  run: ["python3"],
}, async () => {
  const seen = new Set<string>();
  await using server = await serveDatagram({ hostname: "" }, (request) => {
    seen.add(request.remoteAddr.hostname);
    return request.data;
  });
  for (const hostname of ["127.0.0.1", "::1"]) {
    const args = ["-c", PYTHON_CLIENT, hostname, String(server.addr.port)];
    assert.equal(await run("python3", args), "ok\n");
  }
  assert.deepEqual([...seen], ["127.0.0.1", "::1"]);
});

test("DatagramSocket talks to Python's UDPServer", {
  net: true,
  run: ["python3"],
}, async () => {
  const child = new Deno.Command("python3", {
    args: ["-c", PYTHON_SERVER],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value));
  await using client = await listenDatagram();
  client.connect({ hostname: "127.0.0.1", port });
  await client.send(new TextEncoder().encode("hello"));
  const { data } = await client.receive({ timeout: 5000 });
  assert.equal(new TextDecoder().decode(data), "HELLO");
  await reader.cancel();
  await child.status;
});

test(
  "socat talks UDP to serveDatagram",
  { net: true, run: ["socat"] },
  async () => {
    await using server = await serveDatagram(
      {},
      (request) => request.text().toUpperCase(),
    );
    const args = ["-t", "1", "-", `UDP4:127.0.0.1:${server.addr.port}`];
    assert.equal(await run("socat", args, "from socat"), "FROM SOCAT");
  },
);

test("socat talks Unix datagrams to serveDatagram", {
  net: true,
  unstableNet: true,
  read: true,
  write: true,
  run: ["socat"],
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "dg" });
  try {
    await using server = await serveDatagram(
      { transport: "unixpacket", path: `${folder}/s` },
      (request) => request.text().toUpperCase(),
    );
    const args = [
      "-t",
      "1",
      "-",
      `UNIX-SENDTO:${server.addr.path},bind=${folder}/c`,
    ];
    assert.equal(await run("socat", args, "from socat"), "FROM SOCAT");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("nc -u talks to serveDatagram", { net: true, run: ["nc"] }, async () => {
  await using server = await serveDatagram(
    {},
    (request) => request.text().toUpperCase(),
  );
  const args = ["-u", "-w", "1", "127.0.0.1", String(server.addr.port)];
  assert.equal(await run("nc", args, "from nc"), "FROM NC");
});
