/**
 * What a StreamSocket stands on: the few operations that a TCP connection, a TLS session (Deno's
 * or node:tls), a Unix socket and a pair in memory have in common. Everything above (reader,
 * writer, limits, time-outs, drain) is the same code over any of them.
 *
 * @module
 */

import type { ReadTurn } from "../stream/read_source.ts";

/** What is known of a TLS session. */
export interface TlsInfo {
  /** The protocol that both sides agreed on (RFC 7301), or `null`. */
  alpnProtocol: string | null;
  /**
   * The subject of the peer's certificate, where it showed one and the session tells. Of an attribute that
   * occurs several times all values, with a comma and a space between.
   */
  peerSubject?: Record<string, string> | undefined;
}

/** A connected, ordered, two-way flow of bytes. */
export interface Transport {
  /** Fill a part of the buffer; resolves to how many bytes, or `null` at end of stream. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Write some of the bytes; resolves to how many. */
  write(data: Uint8Array): Promise<number>;
  /** Tell the peer that no more bytes will come; reading goes on. */
  closeWrite(): Promise<void>;
  /** Give the descriptor back; pending operations reject. A second call does nothing. */
  close(): void;
  /** This end. */
  readonly localAddr: Deno.Addr;
  /** The peer. */
  readonly remoteAddr: Deno.Addr;
  /**
   * Whether a read that was begun has reached the operating system. While it still waits for its
   * turn (see slot_gate.ts), nobody can know whether input is there. Absent: it has.
   */
  readonly readIssued?: boolean;
  /** The right to read, where many share the event loop: every read asks for it first. */
  readonly turn?: ReadTurn | undefined;
  /** What is known of the TLS session, once its handshake is done; absent without TLS. */
  readonly tls?: TlsInfo | undefined;
  /** The name that was dialled, where one was: TLS checks certificates against it. */
  readonly serverName?: string | undefined;
  /** Finish the TLS handshake; absent where there is none. Reading and writing do it by themselves. */
  handshake?(): Promise<void>;
  /**
   * Whether a handshake goes on that closing does not end: Deno finishes it in the background, and
   * the descriptor stays open until the peer leaves. Absent: no.
   */
  readonly handshaking?: boolean;
  /** Switch Nagle's algorithm off; only TCP has it. */
  setNoDelay?(on: boolean): void;
  /** Switch keep-alive probes on; only TCP has it. */
  setKeepAlive?(on: boolean): void;
}
