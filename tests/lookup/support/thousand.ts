/** Run in a process of its own with few descriptors: a thousand different names at once. */
// deno-lint-ignore-file no-console
import { Resolver } from "../../../mod.ts";

const [server, backend] = Deno.args;
using resolver = new Resolver({
  servers: [server!],
  backend: backend as "auto",
  timeout: 30_000,
});
const names = Array.from({ length: 1_000 }, (_, i) => `n${i}.test`);
const found = await Promise.all(
  names.map((name) => resolver.lookup(name, { family: 4 })),
);
console.log(found.filter(([first]) => first?.address === "192.0.2.1").length);
