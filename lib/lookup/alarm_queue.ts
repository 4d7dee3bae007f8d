/**
 * Many timers of one length for the price of one: a setTimeout and its clearTimeout cost more than
 * all else that a question over the wire needs.
 *
 * @module
 */

/** Something that is to happen unless it is called off. */
export interface Alarm {
  /** Called when the time is up. */
  strike(): void;
  /** When, on the clock of `performance.now()`; the queue's to set. */
  due: number;
}

/** Alarms that all wait equally long, so that they strike in the order in which they were set. */
export class AlarmQueue {
  readonly #delay: number;
  readonly #alarms = new Set<Alarm>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Alarms strike `delay` milliseconds after they are set. */
  constructor(delay: number) {
    this.#delay = delay;
  }

  /** Set an alarm; one that is set already is set anew. */
  set(alarm: Alarm): void {
    this.#alarms.delete(alarm);
    alarm.due = performance.now() + this.#delay;
    this.#alarms.add(alarm);
    this.#timer ??= setTimeout(() => this.#strike(), this.#delay);
  }

  /** Call an alarm off. The timer goes with the last one, so that nothing is left running. */
  clear(alarm: Alarm): void {
    this.#alarms.delete(alarm);
    if (this.#alarms.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #strike(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const alarm of this.#alarms) {
      if (alarm.due > now) {
        this.#timer ??= setTimeout(() => this.#strike(), alarm.due - now);
        return;
      }
      this.#alarms.delete(alarm);
      alarm.strike();
    }
  }
}
