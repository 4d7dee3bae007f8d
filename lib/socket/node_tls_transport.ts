/**
 * A TLS session of node:tls over any Transport, as a Transport. It does what Deno's own TLS cannot:
 * be the server on a connection that exists already (STARTTLS, a PROXY header before the
 * handshake), ask for the client's certificate, show one itself on such a connection.
 *
 * server_tls.ts and client_tls.ts make them; the bytes of each echo cost about twice as much
 * processor time as with `Deno.listenTls`.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { PendingOperations, type Settle } from "./pending_operations.ts";
import { transportDuplex } from "./transport_duplex.ts";
import { badResource, brokenPipe, interrupted } from "./system_errors.ts";
import type { TlsInfo, Transport } from "./transport.ts";

/** A larger piece is encrypted in parts, so that no copy of all of it waits to be sent. */
const LARGEST_WRITE = 65_536;

/** While so much is decrypted and unread, nothing more is taken from the transport; the session itself holds no more. */
const MOST_UNREAD = 65_536;

/**
 * How many microtasks closing waits for close_notify: the least until it has been encrypted, the most
 * until it has left. Timers would leave the descriptor open after close() has returned.
 */
const CLOSE_TURNS = { least: 4, most: 256 };

/** Stands on another transport, which is from then on only used through it. */
export class NodeTlsTransport implements Transport {
  readonly #lower: Transport;
  /** The session, and what it reads from and writes to. */
  #socket!: TLSSocket;
  #duplex!: Duplex;
  readonly #handshake = Promise.withResolvers<void>();
  readonly #pending = new PendingOperations(tlsError);
  #readable: Settle | undefined;
  #drained: Settle | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #tls: TlsInfo | undefined;
  /** Whether the peer has said that no more will come (close_notify, RFC 8446 section 6.1). */
  #ended = false;
  #cut = false;
  #closed = false;

  private constructor(lower: Transport) {
    this.#lower = lower;
    this.#handshake.promise.catch(() => {});
  }

  /**
   * Begin a session over a transport; the handshake goes on by itself.
   *
   * @param begin Makes the session; it calls `secured` when the handshake is done, with an error if
   *   the peer is not trusted.
   */
  static async over(
    lower: Transport,
    begin: (duplex: Duplex, secured: (refusal?: unknown) => void) => TLSSocket,
  ): Promise<NodeTlsTransport> {
    const transport = new NodeTlsTransport(lower);
    const duplex = await transportDuplex(lower, {
      roomToRead: () => transport.#roomToRead(),
      onEnd: () => transport.#lowerEnded(),
      onWritten: () => transport.#written(),
      onError: (error) => transport.#fail(error),
    });
    const socket = begin(duplex, (refusal) => transport.#secured(refusal));
    transport.#socket = socket;
    transport.#duplex = duplex;
    socket.on("readable", () => transport.#wake());
    socket.on("end", () => {
      transport.#ended = true;
      transport.#wake();
    });
    const failed = (error: unknown) => transport.#fail(tlsError(error));
    socket.on("error", failed);
    // What fails after the handshake is told as "error" only to sessions that a `tls.Server` made.
    socket.on("_tlsError" as "error", failed);
    socket.on("close", () => transport.#fail(unexpectedEof()));
    return transport;
  }

  get localAddr(): Deno.Addr {
    return this.#lower.localAddr;
  }

  get remoteAddr(): Deno.Addr {
    return this.#lower.remoteAddr;
  }

  get readIssued(): boolean {
    return this.#lower.readIssued ?? true;
  }

  get tls(): TlsInfo | undefined {
    return this.#tls;
  }

  handshake(): Promise<void> {
    return this.#handshake.promise;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#closed) throw badResource();
    if (buffer.length === 0) return 0;
    for (;;) {
      const count = Math.min(this.#socket.readableLength, buffer.length);
      const chunk = this.#socket.read(count) as Uint8Array | null;
      if (chunk !== null) {
        buffer.set(chunk);
        this.#madeRoom();
        return chunk.length;
      }
      if (this.#ended) return null;
      await this.#pending.run((settle) => {
        this.#readable = settle;
        if (this.#cut) this.#endCut();
      });
    }
  }

  async write(data: Uint8Array): Promise<number> {
    if (this.#closed) throw badResource();
    if (data.length === 0) return 0;
    const piece = data.length > LARGEST_WRITE
      ? data.subarray(0, LARGEST_WRITE)
      : data;
    if (this.#socket.writableEnded) throw brokenPipe();
    await this.#pending.run((settle) => this.#socket.write(piece, settle));
    await this.#flushed();
    return piece.length;
  }

  /** Sends close_notify and then ends the transport below, as Deno's TLS does. */
  async closeWrite(): Promise<void> {
    if (!this.#socket.writableEnded) {
      await this.#pending.run((settle) => this.#socket.end(settle));
      await this.#flushed();
    }
    await this.#lower.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    const polite = this.#tls !== undefined && !this.#pending.failed &&
      this.#socket.writableLength + this.#duplex.writableLength === 0;
    this.#fail(interrupted());
    this.#closed = true;
    if (!polite) return this.#cutOff();
    // close_notify, or the peer takes the end for an attack. It is on its way a few microtasks
    // later; where it would have to wait for the peer it is dropped.
    this.#socket.end();
    this.#cutOffWhenSent(0);
  }

  setNoDelay(on: boolean): void {
    this.#lower.setNoDelay?.(on);
  }

  setKeepAlive(on: boolean): void {
    this.#lower.setKeepAlive?.(on);
  }

  #cutOffWhenSent(turn: number): void {
    const done = turn > CLOSE_TURNS.most ||
      (turn > CLOSE_TURNS.least && this.#duplex.writableLength === 0);
    if (done) this.#cutOff();
    else queueMicrotask(() => this.#cutOffWhenSent(turn + 1));
  }

  #cutOff(): void {
    this.#lower.close();
    this.#socket.destroy();
  }

  /** Nor does the session stop reading the transport when nobody reads the session. */
  #roomToRead(): Promise<void> | undefined {
    const unread = this.#socket?.readableLength ?? 0;
    if (unread < MOST_UNREAD) return undefined;
    return (this.#room ??= Promise.withResolvers()).promise;
  }

  #madeRoom(): void {
    if (this.#room === undefined) return;
    if (this.#socket.readableLength >= MOST_UNREAD) return;
    this.#room.resolve();
    this.#room = undefined;
  }

  /** The session says "written" as soon as it has encrypted: back-pressure is on us. */
  async #flushed(): Promise<void> {
    if (this.#duplex.writableLength === 0) return;
    await this.#pending.run((settle) => this.#drained = settle);
  }

  #written(): void {
    if (this.#drained === undefined || this.#duplex.writableLength > 0) return;
    const settle = this.#drained;
    this.#drained = undefined;
    settle();
  }

  #wake(): void {
    const settle = this.#readable;
    this.#readable = undefined;
    settle?.();
  }

  #fail(error: unknown): void {
    this.#handshake.reject(error);
    this.#pending.fail(error);
  }

  #secured(refusal: unknown): void {
    if (refusal) {
      this.#fail(tlsError(refusal));
      return this.#cutOff();
    }
    this.#tls = tlsInfo(this.#socket);
    this.#handshake.resolve();
  }

  /** The transport has ended. Unless close_notify came before, somebody has cut the stream short. */
  #lowerEnded(): void {
    this.#cut = true;
    if (this.#tls === undefined) this.#fail(unexpectedEof());
    this.#endCut();
  }

  /** What close_notify caused is told within this turn; after it, nothing more can come. */
  #endCut(): void {
    setImmediate(() => {
      if (this.#readable === undefined || this.#ended) return;
      if (this.#socket.readableLength > 0) return this.#wake();
      this.#readable(unexpectedEof());
      this.#readable = undefined;
    });
  }
}

function tlsInfo(socket: TLSSocket): TlsInfo {
  const alpnProtocol = socket.alpnProtocol || null;
  const { subject } = socket.getPeerCertificate() ?? {};
  if (subject === undefined) return { alpnProtocol };
  // Attributes that occur several times come as lists, which the types do not know.
  const attributes = Object.entries<string | string[]>({ ...subject })
    .map(([name, value]) => [name, [value].flat().join(", ")]);
  return { alpnProtocol, peerSubject: Object.fromEntries(attributes) };
}

/** Failures of the session get the class that Deno gives them; those of the transport keep their own. */
function tlsError(error: unknown): unknown {
  for (const known of [Deno.errors.InvalidData, Deno.errors.UnexpectedEof]) {
    if (error instanceof known) return error;
  }
  const { message, code } = error as { message?: string; code?: string };
  if (code === "ERR_STREAM_WRITE_AFTER_END" || code === "EPIPE") {
    return brokenPipe();
  }
  const wrapped = new Deno.errors.InvalidData(message, { cause: error });
  return code === undefined ? wrapped : Object.assign(wrapped, { code });
}

function unexpectedEof(): Error {
  return new Deno.errors.UnexpectedEof(
    "peer closed connection without sending TLS close_notify",
  );
}
