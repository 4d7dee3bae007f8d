/**
 * What the TCP connections of this isolate are set to, noted while one of these lives: the system's
 * own answer cannot be asked for.
 */

type Setters = Record<"setNoDelay" | "setKeepAlive", (on: boolean) => void>;

const NAMES = ["setNoDelay", "setKeepAlive"] as const;

/** Made by {@linkcode SocketOptions.watch}; ends when it is disposed. */
export class SocketOptions implements Disposable {
  /** Each call, such as "setNoDelay true". */
  readonly calls: string[] = [];
  readonly #prototype: Setters;
  readonly #real: Setters;

  private constructor(prototype: Setters) {
    this.#prototype = prototype;
    const { setNoDelay, setKeepAlive } = prototype;
    this.#real = { setNoDelay, setKeepAlive };
    const { calls } = this;
    for (const name of NAMES) {
      const real = prototype[name];
      prototype[name] = function (on) {
        calls.push(`${name} ${on}`);
        real.call(this, on);
      };
    }
  }

  /** Begin. */
  static async watch(): Promise<SocketOptions> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using conn = await Deno.connect({ port: listener.addr.port });
    return new SocketOptions(Object.getPrototypeOf(conn));
  }

  /** What was called since the last time. */
  taken(): string[] {
    return this.calls.splice(0);
  }

  [Symbol.dispose](): void {
    Object.assign(this.#prototype, this.#real);
  }
}
