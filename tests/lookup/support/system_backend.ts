/** Run in a process of its own with few permissions: what the backend "system" says then. */
// deno-lint-ignore-file no-console
import { LookupError, Resolver } from "../../../mod.ts";

using resolver = new Resolver({ backend: "system", timeout: 3_000 });
try {
  console.log(await resolver.lookup("vm.host.test"));
} catch (error) {
  console.log(
    error instanceof LookupError
      ? `${error.code} ${error.message}`
      : String(error),
  );
}
