/**
 * The code of an error of which Deno tells the system's number in its text only, as when a multicast
 * group cannot be joined: callers must not have to match on messages.
 *
 * @module
 */

/** The error, with its code if it had none and its text ends in the system's number for it. */
export async function withCode(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || "code" in error) return error;
  const number = /\(os error (\d+)\)$/.exec(error.message)?.[1];
  if (number === undefined) return error;
  const { constants } = await import("node:os");
  const known = Object.entries(constants.errno)
    .find(([, value]) => value === Number(number));
  return known === undefined ? error : Object.assign(error, { code: known[0] });
}
