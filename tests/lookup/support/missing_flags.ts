/** Run in a process of its own without any permission: which flag each question says it needs. */
// deno-lint-ignore-file no-console
import { Resolver } from "../../../mod.ts";

const resolvConf = "/other/resolv.conf";
using wire = new Resolver({ backend: "wire", hosts: false, resolvConf });
using system = new Resolver({ backend: "system", hosts: false });
const asked = [
  wire.resolve("a.test", "A"),
  system.reverse("192.0.2.201"),
  system.reverse("2001:db8::1"),
];
for (const outcome of await Promise.allSettled(asked)) {
  console.log(outcome.status === "rejected" ? outcome.reason.message : "");
}
