/**
 * A source of bytes that a test feeds by hand: each chunk is what one read gets, and a read waits
 * until there is one.
 */
import { bytes } from "./codec_driver.ts";

/** What a read gets: bytes, the end, or an error. */
type Event = Uint8Array | null | { error: unknown };

/** Feeds a StreamReader. */
export class ByteSource {
  /** How often `read` was called. */
  calls = 0;
  /** How large each array was that was read into. */
  readonly rooms: number[] = [];
  /** What a transport says of a read that is queued below it. */
  readIssued = true;
  #events: Event[] = [];
  #waiting:
    | { target: Uint8Array; promise: PromiseWithResolvers<number | null> }
    | undefined;

  /** Begin with these chunks. */
  constructor(...chunks: (string | Uint8Array)[]) {
    this.give(...chunks);
  }

  /** Whether a read waits for bytes. */
  get waiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Let these chunks arrive. */
  give(...chunks: (string | Uint8Array)[]): this {
    return this.#add(
      chunks.map((one) => typeof one === "string" ? bytes(one) : one),
    );
  }

  /** Let the stream end. */
  end(): this {
    return this.#add([null]);
  }

  /** Let the next read fail. */
  fail(error: unknown): this {
    return this.#add([{ error }]);
  }

  read(target: Uint8Array): Promise<number | null> {
    if (this.#waiting !== undefined) throw new Error("two reads at once");
    this.calls++;
    this.rooms.push(target.length);
    const promise = Promise.withResolvers<number | null>();
    this.#waiting = { target, promise };
    this.#serve();
    return promise.promise;
  }

  #add(events: Event[]): this {
    this.#events.push(...events);
    this.#serve();
    return this;
  }

  #serve(): void {
    const event = this.#events[0];
    if (this.#waiting === undefined || event === undefined) return;
    const { target, promise } = this.#waiting;
    this.#waiting = undefined;
    if (event === null) return promise.resolve(null);
    if (!(event instanceof Uint8Array)) return promise.reject(event.error);
    const count = Math.min(event.length, target.length);
    target.set(event.subarray(0, count));
    if (count === event.length) this.#events.shift();
    else this.#events[0] = event.subarray(count);
    promise.resolve(count);
  }
}

/** Let everything that is ready happen: some turns of the event loop. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** The text of bytes. */
export function text(data: Uint8Array | null): string | null {
  return data === null ? null : new TextDecoder().decode(data);
}

/** Whether a promise has settled by now. */
export async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true, () => done = true);
  await turns();
  return done;
}
