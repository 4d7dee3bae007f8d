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
  /** Send it a signal. */
  kill(signal: Deno.Signal): void;
  /** Wait for its end; rejects with what it wrote to its error output if it failed. */
  ended(): Promise<void>;
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
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const errors = new Response(child.stderr).text();
  let buffer = "";
  const more = async () => {
    const { value, done } = await output.read();
    buffer += value ?? "";
    return !done;
  };
  return {
    stdin,
    async line() {
      for (;;) {
        const end = buffer.indexOf("\n");
        if (end >= 0) {
          const line = buffer.slice(0, end);
          buffer = buffer.slice(end + 1);
          return line.replace(/\r$/, "");
        }
        if (!await more()) return null;
      }
    },
    async rest() {
      while (await more());
      const rest = buffer;
      buffer = "";
      return rest;
    },
    kill(signal) {
      child.kill(signal);
    },
    async ended() {
      const { code } = await child.status;
      if (code === 0) return;
      throw new Error(`${program} ended with ${code}: ${await errors}`);
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await stdin.close().catch(() => {});
      await child.status;
      await output.cancel().catch(() => {});
      await errors;
    },
  };
}

/** Run a Python script with arguments. */
export function python(script: string, ...args: (string | number)[]): Program {
  return start("python3", "-u", "-c", script, ...args.map(String));
}
