/**
 * What every class handler is built on, for streams and datagrams alike; the servers drive one with
 * {@linkcode runRequestHandler}. Nothing here knows how a request came in.
 *
 * @module
 */

/**
 * One request, handled by an object of its own: Python's `BaseRequestHandler`.
 *
 * For each request the server makes one instance and runs it:
 *
 * 1. `setup()` prepares. If it throws, neither of the other two runs.
 * 2. `handle()` does the work.
 * 3. `finish()` cleans up, whether `handle()` succeeded or threw.
 *
 * Each may be asynchronous. Extend `StreamRequestHandler` or `DatagramRequestHandler` rather than
 * this class, unless you bring a server of your own.
 *
 * @typeParam R What a request is.
 * @typeParam S What serves it.
 * @typeParam A What the client's address is.
 *
 * @example The order of the three
 * ```ts
 * import { BaseRequestHandler } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * class Shout extends BaseRequestHandler<string, null, string> {
 *   said = "";
 *   handle() {
 *     this.said = `${this.clientAddress}: ${this.request.toUpperCase()}`;
 *   }
 * }
 * const handler = new Shout("hello", "192.0.2.1", null);
 * await handler.setup();
 * handler.handle();
 * await handler.finish();
 * assert.equal(handler.said, "192.0.2.1: HELLO");
 * ```
 */
export abstract class BaseRequestHandler<R, S, A> {
  /** What the client sent: a connection or a datagram. */
  readonly request: R;
  /** Who sent it. */
  readonly clientAddress: A;
  /** The server that runs this handler. */
  readonly server: S;

  /** Called by the server, once per request. */
  constructor(request: R, clientAddress: A, server: S) {
    this.request = request;
    this.clientAddress = clientAddress;
    this.server = server;
  }

  /** Prepare; does nothing unless overridden. */
  setup(): unknown {
    return undefined;
  }

  /** Do the work of this request. */
  abstract handle(): unknown;

  /** Clean up; runs if and only if `setup()` succeeded. Does nothing unless overridden. */
  finish(): unknown {
    return undefined;
  }
}

/**
 * Run one handler through its three steps.
 *
 * @throws What `setup()` or `handle()` threw. When `finish()` throws as well, a `SuppressedError`
 *   holds both, as for `using`.
 */
export async function runRequestHandler<R, S, A>(
  handler: BaseRequestHandler<R, S, A>,
): Promise<void> {
  await handler.setup();
  let failure: { error: unknown } | undefined;
  try {
    await handler.handle();
  } catch (error) {
    failure = { error };
  }
  try {
    await handler.finish();
  } catch (error) {
    if (failure === undefined) throw error;
    throw new SuppressedError(
      error,
      failure.error,
      "Cannot finish a request that failed",
    );
  }
  if (failure !== undefined) throw failure.error;
}

/** Whether a handler is a class to make instances of rather than a function to call. */
export function isHandlerClass<
  C extends abstract new (...args: never[]) => unknown,
>(
  handler: C | ((...args: never[]) => unknown),
): handler is C {
  return handler.prototype instanceof BaseRequestHandler;
}

/**
 * Refuse a class that is no handler: called as a function, it would fail with every client.
 *
 * @throws {TypeError} If it is one.
 */
export function refuseOtherClass(
  action: string,
  handler: (...args: never[]) => unknown,
): void {
  if (!/^class\b/.test(Function.prototype.toString.call(handler))) return;
  throw new TypeError(
    `${action} with class ${handler.name || "without a name"}: has no handle()`,
  );
}
