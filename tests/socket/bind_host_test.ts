import assert from "node:assert/strict";
import { bindOnHost } from "../../lib/socket/bind_host.ts";
import { test } from "../support/permissions.ts";

/** What is tried for every interface, where opening "::" fails with this. */
async function tried(error: Error): Promise<string[]> {
  const hosts: string[] = [];
  const open = (host: string) => {
    hosts.push(host);
    return host === "::" ? Promise.reject(error) : host;
  };
  const bound = await bindOnHost("", open).catch((failure) => failure);
  assert.equal(bound, hosts.length === 1 ? error : "0.0.0.0");
  return hosts;
}

test(
  "every interface is IPv4's where there is no IPv6, and only there",
  {},
  async () => {
    const both = ["::", "0.0.0.0"];
    for (const code of ["EAFNOSUPPORT", "EADDRNOTAVAIL"]) {
      assert.deepEqual(await tried(Object.assign(new Error(), { code })), both);
    }
    const bare = "Address family not supported by protocol (os error 97)";
    assert.deepEqual(await tried(new Error(bare)), both);
    const taken = Object.assign(new Error("taken"), { code: "EADDRINUSE" });
    assert.deepEqual(await tried(taken), ["::"]);
  },
);
