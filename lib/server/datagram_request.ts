/**
 * One datagram as its handler sees it. The service of datagram_requests.ts makes one per datagram.
 *
 * @module
 */
import { printAs } from "../address/print_as.ts";
import { addrText } from "../socket/addr_text.ts";
import type { DatagramAddr } from "../socket/datagram_endpoint.ts";
import {
  type DatagramCore,
  type PeerBalance,
  withHeaders,
} from "./datagram_core.ts";
import type { DatagramServer } from "./datagram_server.ts";

/** A datagram that wants to be handled. */
export interface DatagramRequest<A extends DatagramAddr = Deno.NetAddr> {
  /** The bytes; they belong to the handler. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Who sent it. For UDP that is a claim, not a fact: it may be forged. */
  readonly remoteAddr: A;
  /** When it was received, as `Date.now()`. */
  readonly receivedAt: number;
  /** Aborts when `requestTimeout` passes or the server is cut; pass it to what the handler waits for. */
  readonly signal: AbortSignal;
  /** The server that it came to. */
  readonly server: DatagramServer<A>;
  /** The bytes as text; what is not UTF-8 shows as U+FFFD. */
  text(): string;
  /**
   * Send a datagram back. May be called more than once; what the handler returns is sent as well.
   *
   * A rejection that nobody awaits is counted and does no harm.
   *
   * @throws {LimitExceededError} If the replies would be longer than `maxAmplification` allows.
   * @throws {TypeError} If the data is neither bytes nor text, or the sender has no name (Unix sockets).
   * @throws The signal's reason, if it has aborted.
   */
  reply(data: Uint8Array | string): Promise<void>;
}

/** A leading U+FEFF is text like any other, as for lines. */
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** The implementation; only the service makes one. */
export class ReceivedDatagram<A extends DatagramAddr>
  implements DatagramRequest<A>, PeerBalance<A> {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly remoteAddr: A;
  readonly receivedAt: number = Date.now();
  /** Called once, when it is over; set by the service. */
  onOver: (() => void) | undefined;
  /** Whether its slot has been given back. */
  isOver = false;
  /** What came, with headers; see {@linkcode PeerBalance}. */
  received: number;
  /** What went, with headers. */
  sent = 0;
  readonly #core: DatagramCore<A>;
  #controller: AbortController | undefined;
  #cut: { reason: unknown } | undefined;

  constructor(
    core: DatagramCore<A>,
    data: Uint8Array<ArrayBuffer>,
    remoteAddr: A,
  ) {
    this.#core = core;
    this.data = data;
    this.remoteAddr = remoteAddr;
    this.received = withHeaders(data.length);
  }

  get server(): DatagramServer<A> {
    return this.#core.server;
  }

  /** Whether its signal has aborted. */
  get isCut(): boolean {
    return this.#cut !== undefined;
  }

  get signal(): AbortSignal {
    // Made when somebody asks: most handlers never do.
    this.#controller ??= new AbortController();
    if (this.#cut !== undefined) this.#controller.abort(this.#cut.reason);
    return this.#controller.signal;
  }

  text(): string {
    return DECODER.decode(this.data);
  }

  reply(data: Uint8Array | string): Promise<void> {
    const sent = this.send(data);
    sent.catch(() => {});
    return sent;
  }

  /** {@linkcode reply}, for callers that await it. */
  async send(data: unknown): Promise<void> {
    await this.#core.send(this.prepare(data), this.remoteAddr);
  }

  /** Check a reply and count it against the sender; what it gives is ready to be sent. */
  prepare(data: unknown): Uint8Array {
    const core = this.#core;
    const bytes = core.bytesOf(data);
    if (this.#cut !== undefined) throw this.#cut.reason;
    // A UDP sender always has an address; a Unix one may have none.
    if (this.remoteAddr.transport !== "udp") core.checkTarget(this.remoteAddr);
    core.checkAmplification(bytes, this);
    return bytes;
  }

  /** Abort its signal. */
  cut(reason: unknown): void {
    if (this.#cut !== undefined) return;
    this.#cut = { reason };
    this.#controller?.abort(reason);
  }
}

printAs<ReceivedDatagram<DatagramAddr>>(
  { name: "DatagramRequest", prototype: ReceivedDatagram.prototype },
  ({ data, remoteAddr }) => `${data.length} bytes from ${addrText(remoteAddr)}`,
);
