/**
 * A TLS connection of Deno's as a Transport: a DenoTransport that knows of its handshake.
 *
 * @module
 */
import { DenoTransport } from "./deno_transport.ts";
import type { TlsInfo } from "./transport.ts";

/** Stands on a `Deno.TlsConn`, which is from then on only used through it. */
export class DenoTlsTransport extends DenoTransport {
  readonly #conn: Deno.TlsConn;
  #handshake: Promise<void> | undefined;
  /** From the beginning on: Deno begins by itself. */
  #handshaking = true;
  #tls: TlsInfo | undefined;

  /** @param zone As for {@linkcode DenoTransport}. */
  constructor(conn: Deno.TlsConn, zone?: string) {
    super(conn, zone);
    this.#conn = conn;
  }

  get tls(): TlsInfo | undefined {
    return this.#tls;
  }

  get handshaking(): boolean {
    return this.#handshaking;
  }

  handshake(): Promise<void> {
    return this.#handshake ??= this.#shakeHands();
  }

  /** Whoever reads or writes has waited for the handshake: afterwards {@linkcode tls} is known. */
  override read(buffer: Uint8Array): Promise<number | null> {
    if (this.#handshake === undefined) this.handshake().catch(() => {});
    return super.read(buffer);
  }

  override write(data: Uint8Array): Promise<number> {
    if (this.#handshake === undefined) this.handshake().catch(() => {});
    return super.write(data);
  }

  async #shakeHands(): Promise<void> {
    try {
      const { alpnProtocol } = await this.#conn.handshake();
      this.#tls = { alpnProtocol };
    } finally {
      this.#handshaking = false;
    }
  }
}
