/**
 * The right to read from a source that many share the event loop with: whoever is not let through
 * at once is called when its turn has come. The slot gate of lib/socket hands out the turns.
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

/** What is read in turn. */
interface TurnSource {
  read(buffer: Uint8Array): Promise<number | null>;
  readonly turn?: ReadTurn | undefined;
}

/** Read once, in turn; for whoever stands on no Input. */
export async function readInTurn(
  source: TurnSource,
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
