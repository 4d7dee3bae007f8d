/**
 * A connection of which something was read already, as a Transport: that is read again first. Behind
 * a PROXY header the client that it names is the peer.
 *
 * @module
 */
import type { TlsInfo, Transport } from "../socket/transport.ts";
import type { ReadTurn } from "../stream/read_source.ts";
import type { ProxyHeader } from "./proxy_header.ts";

/** Stands on the connection of which something was read: with a proxy, or an acceptor's own. */
export class ReplayedTransport implements Transport {
  /** What the header said; `undefined` if there was none. */
  readonly proxy: ProxyHeader | undefined;
  readonly #below: Transport;
  readonly #before: Promise<void> | undefined;
  /** Read together with the header, and not read by anybody yet. */
  #early: Uint8Array;

  /**
   * @param early What was read besides the header.
   * @param before What must have been written by somebody else first, where there is something.
   */
  constructor(
    below: Transport,
    proxy: ProxyHeader | undefined,
    early: Uint8Array,
    before?: Promise<void>,
  ) {
    this.#before = before;
    this.#below = below;
    this.proxy = proxy;
    this.#early = early;
  }

  get localAddr(): Deno.Addr {
    return this.#below.localAddr;
  }

  get remoteAddr(): Deno.Addr {
    return this.proxy?.source ?? this.#below.remoteAddr;
  }

  get readIssued(): boolean {
    return this.#below.readIssued !== false;
  }

  get turn(): ReadTurn | undefined {
    return this.#below.turn;
  }

  get tls(): TlsInfo | undefined {
    return this.#below.tls;
  }

  get handshaking(): boolean {
    return this.#below.handshaking ?? false;
  }

  /** Whoever is served has waited for it. */
  async handshake(): Promise<void> {
    await this.#before;
    await this.#below.handshake?.();
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const { length } = this.#early;
    if (length === 0) return this.#below.read(buffer);
    const count = Math.min(length, buffer.length);
    buffer.set(this.#early.subarray(0, count));
    // An empty view would keep the bytes for as long as the connection lives.
    this.#early = count === length ? NOTHING : this.#early.subarray(count);
    return Promise.resolve(count);
  }

  write(data: Uint8Array): Promise<number> {
    return this.#below.write(data);
  }

  closeWrite(): Promise<void> {
    return this.#below.closeWrite();
  }

  close(): void {
    this.#below.close();
  }

  setNoDelay(on: boolean): void {
    this.#below.setNoDelay?.(on);
  }

  setKeepAlive(on: boolean): void {
    this.#below.setKeepAlive?.(on);
  }
}

const NOTHING = new Uint8Array(0);
