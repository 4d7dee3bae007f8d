/**
 * What bytes are read from, and the right to read from it where many share the event loop: whoever is
 * not let through at once is called when its turn has come. The slot gate of lib/socket hands out the
 * turns.
 *
 * @module
 */

/** Who wants to read. */
export interface TurnTaker {
  /** Read now: the turn has come, or the source was closed, which the read will tell. */
  readNow(): void;
}

/** One source's place among those who read. */
export interface ReadTurn {
  /** Whether `taker` may read at once; otherwise its `readNow` is called later. */
  ask(taker: TurnTaker): boolean;
  /** The read has completed: let others read. */
  done(): void;
}

/** Anything that bytes can be read from: a `Deno.Conn`, a file, one's own object. */
export interface ReadSource {
  /**
   * Fill a part of `buffer`; resolves to how many bytes, at least 1, or to `null` at end of stream. Any other
   * count fails the reader with a RangeError.
   */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Whether a read that was begun has reached the system; `true` where it is not told. */
  readonly readIssued?: boolean;
  /** The right to read, where many share the event loop; without it every read may begin at once. */
  readonly turn?: ReadTurn | undefined;
}

/** Read once, in turn; for whoever stands on no Input. */
export async function readInTurn(
  source: ReadSource,
  buffer: Uint8Array,
): Promise<number | null> {
  const { turn } = source;
  const { promise, resolve: readNow } = Promise.withResolvers<void>();
  if (turn !== undefined && !turn.ask({ readNow })) await promise;
  try {
    return await source.read(buffer);
  } finally {
    turn?.done();
  }
}
