/**
 * Bytes that are collected to leave together: text and small pieces are copied in behind each
 * other, large pieces are kept as they are. Pure book-keeping; output.ts fills it, sending.ts sends it.
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
  /**
   * Text that comes behind the tail and is not encoded yet: encoding sixteen short lines in one call
   * costs a third of encoding each.
   */
  #texts: string[] = [];
  /** UTF-16 units in `#texts`, of which each takes one to three bytes. */
  #units = 0;

  /** How many bytes are collected. */
  get length(): number {
    this.#encode();
    return this.#length;
  }

  /** How many bytes are collected at least; costs nothing, and is 0 only if there are none. */
  get least(): number {
    return this.#length + this.#units;
  }

  /** Put bytes or text behind what is there. Bytes above `LARGEST_COPY` are not copied. */
  append(data: Data): void {
    if (typeof data === "string") this.#appendText(data);
    else {
      this.#encode();
      this.#appendBytes(data);
    }
  }

  /** Take everything out, in order. Give their arrays to {@linkcode recycle} when they are sent. */
  takeAll(): Piece[] {
    this.#encode();
    this.#seal();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#length = 0;
    return pieces;
  }

  #appendText(text: string): void {
    const { length } = text;
    if (length > PIECE_SIZE) {
      this.#encode();
      this.#seal();
      this.#push(encoder.encode(text));
      return;
    }
    if (this.#used + this.#units + length > PIECE_SIZE) this.#encode();
    this.#texts.push(text);
    this.#units += length;
  }

  #appendBytes(bytes: Uint8Array): void {
    if (bytes.length > LARGEST_COPY) {
      this.#seal();
      this.#push(bytes);
      return;
    }
    this.#room(bytes.length).set(bytes, this.#used);
    this.#used += bytes.length;
    this.#length += bytes.length;
  }

  #push(bytes: Uint8Array): void {
    this.#pieces.push({ bytes, array: undefined });
    this.#length += bytes.length;
  }

  /** Encode the text that waits: behind the tail, or in a new one. */
  #encode(): void {
    if (this.#units === 0) return;
    const texts = this.#texts;
    const joined = texts.join("");
    const room = this.#room(joined.length);
    const free = this.#used === 0 ? room : room.subarray(this.#used);
    const { read, written } = encoder.encodeInto(joined, free);
    const isWhole = read === joined.length;
    // In pure ASCII nothing can be malformed.
    if (isWhole && (written === read || texts.every(isWellFormed))) {
      this.#used += written;
      this.#length += written;
    } else this.#encodeApart(joined);
    this.#units = 0;
    texts.length = 0;
  }

  /**
   * Text that takes more space than there is; and text that is malformed: halves of a surrogate pair
   * in two texts may not become one character.
   */
  #encodeApart(joined: string): void {
    this.#seal();
    const texts = this.#texts.every(isWellFormed) ? [joined] : this.#texts;
    for (const text of texts) this.#push(encoder.encode(text));
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
    else recycle(array);
    this.#tail = undefined;
    this.#used = 0;
  }
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** Text as a piece of its own, for what need not be collected. */
export function encodeText(text: string): Piece {
  if (text.length * 3 > PIECE_SIZE) {
    return { bytes: encoder.encode(text), array: undefined };
  }
  const array = pool.pop() ?? new Uint8Array(PIECE_SIZE);
  const { written } = encoder.encodeInto(text, array);
  return { bytes: array.subarray(0, written), array };
}

/** Give back the array of a piece once the system has its bytes. */
export function recycle(array: Piece["array"]): void {
  if (array !== undefined && pool.length < POOL_SIZE) pool.push(array);
}
