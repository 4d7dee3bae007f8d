/** What tests of floods share: attackers are processes of their own, good clients go on beside them. */
import type { Needs } from "./permissions.ts";
import { python } from "./programs.ts";

/** What such a test needs. */
export const FLOOD_NEEDS: Needs & { timeout: number } = {
  net: true,
  read: true,
  env: true,
  run: [Deno.execPath(), "python3"],
  timeout: 60_000,
};

/** What a flood may cost besides: most of it is garbage that nobody was in a hurry to collect. */
export const MOST_MEMORY: number = 128 * 1024 * 1024;

/** Do something again and again while the attack lasts, and once at least; gives how often. */
export async function during(
  attack: Promise<void>,
  once: () => Promise<void>,
): Promise<number> {
  let over = false;
  const done = attack.finally(() => over = true);
  done.catch(() => {});
  let rounds = 0;
  for (; !over || rounds === 0; rounds++) await once();
  await done;
  return rounds;
}

/** Run an attacker to its end. */
export async function attack(script: string, ...args: number[]): Promise<void> {
  await using program = python(script, ...args);
  await program.ended();
}
