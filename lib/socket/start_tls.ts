/**
 * TLS on a socket that is connected already: its options, and the step from one transport to the
 * next. StreamSocket.startTls and `connect` use it; the sessions themselves are made elsewhere.
 *
 * @module
 */
import { loadClientTls, loadServerTls } from "./first_use.ts";
import { ProtocolError } from "../errors.ts";
import type { Input } from "../stream/input.ts";
import type { Output } from "../stream/output.ts";
import type { WaitOptions } from "../stream/wait.ts";
import { checkKnownOptions } from "./known_options.ts";
import {
  checkClientTls,
  checkServerTls,
  CLIENT_TLS_KEYS,
  type ClientTlsOptions,
  SERVER_TLS_KEYS,
  type ServerTlsOptions,
} from "./tls_options.ts";
import type { Transport } from "./transport.ts";

/** Options of {@linkcode StreamSocket.startTls} on the client's side. */
export interface StartTlsOptions extends ClientTlsOptions, WaitOptions {
  /** The client's side, unless told. */
  serverSide?: false | undefined;
}

/** Options of {@linkcode StreamSocket.startTls} on the server's side. */
export interface ServerStartTlsOptions extends ServerTlsOptions, WaitOptions {
  /** The server's side. */
  serverSide: true;
}

const ACTION = "Cannot start TLS";
const WAIT_KEYS = ["serverSide", "signal", "timeout"];
const CLIENT_KEYS = new Set([...CLIENT_TLS_KEYS, ...WAIT_KEYS]);
const SERVER_KEYS = new Set([...SERVER_TLS_KEYS, ...WAIT_KEYS]);

/**
 * Check the options, and give the function that begins TLS over the transport.
 *
 * @throws {TypeError} If an option is unknown or wrong, or there is no name to verify.
 */
export function tlsStarter(
  transport: Transport,
  options: StartTlsOptions | ServerStartTlsOptions,
): () => Promise<Transport> {
  if (options?.serverSide) {
    checkKnownOptions(ACTION, options, SERVER_KEYS);
    checkServerTls(options);
    return async () => {
      const { serverTls } = await loadServerTls();
      return await serverTls(transport, options);
    };
  }
  checkKnownOptions(ACTION, options, CLIENT_KEYS);
  const serverName = checkClientTls(options) ?? transport.serverName;
  if (serverName === undefined) {
    throw new TypeError(
      `${ACTION}: needs a serverName to check the certificate against`,
    );
  }
  return async () => {
    const { clientTls } = await loadClientTls();
    return await clientTls(transport, serverName, options);
  };
}

/**
 * Check that TLS would begin between two messages, or bytes would be read on the wrong side of it.
 *
 * @throws {Deno.errors.Busy} If a read or a write is outstanding.
 * @throws {ProtocolError} If input is buffered: taken for encrypted, it would be the injection of RFC 3207 section 6.
 * @throws {Deno.errors.UnexpectedEof} If the peer has ended the stream.
 */
export function checkQuiet(
  input: Input | undefined,
  output: Output | undefined,
): void {
  // First, for while input is buffered writes are collected: that would only be said to be outstanding.
  if (input !== undefined && input.buffer.length > 0) {
    throw new ProtocolError(
      `${ACTION}: ${input.buffer.length} bytes of plain text are buffered`,
    );
  }
  if (output !== undefined && (output.writing || output.buffered > 0)) {
    throw new Deno.errors.Busy(`${ACTION}: a write is outstanding`);
  }
  if (input === undefined) return;
  if (input.reading) {
    throw new Deno.errors.Busy(`${ACTION}: a read is outstanding`);
  }
  if (input.eof) {
    throw new Deno.errors.UnexpectedEof(`${ACTION}: end of stream`);
  }
}

/**
 * Wait for the handshake. Where it fails or is given up, the transport is closed.
 *
 * @throws The signal's reason, or the failure.
 */
export async function finishHandshake(
  transport: Transport,
  signal: AbortSignal | undefined,
): Promise<void> {
  const giveUp = () => transport.close();
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    signal?.throwIfAborted();
    await transport.handshake?.();
  } catch (error) {
    transport.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}
