/**
 * What must succeed before a connection is one: the PROXY header, the judgement on who comes, the
 * TLS handshake. It runs in a task of its own under one deadline, so that a silent client delays
 * nobody else.
 *
 * @module
 */
import type { ServerTlsOptions } from "../socket/tls_options.ts";
import type { Transport } from "../socket/transport.ts";
import { waitFor } from "../stream/wait.ts";
import type { Admission, Admitted } from "./admission.ts";
import type { ProxyHeader } from "./proxy_header.ts";
import type { ProxyProtocol } from "./proxy_protocol.ts";
import type { DropReason } from "./serve_options.ts";

/** Most servers need none of it. */
let nodeTls: typeof import("../socket/server_tls.ts") | undefined;

/** What the server asks for. */
export interface Requirements {
  /** Who is let in. */
  admission: Admission;
  /** Reads PROXY headers, if they are wanted. */
  proxy: ProxyProtocol | undefined;
  /** TLS through node:tls, where the listener does not speak TLS itself. */
  tls: ServerTlsOptions | undefined;
  /** For all of it together, in ms. */
  timeout: number;
}

/** A connection on its way in. */
export class Arrival {
  /** What carries it by now. */
  transport: Transport;
  /** Its place among those who are let in. */
  admitted: Admitted | undefined;
  /** What its PROXY header said. */
  proxy: ProxyHeader | undefined;
  /** What it would be dropped for now. */
  #stage: DropReason = "handshake";
  #dropped = false;

  /** @param admitted Its place, if it could be judged already. */
  constructor(transport: Transport, admitted: Admitted | undefined) {
    this.transport = transport;
    this.admitted = admitted;
  }

  /**
   * Do all that is asked for. Never rejects: clients of every kind fail here, and a flood of them
   * must not flood `onError`.
   *
   * @returns Why it must be dropped, if it must.
   */
  async establish(required: Requirements): Promise<DropReason | undefined> {
    try {
      const { timeout } = required;
      await waitFor(this.#steps(required), "establish", { timeout });
      return undefined;
    } catch {
      this.#dropped = true;
      return this.#stage;
    }
  }

  /** Close it, and give its place back. */
  drop(): void {
    this.#dropped = true;
    this.transport.close();
    this.admitted?.leave();
  }

  async #steps(required: Requirements): Promise<void> {
    const { proxy, admission, tls } = required;
    if (proxy !== undefined) {
      this.#stage = "proxy";
      const proxied = await proxy.receive(this.transport);
      this.#mustGoOn();
      this.transport = proxied;
      this.proxy = proxied.proxy;
    }
    if (this.admitted === undefined) {
      const admitted = admission.admit(this.transport);
      if (typeof admitted === "string") {
        this.#stage = admitted;
        throw new Error("not admitted");
      }
      this.admitted = admitted;
    }
    this.#stage = "handshake";
    if (tls !== undefined) {
      nodeTls ??= await import("../socket/server_tls.ts");
      const secured = await nodeTls.serverTls(this.transport, tls);
      this.transport = secured;
      if (this.#dropped) secured.close();
    }
    await this.transport.handshake?.();
  }

  /** The deadline has passed: whatever comes late must take no place. */
  #mustGoOn(): void {
    if (this.#dropped) throw new Error("too late");
  }
}
