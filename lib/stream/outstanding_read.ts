/**
 * The one read that is outstanding at a source: when it may begin, where its bytes go, and whether
 * what it brought can be. Who waits for the bytes is input.ts's business, which extends this (one
 * object for each connection instead of two).
 *
 * Only this file calls `source.read`.
 *
 * @module
 */
import { reads as allReads } from "./drain_turns.ts";
import type { ReadSource, TurnTaker } from "./read_source.ts";

/** What wants to know that reading is about to wait: the writer, which sends what it collected. */
interface BeforeWait {
  /** Send now what was held back. */
  beforeWait(): void;
}

/** Reads from a source, one read at a time. */
export abstract class OutstandingRead implements TurnTaker {
  /** Told before reading waits. */
  output: BeforeWait | undefined;
  /** Bytes received so far. */
  bytesRead = 0;
  /** Whether a read is outstanding. */
  reading = false;
  /** Since when, as the time-outs' looks know, nothing has come for whoever waits, in ms; 0 if they do not. */
  waitSeen = 0;
  /** Whether the source has ended. */
  eof = false;
  /** Whether the source has failed: nothing can be read any more. */
  broken = false;

  /** Where it reads from; changed only by an upgrade to TLS, while no read is outstanding. */
  source: ReadSource;

  /** How much the outstanding read may give. */
  #asked = 0;
  /** Where a read goes that waits for its turn. */
  #target: Uint8Array | undefined;
  /** Told when the read is over that was outstanding when everybody left. */
  #over: (() => void) | undefined;

  constructor(source: ReadSource) {
    this.source = source;
  }

  /** The read is over and brought so many bytes; `null` at the end of the source. */
  protected abstract received(count: number | null): void;

  /** The read is over, and no other will follow. */
  abstract fail(error: unknown): void;

  /** Read into `target`, when the turn of this source has come. */
  protected read(target: Uint8Array): void {
    this.output?.beforeWait();
    this.reading = true;
    allReads.begun++;
    this.#asked = target.length;
    const { turn } = this.source;
    if (turn === undefined || turn.ask(this)) this.#issue(target);
    else this.#target = target;
  }

  /** Wait until no read is outstanding. */
  protected async readOver(): Promise<void> {
    if (!this.reading) return;
    await new Promise<void>((resolve) => this.#over = resolve);
  }

  /** The turn of this source has come. */
  readNow(): void {
    const target = this.#target!;
    this.#target = undefined;
    this.#issue(target);
  }

  #issue(target: Uint8Array): void {
    try {
      this.source.read(target).then(this.#onRead, this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }

  readonly #onRead = (count: number | null): void => {
    this.source.turn?.done();
    if (count === null) this.eof = true;
    else if (count > 0 && count <= this.#asked) this.bytesRead += count;
    else return this.#fail(countError(count));
    this.#done();
    this.received(count);
  };

  readonly #onError = (error: unknown): void => {
    this.source.turn?.done();
    this.#fail(error);
  };

  #fail(error: unknown): void {
    this.broken = true;
    this.#done();
    this.fail(error);
  }

  #done(): void {
    this.reading = false;
    this.waitSeen = 0;
    allReads.completed++;
    this.#over?.();
  }
}

/**
 * A count that cannot be would make the bytes of earlier reads appear again; a source that gives
 * nothing would be asked for ever, without a turn of the event loop between.
 */
function countError(count: number): RangeError {
  const fault = `the source says that it gave ${count} bytes`;
  return new RangeError(`Cannot read: ${fault}`);
}
