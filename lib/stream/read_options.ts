/**
 * The options of StreamReader's methods, in one place for the reader, the sockets and the modules
 * that do the reading.
 *
 * @module
 */
import type { WaitOptions } from "./wait.ts";

/** How long to wait, and how long what is read may be. */
export interface ReadOptions extends WaitOptions {
  /** Longest line or message accepted, in bytes, separator excluded. Default: the reader's own. */
  limit?: number | undefined;
}

/** Options of {@linkcode StreamReader}. */
export interface StreamReaderOptions {
  /** Longest line or separator-ended message, in bytes, separator excluded. Default 65 536. */
  limit?: number | undefined;
}

/** Which byte of a number comes first. */
export interface IntegerReadOptions extends WaitOptions {
  /** Whether the least significant byte comes first. Default: network byte order (big-endian). */
  littleEndian?: boolean | undefined;
}
