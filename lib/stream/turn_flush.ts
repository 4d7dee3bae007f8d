/**
 * Writers that hold collected bytes, flushed together at the next turn of the event loop.
 *
 * One list and one immediate for the whole process: a microtask would be too early (nothing would
 * be collected), a timer for each writer costs 3 µs.
 *
 * @module
 */

/** A writer that may hold bytes back. */
export interface Flushable {
  /** Send them now. */
  flushTurn(): void;
}

let dirty: Flushable[] = [];

/** Flush `writer` at the next turn. Call it once for each time that `flushTurn` is called. */
export function flushNextTurn(writer: Flushable): void {
  if (dirty.push(writer) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  const writers = dirty;
  dirty = [];
  for (const writer of writers) writer.flushTurn();
}
