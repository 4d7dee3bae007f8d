/**
 * A connection of Deno's (TCP, TLS or Unix) as a Transport: reads go through the slot gate,
 * closing twice is harmless, addresses are shown the module's way.
 *
 * @module
 */
import { netAddr } from "./net_addr.ts";
import { GatePass, slotGate } from "./slot_gate.ts";
import type { Transport } from "./transport.ts";

/** What Deno's connections may be able to do besides. */
interface TcpOptions {
  setNoDelay?(on: boolean): void;
  setKeepAlive?(on: boolean): void;
}

/**
 * Stands on a `Deno.Conn`, which is from then on only used through it. It is its own place among
 * those who read.
 */
export class DenoTransport extends GatePass implements Transport {
  readonly #conn: Deno.Conn & TcpOptions;
  readonly #zone: string | undefined;
  #localAddr: Deno.Addr | undefined;
  #remoteAddr: Deno.Addr | undefined;
  #closed = false;

  /** The name that was dialled: what a certificate is checked against if TLS starts later. */
  readonly serverName: string | undefined;

  /** @param zone The zone that the socket was bound or dialled with; Deno drops it from addresses. */
  constructor(conn: Deno.Conn, zone?: string, serverName?: string) {
    super(slotGate);
    this.#conn = conn;
    this.#zone = zone;
    this.serverName = serverName;
    slotGate.enter();
  }

  get localAddr(): Deno.Addr {
    return this.#localAddr ??= shown(this.#conn.localAddr, this.#zone);
  }

  get remoteAddr(): Deno.Addr {
    return this.#remoteAddr ??= shown(this.#conn.remoteAddr, this.#zone);
  }

  get turn(): GatePass {
    return this;
  }

  get readIssued(): boolean {
    return this.taker === undefined;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#conn.read(buffer);
  }

  write(data: Uint8Array): Promise<number> {
    return this.#conn.write(data);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    slotGate.leave(this);
    // Unlike close(), this is silent when the descriptor is gone already.
    this.#conn[Symbol.dispose]();
  }

  /** Give the connection away (to TLS): from now on this transport is closed and the connection is not. */
  release(): { conn: Deno.Conn; zone: string | undefined } {
    if (!this.#closed) {
      this.#closed = true;
      slotGate.leave(this);
    }
    return { conn: this.#conn, zone: this.#zone };
  }

  setNoDelay(on: boolean): void {
    try {
      this.#conn.setNoDelay?.(on);
    } catch (error) {
      throw explained(error);
    }
  }

  setKeepAlive(on: boolean): void {
    try {
      this.#conn.setKeepAlive?.(on);
    } catch (error) {
      throw explained(error);
    }
  }
}

/** While a write waits Deno cannot set options, and says so by a bare Error without a code. */
function explained(error: unknown): unknown {
  if (!/Unable to get resources/.test(String(error))) return error;
  const message = "Cannot set a socket option: a write is outstanding";
  return new Deno.errors.Busy(message, { cause: error });
}

/** After `Deno.startTls` addresses have no transport. */
function shown(addr: Deno.Addr, zone: string | undefined): Deno.Addr {
  return "port" in addr && "hostname" in addr
    ? netAddr({ ...addr, transport: "tcp" }, zone)
    : addr;
}
