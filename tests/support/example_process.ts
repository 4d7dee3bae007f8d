/** An example, or any program of the tests, started as a newcomer would and ended for certain. */

/** A running program. */
export interface ExampleProcess extends AsyncDisposable {
  /** What its output matched. */
  match: RegExpMatchArray;
  pid: number;
  /** Resolves when it has ended. */
  exitCode: Promise<number>;
  kill(signal: Deno.Signal): void;
}

/** Start `deno run` on a file of examples/ and wait until its standard output matches. */
export function startExample(
  permissions: string[],
  file: string,
  args: string[],
  ready: RegExp,
): Promise<ExampleProcess> {
  const url = new URL(`../../examples/${file}`, import.meta.url).href;
  return startProgram(
    Deno.execPath(),
    ["run", "--no-prompt", ...permissions, url, ...args],
    ready,
  );
}

/** Start any program and wait until its standard output matches. */
export async function startProgram(
  command: string,
  args: string[],
  ready: RegExp,
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<ExampleProcess> {
  const child = new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    ...options,
  }).spawn();
  const reader = child.stdout.getReader();
  const exitCode = child.status.then((status) => status.code);
  const decoder = new TextDecoder();
  let text = "";
  let match: RegExpMatchArray | null = null;
  while (match === null) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`${command} ended early: ${text}`);
    text += decoder.decode(value, { stream: true });
    match = text.match(ready);
  }
  // Read on, or a program that prints much would block.
  const rest = (async () => {
    while (!(await reader.read()).done);
  })();
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended already.
    }
  };
  return {
    match,
    pid: child.pid,
    exitCode,
    kill,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await exitCode;
      await rest;
    },
  };
}
