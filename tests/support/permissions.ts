/**
 * Tests that need a permission or a program: where it is missing they are reported as ignored, so
 * that a plain `deno test` passes and says what it left out.
 */

/** What a test needs beyond the language. */
export interface Needs {
  net?: boolean;
  /** The flag `--unstable-net`. */
  unstableNet?: boolean;
  /** Programs that must be there and that may be run. */
  run?: string[];
  read?: boolean;
  write?: boolean;
  env?: boolean;
  sys?: boolean;
}

function granted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/** Whether a program can be started from here, looked for in PATH. */
export function hasProgram(name: string): boolean {
  if (!granted({ name: "run", command: name }) || !granted({ name: "env" })) {
    return false;
  }
  if (!granted({ name: "read" })) return false;
  if (name.includes("/")) return exists(name);
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`;
  return path.split(":").some((folder) =>
    folder !== "" && exists(`${folder}/${name}`)
  );
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Whether all of it is granted and installed. */
export function available(needs: Needs): boolean {
  for (const name of ["net", "read", "write", "env", "sys"] as const) {
    if (needs[name] && !granted({ name })) return false;
  }
  if (needs.unstableNet && typeof Deno.listenDatagram !== "function") {
    return false;
  }
  return (needs.run ?? []).every(hasProgram);
}

/**
 * `Deno.test` that is ignored where what it needs is missing. The sanitizers are on, and it fails
 * after `timeout` milliseconds (20 s unless told) instead of hanging.
 */
export function test(
  name: string,
  needs: Needs & { timeout?: number; only?: boolean },
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  const { timeout = 20_000, only = false } = needs;
  Deno.test({
    name,
    only,
    ignore: !available(needs),
    sanitizeOps: true,
    sanitizeResources: true,
    async fn(t) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`"${name}" took over ${timeout} ms`)),
          timeout,
        );
      });
      try {
        await Promise.race([fn(t), late]);
      } finally {
        clearTimeout(timer);
      }
    },
  });
}
