/**
 * Which of a connection's time-outs has passed. It costs the hot path nothing and a connection no
 * object: reader and writer forget what was seen whenever something happens, and the server's sweep
 * notes when it first sees somebody wait for the same thing as before.
 *
 * @module
 */
import type { Input } from "../stream/input.ts";
import type { Output } from "../stream/output.ts";
import { timeoutError } from "../stream/wait.ts";

/** The time-outs, in milliseconds. */
interface WatchedTimeouts {
  readonly idleTimeout: number;
  readonly messageTimeout: number;
  readonly writeTimeout: number;
}

/** A time-out that has passed. */
interface PassedTimeout {
  reason: "idle-timeout" | "message-timeout" | "write-timeout";
  error: DOMException;
}

/**
 * Look at one connection.
 *
 * @param now `performance.now()` in whole ms, not 0.
 */
export function passedTimeout(
  now: number,
  timeouts: WatchedTimeouts,
  input: Input | undefined,
  output: Output | undefined,
): PassedTimeout | undefined {
  if (input !== undefined) {
    input.waitSeen = seen(input.waiting, input.waitSeen, now);
    if (isOver(input.waitSeen, now, timeouts.idleTimeout)) {
      return passed("idle-timeout", "wait for input", timeouts.idleTimeout);
    }
    const begun = input.waiting && input.inMessages && input.buffer.length > 0;
    input.messageSeen = seen(begun, input.messageSeen, now);
    if (isOver(input.messageSeen, now, timeouts.messageTimeout)) {
      const reason = "message-timeout";
      return passed(reason, "read a message", timeouts.messageTimeout);
    }
  }
  if (output === undefined) return undefined;
  output.writeSeen = seen(output.writing, output.writeSeen, now);
  return isOver(output.writeSeen, now, timeouts.writeTimeout)
    ? passed("write-timeout", "write", timeouts.writeTimeout)
    : undefined;
}

/** Since when it has been seen to wait for the same thing; 0 if it does not wait. */
function seen(waits: boolean, since: number, now: number): number {
  if (!waits) return 0;
  return since === 0 ? now : since;
}

function isOver(since: number, now: number, timeout: number): boolean {
  return since !== 0 && now - since >= timeout;
}

function passed(
  reason: PassedTimeout["reason"],
  action: string,
  timeout: number,
): PassedTimeout {
  return { reason, error: timeoutError(action, timeout) };
}
