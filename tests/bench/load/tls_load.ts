/**
 * TLS connections with one message in flight each. It stands on Deno's own connections, which treat
 * about a hundred fairly: do not ask for more.
 *
 * @module
 */
import { CERT } from "../peers/certificate.mjs";
import type { LoadOptions } from "./load_options.ts";
import { Meter, type Sample } from "./meter.ts";
import { matches, patternOf } from "./pattern.ts";

/** Put the server under load and tell how it went. */
export async function tlsLoad(options: LoadOptions): Promise<Sample> {
  const { port, pid, clients, idle, size, warmup, seconds } = options;
  const meter = new Meter(pid, clients);
  let stopped = false;

  const run = async (id: number) => {
    const hostname = "127.0.0.1";
    const conn = await Deno.connectTls({ hostname, port, caCerts: [CERT] });
    const message = patternOf(id, size, 1);
    const buffer = new Uint8Array(size);
    do {
      const since = performance.now();
      await conn.write(message);
      for (let got = 0; got < size;) {
        const count = await conn.read(buffer);
        const bytes = buffer.subarray(0, count ?? 0);
        if (count === null || !matches(bytes, message, got)) {
          throw new Error(`Connection ${id} failed: ${count} bytes`);
        }
        got += count;
      }
      if (id < clients) meter.reply(id, since);
    } while (!stopped && id < clients);
    // Idle ones stay open until this process ends.
    if (id < clients) conn.close();
  };

  for (let id = 0; id < idle; id += 50) {
    const some = Math.min(50, idle - id);
    await Promise.all(
      Array.from({ length: some }, (_, i) => run(clients + id + i)),
    );
  }
  const runs = Array.from({ length: clients }, (_, id) => run(id));
  await new Promise((resolve) => setTimeout(resolve, warmup * 1000));
  meter.begin();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const sample = meter.end();
  stopped = true;
  await Promise.all(runs);
  return sample;
}
