/** Run in a process of its own without --allow-net: which server Deno would have asked, by its refusal. */
// deno-lint-ignore-file no-console
import { Resolver, type ResolverBackend } from "../../../mod.ts";

const [resolvConf] = Deno.args;
const backends: ResolverBackend[] = ["auto", "resolveDns"];
for (const backend of backends) {
  using resolver = new Resolver({ backend, hosts: false, resolvConf });
  try {
    await resolver.resolve("a.test", "A");
  } catch (error) {
    console.log((error as Error).message);
  }
}
