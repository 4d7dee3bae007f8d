/** Runs an example as its user would: a process of its own with the permissions that its head names. */

/** A running example. */
export interface RunningExample extends AsyncDisposable {
  /** What it printed up to the pattern, and what the pattern's groups matched. */
  match: RegExpMatchArray;
  /** End it with a signal; resolves to its exit code. */
  stop(signal: Deno.Signal): Promise<number>;
}

function command(name: string, args: string[]): Deno.Command {
  const url = new URL(`../../examples/${name}`, import.meta.url);
  const head = Deno.readTextFileSync(url).split("\n")[0]!;
  const flags = head.split(" deno run ")[1]!.split(" ");
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...flags, url.href, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Start it and wait until its output matches the pattern. */
export async function startExample(
  name: string,
  args: string[],
  pattern: RegExp,
): Promise<RunningExample> {
  const child = command(name, args).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const errors = new Response(child.stderr).text();
  const stop = async (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended by itself.
    }
    while (!(await reader.read()).done);
    await errors;
    return (await child.status).code;
  };
  for (let output = "";;) {
    const { value, done } = await reader.read();
    output += value ?? "";
    const match = output.match(pattern);
    if (match !== null) {
      return {
        match,
        stop,
        async [Symbol.asyncDispose]() {
          await stop("SIGKILL");
        },
      };
    }
    if (done) throw new Error(`${name} ended: ${output}${await errors}`);
  }
}

/** Run it to its end. */
export async function runExample(
  name: string,
  args: string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await command(name, args).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
