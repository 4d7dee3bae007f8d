/**
 * What Deno's own sockets and listeners reject with, class and code, for those where Deno does not say
 * it itself: in memory, over node:net and node:tls, or where a wait has ended before.
 *
 * @module
 */

/** An operation waited when its socket was closed. */
export function interrupted(message = "operation canceled"): Error {
  const error = new Deno.errors.Interrupted(message);
  return Object.assign(error, { code: "EINTR" });
}

/** Nobody reads any more what was to be written. */
export function brokenPipe(): Error {
  const error = new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  return Object.assign(error, { code: "EPIPE" });
}

/** It is closed. */
export function badResource(): Error {
  return new Deno.errors.BadResource("Bad resource ID");
}

/** Nobody will be accepted any more. */
export function listenerClosed(): Error {
  return new Deno.errors.BadResource("Listener has been closed");
}
