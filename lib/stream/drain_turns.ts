/**
 * When is it certain that nothing more is in the kernel? Readers of messages that drain wait here,
 * all of an isolate together, until the event loop has shown them whatever had arrived.
 *
 * One turn is not enough: a timer that is due runs before input is looked at, one turn hands out
 * some 128 ready reads only (the runtime's budget), and some turns hand out none. Measured with 300
 * clients whose requests had arrived: after one turn 0 to 204 of them were lost, after two turns
 * without a completed read up to 96. So several turns must pass without any read of the isolate
 * completing. On an isolate that is never quiet, enough turns for all reads that are outstanding.
 *
 * @module
 */

/** Who waits: an input whose reader of messages has nothing buffered. */
export interface DrainWaiter {
  /** Whether its read has reached the system; while it has not, no turn counts. */
  readonly issued: boolean;
  /** Nothing was in the kernel. */
  endMessages(): void;
}

/** How far turns are apart, in ms; ten of them are nothing to a shutdown. */
const TURN_MS = 2;

/** Turns that each waiter stays at least, and that must have been quiet. */
const LEAST_TURNS = 12;
const QUIET_TURNS = 8;

/** Reads that a turn hands out even if it shares the loop with much else. */
const READS_PER_TURN = 8;

/** Counted by every input: how many reads have begun and have completed, in this isolate. */
export const reads: { begun: number; completed: number } = {
  begun: 0,
  completed: 0,
};

/** Who waits, and the turn after which it began to. */
const waiting = new Map<DrainWaiter, number>();
let turn = 0;
let completedBefore = 0;
let quietTurns = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Call `endMessages` of the waiter when its time has come, unless it is deleted before. */
export function awaitDrain(waiter: DrainWaiter): void {
  waiting.set(waiter, turn);
  timer ??= setTimeout(onTurn, TURN_MS);
}

/** Forget a waiter: something has arrived, or nobody waits any more. */
export function forgetDrain(waiter: DrainWaiter): void {
  if (!waiting.delete(waiter) || waiting.size > 0) return;
  clearTimeout(timer);
  timer = undefined;
}

function onTurn(): void {
  turn++;
  quietTurns = reads.completed === completedBefore ? quietTurns + 1 : 0;
  completedBefore = reads.completed;
  const most = LEAST_TURNS + (reads.begun - reads.completed) / READS_PER_TURN;
  const least = quietTurns >= QUIET_TURNS ? LEAST_TURNS : most;
  timer = setTimeout(onTurn, TURN_MS);
  for (const [waiter, since] of waiting) {
    if (!waiter.issued) waiting.set(waiter, turn);
    else if (turn - since >= least) {
      forgetDrain(waiter);
      waiter.endMessages();
    }
  }
}
