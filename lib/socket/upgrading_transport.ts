/**
 * What a socket stands on while TLS begins: whoever reads or writes meanwhile waits for the TLS
 * session, and closing reaches it although nobody has it yet.
 *
 * @module
 */
import type { Transport } from "./transport.ts";

/** Stands in for a transport that is being made. */
export class UpgradingTransport implements Transport {
  readonly #lower: Transport;
  readonly #coming: Promise<Transport>;

  /** @param coming The one that is being made over `lower`. */
  constructor(lower: Transport, coming: Promise<Transport>) {
    this.#lower = lower;
    this.#coming = coming;
  }

  get localAddr(): Deno.Addr {
    return this.#lower.localAddr;
  }

  get remoteAddr(): Deno.Addr {
    return this.#lower.remoteAddr;
  }

  get serverName(): string | undefined {
    return this.#lower.serverName;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    return await (await this.#coming).read(buffer);
  }

  async write(data: Uint8Array): Promise<number> {
    return await (await this.#coming).write(data);
  }

  async closeWrite(): Promise<void> {
    await (await this.#coming).closeWrite();
  }

  close(): void {
    this.#coming.then((transport) => transport.close(), () => {});
    this.#lower.close();
  }
}
