/**
 * Bytes that are collected to leave together: text and small pieces are copied in behind each
 * other, large pieces are kept as they are. Pure book-keeping; stream_writer.ts sends it.
 *
 * @module
 */

/** What is collected is copied into pieces of this size; they go back to a pool when sent. */
const PIECE_SIZE = 8192;

/** Pieces kept for the next writer: an idle connection holds none. */
const POOL_SIZE = 64;

const pool: Uint8Array<ArrayBuffer>[] = [];
const encoder = new TextEncoder();

/** Bytes on their way out. */
export interface Piece {
  /** The bytes. */
  readonly bytes: Uint8Array;
  /** The array of the pool that they stand in; if there is none, theirs may be the caller's. */
  readonly array: Uint8Array<ArrayBuffer> | undefined;
}

/** Text or bytes. */
export type Data = string | Uint8Array;

/** Up to this size data is copied when it is appended; above, the caller must leave it alone. */
export const LARGEST_COPY: number = PIECE_SIZE / 2;

/** A queue of bytes with an append and a take-all end. */
export class WriteBuffer {
  /** Complete pieces before `#tail`. */
  #pieces: Piece[] = [];
  #tail: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  #length = 0;

  /** How many bytes are collected. */
  get length(): number {
    return this.#length;
  }

  /** Put bytes or text behind what is there. Bytes above `LARGEST_COPY` are not copied. */
  append(data: Data): void {
    if (typeof data === "string") this.#appendText(data);
    else if (data.length > LARGEST_COPY) {
      this.#seal();
      this.#pieces.push({ bytes: data, array: undefined });
      this.#length += data.length;
    } else {
      const tail = this.#room(data.length);
      tail.set(data, this.#used);
      this.#used += data.length;
      this.#length += data.length;
    }
  }

  /** Take everything out, in order. Give the pieces to {@linkcode recycle} when they are sent. */
  takeAll(): Piece[] {
    this.#seal();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#length = 0;
    return pieces;
  }

  #appendText(text: string): void {
    if (text.length * 3 <= PIECE_SIZE) {
      const tail = this.#room(text.length * 3);
      const free = this.#used === 0 ? tail : tail.subarray(this.#used);
      const { written } = encoder.encodeInto(text, free);
      this.#used += written;
      this.#length += written;
    } else {
      this.#seal();
      const bytes = encoder.encode(text);
      this.#pieces.push({ bytes, array: undefined });
      this.#length += bytes.length;
    }
  }

  /** A tail with space for `count` more bytes, at most a piece. */
  #room(count: number): Uint8Array<ArrayBuffer> {
    if (this.#tail !== undefined && this.#used + count <= PIECE_SIZE) {
      return this.#tail;
    }
    this.#seal();
    return this.#tail = pool.pop() ?? new Uint8Array(PIECE_SIZE);
  }

  #seal(): void {
    if (this.#tail === undefined) return;
    const array = this.#tail;
    const piece = { bytes: array.subarray(0, this.#used), array };
    if (this.#used > 0) this.#pieces.push(piece);
    else recycle(piece);
    this.#tail = undefined;
    this.#used = 0;
  }
}

/** One piece of its own, for what need not be collected. */
export function pieceOf(data: Data): Piece {
  if (typeof data !== "string") return { bytes: data, array: undefined };
  if (data.length * 3 > PIECE_SIZE) {
    return { bytes: encoder.encode(data), array: undefined };
  }
  const array = pool.pop() ?? new Uint8Array(PIECE_SIZE);
  const { written } = encoder.encodeInto(data, array);
  return { bytes: array.subarray(0, written), array };
}

/** Give back a piece once the system has its bytes. */
export function recycle({ array }: Piece): void {
  if (array !== undefined && pool.length < POOL_SIZE) pool.push(array);
}
