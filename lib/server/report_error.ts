/**
 * The one way from an error that a server caught to its user: `onError` once, or without one a
 * single escaped line on standard error. It never throws, so no handler can end the process.
 *
 * @module
 */
import { addrText } from "../socket/addr_text.ts";
import { escapeText } from "../socket/escape.ts";

/** What every server tells about an error; the servers add their own facts. */
interface ErrorPlace {
  /** What was being done: `"handler"`, `"accept"`, `"receive"` … */
  phase: string;
  /** The peer that it was done for, where there was one. */
  remoteAddr?: Deno.Addr | undefined;
}

/** The hook of that name; a promise that it returns may reject. */
type ErrorHook<C> = (error: unknown, context: C) => unknown;

/**
 * Report one error.
 *
 * @param onHookError Called when `onError` itself failed, to be counted; the failure is swallowed.
 */
export function reportError<C extends ErrorPlace>(
  error: unknown,
  context: C,
  onError: ErrorHook<C> | undefined,
  onHookError: () => void,
): void {
  if (onError === undefined) {
    // deno-lint-ignore no-console
    console.error(errorLine(error, context));
    return;
  }
  callHook(() => onError(error, context), onHookError);
}

/** Call a hook of the user; when it throws, or its promise rejects, only `onHookError` hears of it. */
export function callHook(hook: () => unknown, onHookError: () => void): void {
  try {
    const result = hook();
    if (result instanceof Promise) result.catch(onHookError);
  } catch {
    onHookError();
  }
}

/** The line that stands for an error where nobody asked for it. */
export function errorLine(error: unknown, context: ErrorPlace): string {
  const peer = context.remoteAddr === undefined
    ? ""
    : ` for ${addrText(context.remoteAddr)}`;
  const frame = firstFrame(error);
  const at = frame === undefined ? "" : ` (${frame})`;
  return `Error in ${context.phase}${peer}: ${
    escapeText(`${errorText(error)}${at}`)
  }`;
}

function errorText(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "a value that cannot be shown";
  }
}

/** Where it was thrown: the first line of the stack, after the message, which may hold anything. */
function firstFrame(error: unknown): string | undefined {
  try {
    const { stack, message } = error as { stack: unknown; message: unknown };
    if (typeof stack !== "string" || typeof message !== "string") {
      return undefined;
    }
    const head = stack.indexOf(message);
    const frames = stack.slice(Math.max(head, 0) + message.length);
    return /^\s+(at .+:\d+:\d+\)?)$/m.exec(frames)?.[1];
  } catch {
    // Whatever was thrown may throw in its turn.
    return undefined;
  }
}
