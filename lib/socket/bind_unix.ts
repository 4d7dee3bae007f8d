/**
 * Binding a Unix socket, so that no client ever meets a half-made one. Stream listeners and datagram sockets
 * are opened through it.
 *
 * A stream socket is bound under a temporary name in the same folder and then moved to its real name
 * when its mode is set. So Deno, which removes the path of a stream listener on close whoever owns
 * it by then, removes a name that is gone already; see {@linkcode UnixName.remove}.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";
import { addrInUse, checkVacant, removeStale } from "./stale_socket.ts";
import {
  checkUnixPath,
  isAbstract,
  longestPath,
  UnixName,
} from "./unix_name.ts";

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
interface BindUnixOptions extends UnixPathOptions {
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
  name: UnixName;
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
  if (isAbstract(path)) return { socket: open(path), name: new UnixName(path) };
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
    return { socket, name: new UnixName(path) };
  } catch (error) {
    removeQuietly(temporary);
    socket.close();
    throw error;
  }
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
    throw new RangeError(
      `Cannot use mode ${mode}: must be a whole number from 0 to 0o777`,
    );
  }
  if (isAbstract(path)) {
    throw new TypeError("Cannot use mode: an abstract name has no file");
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
    return { socket, name: new UnixName(path) };
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
