/**
 * One DNS server, and how best to reach it: over UDP, over TCP, or both at once.
 *
 * The first question goes both ways, and what answers is remembered. A connection that has answered
 * is used for everything, until it has let a question wait that UDP then answered. Otherwise a lone
 * question goes over UDP where that works; many at once open a connection (RFC 7766 section 6.2.1),
 * and then one descriptor serves them all.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import { addrText } from "../socket/addr_text.ts";
import type { Exchange } from "./channel.ts";
import type { DnsResponse } from "./dns_message.ts";
import { granted, grantedNet } from "./granted.ts";
import { TcpChannel } from "./tcp_channel.ts";
import { UdpChannel } from "./udp_channel.ts";

/** From so many questions at once on, a TCP connection is worth its opening. */
const CROWD = 4;

/** A way to reach a server. */
type Way = "udp" | "tcp";
const WAYS: readonly Way[] = ["udp", "tcp"];

/** What is asked of a server. */
interface ServerQuestion {
  /** The message, its identifier still open. */
  query: Uint8Array<ArrayBuffer>;
  /** What the answer's question must say. */
  name: string;
  type: number;
}

/** One server. */
export class WireServer {
  /** `address:port`, for errors. */
  readonly label: string;
  /** Whether it understands EDNS, as far as is known. */
  edns = true;
  /** How many attempts are under way. */
  waiting = 0;
  readonly #tcp: TcpChannel;
  readonly #udp: UdpChannel | undefined;
  #works: Way | undefined;
  #tcpFailed = false;

  /** Nothing is opened yet. UDP is used where binding a port is granted already. */
  constructor(server: { hostname: string; port: number }, keepOpen: boolean) {
    const { hostname, port } = server;
    const v6 = hostname.includes(":");
    this.label = addrText({ transport: "udp", hostname, port });
    this.#tcp = new TcpChannel(server, keepOpen);
    const mayBind = grantedNet(v6 ? "::" : "0.0.0.0", 0) &&
      granted({ name: "net", host: this.label });
    this.#udp = mayBind ? new UdpChannel(server) : undefined;
  }

  /**
   * Ask.
   *
   * @param done Told once: the answer, or why there is none.
   * @returns The attempt, which can be ended.
   */
  ask(
    question: ServerQuestion,
    done: (result: DnsResponse | Error) => void,
  ): Attempt {
    const attempt = new Attempt(this, question, done);
    for (const way of this.#ways()) attempt.start(way);
    return attempt;
  }

  /** The channel of a way, where there is one. */
  channel(way: Way): TcpChannel | UdpChannel | undefined {
    return way === "tcp" ? this.#tcp : this.#udp;
  }

  /** Remember what a way came to. */
  note(way: Way, ok: boolean): void {
    if (way === "tcp") this.#tcpFailed = !ok;
    if (ok) this.#works = way;
    else if (this.#works === way) this.#works = undefined;
  }

  /** Do not count on the standing connection before it answers again. */
  doubtConnection(): void {
    this.#tcp.doubt();
  }

  /** Close its connection once the last question has ended; a port over UDP lives no longer anyway. */
  retire(): void {
    this.#tcp.retire();
  }

  /** Close its channels; what still waits is told the reason. */
  close(reason: Error): void {
    this.#tcp.close(reason);
    this.#udp?.close(reason);
  }

  #ways(): readonly Way[] {
    if (this.#udp === undefined) return ["tcp"];
    if (this.#works === undefined) return WAYS;
    if (this.#tcp.isReliable) return ["tcp"];
    // Until the connection answers, nobody has to wait for it.
    const crowded = this.waiting > CROWD && !this.#tcpFailed;
    return crowded && this.#works === "udp" ? WAYS : [this.#works];
  }
}

/** One question to one server, over one or both ways, once or several times. */
export class Attempt {
  /** What has gone wrong so far; the other way may still answer. */
  error: Error | undefined;
  readonly #server: WireServer;
  readonly #question: ServerQuestion;
  readonly #done: (result: DnsResponse | Error) => void;
  readonly #running = new Map<Exchange, Way>();
  readonly #tried = new Set<Way>();
  #repeated = false;
  #ended = false;

  /** Nothing is sent before {@linkcode start}. */
  constructor(
    server: WireServer,
    question: ServerQuestion,
    done: (result: DnsResponse | Error) => void,
  ) {
    this.#server = server;
    this.#question = question;
    this.#done = done;
    server.waiting++;
  }

  /** Ask over that way, where there is one and it was not tried yet. */
  start(way: Way): void {
    if (!this.#tried.has(way)) this.#send(way);
  }

  /** Nothing was heard: ask again, every way but a connection on which the question waits already. */
  repeat(): void {
    this.#repeated = true;
    const waits = this.#waitsOverTcp;
    for (const way of WAYS) if (way === "udp" || !waits) this.#send(way);
  }

  #send(way: Way): void {
    const channel = this.#server.channel(way);
    if (channel === undefined || this.#ended) return;
    const exchange: Exchange = {
      query: this.#question.query,
      name: this.#question.name,
      type: this.#question.type,
      settle: (result) => this.#settled(exchange, way, result),
      id: -1,
      resends: 0,
    };
    this.#tried.add(way);
    this.#running.set(exchange, way);
    channel.send(exchange);
  }

  get #waitsOverTcp(): boolean {
    return [...this.#running.values()].includes("tcp");
  }

  /** Take the question back: `done` is not called any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#server.waiting--;
    for (const [exchange, way] of this.#running) {
      this.#server.channel(way)?.cancel(exchange);
    }
  }

  #settled(exchange: Exchange, way: Way, result: DnsResponse | Error): void {
    this.#running.delete(exchange);
    if (this.#ended) return;
    const failed = result instanceof Error;
    this.#server.note(way, !failed);
    const outrun = !failed && this.#repeated && this.#waitsOverTcp;
    if (outrun) this.#server.doubtConnection();
    if (!failed && !result.truncated) return this.#finish(result);
    // An answer that cannot be read tells more than a connection that failed.
    if (failed && !(this.error instanceof ProtocolError)) this.error = result;
    // Cut short, unreadable or unreachable: the other way may still do. Over TCP there is room,
    // and nobody else can write into it.
    this.start(way === "udp" ? "tcp" : "udp");
    if (this.#running.size > 0) return;
    this.#finish(this.error ?? new ProtocolError("Truncated over TCP"));
  }

  #finish(result: DnsResponse | Error): void {
    this.end();
    this.#done(result);
  }
}
