/**
 * What must succeed before a connection's handler may run: the TLS handshake, and the user's own
 * `verify`. It runs in the connection's own task, so that a silent client delays nobody else.
 *
 * @module
 */
import type { Transport } from "../socket/transport.ts";
import { waitFor } from "../stream/wait.ts";
import type { AnyConnection } from "./connection.ts";
import type { AnyServerOptions, DropReason } from "./serve_options.ts";
import type { ServerHooks } from "./server_hooks.ts";

/** Whose connection it is. */
interface EstablishHost {
  options: AnyServerOptions;
  hooks: ServerHooks;
}

/** Why the connection must be dropped, or `undefined` when its handler may run. Never rejects. */
export async function establish(
  conn: AnyConnection,
  transport: Transport,
  timeout: number,
  host: EstablishHost,
): Promise<DropReason | undefined> {
  if (transport.handshake !== undefined) {
    try {
      await waitFor(transport.handshake(), "shake hands", { timeout });
    } catch {
      // Plain text, no common protocol, an untrusting, silent or vanished client: the reason
      // "handshake" is counted, and a flood of them must not flood onError.
      return "handshake";
    }
  }
  const { verify } = host.options;
  if (verify === undefined) return undefined;
  try {
    return await verify(conn) ? undefined : "verify";
  } catch (error) {
    const { remoteAddr } = conn;
    host.hooks.error(error, { phase: "verify", connection: conn, remoteAddr });
    return "verify";
  }
}
