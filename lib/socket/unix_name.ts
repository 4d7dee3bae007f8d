/**
 * The name of a Unix socket: its check, what becomes of a relative path when the process goes elsewhere, and
 * removing the file again without taking away a successor's. What connects or binds checks names here; bind_unix.ts binds them.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";

/** The name that a Unix socket is bound to. */
export class UnixName {
  /** The path as the caller gave it; an abstract name begins with `"\0"`. */
  readonly path: string;
  readonly #lasting: () => string;
  #own: { dev: number; ino: number | null } | undefined;

  /** Note who owns the file now. Use `bindUnixPath` to get one. */
  constructor(path: string) {
    this.path = path;
    this.#lasting = lastingPath(path);
    if (isAbstract(path)) return;
    try {
      const { dev, ino } = Deno.lstatSync(path);
      this.#own = { dev, ino };
    } catch (error) {
      // Taken away in this very moment: then there is nothing to remove at the end either.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /**
   * Remove the file if it is still ours. Call it before the socket is closed: until then the
   * system cannot give our inode number to another file.
   */
  remove(): void {
    const own = this.#own;
    if (own === undefined) return;
    this.#own = undefined;
    try {
      const path = this.#lasting();
      const { dev, ino } = Deno.lstatSync(path);
      if (dev === own.dev && ino === own.ino) Deno.removeSync(path);
    } catch {
      // Gone already, or no longer ours to touch: closing must not fail for it.
    }
  }
}

/**
 * Check the text of a Unix socket's name.
 *
 * @throws {TypeError} If it is no string, empty, holds a NUL inside or is too long.
 */
export function checkUnixPath(path: unknown): asserts path is string {
  const fail = (reason: string) => {
    throw new TypeError(`Cannot use Unix path ${quote(path)}: ${reason}`);
  };
  if (typeof path !== "string") return fail("must be a string");
  if (path === "" || path === "\0") fail("is empty");
  const name = isAbstract(path) ? path.slice(1) : path;
  if (!isAbstract(path) && path.includes("\0")) fail("has a NUL byte inside");
  const size = new TextEncoder().encode(name).length;
  const most = longestPath();
  if (size > most) fail(`is ${size} bytes long, at most ${most} fit`);
}

/** Whether it is a name of Linux's abstract namespace, which has no file. */
export function isAbstract(path: string): boolean {
  return path.startsWith("\0");
}

/** `sun_path` without its final NUL: 108 bytes on Linux and Windows, 104 on the BSDs and macOS. */
export function longestPath(): number {
  return Deno.build.os === "linux" || Deno.build.os === "windows" ? 107 : 103;
}

/**
 * A path that names the same file later on.
 *
 * @returns Gives the path as it is, or if the process has gone to another folder meanwhile, from the root.
 */
export function lastingPath(path: string): () => string {
  const whole = absolute(path);
  return () => absolute(path) === whole ? path : whole;
}

function absolute(path: string): string {
  const { os } = Deno.build;
  if (isAbstract(path) || path.startsWith("/") || os === "windows") return path;
  try {
    return `${Deno.cwd()}/${path}`;
  } catch {
    // Where it is may not be known; then it is the same file if the process has stayed there.
    return path;
  }
}
