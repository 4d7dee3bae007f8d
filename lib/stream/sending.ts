/**
 * One write in progress: the pieces that are on their way to a sink, one system call after the
 * other. An output holds one only while it writes, and they are used again, so that a connection
 * that has nothing to say keeps none.
 *
 * @module
 */
import { safe } from "./wait.ts";
import { type Piece, recycle } from "./write_buffer.ts";

/** Whose bytes are sent: an Output. */
export interface Sender {
  /** Whether it has been given up. */
  readonly failed: boolean;
  /** What everything rejects with then. */
  readonly failure: unknown;
  /** Begin one system call. */
  issue(bytes: Uint8Array): Promise<number>;
  /** One has ended, and has taken so many bytes. */
  took(count: number): void;
  /** All of it has been sent. */
  sent(): void;
  /** It could not be sent. */
  unsent(error: unknown): void;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_PIECES: readonly Piece[] = [];

/** Those that nobody uses: making one, with its two reactions, costs more than many a write. */
const pool: Sending[] = [];
const POOL_SIZE = 64;

/** Begin to send some bytes, which may stand in an array of the pool, and others after them. */
export function send(
  sender: Sender,
  bytes: Uint8Array,
  array?: Piece["array"],
  rest: readonly Piece[] = NO_PIECES,
): Sending {
  const sending = pool.pop() ?? new Sending();
  sending.begin(sender, bytes, array, rest);
  return sending;
}

/** A write in progress; {@linkcode send} begins them. */
export class Sending {
  /** Resolves when everything is sent. */
  done!: Promise<void>;
  #sender!: Sender;
  /** What is being sent, how much of it has been, and the pieces after it. */
  #bytes: Uint8Array = NO_BYTES;
  #array: Piece["array"];
  #sent = 0;
  #rest: readonly Piece[] = NO_PIECES;

  /**
   * Nearly always there is one piece and the system takes all of it: then the one promise of this is
   * all that a write costs. It needs no handler of its own unless it is going to be rejected; see
   * {@linkcode Sending.#abandon}.
   */
  begin(
    sender: Sender,
    bytes: Uint8Array,
    array: Piece["array"],
    rest: readonly Piece[],
  ): void {
    this.#sender = sender;
    this.#bytes = bytes;
    this.#array = array;
    this.#rest = rest;
    this.#sent = 0;
    this.done = sender.issue(bytes).then(this.#onWritten, this.#onError);
  }

  readonly #onWritten = (count: number): void | Promise<void> => {
    if (!this.#took(count)) return this.#goOn();
    recycle(this.#array);
    if (this.#rest.length > 0) return this.#goOn();
    this.#release().sent();
  };

  /** Count what the sink took; whether that was the rest of the piece. */
  #took(count: number): boolean {
    const sender = this.#sender;
    const left = this.#bytes.length - this.#sent;
    if (!(count > 0 && count <= left)) this.#abandon(countError(count));
    sender.took(count);
    // Given up meanwhile: the caller may change the rest, so it may not be sent any more.
    if (sender.failed) this.#abandon(sender.failure);
    this.#sent += count;
    return count === left;
  }

  /** More is left to send than one system call took. */
  async #goOn(): Promise<void> {
    // What is awaited below may fail when this is all that the caller's promise waits for.
    safe(this.done);
    await this.#sendBytes();
    for (const { bytes, array } of this.#rest) {
      this.#bytes = bytes;
      this.#array = array;
      this.#sent = 0;
      await this.#sendBytes();
    }
    this.#release().sent();
  }

  /** The rest of what is being sent. */
  async #sendBytes(): Promise<void> {
    while (this.#sent < this.#bytes.length) {
      let count = 0;
      try {
        count = await this.#sender.issue(this.#bytes.subarray(this.#sent));
      } catch (error) {
        this.#onError(error);
      }
      if (this.#took(count)) recycle(this.#array);
    }
  }

  readonly #onError = (error: unknown): never => {
    this.#sender.took(0);
    this.#abandon(error);
  };

  /** End the write, whose promise is going to be rejected whether or not anybody awaits it. */
  #abandon(error: unknown): never {
    safe(this.done);
    const sender = this.#release();
    sender.unsent(error);
    throw sender.failure;
  }

  /** It is over: let somebody else use this. */
  #release(): Sender {
    this.#bytes = NO_BYTES;
    this.#array = undefined;
    this.#rest = NO_PIECES;
    if (pool.length < POOL_SIZE) pool.push(this);
    return this.#sender;
  }
}

/** A sink that takes nothing would be asked for ever, without a turn of the event loop between. */
function countError(count: unknown): RangeError {
  const fault = `the sink says that it took ${count} bytes`;
  return new RangeError(`Cannot write: ${fault}`);
}
