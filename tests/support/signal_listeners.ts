/** Counts who listens to a signal, to see that nobody does any more. */

/** A signal of its own, whose listeners are counted. */
export class CountedSignal {
  /** How many listen. */
  listeners = 0;
  readonly #controller = new AbortController();

  constructor() {
    const { signal } = this;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: unknown[]) => {
      this.listeners++;
      return Reflect.apply(addEventListener, signal, args);
    };
    signal.removeEventListener = (...args: unknown[]) => {
      this.listeners--;
      return Reflect.apply(removeEventListener, signal, args);
    };
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }
}
