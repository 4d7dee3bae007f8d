/**
 * A Unix connection of Deno's as a Transport that knows its listener's name: the system reports the
 * temporary one that the socket was bound under (see bind_unix.ts).
 *
 * @module
 */
import { DenoTransport } from "./deno_transport.ts";

/** Stands on a `Deno.UnixConn`, which is from then on only used through it. */
export class DenoUnixTransport extends DenoTransport {
  readonly #side: "client" | "server";
  readonly #listenerAddr: Deno.UnixAddr;

  /** @param side Which end of the connection this is. */
  constructor(conn: Deno.Conn, side: "client" | "server", path: string) {
    super(conn);
    this.#side = side;
    this.#listenerAddr = { transport: "unix", path };
  }

  override get localAddr(): Deno.Addr {
    return this.#side === "server" ? this.#listenerAddr : super.localAddr;
  }

  override get remoteAddr(): Deno.Addr {
    return this.#side === "client" ? this.#listenerAddr : super.remoteAddr;
  }
}
