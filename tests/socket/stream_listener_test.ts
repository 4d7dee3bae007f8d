import assert from "node:assert/strict";
import { connect, listen, type StreamSocket } from "../../mod.ts";
import {
  acceptTransport,
  onAcceptError,
  StreamListener,
} from "../../lib/socket/stream_listener.ts";
import { MemoryTransport } from "../../lib/socket/memory_transport.ts";
import { settled, text, turns } from "../support/byte_source.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { test } from "../support/permissions.ts";

const ADDR: Deno.NetAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 7,
};

/** A listener below StreamListener: connections come when the test says so. */
class FakeBase {
  accepts = 0;
  closed = 0;
  refs: string[] = [];
  #waiting: PromiseWithResolvers<Deno.Conn> | undefined;
  readonly #errors: Error[] = [];

  accept(): Promise<Deno.Conn> {
    if (this.#waiting !== undefined) throw new Error("two accepts at once");
    if (this.closed > 0) return Promise.reject(closedError());
    this.accepts++;
    const error = this.#errors.shift();
    if (error !== undefined) return Promise.reject(error);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  get waiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Let a client come; what it reads and writes at its end is the other transport. */
  come(): MemoryTransport {
    const [here, there] = MemoryTransport.pair(Infinity);
    const waiting = this.#waiting!;
    this.#waiting = undefined;
    waiting.resolve(here as unknown as Deno.Conn);
    return there;
  }

  failNext(error: Error): void {
    this.#errors.push(error);
  }

  close(): void {
    this.closed++;
    this.#waiting?.reject(closedError());
    this.#waiting = undefined;
  }

  ref(): void {
    this.refs.push("ref");
  }

  unref(): void {
    this.refs.push("unref");
  }
}

function closedError(): Error {
  return new Deno.errors.BadResource("Listener has been closed");
}

interface Fixture {
  base: FakeBase;
  listener: StreamListener<Deno.NetAddr>;
  events: string[];
}

function fixture(): Fixture {
  const base = new FakeBase();
  const events: string[] = [];
  const listener = new StreamListener<Deno.NetAddr>(base, {
    addr: ADDR,
    transport: (conn) => conn as unknown as MemoryTransport,
    beforeClose: () => events.push(`before close ${base.closed}`),
  });
  return { base, listener, events };
}

/** Both ends work, and are closed. */
async function greet(
  socket: StreamSocket,
  client: MemoryTransport,
): Promise<void> {
  await socket.send("hi");
  const target = new Uint8Array(2);
  await client.read(target);
  assert.equal(text(target), "hi");
  client.close();
  await socket.close();
}

test(
  "TO04 a client that comes after a time-out of accept is kept",
  {},
  async () => {
    const { base, listener } = fixture();
    await assert.rejects(listener.accept({ timeout: 1 }), {
      name: "TimeoutError",
    });
    await assert.rejects(listener.accept({ timeout: 1 }), {
      name: "TimeoutError",
    });
    assert.equal(base.accepts, 1, "one accept stays outstanding");
    const client = base.come();
    await turns();
    assert.equal(base.waiting, false, "it does not accept for nobody");
    await greet(await listener.accept(), client);
    await listener[Symbol.asyncDispose]();
  },
);

test(
  "TO08 an aborted accept rejects with the reason and loses no client",
  {},
  async () => {
    const { base, listener } = fixture();
    const abort = new AbortController();
    const accepting = listener.accept({ signal: abort.signal });
    await turns();
    abort.abort(new Error("left"));
    await assert.rejects(accepting, /left/);
    await assert.rejects(listener.accept({ signal: abort.signal }), /left/);
    const next = listener.accept();
    const client = base.come();
    await greet(await next, client);
    await listener[Symbol.asyncDispose]();
  },
);

test("TO03 accept refuses a bad time-out, and does not begin", {}, async () => {
  const { base, listener } = fixture();
  await assert.rejects(listener.accept({ timeout: 0 }), RangeError);
  const timeout = "1" as unknown as number;
  await assert.rejects(listener.accept({ timeout }), TypeError);
  assert.equal(base.accepts, 0);
  listener.close();
});

test("several may wait in accept; they are served in order", {}, async () => {
  const { base, listener } = fixture();
  const abort = new AbortController();
  const order: number[] = [];
  const first = listener.accept().then((s) => (order.push(1), s));
  const second = listener.accept({ signal: abort.signal });
  const third = listener.accept().then((s) => (order.push(3), s));
  await turns();
  assert.equal(base.accepts, 1, "one accept at a time");
  abort.abort();
  await assert.rejects(second, { name: "AbortError" });
  const clients = [base.come()];
  await turns();
  clients.push(base.come());
  await greet(await first, clients[0]!);
  await greet(await third, clients[1]!);
  assert.deepEqual(order, [1, 3]);
  await listener[Symbol.asyncDispose]();
});

test(
  "closing rejects those who wait in accept, and later ones",
  {},
  async () => {
    const { base, listener, events } = fixture();
    const waiting = [listener.accept(), listener.accept({ timeout: 60_000 })];
    const server = acceptTransport(listener);
    await turns();
    listener.close();
    listener.close();
    for (const one of waiting) {
      await assert.rejects(one, Deno.errors.BadResource);
    }
    assert.equal(await server, undefined);
    await assert.rejects(listener.accept(), Deno.errors.BadResource);
    assert.equal(base.closed, 1);
    assert.deepEqual(events, ["before close 0"]);
    await listener[Symbol.asyncDispose]();
  },
);

test("closing ends an accept that pauses after a failure", {}, async () => {
  using timers = new FakeTimers();
  const { base, listener } = fixture();
  base.failNext(Object.assign(new Error("full"), { code: "EMFILE" }));
  const accepting = listener.accept();
  await turns();
  assert.equal(timers.active, 1);
  listener.close();
  await assert.rejects(accepting, Deno.errors.BadResource);
  assert.equal(timers.active, 0);
});

test("who waits behind a server's accept is served after it", {}, async () => {
  const { base, listener } = fixture();
  const server = acceptTransport(listener);
  const mine = listener.accept();
  await turns();
  const first = base.come();
  const transport = await server;
  await turns();
  const second = base.come();
  await greet(await mine, second);
  transport?.close();
  first.close();
  await listener[Symbol.asyncDispose]();
});

test(
  "a server's accept takes its turn among others, and ends with the listener",
  {},
  async () => {
    const { base, listener } = fixture();
    // Kept, since nobody waited any more.
    await assert.rejects(listener.accept({ timeout: 1 }));
    const kept = base.come();
    await turns();
    (await acceptTransport(listener))!.close();
    assert.equal(await kept.read(new Uint8Array(1)), null);
    assert.equal(base.accepts, 1);
    // Behind who waits already.
    const mine = listener.accept();
    const server = acceptTransport(listener);
    await turns();
    const first = base.come();
    await greet(await mine, first);
    await turns();
    const second = base.come();
    (await server)!.close();
    second.close();
    kept.close();
    // One that waits alone is told when the accept below has ended, and so is who disposes.
    const alone = acceptTransport(listener);
    const events: string[] = [];
    const ended = alone.then((transport) => events.push(`server ${transport}`));
    await listener[Symbol.asyncDispose]();
    events.push("disposed");
    await ended;
    assert.deepEqual(events, ["server undefined", "disposed"]);
    assert.equal(await acceptTransport(listener), undefined);
    await assert.rejects(listener.accept(), Deno.errors.BadResource);
  },
);

test("closing closes a connection that nobody has taken", {}, async () => {
  const { base, listener } = fixture();
  await assert.rejects(listener.accept({ timeout: 1 }));
  const client = base.come();
  await turns();
  listener.close();
  assert.equal(await client.read(new Uint8Array(1)), null);
  client.close();
});

test(
  "a connection that comes while the listener closes is closed",
  {},
  async () => {
    const { base, listener } = fixture();
    const accepting = listener.accept();
    const refused = assert.rejects(accepting, Deno.errors.BadResource);
    const client = base.come();
    listener.close();
    await refused;
    assert.equal(await client.read(new Uint8Array(1)), null);
    client.close();
  },
);

test("a base that somebody else closes ends accepting", {}, async () => {
  const { base, listener } = fixture();
  const waiting = [listener.accept(), listener.accept()];
  await turns();
  base.close();
  for (const one of waiting) {
    await assert.rejects(one, Deno.errors.BadResource);
  }
  for await (const _ of listener) assert.fail("nothing can come");
});

test("errors of accepting are told and survived", {}, async () => {
  const { base, listener } = fixture();
  const told: unknown[] = [];
  onAcceptError(listener, (error, transient) => told.push([error, transient]));
  const reset = Object.assign(new Error("reset"), { code: "ECONNRESET" });
  base.failNext(reset);
  const accepting = listener.accept();
  await turns();
  const client = base.come();
  await greet(await accepting, client);
  assert.deepEqual(told, [[reset, true]]);
  await listener[Symbol.asyncDispose]();
});

test(
  "the iterator ends when the listener closes, and leaving it closes nothing",
  {},
  async () => {
    const { base, listener } = fixture();
    const iteration = (async () => {
      let count = 0;
      for await (const socket of listener) {
        await socket.close();
        if (++count === 2) break;
      }
    })();
    for (let i = 0; i < 2; i++) {
      await turns();
      base.come().close();
    }
    await iteration;
    assert.equal(base.closed, 0);
    const rest = Array.fromAsync(listener);
    await turns();
    listener.close();
    assert.deepEqual(await rest, []);
  },
);

test("ref and unref reach what is below", {}, () => {
  const { base, listener } = fixture();
  listener.unref();
  listener.ref();
  assert.deepEqual(base.refs, ["unref", "ref"]);
  assert.equal(listener.addr, ADDR);
  listener.close();
});

test("SV14 accept used directly serves one, the next waits in the backlog", {
  net: true,
}, async () => {
  await using listener = await listen({ port: 0 });
  const { port } = listener.addr;
  await using first = await connect({ port });
  await using second = await connect({ port });
  await second.send("second");
  await first.send("first");
  await using served = await listener.accept();
  assert.equal(served.remoteAddr.port, first.localAddr.port);
  assert.equal(await served.recv().then(text), "first");
  assert.equal(await settled(second.recv()), false);
  await using next = await listener.accept();
  assert.equal(next.remoteAddr.port, second.localAddr.port);
  assert.equal(await next.recv().then(text), "second");
});

test(
  "SV15 after a time-out of accept the listener stays usable",
  { net: true },
  async () => {
    await using listener = await listen({ port: 0 });
    await assert.rejects(listener.accept({ timeout: 1 }), {
      name: "TimeoutError",
    });
    await using client = await connect({ port: listener.addr.port });
    await using server = await listener.accept({ timeout: 10_000 });
    assert.equal(server.remoteAddr.port, client.localAddr.port);
  },
);

test(
  "TO07 an accepted socket has no time-out of its listener",
  { net: true },
  async () => {
    await using listener = await listen({ port: 0 });
    await using client = await connect({ port: listener.addr.port });
    await using server = await listener.accept({ timeout: 50 });
    const reading = server.recv();
    // The one place where only time can tell: the listener's time-out has to pass.
    await new Promise((resolve) => setTimeout(resolve, 60));
    await client.send("later");
    assert.equal(await reading.then(text), "later");
  },
);

test(
  "the port is free when the scope of a listener has ended",
  { net: true },
  async () => {
    let port = 0;
    {
      await using listener = await listen({ port: 0 });
      ({ port } = listener.addr);
      await assert.rejects(listener.accept({ timeout: 1 }));
    }
    await using again = await listen({ port });
    assert.equal(again.addr.port, port);
  },
);
