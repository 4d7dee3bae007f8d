/**
 * What a codec is: how messages of a protocol become bytes and bytes become messages.
 *
 * A codec holds no bytes of its own: the reader does. So one codec object serves any number of
 * connections at once.
 *
 * @module
 */

/** A message was found: it took the first `consumed` bytes of the buffer. */
export interface Decoded<T> {
  /** The message. It must not refer to the buffer, which the reader uses again. */
  message: T;
  /** How many bytes of the buffer it took, at least 1. */
  consumed: number;
}

/** The buffer holds no complete message yet. */
export interface NeedMore {
  /** How many bytes the buffer must hold in all before it is worth calling again. */
  need: number;
  /** How far the buffer was searched in vain; given back as `scanned` in the next call. */
  scanned?: number;
}

/** How the messages of one protocol are written and read. */
export interface Codec<T> {
  /** The bytes of one message, ready to be sent. */
  encode(value: NoInfer<T>): Uint8Array;
  /**
   * The longest message that it accepts, in bytes, without its separator or header: `decode` throws
   * for a longer one. Behind that, a reader gives up on a codec without `withMaxLength` that waits for
   * more than twice as much and 1024 bytes.
   */
  readonly maxLength: number;
  /**
   * The same codec with a lower `maxLength`: what a reader uses that is told a `limit`. A codec
   * without it has its messages measured as they are sent, header and separator included.
   */
  withMaxLength?(maxLength: number): Codec<T>;
  /**
   * Look for one message at the start of `buffer`.
   *
   * @param buffer What has arrived and is not consumed yet. Only borrowed: copy what you keep.
   * @param eof Whether no more bytes will come.
   * @param scanned What the previous call on the same message said in `scanned`, else 0.
   * @throws {LimitExceededError} If the message is longer than `maxLength`.
   * @throws {ProtocolError} If the bytes are not of this protocol.
   */
  decode(
    buffer: Uint8Array,
    eof: boolean,
    scanned: number,
  ): Decoded<T> | NeedMore;
}

/** A codec whose messages are bytes: it gives out arrays of the caller's own and takes any. */
export interface BytesCodec extends Codec<Uint8Array<ArrayBuffer>> {
  /** The bytes of one message, ready to be sent. */
  encode(value: Uint8Array): Uint8Array<ArrayBuffer>;
}
