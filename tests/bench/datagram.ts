// deno-lint-ignore-file no-console
/**
 * UDP echo, 64 sockets with one datagram of 64 bytes in flight each: our servers beside a bare
 * `Deno.listenDatagram` loop with a reused buffer and beside node:dgram. What counts is the server's CPU
 * time per request; the runs alternate, and the table has medians.
 *
 *     deno run -A --unstable-net tests/bench/datagram.ts [--rounds 5] [--seconds 2]
 */
import { parseArgs } from "node:util";

const MOD = new URL("../../mod.ts", import.meta.url).href;

/** Each prints its port. */
const SERVERS: Record<string, string> = {
  "bare loop": `
    const s = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    console.log(s.addr.port);
    const buffer = new Uint8Array(65536);
    for (;;) { const [data, from] = await s.receive(buffer); await s.send(data, from); }`,
  "DatagramSocket": `
    const { listenDatagram } = await import(${JSON.stringify(MOD)});
    const s = await listenDatagram();
    console.log(s.addr.port);
    for (;;) { const { data, from } = await s.receive(); await s.send(data, from); }`,
  "serveDatagram": `
    const { serveDatagram } = await import(${JSON.stringify(MOD)});
    const s = await serveDatagram({}, (request) => request.data);
    console.log(s.addr.port);`,
  "node:dgram": `
    const { createSocket } = await import("node:dgram");
    const s = createSocket("udp4");
    s.on("message", (data, from) => s.send(data, from.port, from.address));
    s.bind(0, "127.0.0.1", () => console.log(s.address().port));`,
};

/** User and system time of a process in seconds (proc(5): fields 14 and 15, in ticks of 10 ms). */
function cpuOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Echo until the deadline; how many replies came. A lost datagram ends only its own socket's run. */
async function drive(port: number, milliseconds: number): Promise<number> {
  const deadline = performance.now() + milliseconds;
  const counts = await Promise.all(Array.from({ length: 64 }, async () => {
    const socket = Deno.listenDatagram({
      transport: "udp",
      hostname: "127.0.0.1",
      port: 0,
    });
    const closer = setTimeout(() => socket.close(), milliseconds + 500);
    const data = new Uint8Array(64);
    const buffer = new Uint8Array(64);
    const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
    let count = 0;
    try {
      for (; performance.now() < deadline; count++) {
        await socket.send(data, to);
        await socket.receive(buffer);
      }
    } catch {
      return count;
    }
    clearTimeout(closer);
    socket.close();
    return count;
  }));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** One run: microseconds of server CPU per request, after a warm-up of a second. */
async function measure(code: string, seconds: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--unstable-net", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value));
  await drive(port, 1000);
  const before = cpuOf(child.pid);
  const count = await drive(port, seconds * 1000);
  const used = cpuOf(child.pid) - before;
  child.kill("SIGKILL");
  await reader.cancel();
  await child.status;
  return used * 1e6 / count;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "2" },
    },
  });
  const results = new Map<string, number[]>(
    Object.keys(SERVERS).map((name) => [name, []]),
  );
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, code] of Object.entries(SERVERS)) {
      results.get(name)!.push(await measure(code, Number(values.seconds)));
    }
  }
  const bare = median(results.get("bare loop")!);
  console.table(Object.fromEntries(
    [...results].map(([name, costs]) => [name, {
      "µs/request": Number(median(costs).toFixed(1)),
      "÷ bare": Number((median(costs) / bare).toFixed(2)),
      min: Number(Math.min(...costs).toFixed(1)),
      max: Number(Math.max(...costs).toFixed(1)),
    }]),
  ));
}
