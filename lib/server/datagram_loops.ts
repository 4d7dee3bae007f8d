/**
 * Receiving for a datagram server: one loop or several, never more receives than there is room for
 * handlers, alive whatever receiving throws. The server starts and stops them.
 *
 * @module
 */
import {
  type DatagramAddr,
  isTransientReceiveError,
  ownBytes,
  peerAddr,
  receiveBuffer,
} from "../socket/datagram_endpoint.ts";
import type { DatagramCore, DatagramService } from "./datagram_core.ts";
import type { DatagramGate } from "./datagram_gate.ts";

/** The first pause after an error that is not about one datagram; it doubles up to the longest. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1000;

/** The loops of one server. */
export class DatagramLoops<A extends DatagramAddr> {
  readonly #core: DatagramCore<A>;
  readonly #gate: DatagramGate;
  readonly #service: DatagramService<A>;
  #state: "running" | "draining" | "stopped" = "running";
  /** Receives that are outstanding: each has its room reserved. */
  #receiving = 0;
  /** Loops that wait for room, or for the end of a pause. */
  readonly #sleepers: Set<() => void> = new Set();
  #ended: Promise<unknown> = Promise.resolve();

  constructor(
    core: DatagramCore<A>,
    gate: DatagramGate,
    service: DatagramService<A>,
  ) {
    this.#core = core;
    this.#gate = gate;
    this.#service = service;
  }

  /** Begin. */
  start(): void {
    this.#service.onRoom = () => this.#wakeOne();
    this.#core.endpoint.conn.watchDrops?.((sender, size) =>
      this.#overflowed(sender, size)
    );
    this.#ended = Promise.all(
      Array.from({ length: this.#service.loops }, () => this.#loop()),
    );
  }

  /** Take nothing more; receives that are outstanding stay so, and what they give is dropped. */
  drain(): void {
    if (this.#state === "running") this.#state = "draining";
    this.#wakeAll();
  }

  /** End, once the socket is closed. */
  stop(): Promise<unknown> {
    this.#state = "stopped";
    this.#wakeAll();
    return this.#ended;
  }

  async #loop(): Promise<void> {
    const { conn, limit } = this.#core.endpoint;
    const buffer = receiveBuffer(limit);
    let pause = 0;
    while (this.#state === "running") {
      if (this.#receiving >= this.#service.room) {
        await new Promise<void>((resolve) => this.#sleepers.add(resolve));
        continue;
      }
      this.#receiving++;
      let received: [Uint8Array<ArrayBuffer>, Deno.Addr];
      try {
        received = await conn.receive(buffer);
      } catch (error) {
        this.#receiving--;
        if (this.#state !== "running") return;
        pause = await this.#failed(error, pause);
        continue;
      }
      this.#receiving--;
      pause = 0;
      const done = this.#take(received[0], received[1]);
      if (done !== undefined) await done;
    }
  }

  /** Let a datagram in, or drop it. Must not throw: everything in it is our own code. */
  #take(
    bytes: Uint8Array<ArrayBuffer>,
    sender: Deno.Addr,
  ): Promise<void> | undefined {
    const { endpoint: { conn, limit, zone }, stats } = this.#core;
    stats.received++;
    stats.bytesRead += bytes.length;
    const from = peerAddr<A>(sender, zone);
    const reason = this.#state !== "running"
      ? "draining"
      : bytes.length > limit
      ? "too-long"
      : this.#gate.judge(from);
    if (reason === undefined) {
      return this.#service.take(ownBytes(bytes, conn), from);
    }
    this.#core.drop(from, reason);
    return undefined;
  }

  /** A datagram has come that the queue in front of the loops has no room for. */
  #overflowed(sender: Deno.Addr, size: number): void {
    const { endpoint: { zone }, stats } = this.#core;
    stats.received++;
    stats.bytesRead += size;
    const reason = this.#state === "running" ? "queue-full" : "draining";
    this.#core.drop(peerAddr<A>(sender, zone), reason);
  }

  /** @returns How long it has paused; an error of a datagram alone costs no pause. */
  async #failed(error: unknown, pause: number): Promise<number> {
    this.#core.stats.receiveErrors++;
    if (isTransientReceiveError(error)) return 0;
    // Once per streak; and not at once again, or the loop spins.
    if (pause === 0) this.#core.report(error, { phase: "receive" });
    const next = Math.min(
      Math.max(FIRST_PAUSE_MS, pause * 2),
      LONGEST_PAUSE_MS,
    );
    await this.#sleep(next);
    return next;
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#sleepers.add(resolve);
    await promise;
    clearTimeout(timer);
    // Awake by itself: the next wake-up is for another.
    this.#sleepers.delete(resolve);
  }

  #wakeOne(): void {
    if (this.#sleepers.size === 0) return;
    for (const wake of this.#sleepers) {
      this.#sleepers.delete(wake);
      return wake();
    }
  }

  #wakeAll(): void {
    for (const wake of this.#sleepers) wake();
    this.#sleepers.clear();
  }
}
