/**
 * What a process has used, from /proc. Linux only.
 *
 * @module
 */

/** CPU time in µs, of all threads; resident memory in KiB. */
export interface Usage {
  cpu: number;
  rss: number;
}

/** What a process has used until now. */
export function usageOf(pid: number): Usage {
  let ns = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    // In ns, where /proc/PID/stat counts ticks of 10 ms; a thread may have ended meanwhile.
    try {
      const file = `/proc/${pid}/task/${name}/schedstat`;
      ns += Number(Deno.readTextFileSync(file).split(" ")[0]);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const rss = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
  return { cpu: ns / 1000, rss };
}
