/**
 * StreamSocket: one connected peer, whatever carries the bytes. It joins a transport, a reader and
 * a writer, and owns the ways in which a connection ends. `connect` and listeners make them.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import type { Codec } from "../stream/codec.ts";
import type { Input } from "../stream/input.ts";
import type { Output } from "../stream/output.ts";
import type { ReadOptions } from "../stream/read_options.ts";
import { passOn } from "../stream/refusal.ts";
import { inputOf, StreamReader } from "../stream/stream_reader.ts";
import { outputOf, StreamWriter } from "../stream/stream_writer.ts";
import { checkWait, safe, waitFor, type WaitOptions } from "../stream/wait.ts";
import { readableOf, writableOf } from "../stream/web_streams.ts";
import { addrText } from "./addr_text.ts";
import { withDeadline } from "./deadline.ts";
import {
  checkQuiet,
  finishHandshake,
  type ServerStartTlsOptions,
  type StartTlsOptions,
  tlsStarter,
} from "./start_tls.ts";
import { badResource, brokenPipe } from "./system_errors.ts";
import type { TlsInfo, Transport } from "./transport.ts";
import { UpgradingTransport } from "./upgrading_transport.ts";

/** Limits that a socket's reader and writer take over. */
export interface StreamSocketLimits {
  /** Longest line or separator-ended message, in bytes, separator excluded. Default 65 536. */
  limit?: number | undefined;
  /** Most bytes that may be queued behind a write in progress. Default 1 MiB. */
  maxWriteBuffer?: number | undefined;
}

/** Who is told when a socket's reader or writer is made: both are made when first used. */
export interface StreamObserver {
  inputMade(input: Input): void;
  outputMade(output: Output): void;
}

/** How long closing waits for collected bytes whose writes have already resolved. */
const CLOSE_FLUSH_MS = 1000;

/** What stands below a socket; for the layers above, not part of the public surface. */
export let transportOf: (socket: StreamSocket) => Transport;

/** Let somebody watch a socket; for the layers above, not part of the public surface. */
export let observe: (socket: StreamSocket, observer: StreamObserver) => void;

/**
 * A connected stream socket: TCP, TLS, Unix, or in memory.
 *
 * `recv` and {@linkcode StreamSocket.reader} share one buffer, `send` and {@linkcode StreamSocket.writer} one
 * queue: use whichever fits each message. Everything that waits takes a `timeout` and a `signal`, and a read
 * that is given up loses no byte.
 *
 * @typeParam A What its addresses are: `Deno.NetAddr` or `Deno.UnixAddr`.
 *
 * @example Both ends in one process
 * ```ts
 * import { connect, listen } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * await using listener = await listen({ port: 0 });
 * await using client = await connect({ port: listener.addr.port });
 * await using server = await listener.accept();
 * await client.send("ping\n");
 * await client.closeWrite();
 * for await (const line of server.lines()) await server.send(`${line} pong\n`);
 * await server.close();
 * assert.equal(await client.reader.readLine(), "ping pong");
 * assert.equal(await client.recv(), null);
 * ```
 */
export class StreamSocket<A extends Deno.Addr = Deno.Addr>
  implements AsyncDisposable {
  #transport: Transport;
  readonly #limits: StreamSocketLimits | undefined;
  #observer: StreamObserver | undefined;
  #reader: StreamReader | undefined;
  #writer: StreamWriter | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array | string> | undefined;
  #writeClosed: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #closed: PromiseWithResolvers<void> | undefined;
  #ended = false;
  /** What {@linkcode StreamSocket.abort} was given: for a reader or a writer that is made later. */
  #cutBy: unknown;

  static {
    transportOf = (socket) => socket.#transport;
    observe = (socket, observer) => socket.#observer = observer;
  }

  /**
   * Make a socket over a transport of your own. Everybody else gets sockets from `connect`, from a
   * listener, or from `socketpair`.
   */
  constructor(transport: Transport, limits?: StreamSocketLimits) {
    this.#transport = transport;
    this.#limits = limits;
  }

  /** Reads lines, messages, exact counts; shares its buffer with {@linkcode recv}. */
  get reader(): StreamReader {
    return this.#reader ?? this.#makeReader();
  }

  /** Writes lines and messages; shares its queue with {@linkcode send}. */
  get writer(): StreamWriter {
    return this.#writer ?? this.#makeWriter();
  }

  /** What the peer sends, as a Web Stream. Its end or `cancel()` leaves sending as it is. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= readableOf(this.reader);
  }

  /** What is sent to the peer, as a Web Stream. Closing it is {@linkcode closeWrite}. */
  get writable(): WritableStream<Uint8Array | string> {
    return this.#writable ??= writableOf(this.writer, () => this.closeWrite());
  }

  /** The address of this end. Readable after close, too. */
  get localAddr(): A {
    return this.#transport.localAddr as A;
  }

  /** The address of the peer. Readable after close, too. */
  get remoteAddr(): A {
    return this.#transport.remoteAddr as A;
  }

  /** What is known of the TLS session; `undefined` without TLS and before its handshake. */
  get tls(): TlsInfo | undefined {
    return this.#transport.tls;
  }

  /** Resolves when this socket has been closed, whether or not everything was read. Never rejects. */
  get closed(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = Promise.withResolvers();
      if (this.#ended) this.#closed.resolve();
    }
    return this.#closed.promise;
  }

  /**
   * Receive what there is, waiting only while there is nothing: {@linkcode StreamReader.read}.
   *
   * @param max Most bytes to give.
   * @returns The caller's own bytes, or `null` at end of stream.
   * @throws {Deno.errors.ConnectionReset} If the peer has cut the connection.
   * @throws {Deno.errors.Interrupted} If this socket is closed meanwhile.
   * @throws {Deno.errors.BadResource} If it was closed before.
   * @throws As {@linkcode StreamReader.read}, and with what it was aborted with.
   */
  recv(
    max?: number,
    options?: WaitOptions,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.reader.read(max, options);
  }

  /**
   * Receive into an array of your own: {@linkcode StreamReader.readInto}.
   *
   * @returns How many bytes, or `null` at end of stream.
   * @throws As {@linkcode recv} and {@linkcode StreamReader.readInto}.
   */
  recvInto(
    target: Uint8Array,
    options?: WaitOptions,
  ): Promise<number | null> {
    return this.reader.readInto(target, options);
  }

  /**
   * Send all of `data` (Python's `sendall`): {@linkcode StreamWriter.write}.
   *
   * @throws {Deno.errors.BrokenPipe} If the peer is gone, or this side was closed for writing.
   * @throws {Deno.errors.Interrupted} If this socket is closed meanwhile.
   * @throws {Deno.errors.BadResource} If it was closed before.
   * @throws As {@linkcode StreamWriter.write}, and with what it was aborted with.
   */
  send(data: Uint8Array | string, options?: WaitOptions): Promise<void> {
    return this.writer.write(data, options);
  }

  /** Iterate over the lines that the peer sends: {@linkcode StreamReader.lines}. */
  lines(options?: ReadOptions): AsyncIterableIterator<string> {
    return this.reader.lines(options);
  }

  /** Iterate over the messages that the peer sends: {@linkcode StreamReader.messages}. */
  messages<T>(
    codec: Codec<T>,
    options?: ReadOptions,
  ): AsyncIterableIterator<T> {
    return this.reader.messages(codec, options);
  }

  /**
   * Send what is queued, then tell the peer that no more bytes will come. Receiving goes on
   * (half-close). A second call does nothing.
   *
   * @throws As {@linkcode StreamWriter.flush}, if what is queued cannot be sent.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   */
  closeWrite(options?: WaitOptions): Promise<void> {
    try {
      checkWait(options);
    } catch (error) {
      return safe(Promise.reject(error));
    }
    const closed = this.#writeClosed ??= this.#closeWrite();
    return passOn(
      closed,
      (quiet) => waitFor(quiet, "close for writing", options),
    );
  }

  /**
   * Close the socket. Whatever still waits on it rejects. Bytes whose `send` has resolved are given to the
   * system first. A second call, or one after the peer has closed, does nothing.
   */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /**
   * Cut the connection: whatever waits on it rejects with `reason`, and nothing more is sent.
   *
   * @param reason Default: a DOMException "AbortError".
   */
  abort(reason?: unknown): void {
    const error = reason ??
      new DOMException("The connection was aborted", "AbortError");
    if (!this.#ended) this.#cutBy = error;
    if (this.#reader !== undefined) inputOf(this.#reader).fail(error);
    if (this.#writer !== undefined) outputOf(this.#writer).fail(error);
    this.#end();
  }

  /**
   * Go on with TLS on this connection, as STARTTLS commands ask for (RFC 3207, RFC 2595).
   *
   * Call it when the peer has agreed and neither side has anything in flight: it is refused, and the socket
   * stays as it was, while a write is not done, while a read waits (also one that was given up), and
   * while input is buffered, for plain text that somebody slipped in would then count as encrypted.
   * What is sent and read from the call on goes through TLS. If the handshake fails the socket is closed; a
   * handshake over TCP that is given up leaves its descriptor open until the peer closes its end, as in `connect`.
   *
   * @param options By default the client's side, checking the server's certificate against the name that was
   *   dialled. With `serverSide: true`, a `cert` and a `key` it is the server's.
   * @throws {TypeError} If an option is wrong, or there is no name to check the certificate against.
   * @throws {Deno.errors.Busy} If a read or a write is outstanding, or TLS is being started already.
   * @throws {Deno.errors.BrokenPipe} If it was closed for writing.
   * @throws {ProtocolError} If input is buffered.
   * @throws {Deno.errors.BadResource} If the socket is closed.
   * @throws {Deno.errors.InvalidData} If the peer is not trusted or does not speak TLS.
   * @throws {DOMException} "TimeoutError" when `timeout` passes, or the signal's own reason.
   */
  async startTls(
    options: StartTlsOptions | ServerStartTlsOptions = {},
  ): Promise<void> {
    const start = tlsStarter(this.#transport, options);
    checkWait(options);
    this.#checkQuiet();
    const starting = start();
    this.#standOn(new UpgradingTransport(this.#transport, starting));
    try {
      const tls = await withDeadline("start TLS", options, async (signal) => {
        const tls = await starting;
        await finishHandshake(tls, signal);
        return tls;
      });
      if (!this.#ended) this.#standOn(tls);
    } catch (error) {
      this.abort(error);
      // Whoever has cut it before gave the reason.
      throw this.#cutBy ?? error;
    }
  }

  /**
   * Send small pieces at once (Nagle's algorithm off, RFC 9293 section 3.7.4), which sockets of this module do
   * unless told. Only TCP has it; elsewhere this does nothing.
   *
   * @throws {Deno.errors.Busy} If a write is outstanding.
   * @throws {Deno.errors.BadResource} If the socket is closed.
   */
  setNoDelay(on: boolean = true): void {
    this.#transport.setNoDelay?.(on);
  }

  /**
   * Let the system probe an idle peer (RFC 9293 section 3.8.4). Only TCP has it.
   *
   * @throws {Deno.errors.Busy} If a write is outstanding.
   * @throws {Deno.errors.BadResource} If the socket is closed.
   */
  setKeepAlive(on: boolean = true): void {
    this.#transport.setKeepAlive?.(on);
  }

  /** The same as {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #makeReader(): StreamReader {
    const reader = new StreamReader(this.#transport, this.#limits);
    this.#reader = reader;
    if (this.#cutBy !== undefined) inputOf(reader).fail(this.#cutBy);
    this.#join();
    this.#observer?.inputMade(inputOf(reader));
    return reader;
  }

  #makeWriter(): StreamWriter {
    const writer = new StreamWriter(this.#transport, this.#limits);
    this.#writer = writer;
    this.#join();
    // The observer may know more of how it has ended.
    this.#observer?.outputMade(outputOf(writer));
    this.#shutIfEnded(outputOf(writer));
    return writer;
  }

  /** Reader and writer know of each other: input that is buffered lets writes be collected. */
  #join(): void {
    if (this.#reader === undefined || this.#writer === undefined) return;
    const input = inputOf(this.#reader);
    const output = outputOf(this.#writer);
    input.output = output;
    output.input = input.buffer;
  }

  /** A writer that is made late takes no more than one that was there before. */
  #shutIfEnded(output: Output): void {
    if (this.#cutBy !== undefined) output.fail(this.#cutBy);
    else if (this.#closing !== undefined) output.shut(badResource);
    else if (this.#writeClosed !== undefined) output.shut(brokenPipe);
  }

  #standOn(transport: Transport): void {
    this.#transport = transport;
    if (this.#reader !== undefined) inputOf(this.#reader).source = transport;
    if (this.#writer !== undefined) outputOf(this.#writer).sink = transport;
  }

  #checkQuiet(): void {
    if (this.#ended) throw badResource();
    if (this.#transport instanceof UpgradingTransport) {
      throw new Deno.errors.Busy("Cannot start TLS: it is being started");
    }
    if (this.#writeClosed !== undefined) {
      throw new Deno.errors.BrokenPipe("Cannot start TLS: closed for writing");
    }
    checkQuiet(
      this.#reader && inputOf(this.#reader),
      this.#writer && outputOf(this.#writer),
    );
  }

  #closeWrite(): Promise<void> {
    this.#writer && outputOf(this.#writer).shut(brokenPipe);
    const flushed = this.#writer?.flush() ?? Promise.resolve();
    return passOn(flushed, async (quiet) => {
      try {
        await quiet;
      } catch (error) {
        // Where a refused write had to be told first, the next call can do it.
        this.#writeClosed = undefined;
        throw error;
      }
      if (!this.#ended) await this.#transport.closeWrite();
    });
  }

  async #close(): Promise<void> {
    const writer = this.#writer;
    writer && outputOf(writer).shut(badResource);
    if (!this.#ended && writer !== undefined && outputOf(writer).owing) {
      try {
        await writer.flush({ timeout: CLOSE_FLUSH_MS });
      } catch {
        // The peer is gone or takes nothing: closing is all that is left.
      }
    }
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#transport.close();
    if (this.#reader !== undefined) inputOf(this.#reader).buffer.release();
    this.#closed?.resolve();
  }
}

printAs(StreamSocket, describe);

/** Both addresses in one line, for the console. */
export function describe(socket: StreamSocket): string {
  return `${addrText(socket.localAddr)} - ${addrText(socket.remoteAddr)}`;
}
