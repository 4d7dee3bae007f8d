/**
 * One pipelined TCP connection to a DNS server (RFC 7766): opened for the first question, shared by
 * all that follow, opened again when the server has closed it.
 *
 * Answers come in any order. The connection does not keep the process alive: who waits for an
 * answer has a timer that does.
 *
 * @module
 */
import { type Flushable, flushNextTurn } from "../stream/turn_flush.ts";
import { type Channel, type Exchange, PendingExchanges } from "./channel.ts";

/** A message has a length of two octets in front (RFC 1035 section 4.2.2). */
const PREFIX = 2;
const FIRST_BUFFER = 16 * 1024;
const FIRST_OUTGOING = 512;
/** How often one question is sent again because the server closed the connection under it. */
const MOST_RESENDS = 16;
/**
 * Milliseconds of silence after which a connection that owes an answer is not waited for any more: the
 * system notices a server that has gone only after minutes. More than the three seconds that a slow
 * one may need.
 */
const LONGEST_SILENCE = 4_000;
/** From so many questions at once on, they are collected until the next turn of the event loop. */
const CROWD = 4;

/** The connection to one server. */
export class TcpChannel implements Channel, Flushable {
  readonly #server: Deno.ConnectOptions;
  #keepOpen: boolean;
  readonly #pending = new PendingExchanges();
  #conn: Deno.TcpConn | undefined;
  #dialling: AbortController | undefined;
  /** What is to be written, and the buffer that takes its place while it is. */
  #outgoing = new Uint8Array(FIRST_OUTGOING);
  #spare = new Uint8Array(FIRST_OUTGOING);
  #filled = 0;
  #writing = false;
  /** Whether it has answered anything: then hanging up is the server's right, and no failure. */
  #hasAnswered = false;
  /** Whether the next question may rely on it alone. */
  #trusted = false;

  /** Since when it has owed answers and said nothing, by `performance.now()`; 0 while it owes none. */
  #silentSince = 0;

  /** Nothing is opened yet. Without `keepOpen` the connection ends with its last question. */
  constructor(server: Deno.ConnectOptions, keepOpen: boolean) {
    this.#server = server;
    this.#keepOpen = keepOpen;
  }

  /** Whether it stands and may be relied on: it has answered since it was last doubted. */
  get isReliable(): boolean {
    return this.#conn !== undefined && this.#trusted;
  }

  /** It let a question wait that another way has answered; its next answer restores the trust. */
  doubt(): void {
    this.#trusted = false;
  }

  send(exchange: Exchange): void {
    this.#pending.add(exchange);
    if (this.#silentSince === 0) this.#silentSince = performance.now();
    this.#collect(exchange);
    if (this.#conn !== undefined) this.#scheduleWrite(this.#conn);
    else if (this.#dialling === undefined) this.#dial();
  }

  cancel(exchange: Exchange): void {
    this.#pending.remove(exchange);
    this.#closeIfIdle();
    const silent = this.#silentSince !== 0 &&
      performance.now() - this.#silentSince > LONGEST_SILENCE;
    if (silent) this.#startAfresh();
  }

  /** Keep it open no longer than for what waits on it now. */
  retire(): void {
    this.#keepOpen = false;
    this.#closeIfIdle();
  }

  close(reason: Error): void {
    this.#dialling?.abort();
    this.#hangUp();
    this.#failAll(reason);
  }

  /** Put the message with its length behind what is to be written. */
  #collect({ query, id }: Exchange): void {
    const end = this.#filled + PREFIX + query.length;
    if (end > this.#outgoing.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#outgoing.length));
      larger.set(this.#outgoing.subarray(0, this.#filled));
      this.#outgoing = larger;
    }
    const out = this.#outgoing;
    out.set(query, this.#filled + PREFIX);
    out[this.#filled] = query.length >> 8;
    out[this.#filled + 1] = query.length & 0xff;
    out[this.#filled + 2] = id >> 8;
    out[this.#filled + 3] = id & 0xff;
    this.#filled = end;
  }

  async #dial(): Promise<void> {
    const dialling = this.#dialling = new AbortController();
    try {
      const { signal } = dialling;
      const conn = await Deno.connect({ ...this.#server, signal });
      if (signal.aborted) return conn.close();
      conn.setNoDelay(true);
      conn.unref();
      this.#conn = conn;
      this.#hasAnswered = this.#trusted = false;
      this.#dialling = undefined;
      this.#scheduleWrite(conn);
      this.#readAnswers(conn);
    } catch (error) {
      if (this.#dialling !== dialling) return;
      this.#dialling = undefined;
      this.#failAll(error as Error);
    }
  }

  /** Write what was collected; called by turn_flush.ts. */
  flushTurn(): void {
    if (this.#conn === undefined) this.#writing = false;
    else this.#write(this.#conn);
  }

  /** Write soon, so that questions asked together leave together. */
  #scheduleWrite(conn: Deno.TcpConn): void {
    if (this.#writing) return;
    this.#writing = true;
    // What the answers of one read have set off comes over many microtasks.
    if (this.#pending.size > CROWD) flushNextTurn(this);
    else queueMicrotask(() => this.#write(conn));
  }

  async #write(conn: Deno.TcpConn): Promise<void> {
    try {
      while (this.#filled > 0 && conn === this.#conn) {
        const buffer = this.#outgoing;
        const data = buffer.subarray(0, this.#filled);
        this.#outgoing = this.#spare;
        this.#filled = 0;
        this.#spare = buffer;
        for (let at = 0; at < data.length;) {
          at += await conn.write(data.subarray(at));
        }
      }
    } catch (error) {
      this.#lost(conn, error as Error);
    } finally {
      this.#writing = false;
      if (this.#filled > 0 && this.#conn !== undefined) {
        this.#scheduleWrite(this.#conn);
      }
    }
  }

  async #readAnswers(conn: Deno.TcpConn): Promise<void> {
    let buffer = new Uint8Array(FIRST_BUFFER);
    let filled = 0;
    try {
      while (true) {
        const count = await conn.read(buffer.subarray(filled));
        if (count === null) break;
        filled += count;
        let at = 0;
        while (filled - at >= PREFIX) {
          const end = at + PREFIX + (buffer[at]! << 8 | buffer[at + 1]!);
          if (end > filled) break;
          this.#hasAnswered = this.#trusted = true;
          this.#pending.deliver(buffer.subarray(at + PREFIX, end));
          at = end;
        }
        this.#silentSince = this.#pending.size > 0 ? performance.now() : 0;
        buffer.copyWithin(0, at, filled);
        filled -= at;
        const wanted = filled < PREFIX
          ? 0
          : PREFIX + (buffer[0]! << 8 | buffer[1]!);
        if (wanted > buffer.length) {
          const larger = new Uint8Array(wanted);
          larger.set(buffer);
          buffer = larger;
        }
        this.#closeIfIdle();
      }
      this.#lost(conn, new Deno.errors.ConnectionReset("The server hung up"));
    } catch (error) {
      this.#lost(conn, error as Error);
    }
  }

  /**
   * The server ended the connection. Closing an idle one, or one that has had its number of
   * questions, is its right (RFC 7766 section 6.2.3): what is unanswered is then asked again.
   */
  #lost(conn: Deno.TcpConn, error: Error): void {
    if (conn !== this.#conn) return;
    const mayRetry = this.#hasAnswered;
    this.#hangUp();
    for (const exchange of this.#pending.takeAll()) {
      if (mayRetry && exchange.resends++ < MOST_RESENDS) this.send(exchange);
      else exchange.settle(error);
    }
  }

  /** Somebody has given up, and nothing has come for so long: who still waits is asked for again. */
  #startAfresh(): void {
    this.#stop();
    for (const exchange of this.#pending.takeAll()) this.send(exchange);
  }

  #closeIfIdle(): void {
    if (!this.#keepOpen && this.#pending.size === 0) this.#stop();
  }

  #stop(): void {
    this.#dialling?.abort();
    this.#dialling = undefined;
    this.#hangUp();
  }

  #hangUp(): void {
    const conn = this.#conn;
    this.#conn = undefined;
    this.#silentSince = 0;
    this.#filled = 0;
    // Dispose, since close() throws where the runtime has closed it already.
    conn?.[Symbol.dispose]();
  }

  #failAll(error: Error): void {
    this.#silentSince = 0;
    this.#filled = 0;
    for (const exchange of this.#pending.takeAll()) exchange.settle(error);
  }
}
