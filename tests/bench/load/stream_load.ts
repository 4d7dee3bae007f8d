/**
 * Many connections, each with so many messages in flight, whose server echoes every byte. With
 * `think` a client pauses before its next message; idle connections do one round and then nothing.
 *
 * @module
 */
import { Epoll, open, receive, send } from "./epoll.ts";
import type { LoadOptions } from "./load_options.ts";
import { Meter, type Sample } from "./meter.ts";
import { matches, patternOf } from "./pattern.ts";

interface Client {
  fd: number;
  /** What it sends, over and over: `depth` messages in one piece. */
  batch: Uint8Array<ArrayBuffer>;
  /** Bytes of the current batch that came back. */
  got: number;
  /** Since when it waits. */
  since: number;
}

/** Put the server under load and tell how it went. */
export function streamLoad(options: LoadOptions): Sample {
  const { port, pid, clients, idle, size, depth, think, warmup, seconds } =
    options;
  const epoll = new Epoll();
  const meter = new Meter(pid, clients);
  const buffer = new Uint8Array(1 << 18);
  /** Clients that think, the first to go on first. */
  let thinking: { id: number; until: number }[] = [];
  const all: Client[] = Array.from({ length: clients + idle }, (_, id) => {
    const fd = open("tcp", port);
    epoll.add(fd, id);
    const batch = patternOf(id, size, depth);
    return { fd, batch, got: 0, since: 0 };
  });

  const begin = (client: Client) => {
    client.since = performance.now();
    if (!send(client.fd, client.batch)) meter.errors++;
  };

  const ready = (id: number) => {
    const client = all[id]!;
    const { batch } = client;
    const count = receive(client.fd, buffer);
    const bytes = buffer.subarray(0, Math.max(0, count));
    if (count <= 0 || !matches(bytes, batch, client.got)) {
      meter.errors++;
      // It would be ready for ever.
      throw new Error(`Connection ${id} failed: ${count} bytes`);
    }
    // Each message that has come back is replaced by a new one: `depth` stay in flight.
    const before = client.got;
    client.got = (before + count) % batch.length;
    const done = Math.floor((before + count) / size) -
      Math.floor(before / size);
    if (done === 0 || id >= clients) return;
    for (let i = 0; i < done; i++) meter.reply(id, client.since);
    if (think > 0) {
      thinking.push({ id, until: performance.now() + think });
      return;
    }
    client.since = performance.now();
    const from = Math.floor(before / size) * size % batch.length;
    const refill = depth === 1 ? batch : wrap(batch, from, done * size);
    if (!send(client.fd, refill)) meter.errors++;
  };

  const run = (until: number) => {
    for (let now; (now = performance.now()) < until;) {
      let woken = 0;
      while (woken < thinking.length && thinking[woken]!.until <= now) {
        begin(all[thinking[woken++]!.id]!);
      }
      if (woken > 0) thinking = thinking.slice(woken);
      const next = thinking[0]?.until ?? Infinity;
      epoll.wait(Math.max(0, Math.ceil(Math.min(50, next - now))), ready);
    }
  };

  // Clients that think begin spread over the pause: all at once is another scenario.
  const start = performance.now();
  all.forEach((client, id) => {
    const until = start + Math.random() * think;
    if (think > 0 && id < clients) thinking.push({ id, until });
    else begin(client);
  });
  thinking.sort((a, b) => a.until - b.until);
  run(start + warmup * 1000);
  meter.begin();
  run(performance.now() + seconds * 1000);
  return meter.end();
}

/** `length` bytes of a batch that repeats, from there on. */
function wrap(
  batch: Uint8Array<ArrayBuffer>,
  from: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  if (from + length <= batch.length) return batch.subarray(from, from + length);
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = batch[(from + i) % batch.length]!;
  return out;
}
