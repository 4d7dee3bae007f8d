/**
 * Clients that connect, exchange one message and close, again and again.
 *
 * @module
 */
import { close, Epoll, finish, open, receive, send } from "./epoll.ts";
import type { LoadOptions } from "./load_options.ts";
import { Meter, type Sample } from "./meter.ts";
import { matches, patternOf } from "./pattern.ts";

/** Put the server under load and tell how it went. */
export function connectLoad(options: LoadOptions): Sample {
  const { port, pid, clients, size, warmup, seconds } = options;
  const epoll = new Epoll();
  const meter = new Meter(pid, clients);
  const buffer = new Uint8Array(65_536);
  const messages = Array.from(
    { length: clients },
    (_, id) => patternOf(id, size, 1),
  );
  const fds = new Int32Array(clients);
  const got = new Int32Array(clients);
  const since = new Float64Array(clients);
  let turn = 0;

  const begin = (id: number) => {
    since[id] = performance.now();
    got[id] = 0;
    const fd = fds[id] = open("tcp", port, turn++);
    epoll.add(fd, id);
    if (!send(fd, messages[id]!)) meter.errors++;
  };

  const ready = (id: number) => {
    const fd = fds[id]!;
    const count = receive(fd, buffer);
    if (count > 0) {
      const bytes = buffer.subarray(0, count);
      if (!matches(bytes, messages[id]!, got[id]!)) meter.errors++;
      if ((got[id]! += count) === size) finish(fd);
      return;
    }
    if (count < 0 || got[id] !== size) meter.errors++;
    else meter.reply(id, since[id]!);
    close(fd);
    begin(id);
  };

  const run = (until: number) => {
    while (performance.now() < until) epoll.wait(50, ready);
  };
  for (let id = 0; id < clients; id++) begin(id);
  run(performance.now() + warmup * 1000);
  meter.begin();
  run(performance.now() + seconds * 1000);
  return meter.end();
}
