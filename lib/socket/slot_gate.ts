/**
 * Fairness below the reader: above a number of open connections, each queues for one of a fixed
 * number of slots before it reads.
 *
 * Why: Deno's event loop serves about 128 ready sockets a turn, always the same ones, so with 1000
 * active connections hundreds starve (tokio's budget for one task). Never letting more than 48
 * ready reads compete, first come first served, keeps everybody served. One gate serves the whole
 * isolate: with one for each server, four servers together starve their clients again.
 *
 * The first read of a connection queues as well: when 3000 clients came at once and theirs did not,
 * it took seconds until the last of them was served (p99 430 ms, queued 100 ms), and 8000 clients
 * that think between two requests never got out of it.
 *
 * Reads that were left outstanding by connections that turned idle cannot be called back. When such
 * clients come back all at once theirs compete without a slot, so nobody else is let in until they are
 * through; each of them can do that once only. Without it clients that think between two requests, 8000 at a
 * core's limit, waited for up to two seconds; with it the slowest hundredth waits 50 to 250 ms.
 *
 * Its timing is delicate: reads issued right in the reaction to the one that freed their slot, a
 * microtask earlier than here, brought starvation back (134 of 3000 got nothing in 2 s).
 *
 * @module
 */
import type { ReadTurn, TurnTaker } from "../stream/read_source.ts";

/** 48, 64 and 72 slots were measured to do, 80 begins to fail, 100 fails. */
const SLOTS = 48;

/**
 * Up to so many open connections the gate stands open and costs nothing: the event loop by itself
 * was measured to be fair up to 160 active ones (Jain 0.999), with 64 the gate cost a quarter more.
 */
const THRESHOLD = 96;

/**
 * A holder whose read has not completed within two sweeps is idle and loses its slot. Shorter, or
 * counted in turns of the event loop instead of wall clock, starves again: measured, not chosen.
 */
const SWEEP_MS = 2;

/** So many that come back between two sweeps leave room for nobody else: with 32 it is much the same. */
const MOST_AWOKEN = 64;

/** One connection's place in a gate; a transport extends it, which saves each connection an object. */
export class GatePass implements ReadTurn {
  readonly #gate: SlotGate;
  /** Where it stands among those who hold a slot; −1 without one. The gate's to set, as the next. */
  place = -1;
  /** Sweeps survived while holding it. */
  sweeps = 0;
  /** Whether it has lost it, so that its read ends without one. */
  isIdle = false;
  /** Who waits for the turn; none any more once the connection is closed. */
  taker: TurnTaker | undefined;

  constructor(gate: SlotGate) {
    this.#gate = gate;
  }

  ask(taker: TurnTaker): boolean {
    return this.#gate.ask(this, taker);
  }

  done(): void {
    if (this.place >= 0) this.#gate.release(this);
  }
}

/** Hands out the slots. Use {@linkcode slotGate}; a second one is for tests. */
export class SlotGate {
  readonly #slots: number;
  readonly #threshold: number;
  /** Who holds a slot, in no order. (A Set would cost its iterators at each sweep.) */
  readonly #holders: GatePass[] = [];
  /** Who waits, first come first; those that are closed meanwhile have no taker any more. */
  #queue: GatePass[] = [];
  #head = 0;
  /** Whose turn has come, and who have not begun to read yet. */
  #called: GatePass[] = [];
  #open = 0;
  /** How many came back since the last sweep who had turned idle; counted while somebody waits. */
  #awoken = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Make a gate with so many slots, which stands open below a number of connections. */
  constructor(slots: number, threshold: number = slots) {
    this.#slots = slots;
    this.#threshold = threshold;
  }

  /** How many slots are taken. */
  get held(): number {
    return this.#holders.length;
  }

  /** How many connections wait for a slot. */
  get queued(): number {
    return this.#queue.length - this.#head;
  }

  /** Count one more open connection. */
  enter(): void {
    this.#open++;
  }

  /** Count one less, and let it give up its place in the queue. */
  leave(pass: GatePass): void {
    this.#open--;
    // The source is closed, and whoever waits for the turn shall hear it from the read.
    if (pass.taker !== undefined) this.#call(pass);
    if (this.#open <= this.#threshold) this.#passAll();
  }

  /**
   * Ask for a slot. Below the threshold none is needed.
   *
   * @returns Whether the read may begin; otherwise the taker is called when it may.
   */
  ask(pass: GatePass, taker: TurnTaker): boolean {
    if (this.#open <= this.#threshold) return true;
    if (pass.isIdle) {
      pass.isIdle = false;
      if (this.#timer !== undefined) this.#awoken++;
    }
    if (this.queued === 0 && this.#hasRoom) {
      this.#hold(pass);
      return true;
    }
    pass.taker = taker;
    this.#queue.push(pass);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return false;
  }

  #hold(pass: GatePass): void {
    pass.sweeps = 0;
    pass.place = this.#holders.push(pass) - 1;
  }

  /** Take its slot away; the last of the holders gets its place. */
  #free(pass: GatePass): void {
    const last = this.#holders.pop()!;
    if (last !== pass) {
      this.#holders[pass.place] = last;
      last.place = pass.place;
    }
    pass.place = -1;
  }

  /** Let it read when this reaction is over; see above. */
  #call(pass: GatePass): void {
    if (this.#called.push(pass) === 1) queueMicrotask(this.#begin);
  }

  readonly #begin = (): void => {
    const called = this.#called;
    this.#called = [];
    for (const pass of called) {
      const { taker } = pass;
      pass.taker = undefined;
      taker?.readNow();
    }
  };

  /** Give a slot back. */
  release(pass: GatePass): void {
    this.#free(pass);
    this.#grant();
  }

  get #hasRoom(): boolean {
    return this.#holders.length < this.#slots && this.#awoken < MOST_AWOKEN;
  }

  /** Give free slots to whoever waits longest. */
  #grant(): void {
    while (this.#hasRoom && this.#head < this.#queue.length) {
      const pass = this.#next();
      if (pass.taker === undefined) continue;
      this.#hold(pass);
      this.#call(pass);
    }
  }

  #next(): GatePass {
    const pass = this.#queue[this.#head++]!;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return pass;
  }

  /** Take the slots of those whose read stays outstanding: they turned idle and compete no more. */
  #sweep(): void {
    if (this.#head === this.#queue.length) return this.#stop();
    // From behind: whoever moves into a freed place has been looked at.
    for (let i = this.#holders.length - 1; i >= 0; i--) {
      const pass = this.#holders[i]!;
      if (++pass.sweeps < 2) continue;
      this.#free(pass);
      pass.isIdle = true;
    }
    // After one that was crowded the next sweep decides.
    const isCrowded = this.#awoken >= MOST_AWOKEN;
    this.#awoken = 0;
    if (!isCrowded) this.#grant();
  }

  /** Below the threshold nobody has to wait. */
  #passAll(): void {
    while (this.#head < this.#queue.length) {
      const pass = this.#next();
      // Whoever waited reads without a slot, and so has none to give back.
      if (pass.taker !== undefined) this.#call(pass);
    }
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#awoken = 0;
  }
}

/** The gate of this isolate. */
export const slotGate: SlotGate = new SlotGate(SLOTS, THRESHOLD);
