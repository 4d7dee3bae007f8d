/** Run in a process of its own without any permission: services_test.ts reads what it prints. */
// deno-lint-ignore-file no-console
import { getprotobyname, getservbyname, getservbyport } from "../../../mod.ts";

console.log(
  getservbyname("http"),
  getservbyname("https", "udp"),
  getservbyport(514, "tcp"),
  getservbyport(514, "udp"),
  getprotobyname("tcp"),
);
