/**
 * The service of `serveDatagram`: one handler call per datagram, so many at once, each in its time.
 *
 * @module
 */
import type { DatagramAddr } from "../socket/datagram_endpoint.ts";
import { timeoutError } from "../stream/wait.ts";
import type { DatagramCore, DatagramService } from "./datagram_core.ts";
import { ReceivedDatagram } from "./datagram_request.ts";
import { Sweep } from "./sweep.ts";

/** A function or, wrapped, a class: given a request, resolves to its reply, if any. */
export type HandleRequest<A extends DatagramAddr> = (
  request: ReceivedDatagram<A>,
) => unknown;

/**
 * More receives than one at once: each of Deno's turns then takes that many datagrams. To a single loop
 * 8 of them cost 0.93 for each request, 16 cost 0.91, 32 cost 0.88 (measured). Each has a buffer of 64 KiB,
 * which takes memory only where datagrams are long.
 */
const LOOPS = 32;

/** The service. */
export class DatagramRequests<A extends DatagramAddr>
  implements DatagramService<A> {
  readonly loops: number;
  readonly isSerial: boolean;
  onRoom: () => void = () => {};
  onEnd: () => void = () => {};
  readonly #core: DatagramCore<A>;
  readonly #handle: HandleRequest<A>;
  readonly #max: number;
  /** Requests whose handlers wait for something, the oldest first, and when each began. */
  readonly #waiting: Map<ReceivedDatagram<A>, number> = new Map();
  /** The one request that is being handled, where they are handled in turn. */
  #inTurn: ReceivedDatagram<A> | undefined;
  readonly #sweep: Sweep = new Sweep((now) => this.#look(now));
  /** Set when all were cut: a handler that is being called just then has to hear of it, too. */
  #cut: { reason: unknown } | undefined;

  constructor(core: DatagramCore<A>, handle: HandleRequest<A>) {
    this.#core = core;
    this.isSerial = core.endpoint.addr.transport !== "udp";
    this.#handle = handle;
    this.#max = core.settings.maxConcurrent;
    // A socket of node:dgram has a queue of its own: more loops would only wait for the same.
    this.loops = this.isSerial ? 1 : Math.min(LOOPS, this.#max);
  }

  get room(): number {
    return this.#max - this.#core.stats.active;
  }

  take(
    data: Uint8Array<ArrayBuffer>,
    from: A,
  ): Promise<void> | undefined {
    const request = new ReceivedDatagram(this.#core, data, from);
    this.#core.begin();
    if (!this.isSerial) return this.#run(request);
    this.#inTurn = request;
    return new Promise((resolve) => {
      request.onOver = resolve;
      this.#run(request);
    });
  }

  /**
   * Call the handler. The ordinary one answers at once: that case makes no promise but the one of the
   * send, which is worth a tenth of the request, and which the loop waits for: to receive before the
   * reply has left costs 4 % (measured).
   */
  #run(request: ReceivedDatagram<A>): Promise<void> | undefined {
    try {
      const reply = this.#handle(request);
      if (isThenable(reply)) {
        this.#wait(request, reply);
        return undefined;
      }
      if (reply !== undefined && reply !== null && this.#cut === undefined) {
        return this.#reply(request, reply);
      }
      this.#over(request);
    } catch (error) {
      this.#failed(request, error);
    }
    return undefined;
  }

  #reply(request: ReceivedDatagram<A>, reply: unknown): Promise<void> {
    return this.#core.endpoint.conn.send(
      request.prepare(reply),
      request.remoteAddr,
    )
      .then((size) => {
        this.#core.countSent(size);
        this.#over(request);
      }, (error) => {
        this.#core.stats.sendErrors++;
        this.#failed(request, error);
      });
  }

  async #wait(
    request: ReceivedDatagram<A>,
    pending: PromiseLike<unknown>,
  ): Promise<void> {
    if (this.#cut === undefined) this.#watch(request);
    else request.cut(this.#cut.reason);
    try {
      const reply = await pending;
      if (reply !== undefined && reply !== null && !request.isCut) {
        await request.send(reply);
      }
    } catch (error) {
      return this.#failed(request, error);
    }
    this.#over(request);
  }

  #failed(request: ReceivedDatagram<A>, error: unknown): void {
    // What it throws after we have cut it is most likely our own reason coming back.
    if (!request.isCut) this.#core.handlerFailed(error, request.remoteAddr);
    this.#over(request);
  }

  /** Give the request's slot back, once. */
  #over(request: ReceivedDatagram<A>): void {
    if (request.isOver) return;
    request.isOver = true;
    if (this.#waiting.size > 0) this.#waiting.delete(request);
    this.#core.stats.active--;
    request.onOver?.();
    this.onRoom();
    this.onEnd();
  }

  #watch(request: ReceivedDatagram<A>): void {
    this.#waiting.set(request, performance.now());
    // A timer for each would cost a quarter of the request.
    this.#sweep.require(this.#core.settings.requestTimeout);
  }

  /** Give up those that have taken too long. */
  #look(now: number): void {
    const { requestTimeout } = this.#core.settings;
    for (const [request, began] of this.#waiting) {
      if (began > now - requestTimeout) break;
      request.cut(timeoutError("handle datagram", requestTimeout));
      this.#core.drop(request.remoteAddr, "request-timeout");
      this.#over(request);
    }
    if (this.#waiting.size === 0) this.#sweep.stop();
  }

  drain(): void {
    // Requests end by themselves; there is nothing to tell them.
  }

  cut(reason: unknown): void {
    this.#cut = { reason };
    for (const request of this.#waiting.keys()) request.cut(reason);
    this.#sweep.stop();
    if (this.#inTurn === undefined) return;
    // The loop shall not wait for it either: its handler may never end, nor its reply leave.
    this.#inTurn.cut(reason);
    this.#over(this.#inTurn);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && typeof value === "object" && "then" in value;
}
