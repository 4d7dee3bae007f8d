/**
 * What stands at the path that a Unix socket is to have: nothing, the file that a dead process has left,
 * or something that must stay. bind_unix.ts asks before it binds.
 *
 * @module
 */
import { quote } from "../stream/quote.ts";

/**
 * @returns The dead socket file at the path, if there is one, which is to be replaced.
 * @throws {Deno.errors.AddrInUse} If the path may not be taken.
 */
export async function checkVacant(
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
export function removeStale(path: string, stale: Deno.FileInfo): void {
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

/** With the class and the code that Deno's own error for a used address has. */
export function addrInUse(path: string, reason: string): Error {
  return Object.assign(
    new Deno.errors.AddrInUse(`Cannot listen on ${quote(path)}: ${reason}`),
    { code: "EADDRINUSE" },
  );
}
