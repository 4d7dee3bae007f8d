/**
 * Questions on their way: equal ones share one query, and only so many queries run at once.
 *
 * @module
 */
import type { AskOptions } from "./answer.ts";
import { timeLeft } from "./time_left.ts";

interface Shared<T> {
  promise: Promise<T>;
  controller: AbortController;
  waiters: number;
}

/** Work under way, by key. */
export class InFlight<T> {
  /** In a box, since the Map's outgrown tables point to what they held (see alarm_queue.ts). */
  readonly #shared = new Map<string, { work: Shared<T> | undefined }>();

  /** How many different questions are under way or queued. */
  get size(): number {
    return this.#shared.size;
  }

  /**
   * Join the work under that key, or start it.
   *
   * A waiter whose signal aborts leaves alone; the work itself is aborted when the last has left.
   *
   * @param start Gets the signal of the work, which is not that of any one waiter.
   */
  join(
    key: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const work = this.#shared.get(key)?.work ?? this.#begin(key, start);
    work.waiters++;
    if (signal === undefined) return work.promise;
    return this.#waitBeside(key, work, signal);
  }

  #begin(
    key: string,
    start: (signal: AbortSignal) => Promise<T>,
  ): Shared<T> {
    const controller = new AbortController();
    const promise = start(controller.signal);
    const work = { promise, controller, waiters: 0 };
    this.#shared.set(key, { work });
    const over = () => this.#remove(key, work);
    promise.then(over, over);
    return work;
  }

  #remove(key: string, work: Shared<T>): void {
    const box = this.#shared.get(key);
    if (box?.work !== work) return;
    box.work = undefined;
    this.#shared.delete(key);
  }

  /** Abort everything. */
  abortAll(reason: unknown): void {
    for (const { work } of this.#shared.values()) {
      work?.controller.abort(reason);
    }
  }

  #waitBeside(
    key: string,
    work: Shared<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        if (--work.waiters > 0) return;
        // Whoever asks the same from now on must not join what is being aborted.
        this.#remove(key, work);
        work.controller.abort(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      work.promise.then(resolve, reject).finally(() =>
        signal.removeEventListener("abort", leave)
      );
    });
  }
}

/** At most so many at once, the others in the order in which they came. */
export class Turnstile {
  readonly #most: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** Let at most `most` through at once. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many run now. */
  get running(): number {
    return this.#running;
  }

  /**
   * Run the work when its turn comes.
   *
   * @returns What it gives, or `undefined` where its time was up before its turn.
   * @throws The signal's reason, where nobody waits any more.
   */
  async run<T>(
    options: AskOptions,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    if (this.#running < this.#most) this.#running++;
    else if (!await this.#turn(options)) return undefined;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      // The place is handed on, not given up: nobody can slip in between.
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Wait for a place; false when time is up first. */
  #turn({ signal, expires }: AskOptions): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        disarm();
        resolve(true);
      };
      const leave = () => {
        disarm();
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        if (signal.aborted) reject(signal.reason);
        else resolve(false);
      };
      const timer = setTimeout(leave, timeLeft(expires));
      const disarm = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", leave);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#queue.push(enter);
    });
  }
}
