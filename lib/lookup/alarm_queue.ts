/**
 * Many timers of one length for the price of one: a setTimeout and its clearTimeout cost more than
 * all else that a question over the wire needs.
 *
 * A list linked through its members, not a Set: the outgrown tables of a busy Set point to their
 * successors, so that one of them in the old generation keeps all that came after from being
 * collected young (a third of the time then goes into that).
 *
 * @module
 */

/** Something that is to happen unless it is called off. */
export interface Alarm {
  /** Called when the time is up. */
  strike(): void;
  /** When, on the clock of `performance.now()`; 0 while it is not set. The queue's, as are the links. */
  due: number;
  before: Alarm | undefined;
  after: Alarm | undefined;
}

/** Alarms that all wait equally long, so that they strike in the order in which they were set. */
export class AlarmQueue {
  readonly #delay: number;
  #first: Alarm | undefined;
  #last: Alarm | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Alarms strike `delay` milliseconds after they are set. */
  constructor(delay: number) {
    this.#delay = delay;
  }

  /** Set an alarm that is not set. */
  set(alarm: Alarm): void {
    alarm.due = performance.now() + this.#delay;
    alarm.before = this.#last;
    if (this.#last === undefined) this.#first = alarm;
    else this.#last.after = alarm;
    this.#last = alarm;
    this.#timer ??= setTimeout(() => this.#strike(), this.#delay);
  }

  /** Call an alarm off, if it is set. The timer goes with the last one: nothing is left running. */
  clear(alarm: Alarm): void {
    if (alarm.due === 0) return;
    this.#remove(alarm);
    if (this.#first !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #strike(): void {
    this.#timer = undefined;
    const now = performance.now();
    while (this.#first !== undefined && this.#first.due <= now) {
      const alarm = this.#first;
      this.#remove(alarm);
      alarm.strike();
    }
    // Those that were struck may have set themselves again: the timer is for who is due first.
    clearTimeout(this.#timer);
    this.#timer = this.#first &&
      setTimeout(() => this.#strike(), this.#first.due - now);
  }

  #remove(alarm: Alarm): void {
    const { before, after } = alarm;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    alarm.before = alarm.after = undefined;
    alarm.due = 0;
  }
}
