/**
 * Telling a handler's own error from the echo of what ended its connection: only the first is news.
 *
 * @module
 */

/** Nobody nests errors so deep but in a circle. */
const DEEPEST = 5;

/**
 * Whether an error says nothing but what ended the connection: directly, as a cause, or together
 * with nothing else (cleaning up after a cut meets the cut once more).
 *
 * @param causes What everything on the connection rejects with.
 * @param isClosed Whether it has been closed: then what closed connections reject with is an echo, too.
 */
export function isEcho(
  error: unknown,
  causes: readonly unknown[],
  isClosed: boolean,
): boolean {
  try {
    return echoes(error, causes, isClosed, 0);
  } catch {
    // What throws when it is looked at is none of ours.
    return false;
  }
}

function echoes(
  error: unknown,
  causes: readonly unknown[],
  isClosed: boolean,
  depth: number,
): boolean {
  if (depth > DEEPEST) return false;
  const partEchoes = (part: unknown) =>
    echoes(part, causes, isClosed, depth + 1);
  if (error instanceof SuppressedError) {
    return partEchoes(error.error) && partEchoes(error.suppressed);
  }
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every(partEchoes);
  }
  if (causes.includes(error)) return true;
  return (isClosed && isClosedError(error)) || hasCause(error, causes);
}

/** Only the very same: others may have met a closed file of their own. */
function hasCause(error: unknown, causes: readonly unknown[]): boolean {
  let { cause } = Object(error);
  for (let i = 0; i < DEEPEST && cause instanceof Object; i++) {
    if (causes.includes(cause)) return true;
    cause = (cause as { cause?: unknown }).cause;
  }
  return false;
}

/** What operations on a closed connection reject with. */
function isClosedError(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}
