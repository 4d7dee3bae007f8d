/**
 * What must succeed before a connection is served: the PROXY header, the judgement on who comes, the
 * TLS handshake, the user's `verify`. It runs in a task of its own under one deadline, so that neither
 * a silent client nor a `verify` that never answers keeps a place.
 *
 * @module
 */
import { loadServerTls } from "../socket/first_use.ts";
import type { ServerTlsOptions } from "../socket/tls_options.ts";
import type { Transport } from "../socket/transport.ts";
import { timeoutError } from "../stream/wait.ts";
import type { Admission } from "./admission.ts";
import { type AnyConnection, controlOf } from "./connection.ts";
import { clientHello } from "./client_hello.ts";
import type { ProxyHeader } from "./proxy_header.ts";
import type { ProxyProtocol } from "./proxy_protocol.ts";
import type { DropReason } from "./serve_options.ts";

/** What the server asks for. */
interface Requirements {
  /** Who is let in. */
  admission: Admission;
  /** Reads PROXY headers, if they are wanted. */
  proxy: ProxyProtocol | undefined;
  /** TLS through node:tls, where the listener does not speak TLS itself. */
  tls: ServerTlsOptions | undefined;
  /** Makes the connection, when all that the network must do is done. */
  connection: (transport: Transport, proxy?: ProxyHeader) => AnyConnection;
  /** The user's word on it; never rejects. */
  verified: (conn: AnyConnection) => Promise<boolean>;
}

/** A connection on its way in. */
export class Arrival {
  /** What carries it by now. */
  transport: Transport;
  /** Whether it has been judged, and let in. */
  admitted: boolean;
  /** What it has become, when only `verify` can still refuse it. */
  conn: AnyConnection | undefined;
  /** What its PROXY header said. */
  #proxy: ProxyHeader | undefined;
  /** What it would be dropped for now. */
  #stage: DropReason = "handshake";
  #dropped = false;
  /** When it was accepted, in whole ms of `performance.now()`. */
  readonly since: number = Math.trunc(performance.now());
  #giveUp: ((error: unknown) => void) | undefined;

  /** @param admitted Whether it could be judged already. */
  constructor(transport: Transport, admitted: boolean) {
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
    const { resolve, reject, promise } = Promise.withResolvers<void>();
    this.#giveUp = reject;
    this.#steps(required).then(resolve, reject);
    try {
      await promise;
      return undefined;
    } catch (error) {
      this.#end(error);
      return this.#stage;
    }
  }

  /**
   * Give it up if its time is over. The server's sweep asks: a timer for each would cost an idle TLS
   * connection 3 KiB, since what a handshake leaves behind outlives the young generation.
   *
   * @param now `performance.now()` in whole ms
   * @param timeout For all of it together, in ms.
   */
  check(now: number, timeout: number): void {
    if (now - this.since >= timeout) {
      this.#giveUp?.(timeoutError("establish the connection", timeout));
    }
  }

  /** Close it; what it still waits for counts for nothing any more. */
  drop(): void {
    const error = new DOMException("The connection was dropped", "AbortError");
    this.#end(error);
    this.#giveUp?.(error);
    this.transport.close();
  }

  /** Whatever `verify` still waits for on the connection must end with it. */
  #end(error: unknown): void {
    this.#dropped = true;
    if (this.conn !== undefined) controlOf(this.conn).cut("cut", error);
  }

  async #steps(required: Requirements): Promise<void> {
    const { proxy, admission, tls } = required;
    if (proxy !== undefined) {
      this.#stage = "proxy";
      const proxied = await proxy.receive(this.transport);
      this.#mustGoOn();
      this.transport = proxied;
      this.#proxy = proxied.proxy;
    }
    if (!this.admitted) {
      const refused = admission.admit(this.transport);
      if (refused !== undefined) {
        this.#stage = refused;
        throw new Error("not admitted");
      }
      this.admitted = true;
    }
    this.#stage = "handshake";
    if (tls !== undefined) {
      const spoken = await clientHello(this.transport);
      this.#mustGoOn();
      const { serverTls } = await loadServerTls();
      const secured = await serverTls(spoken, tls);
      this.transport = secured;
      if (this.#dropped) secured.close();
    }
    await this.transport.handshake?.();
    this.#mustGoOn();
    this.#stage = "verify";
    this.conn = required.connection(this.transport, this.#proxy);
    if (!await required.verified(this.conn)) throw new Error("not verified");
  }

  /** The deadline has passed: whatever comes late must take no place. */
  #mustGoOn(): void {
    if (this.#dropped) throw new Error("too late");
  }
}
