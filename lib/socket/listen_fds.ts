/**
 * What a supervisor handed to this process: systemd's socket activation (sd_listen_fds(3)). Pure
 * bookkeeping; `serve({ fd })` takes the sockets over.
 *
 * @module
 */

/** A listening socket that this process was started with. */
export interface InheritedSocket {
  /** For `serve({ fd })`. */
  fd: number;
  /** What the supervisor calls it (`FileDescriptorName=`), or `undefined`. */
  name: string | undefined;
}

/** Where systemd begins to count (SD_LISTEN_FDS_START). */
const FIRST = 3;

/**
 * The listening sockets that systemd, or a supervisor that keeps to its protocol, has handed to this process.
 *
 * Reads `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` where that is granted already
 * (`--allow-env=LISTEN_PID,LISTEN_FDS,LISTEN_FDNAMES`); it never prompts, and without the permission, or where the
 * variables are meant for another process, there are none. Linux, mostly.
 *
 * @returns One entry for each socket, in the order of the unit file; empty if there is none.
 *
 * @example Socket activation where there is one, an own port otherwise
 * ```ts
 * import { type Connection, listenFds, serve } from "@deno-socket/socket";
 *
 * const echo = async (conn: Connection) => {
 *   for await (const line of conn.lines()) await conn.send(`${line}\n`);
 * };
 * const [inherited] = listenFds();
 * await using server = inherited
 *   ? await serve({ fd: inherited.fd }, echo)
 *   : await serve({ port: 0 }, echo);
 * void server;
 * ```
 */
export function listenFds(): InheritedSocket[] {
  if (Number(variable("LISTEN_PID")) !== Deno.pid) return [];
  const count = Number(variable("LISTEN_FDS"));
  if (!Number.isSafeInteger(count) || count < 1 || count > 65_536) return [];
  const names = variable("LISTEN_FDNAMES")?.split(":") ?? [];
  return Array.from({ length: count }, (_, i) => ({
    fd: FIRST + i,
    name: names[i],
  }));
}

function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
