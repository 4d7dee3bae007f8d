/**
 * Questions to one DNS server over UDP. A port lives only while its questions are on their way, and
 * a busy one is replaced after a few hundred: with the random identifiers that is what makes a
 * forged answer unlikely (RFC 5452 section 9.2). Datagrams from anywhere else are passed over.
 *
 * @module
 */
import type { UdpAddr } from "../socket/datagram_endpoint.ts";
import type { DatagramSocket } from "../socket/datagram_socket.ts";
import { listenDatagram } from "../socket/listen_datagram.ts";
import { type Channel, type Exchange, PendingExchanges } from "./channel.ts";

/** How many questions are asked from one port. */
const QUESTIONS_PER_PORT = 256;

/** UDP to one server. */
export class UdpChannel implements Channel {
  readonly #server: UdpAddr;
  readonly #ports = new Set<QueryPort>();
  #current: QueryPort | undefined;

  /** Nothing is opened yet. */
  constructor(server: { hostname: string; port: number }) {
    this.#server = { ...server, transport: "udp" };
  }

  send(exchange: Exchange): void {
    if (this.#current === undefined || this.#current.spent) {
      const port = new QueryPort(this.#server, () => this.#ports.delete(port));
      this.#current = port;
      this.#ports.add(port);
    }
    this.#current.send(exchange);
  }

  cancel(exchange: Exchange): void {
    for (const port of this.#ports) port.cancel(exchange);
  }

  close(reason: Error): void {
    for (const port of this.#ports) port.close(reason);
  }
}

/** An address without its zone, which Deno does not tell of senders. */
function bare(hostname: string): string {
  return hostname.replace(/%.*$/, "");
}

/** One local port, from its first question to the answer of its last. */
class QueryPort {
  readonly #server: UdpAddr;
  readonly #onClose: () => void;
  readonly #pending = new PendingExchanges();
  #socket: DatagramSocket | undefined;
  #asked = 0;
  #closed = false;

  constructor(server: UdpAddr, onClose: () => void) {
    this.#server = server;
    this.#onClose = onClose;
    this.#run();
  }

  /** Whether the next question needs another port. */
  get spent(): boolean {
    return this.#closed || this.#asked >= QUESTIONS_PER_PORT;
  }

  send(exchange: Exchange): void {
    this.#asked++;
    this.#pending.add(exchange);
    if (this.#socket !== undefined) this.#transmit(this.#socket, exchange);
  }

  cancel(exchange: Exchange): void {
    this.#pending.remove(exchange);
    if (this.#pending.size === 0) this.#end();
  }

  close(reason: Error): void {
    this.#end(reason);
  }

  /** Open, send what has been asked meanwhile, and receive until nothing is waited for. */
  async #run(): Promise<void> {
    try {
      const hostname = this.#server.hostname.includes(":") ? "::" : "0.0.0.0";
      const socket = await listenDatagram({ hostname, port: 0 });
      if (this.#closed) return void await socket.close();
      this.#socket = socket;
      for (const exchange of this.#pending.all()) {
        this.#transmit(socket, exchange);
      }
      while (!this.#closed) {
        const { data, from } = await socket.receive();
        if (from.port !== this.#server.port) continue;
        if (bare(from.hostname) !== bare(this.#server.hostname)) continue;
        this.#pending.deliver(data);
        if (this.#pending.size === 0) this.#end();
      }
    } catch (error) {
      this.#end(error as Error);
    }
  }

  async #transmit(socket: DatagramSocket, exchange: Exchange): Promise<void> {
    try {
      const { query, id } = exchange;
      const datagram = query.slice();
      datagram[0] = id >> 8;
      datagram[1] = id & 0xff;
      await socket.send(datagram, this.#server);
    } catch (error) {
      if (this.#closed) return;
      this.#pending.remove(exchange);
      exchange.settle(error as Error);
      if (this.#pending.size === 0) this.#end();
    }
  }

  /** Close the socket; whoever still waits is told the error. Only the first call counts. */
  #end(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    this.#socket?.close();
    for (const exchange of this.#pending.takeAll()) exchange.settle(error!);
  }
}
