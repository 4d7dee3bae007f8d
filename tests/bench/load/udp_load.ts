/**
 * UDP clients with one datagram in flight each; one without a reply in time counts as lost.
 *
 * @module
 */
import { Epoll, open, receive, send } from "./epoll.ts";
import type { LoadOptions } from "./load_options.ts";
import { Meter, type Sample } from "./meter.ts";
import { matches, patternOf } from "./pattern.ts";

/** After so many ms a datagram is lost. */
const LOST = 200;

/** Put the server under load and tell how it went. */
export function udpLoad(options: LoadOptions): Sample {
  const { port, pid, clients, size, warmup, seconds } = options;
  const epoll = new Epoll();
  const meter = new Meter(pid, clients);
  const buffer = new Uint8Array(65_536);
  const since = new Float64Array(clients);
  const all = Array.from({ length: clients }, (_, id) => {
    const fd = open("udp", port);
    epoll.add(fd, id);
    return { fd, message: patternOf(id, size, 1) };
  });

  const begin = (id: number) => {
    const { fd, message } = all[id]!;
    since[id] = performance.now();
    if (!send(fd, message)) meter.errors++;
  };

  const ready = (id: number) => {
    const { fd, message } = all[id]!;
    const count = receive(fd, buffer);
    const bytes = buffer.subarray(0, Math.max(0, count));
    if (count !== size || !matches(bytes, message, 0)) meter.errors++;
    else meter.reply(id, since[id]!);
    begin(id);
  };

  const run = (until: number) => {
    for (let now; (now = performance.now()) < until;) {
      epoll.wait(50, ready);
      since.forEach((then, id) => {
        if (now - then < LOST) return;
        meter.errors++;
        begin(id);
      });
    }
  };
  for (let id = 0; id < clients; id++) begin(id);
  run(performance.now() + warmup * 1000);
  meter.begin();
  run(performance.now() + seconds * 1000);
  return meter.end();
}
