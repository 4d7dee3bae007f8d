/** DatagramInbox over a socket that gives what a test says, when it says so. */
import assert from "node:assert/strict";
import { LimitExceededError } from "../../lib/errors.ts";
import type { DatagramConn } from "../../lib/socket/datagram_endpoint.ts";
import { DatagramInbox } from "../../lib/socket/datagram_inbox.ts";
import { turns } from "../support/byte_source.ts";
import { test } from "../support/permissions.ts";

type Received = [Uint8Array<ArrayBuffer>, Deno.Addr];

const HERE: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port: 7 };
const FRIEND: Deno.NetAddr = { ...HERE, port: 8 };
const STRANGER: Deno.NetAddr = { ...HERE, port: 9 };

/** A datagram socket of which one receive at a time may be outstanding. */
class FakeConn {
  receives = 0;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #waiting: PromiseWithResolvers<Received> | undefined;

  receive(buffer: Uint8Array<ArrayBuffer>): Promise<Received> {
    assert.equal(this.#waiting, undefined, "two receives at once");
    this.receives++;
    this.#buffer = buffer;
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  get waiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** A datagram comes, into the buffer as from Deno. */
  come(text: string, from: Deno.NetAddr = FRIEND): void {
    const buffer = this.#buffer!;
    const { written } = new TextEncoder().encodeInto(text, buffer);
    this.#settle().resolve([buffer.subarray(0, written), from]);
  }

  fail(error: Error): void {
    this.#settle().reject(error);
  }

  #settle(): PromiseWithResolvers<Received> {
    const waiting = this.#waiting!;
    this.#waiting = undefined;
    return waiting;
  }
}

function fixture(limit = 100): {
  conn: FakeConn;
  inbox: DatagramInbox<Deno.NetAddr>;
} {
  const conn = new FakeConn();
  const inbox = new DatagramInbox<Deno.NetAddr>({
    conn: conn as unknown as DatagramConn,
    addr: HERE,
    zone: undefined,
    limit,
  });
  return { conn, inbox };
}

/** What came of a receive: the text, or the error. */
function outcome(
  receive: Promise<{ data: Uint8Array }>,
): Promise<string | Error> {
  return receive.then(
    ({ data }) => new TextDecoder().decode(data),
    (error) => error,
  );
}

/** Begin to wait, and stop: what comes then is kept. */
async function leave(inbox: DatagramInbox<Deno.NetAddr>): Promise<void> {
  const abort = new AbortController();
  const waiting = inbox.receive({ signal: abort.signal });
  abort.abort("enough");
  await assert.rejects(waiting, (reason) => reason === "enough");
}

const WAIT = { timeout: 10_000 };

test(
  "DatagramInbox serves who waits in order, with a time-out or without",
  {},
  async () => {
    for (
      const waits of [[undefined, WAIT], [WAIT, undefined], [
        undefined,
        undefined,
      ]]
    ) {
      const { conn, inbox } = fixture();
      const first = outcome(inbox.receive(waits[0]));
      const second = outcome(inbox.receive(waits[1]));
      conn.come("one");
      assert.equal(await first, "one");
      await turns();
      conn.come("two");
      assert.equal(await second, "two");
      await turns();
      assert.equal(conn.waiting, false, "nobody waits");
    }
  },
);

test(
  "DatagramInbox.connect() meanwhile keeps the peer's datagrams, and no others",
  {},
  async () => {
    const { conn, inbox } = fixture();
    const first = outcome(inbox.receive());
    const second = outcome(inbox.receive(WAIT));
    inbox.connect(FRIEND);
    conn.come("strange", STRANGER);
    await turns();
    conn.come("first");
    assert.equal(await first, "first", "still the first");
    await turns();
    conn.come("strange", STRANGER);
    await turns();
    conn.come("second");
    assert.equal(await second, "second");

    const other = fixture();
    const third = outcome(other.inbox.receive());
    other.inbox.connect(FRIEND);
    other.conn.come("third");
    assert.equal(await third, "third");
    const fourth = outcome(other.inbox.receive());
    other.conn.come("strange", STRANGER);
    await turns();
    other.conn.come("fourth");
    assert.equal(await fourth, "fourth");
  },
);

test(
  "DatagramInbox.connect() forgets only what a stranger sent",
  {},
  async () => {
    for (const [from, kept] of [[FRIEND, true], [STRANGER, false]] as const) {
      for (const text of ["kept", "x".repeat(101)]) {
        const { conn, inbox } = fixture();
        await leave(inbox);
        conn.come(text, from);
        await turns();
        inbox.connect(FRIEND);
        const next = outcome(inbox.receive());
        if (!kept) conn.come("next");
        const got = await next;
        if (!kept) assert.equal(got, "next");
        else if (text === "kept") assert.equal(got, "kept");
        else assert.ok(got instanceof LimitExceededError);
      }
    }
  },
);

test(
  "DatagramInbox survives failures that say nothing about the socket",
  {},
  async () => {
    for (const options of [undefined, WAIT]) {
      const { conn, inbox } = fixture();
      const first = outcome(inbox.receive(options));
      const second = outcome(inbox.receive(WAIT));
      for (
        const error of [
          new Deno.errors.ConnectionReset("unreachable"),
          new Deno.errors.ConnectionRefused("unreachable"),
          new Deno.errors.InvalidData("a name that is not UTF-8"),
        ]
      ) {
        conn.fail(error);
        await turns();
      }
      conn.come("one");
      assert.equal(await first, "one");
      await turns();
      const failure = new Deno.errors.BadResource("gone");
      conn.fail(failure);
      assert.equal(await second, failure);
      await turns();
      const third = outcome(inbox.receive(options));
      conn.fail(failure);
      assert.equal(await third, failure);
      const fourth = outcome(inbox.receive(options));
      conn.come("still");
      assert.equal(await fourth, "still");
    }
  },
);

test(
  "DatagramInbox tells what is longer than the limit, and goes on",
  {},
  async () => {
    for (const options of [undefined, WAIT]) {
      const { conn, inbox } = fixture(4);
      const first = outcome(inbox.receive(options));
      conn.come("12345");
      const error = await first;
      assert.ok(error instanceof LimitExceededError);
      assert.deepEqual([error.limit, error.actual], [4, 5]);
      await turns();
      const second = outcome(inbox.receive(options));
      conn.come("1234");
      assert.equal(await second, "1234");
    }
  },
);

test(
  "DatagramInbox keeps what comes when nobody waits any more, once",
  {},
  async () => {
    const { conn, inbox } = fixture();
    await leave(inbox);
    conn.come("late");
    await turns();
    assert.equal(conn.waiting, false);
    assert.equal(await outcome(inbox.receive()), "late");
    assert.equal(conn.receives, 1);
    const next = outcome(inbox.receive());
    conn.come("next");
    assert.equal(await next, "next");
  },
);

test(
  "DatagramInbox.close() ends who waits, and waits for the receive",
  {},
  async () => {
    for (const options of [undefined, WAIT]) {
      for (
        const end of [
          new Deno.errors.Interrupted("closed"),
          new Deno.errors.InvalidData("transient"),
        ]
      ) {
        const { conn, inbox } = fixture();
        const first = outcome(inbox.receive(options));
        const second = outcome(inbox.receive(WAIT));
        let closed = false;
        const closing = inbox.close().then(() => closed = true);
        assert.equal(inbox.isClosed, true);
        assert.ok(await second instanceof Deno.errors.Interrupted);
        await turns();
        assert.equal(closed, false);
        conn.fail(end);
        await closing;
        assert.ok(await first instanceof Deno.errors.Interrupted);
        assert.ok(
          await outcome(inbox.receive(options)) instanceof
            Deno.errors.BadResource,
        );
        assert.equal(conn.receives, 1);
      }
    }
  },
);

test(
  "DatagramInbox.close() while a stranger's datagram comes ends who waits",
  {},
  async () => {
    const { conn, inbox } = fixture();
    const first = outcome(inbox.receive());
    inbox.connect(FRIEND);
    conn.come("strange", STRANGER);
    const closing = inbox.close();
    assert.ok(await first instanceof Deno.errors.Interrupted);
    await closing;
    assert.equal(conn.receives, 1);
  },
);
