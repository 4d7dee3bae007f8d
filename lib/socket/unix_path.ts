/**
 * Names of Unix sockets: binding one so that no client ever meets a half-made socket, and removing
 * the file again without taking away a successor's. Stream listeners and datagram sockets use it.
 *
 * A stream socket is bound under a temporary name in the same folder and then moved to its real name
 * when its mode is set. So Deno, which removes the path of a stream listener on close whoever owns
 * it by then, removes a name that is gone already; see {@linkcode UnixPath.remove}.
 *
 * @module
 */
import { quote } from "../stream/wait.ts";

/** What a caller may say about the file of a Unix socket. */
export interface UnixPathOptions {
  /**
   * Take over a socket file that no live process listens on, left behind by one that crashed.
   * Default: false, and an existing file is AddrInUse.
   */
  unlinkStale?: boolean | undefined;
  /** Permission bits of the socket file, such as `0o660`. Default: what the umask leaves. */
  mode?: number | undefined;
}

/** How {@linkcode bindUnixPath} binds. */
export interface BindUnixOptions extends UnixPathOptions {
  /**
   * Bind the path itself, without a temporary name. Datagram sockets need that: the name that was bound
   * is the one that their peers see as the sender, and answer.
   */
  inPlace?: boolean | undefined;
}

/** A bound socket and its name. */
export interface BoundUnix<T> {
  /** What `open` gave. */
  socket: T;
  /** The name, to be removed when the socket closes. */
  name: UnixPath;
}

/** The name that a Unix socket is bound to. */
export class UnixPath {
  /** The path as the caller gave it; an abstract name begins with `"\0"`. */
  readonly path: string;
  /** The same, wherever the process may have gone by the time it is removed. */
  readonly #absolute: string;
  #own: { dev: number; ino: number | null } | undefined;

  /** Note who owns the file now. Use {@linkcode bindUnixPath} to get one. */
  constructor(path: string) {
    this.path = path;
    this.#absolute = absolute(path);
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
      const { dev, ino } = Deno.lstatSync(this.#absolute);
      if (dev === own.dev && ino === own.ino) Deno.removeSync(this.#absolute);
    } catch {
      // Gone already, or no longer ours to touch: closing must not fail for it.
    }
  }
}

/**
 * Bind a Unix socket to a path or an abstract name.
 *
 * @param path The path, at most 107 bytes on Linux, or `"\0name"` for the abstract namespace.
 * @param open Opens the socket on the path that it is given, which may be a temporary one.
 * @throws {TypeError} If the path or an option is none, or is too long.
 * @throws {RangeError} If the mode is out of range.
 * @throws {Deno.errors.AddrInUse} If the path exists, or with `unlinkStale` if somebody listens there.
 */
export async function bindUnixPath<T extends { close(): void }>(
  path: unknown,
  options: BindUnixOptions,
  open: (path: string) => T,
): Promise<BoundUnix<T>> {
  checkUnixPath(path);
  checkUnixOptions(path, options);
  if (isAbstract(path)) return { socket: open(path), name: new UnixPath(path) };
  const stale = await checkVacant(path, options.unlinkStale ?? false);
  const temporary = options.inPlace ? undefined : temporaryPath(path);
  if (temporary === undefined) {
    if (stale !== undefined) removeStale(path, stale);
    return bindInPlace(path, options.mode, open);
  }
  const socket = open(temporary);
  try {
    if (options.mode !== undefined) Deno.chmodSync(temporary, options.mode);
    if (stale !== undefined) removeStale(path, stale);
    publish(temporary, path);
    return { socket, name: new UnixPath(path) };
  } catch (error) {
    removeQuietly(temporary);
    socket.close();
    throw error;
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

function absolute(path: string): string {
  const { os } = Deno.build;
  if (isAbstract(path) || path.startsWith("/") || os === "windows") return path;
  try {
    return `${Deno.cwd()}/${path}`;
  } catch {
    // Where it is may not be known; then it is removed if the process has stayed there.
    return path;
  }
}

/** Whether it is a name of Linux's abstract namespace, which has no file. */
function isAbstract(path: string): boolean {
  return path.startsWith("\0");
}

/** `sun_path` without its final NUL: 108 bytes on Linux and Windows, 104 on the BSDs and macOS. */
function longestPath(): number {
  return Deno.build.os === "linux" || Deno.build.os === "windows" ? 107 : 103;
}

function checkUnixOptions(path: string, options: UnixPathOptions): void {
  const { unlinkStale, mode } = options;
  if (unlinkStale !== undefined && typeof unlinkStale !== "boolean") {
    throw new TypeError(
      `Cannot use unlinkStale ${quote(unlinkStale)}: must be a boolean`,
    );
  }
  if (mode === undefined) return;
  if (typeof mode !== "number") {
    throw new TypeError(`Cannot use mode ${quote(mode)}: must be a number`);
  }
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new RangeError(`Cannot use mode ${mode}: must be from 0 to 0o777`);
  }
  if (isAbstract(path)) {
    throw new TypeError("Cannot use mode: an abstract name has no file");
  }
}

/**
 * @returns The dead socket file at the path, if there is one, which is to be replaced.
 * @throws {Deno.errors.AddrInUse} If the path may not be taken.
 */
async function checkVacant(
  path: string,
  unlinkStale: boolean,
): Promise<Deno.FileInfo | undefined> {
  const found = fileAt(path);
  if (found === undefined) return undefined;
  if (!unlinkStale) throw addrInUse(path, "exists already");
  if (found.isSocket === false) throw addrInUse(path, "is not a socket");
  if (await isLive(path)) {
    throw addrInUse(path, "another process listens there");
  }
  return found;
}

function fileAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Remove the file that was found dead, but not that of a rival who has done the same meanwhile. */
function removeStale(path: string, stale: Deno.FileInfo): void {
  const found = fileAt(path);
  if (found === undefined) return;
  // A file system may give the number of a file that is gone to the next one.
  const isSame = found.dev === stale.dev && found.ino === stale.ino &&
    found.mtime?.getTime() === stale.mtime?.getTime() &&
    found.birthtime?.getTime() === stale.birthtime?.getTime();
  if (!isSame) {
    throw addrInUse(path, "somebody else has taken it over");
  }
  Deno.removeSync(path);
}

/**
 * Whether a process still listens. Only a refused connection proves that none does; a datagram
 * socket that lives answers "wrong type", a full backlog "try again".
 */
async function isLive(path: string): Promise<boolean> {
  try {
    const conn = await Deno.connect({ transport: "unix", path });
    conn.close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.ConnectionRefused ||
      error instanceof Deno.errors.NotFound);
  }
}

/** A temporary name needs some characters to be nobody else's. */
const SHORTEST_TEMPORARY = 4;

/**
 * A free name beside `path` that is no longer than it may be, or `undefined` where there is no room
 * or no permission for it (permissions name single paths, and asking here would prompt).
 */
function temporaryPath(path: string): string | undefined {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
  const room = longestPath() - new TextEncoder().encode(folder).length;
  if (room < SHORTEST_TEMPORARY) return undefined;
  const temporary = `${folder}${`.${random}`.slice(0, room)}`;
  for (const name of ["read", "write"] as const) {
    const answer = Deno.permissions.querySync({ name, path: temporary });
    if (answer.state !== "granted") return undefined;
  }
  return mayBind(temporary) ? temporary : undefined;
}

function mayBind(path: string): boolean {
  try {
    const host = `unix:${path}`;
    return Deno.permissions.querySync({ name: "net", host }).state ===
      "granted";
  } catch {
    // A path that cannot be written as a host: only an unscoped grant covers it.
    return Deno.permissions.querySync({ name: "net" }).state === "granted";
  }
}

/** Give the bound socket its real name. A link fails where a rename would overwrite a rival. */
function publish(temporary: string, path: string): void {
  if (Deno.build.os === "windows") return Deno.renameSync(temporary, path);
  try {
    Deno.linkSync(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw addrInUse(path, "exists already");
    }
    // No hard links in this file system, or no unscoped permission, which links need.
    return Deno.renameSync(temporary, path);
  }
  Deno.removeSync(temporary);
}

/** Bind a name that has been checked and is free, under no other name first. */
export function bindInPlace<T extends { close(): void }>(
  path: string,
  mode: number | undefined,
  open: (path: string) => T,
): BoundUnix<T> {
  const socket = open(path);
  try {
    if (mode !== undefined) Deno.chmodSync(path, mode);
    return { socket, name: new UnixPath(path) };
  } catch (error) {
    removeQuietly(path);
    socket.close();
    throw error;
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It has its real name already, or never had a file.
  }
}

/** With the class and the code that Deno's own error for a used address has. */
function addrInUse(path: string, reason: string): Error {
  return Object.assign(
    new Deno.errors.AddrInUse(`Cannot listen on ${quote(path)}: ${reason}`),
    { code: "EADDRINUSE" },
  );
}
