/**
 * Fairness below the reader: above a number of open connections, a connection that has just been
 * served queues for one of a fixed number of slots before it reads again.
 *
 * Why: Deno's event loop serves about 128 ready sockets a turn, always the same ones, so with 1000
 * active connections hundreds starve (tokio's budget for one task). Never letting more than 48
 * ready reads compete, first come first served, keeps everybody served. One gate serves the whole
 * isolate: with one for each server, four servers together starve their clients again.
 *
 * Its timing is delicate: a read that is issued right in the reaction to the one that freed its
 * slot, a few microtasks earlier than by `await`, brought starvation back (Jain 0.68 with 1000).
 *
 * @module
 */

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

/** What a slot is taken for. */
interface Readable {
  read(buffer: Uint8Array): Promise<number | null>;
}

/** One connection's place in the gate. */
export class GatePass {
  /** Whether a read was ever begun: the first one needs no slot. */
  hot = false;
  /** Sweeps survived while holding a slot; −1 without one. */
  sweeps = -1;
  /** Set while queued. */
  turn: PromiseWithResolvers<void> | undefined;
}

/** Hands out the slots. Use {@linkcode slotGate}; a second one is for tests. */
export class SlotGate {
  readonly #slots: number;
  readonly #threshold: number;
  readonly #holders = new Set<GatePass>();
  /** Who waits, first come first; entries that gave up have no `turn` any more. */
  #queue: GatePass[] = [];
  #head = 0;
  #open = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Make a gate with so many slots, which stands open below a number of connections. */
  constructor(slots: number, threshold: number = slots) {
    this.#slots = slots;
    this.#threshold = threshold;
  }

  /** How many slots are taken. */
  get held(): number {
    return this.#holders.size;
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
    const { turn } = pass;
    pass.turn = undefined;
    turn?.reject(new Deno.errors.Interrupted("operation canceled"));
    if (this.#open <= this.#threshold) this.#passAll();
  }

  /** Read, in turn. Below the threshold, and the first time, this is just the read. */
  read(
    pass: GatePass,
    source: Readable,
    buffer: Uint8Array,
  ): Promise<number | null> {
    if (this.#open <= this.#threshold || !pass.hot) {
      pass.hot = true;
      return source.read(buffer);
    }
    return this.#readInTurn(pass, source, buffer);
  }

  async #readInTurn(
    pass: GatePass,
    source: Readable,
    buffer: Uint8Array,
  ): Promise<number | null> {
    if (this.#holders.size < this.#slots) this.#hold(pass);
    else await this.#wait(pass);
    try {
      return await source.read(buffer);
    } finally {
      this.#release(pass);
    }
  }

  #hold(pass: GatePass): void {
    pass.sweeps = 0;
    this.#holders.add(pass);
  }

  #wait(pass: GatePass): Promise<void> {
    pass.turn = Promise.withResolvers<void>();
    this.#queue.push(pass);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return pass.turn.promise;
  }

  #release(pass: GatePass): void {
    if (pass.sweeps < 0) return;
    pass.sweeps = -1;
    this.#holders.delete(pass);
    this.#grant();
  }

  /** Give free slots to whoever waits longest. */
  #grant(): void {
    while (
      this.#holders.size < this.#slots && this.#head < this.#queue.length
    ) {
      const pass = this.#next();
      if (pass.turn === undefined) continue;
      const { turn } = pass;
      pass.turn = undefined;
      this.#hold(pass);
      turn.resolve();
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
    for (const pass of this.#holders) {
      if (++pass.sweeps < 2) continue;
      pass.sweeps = -1;
      this.#holders.delete(pass);
    }
    this.#grant();
  }

  /** Below the threshold nobody has to wait. */
  #passAll(): void {
    while (this.#head < this.#queue.length) {
      const pass = this.#next();
      // Whoever waited reads without a slot, and so has none to give back.
      pass.turn?.resolve();
      pass.turn = undefined;
    }
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** The gate of this isolate. */
export const slotGate: SlotGate = new SlotGate(SLOTS, THRESHOLD);
