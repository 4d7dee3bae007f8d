/**
 * Timers that pass when a test says so: while one of these lives, `setTimeout`, `setInterval` and
 * their `clear…` do not wait for the clock.
 */
import { turns } from "./byte_source.ts";

interface Timer {
  at: number;
  every: number | undefined;
  call: () => void;
}

type Globals = Record<string, unknown>;

const NAMES = ["setTimeout", "setInterval", "clearTimeout", "clearInterval"];

/** Replaces the timers until it is disposed. */
export class FakeTimers implements Disposable {
  /** The delay of each timer that was set. */
  readonly delays: number[] = [];
  #now = 0;
  #next = 1;
  readonly #timers = new Map<number, Timer>();
  readonly #real: Globals = {};

  constructor() {
    const globals = globalThis as unknown as Globals;
    for (const name of NAMES) this.#real[name] = globals[name];
    globals.setTimeout = (call: () => void, delay = 0) =>
      this.#set(call, delay, undefined);
    globals.setInterval = (call: () => void, delay = 0) =>
      this.#set(call, delay, delay);
    globals.clearTimeout = globals.clearInterval = (id: number) => {
      this.#timers.delete(id);
    };
  }

  /** How many timers are set. */
  get active(): number {
    return this.#timers.size;
  }

  /** Let so many milliseconds pass, and what follows from each timer happen. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turns(1);
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end)
        .sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, timer] = due;
      this.#now = timer.at;
      if (timer.every === undefined) this.#timers.delete(id);
      else timer.at += timer.every;
      timer.call();
      await turns(1);
    }
    this.#now = end;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#real);
  }

  #set(call: () => void, delay: number, every: number | undefined): number {
    this.delays.push(delay);
    this.#timers.set(this.#next, { at: this.#now + delay, every, call });
    return this.#next++;
  }
}
