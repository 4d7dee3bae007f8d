/**
 * What importing mod.ts adds to an empty program: both are started in turn, and the median of the
 * differences counts. What has been compiled once is cached, as it is for everybody from the second
 * start on; types are not checked, which is the default of `deno run`.
 *
 * @module
 */

/** One result. */
export interface StartupResult {
  scenario: "startup";
  title: string;
  /** Medians in ms: of the empty program, of the one that imports, and of the differences. */
  empty: number;
  importing: number;
  added: number;
  /** What is promised for `added`. */
  atMost: number;
  kept: boolean;
}

/** As a scenario of the bench. */
export const STARTUP = {
  name: "startup",
  title: "start of a program",
} as const;

const AT_MOST = 25;
const MOD = new URL("../../mod.ts", import.meta.url).href;

/** Measure it with so many starts of each. */
export async function runStartup(starts: number): Promise<StartupResult> {
  const folder = await Deno.makeTempDir();
  try {
    const programs = [`${folder}/empty.ts`, `${folder}/importing.ts`] as const;
    await Deno.writeTextFile(programs[0], "");
    await Deno.writeTextFile(programs[1], `import ${JSON.stringify(MOD)};\n`);
    const times: [number, number][] = [];
    // Two rounds fill the caches and count for nothing.
    for (let round = -2; round < starts; round++) {
      const pair: [number, number] = [0, 0];
      for (const which of round % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
        pair[which] = await timeOf(programs[which]);
      }
      if (round >= 0) times.push(pair);
    }
    const added = median(times.map(([empty, importing]) => importing - empty));
    return {
      scenario: STARTUP.name,
      title: STARTUP.title,
      empty: median(times.map(([empty]) => empty)),
      importing: median(times.map(([, importing]) => importing)),
      added,
      atMost: AT_MOST,
      kept: added <= AT_MOST,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function timeOf(program: string): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", program],
    stdin: "null",
    stdout: "null",
  });
  const began = performance.now();
  const { success } = await command.output();
  if (!success) throw new Error(`Cannot run ${program}`);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
