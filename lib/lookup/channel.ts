/**
 * What a UDP and a TCP channel to one DNS server have in common: questions that wait for the answer
 * with their identifier.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import { decodeResponse, type DnsResponse, messageId } from "./dns_message.ts";

/** A question on its way over one channel. */
export interface Exchange {
  /** The message, shared: a channel puts the identifier into its own copy. */
  readonly query: Uint8Array<ArrayBuffer>;
  /** What the answer's question must say. */
  readonly name: string;
  readonly type: number;
  /** Told once: the answer, or why there is none. */
  readonly settle: (result: DnsResponse | Error) => void;
  /** Its identifier; the channel's to set. */
  id: number;
  /** How often the channel has sent it again by itself. */
  resends: number;
}

/** A way to a server. */
export interface Channel {
  /** Send the question and wait for its answer. */
  send(exchange: Exchange): void;
  /** Forget the question; its `settle` is not called any more. */
  cancel(exchange: Exchange): void;
  /** End; what is still waiting is told the reason. */
  close(reason: Error): void;
}

/** More than twice as many as questions may run at once; none waits twice on one channel. */
const SLOTS = 2_048;

/**
 * The exchanges that wait on one channel, by identifier: each has the slot of its identifier's
 * lower bits. (Not a Map, for the reason told in alarm_queue.ts.)
 */
export class PendingExchanges {
  readonly #slots = new Array<Exchange | undefined>(SLOTS).fill(undefined);
  #size = 0;
  #random = new Uint16Array(0);
  #used = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Give the exchange a random identifier whose slot is free. */
  add(exchange: Exchange): void {
    do exchange.id = this.#nextRandom(); while (
      this.#slots[exchange.id % SLOTS] !== undefined
    );
    this.#slots[exchange.id % SLOTS] = exchange;
    this.#size++;
  }

  /** Forget it, where it is still there. */
  remove(exchange: Exchange): void {
    const slot = exchange.id % SLOTS;
    if (this.#slots[slot] !== exchange) return;
    this.#slots[slot] = undefined;
    this.#size--;
  }

  /** All that wait. */
  all(): Exchange[] {
    return this.#slots.filter((exchange) => exchange !== undefined);
  }

  /** Remove and give back all. */
  takeAll(): Exchange[] {
    const all = this.all();
    for (const exchange of all) this.remove(exchange);
    return all;
  }

  /**
   * Hand a message to the exchange that it answers.
   *
   * One with an unknown identifier, or with another question than ours, may be forged: it is passed
   * over, and the true answer can still come. One with our identifier that cannot be decoded ends
   * the exchange, which then goes on over TCP.
   */
  deliver(message: Uint8Array): void {
    const id = messageId(message);
    const exchange = this.#slots[id % SLOTS];
    if (exchange?.id !== id) return;
    let result: DnsResponse | Error;
    try {
      result = decodeResponse(message);
      if (!answers(exchange, result)) return;
    } catch (error) {
      result = error instanceof ProtocolError
        ? error
        : new ProtocolError("Cannot decode DNS message", { cause: error });
    }
    this.remove(exchange);
    exchange.settle(result);
  }

  #nextRandom(): number {
    if (this.#used === this.#random.length) {
      this.#random = crypto.getRandomValues(new Uint16Array(256));
      this.#used = 0;
    }
    return this.#random[this.#used++]!;
  }
}

/** Whether an answer repeats our question. Servers may leave it out only when they could not read it (FORMERR and the like). */
function answers(exchange: Exchange, response: DnsResponse): boolean {
  const { question } = response;
  if (question === undefined) return response.rcode !== 0;
  return question.name === exchange.name && question.type === exchange.type;
}
