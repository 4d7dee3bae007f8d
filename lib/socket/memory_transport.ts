/**
 * A connection in memory as a Transport: two pipes, one for each direction.
 *
 * @module
 */
import { MemoryPipe } from "./memory_pipe.ts";
import type { Transport } from "./transport.ts";

/** Unnamed, as the ends of socketpair(2) are. Deno, too, shows them as a null path. */
const UNNAMED: Deno.UnixAddr = Object.freeze({
  transport: "unix",
  path: null as unknown as string,
});

/** One end of a connection in memory. */
export class MemoryTransport implements Transport {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly #in: MemoryPipe;
  readonly #out: MemoryPipe;

  private constructor(input: MemoryPipe, output: MemoryPipe) {
    this.#in = input;
    this.#out = output;
    this.localAddr = this.remoteAddr = UNNAMED;
  }

  /** Both ends of a new connection. */
  static pair(chunkSize: number): [MemoryTransport, MemoryTransport] {
    const there = new MemoryPipe(chunkSize);
    const back = new MemoryPipe(chunkSize);
    return [new MemoryTransport(back, there), new MemoryTransport(there, back)];
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#in.read(buffer);
  }

  write(data: Uint8Array): Promise<number> {
    return this.#out.write(data);
  }

  closeWrite(): Promise<void> {
    this.#out.end();
    return Promise.resolve();
  }

  close(): void {
    this.#out.closeWriter();
    this.#in.closeReader();
  }
}
