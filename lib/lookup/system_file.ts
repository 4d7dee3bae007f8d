/**
 * Where the system keeps its tables, and reading one where that is granted already.
 *
 * @module
 */
import { granted } from "./granted.ts";

/** The tables that this room knows. */
type SystemFile = "hosts" | "services" | "protocols";

/** The path of a system table; Windows keeps them elsewhere, and calls one of them otherwise. */
export function systemFilePath(file: SystemFile): string {
  if (Deno.build.os !== "windows") return `/etc/${file}`;
  const root = granted({ name: "env", variable: "SystemRoot" })
    ? Deno.env.get("SystemRoot") ?? "C:\\Windows"
    : "C:\\Windows";
  const name = file === "protocols" ? "protocol" : file;
  return `${root}\\System32\\drivers\\etc\\${name}`;
}

/** The text of a system table, or `undefined` where it may not or cannot be read. */
export function readSystemFileSync(file: SystemFile): string | undefined {
  const path = systemFilePath(file);
  if (!granted({ name: "read", path })) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
