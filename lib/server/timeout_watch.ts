/**
 * Which of a connection's time-outs has passed. It costs the hot path nothing: reader and writer
 * count their system calls anyway, and the server's sweep looks whether the counts have moved.
 *
 * @module
 */
import type { Input } from "../stream/input.ts";
import type { Output } from "../stream/output.ts";
import { timeoutError } from "../stream/wait.ts";

/** The time-outs, in milliseconds. */
export interface WatchedTimeouts {
  readonly idleTimeout: number;
  readonly messageTimeout: number;
  readonly writeTimeout: number;
}

/** A time-out that has passed. */
export interface PassedTimeout {
  reason: "idle-timeout" | "message-timeout" | "write-timeout";
  error: DOMException;
}

/** Watches one connection. */
export class TimeoutWatch {
  #reads = -1;
  #readSince = 0;
  #messages = -1;
  #messageSince = 0;
  #writes = -1;
  #writeSince = 0;

  /** Compare the marks with those of the last look. */
  check(
    now: number,
    timeouts: WatchedTimeouts,
    input: Input | undefined,
    output: Output | undefined,
  ): PassedTimeout | undefined {
    if (input !== undefined) {
      if (this.#idleFor(now, input) >= timeouts.idleTimeout) {
        return passed("idle-timeout", "wait for input", timeouts.idleTimeout);
      }
      if (this.#messageFor(now, input) >= timeouts.messageTimeout) {
        const reason = "message-timeout";
        return passed(reason, "read a message", timeouts.messageTimeout);
      }
    }
    if (output === undefined) return undefined;
    return this.#writingFor(now, output) >= timeouts.writeTimeout
      ? passed("write-timeout", "write", timeouts.writeTimeout)
      : undefined;
  }

  /** How long somebody has waited for input without a byte. */
  #idleFor(now: number, input: Input): number {
    if (input.reads !== this.#reads || !input.waiting) {
      this.#reads = input.reads;
      this.#readSince = now;
    }
    return now - this.#readSince;
  }

  /** How long a message has been begun and not completed. */
  #messageFor(now: number, input: Input): number {
    const open = input.inMessages && input.waiting && input.buffer.length > 0;
    if (!open || input.messages !== this.#messages) {
      this.#messages = input.messages;
      this.#messageSince = now;
    }
    return now - this.#messageSince;
  }

  /** How long one system call has taken nothing. */
  #writingFor(now: number, output: Output): number {
    if (output.writes !== this.#writes || (output.writes & 1) === 0) {
      this.#writes = output.writes;
      this.#writeSince = now;
    }
    return now - this.#writeSince;
  }
}

function passed(
  reason: PassedTimeout["reason"],
  action: string,
  timeout: number,
): PassedTimeout {
  return { reason, error: timeoutError(action, timeout) };
}
