/**
 * Other people's programs as peers in tests: Python, ncat, socat, openssl. Each is ended with its
 * scope, and what it wrote to its error output is part of a failure's message.
 */

/** A program that runs. */
export interface Program extends AsyncDisposable {
  stdin: WritableStreamDefaultWriter<Uint8Array>;
  /** The next line of its output, without the ending; `null` at the end. */
  line(): Promise<string | null>;
  /** The rest of its output. */
  rest(): Promise<string>;
  /** The next line of its error output. */
  errorLine(): Promise<string | null>;
  /** Send it a signal. */
  kill(signal: Deno.Signal): void;
  /** Wait for its end; rejects with what it wrote to its error output if it failed. */
  ended(): Promise<void>;
}

/** Text that comes line by line. */
class Lines {
  readonly #source: ReadableStreamDefaultReader<string>;
  #buffer = "";

  constructor(source: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#source = source.pipeThrough(new TextDecoderStream()).getReader();
  }

  async line(): Promise<string | null> {
    for (;;) {
      const end = this.#buffer.indexOf("\n");
      if (end >= 0) {
        const line = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 1);
        return line.replace(/\r$/, "");
      }
      if (!await this.#more()) return null;
    }
  }

  async rest(): Promise<string> {
    while (await this.#more());
    const rest = this.#buffer;
    this.#buffer = "";
    return rest;
  }

  async cancel(): Promise<void> {
    await this.#source.cancel().catch(() => {});
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#source.read();
    this.#buffer += value ?? "";
    return !done;
  }
}

/** Start a program. */
export function start(program: string, ...args: string[]): Program {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = child.stdin.getWriter();
  stdin.closed.catch(() => {});
  const output = new Lines(child.stdout);
  const errors = new Lines(child.stderr);
  return {
    stdin,
    line: () => output.line(),
    rest: () => output.rest(),
    errorLine: () => errors.line(),
    kill: (signal) => child.kill(signal),
    async ended() {
      const { code } = await child.status;
      if (code === 0) return;
      throw new Error(`${program} ended with ${code}: ${await errors.rest()}`);
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await stdin.close().catch(() => {});
      await child.status;
      await output.cancel();
      await errors.cancel();
    },
  };
}

/** Run a Python script with arguments. */
export function python(script: string, ...args: (string | number)[]): Program {
  return start("python3", "-u", "-c", script, ...args.map(String));
}
